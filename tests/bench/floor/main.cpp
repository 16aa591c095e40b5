// The floor's command line: one mode a call, one line of JSON as its answer.
#include "floor.hpp"

#include <arpa/inet.h>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/resource.h>

using namespace floor_client;

namespace {

constexpr const char* help =
  "floor MODE [--option value]…   the least a client for many connections can cost\n"
  "  modes: publish, connect, idle, tls-handshake, reconnect (all torn and connected once more)\n"
  "  --target A.B.C.D:P   --connections N   --pending N (60)   --sources N (8)\n"
  "  --duration S (10)    --interval S (0: next one on PUBACK)  --timer ms|ns\n"
  "  --topic-bytes N      --payload-bytes N  --prefix TEXT      --keep-alive S\n"
  "  --client-id TEXT     --username TEXT    --password TEXT    {index}: six digits\n"
  "  --subscribe 0|1      each connection to a topic of its own, before it counts as online\n"
  "  --probe 0|1          one more connection reads every message back at this QoS\n"
  "  --ca FILE            TLS, verified;  --server-name NAME (localhost)   --tls-version 1.2|1.3\n"
  "  --resume 0|1         of reconnect: by the TLS session of the connection before\n";

/// Between the end of all connections and the first new one, so that a busy broker can bury them.
constexpr double pause_s = 2.0;

[[noreturn]] void misused(const char* what, const char* word) {
  std::fprintf(stderr, "floor: %s: %s\n%s", what, word, help);
  std::exit(2);
}

double number(const char* name, const char* text) {
  char* end = nullptr;
  const double value = std::strtod(text, &end);
  if (end == text || *end != 0 || value < 0) {
    misused("not a number", name);
  }
  return value;
}

void set_target(options& o, const char* text) {
  const std::string all = text;
  const std::size_t colon = all.rfind(':');
  o.peer.sin_family = AF_INET;
  if (colon == std::string::npos
      || inet_pton(AF_INET, all.substr(0, colon).c_str(), &o.peer.sin_addr) != 1) {
    misused("not an address and port", text);
  }
  o.peer.sin_port =
    htons(static_cast<std::uint16_t>(number("port", all.c_str() + colon + 1)));
}

void set_option(options& o, const char* name, const char* value) {
  const struct {
    const char* name;
    std::uint32_t* where;
  } counts[] = {{"--connections", &o.connections}, {"--pending", &o.pending_max},
                {"--sources", &o.sources},         {"--topic-bytes", &o.topic_bytes},
                {"--payload-bytes", &o.payload_bytes}};
  const struct {
    const char* name;
    std::string* where;
  } texts[] = {{"--client-id", &o.client_id}, {"--username", &o.username},
               {"--password", &o.password},   {"--prefix", &o.prefix},
               {"--ca", &o.ca_file},          {"--server-name", &o.server_name}};
  for (const auto& c : counts) {
    if (std::strcmp(name, c.name) == 0) {
      *c.where = static_cast<std::uint32_t>(number(name, value));
      return;
    }
  }
  for (const auto& t : texts) {
    if (std::strcmp(name, t.name) == 0) {
      *t.where = value;
      return;
    }
  }
  if (std::strcmp(name, "--target") == 0) {
    set_target(o, value);
  } else if (std::strcmp(name, "--duration") == 0) {
    o.duration_s = number(name, value);
  } else if (std::strcmp(name, "--interval") == 0) {
    o.interval_s = number(name, value);
  } else if (std::strcmp(name, "--keep-alive") == 0) {
    o.keep_alive_s = static_cast<std::uint16_t>(number(name, value));
  } else if (std::strcmp(name, "--timer") == 0) {
    o.fine_timer = std::strcmp(value, "ns") == 0;
  } else if (std::strcmp(name, "--subscribe") == 0) {
    o.subscribing = number(name, value) >= 1;
  } else if (std::strcmp(name, "--tls-version") == 0) {
    o.tls_version = std::strcmp(value, "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
  } else if (std::strcmp(name, "--resume") == 0) {
    o.resuming = number(name, value) >= 1;
  } else if (std::strcmp(name, "--probe") == 0) {
    o.probe_qos = number(name, value) >= 1 ? 1 : 0;
  } else {
    misused("no such option", name);
  }
}

options parse(int argc, char** argv) {
  options o;
  if (argc < 2) {
    misused("a mode is missing", "MODE");
  }
  if (std::strcmp(argv[1], "publish") == 0) {
    o.mode = mode::publish;
  } else if (std::strcmp(argv[1], "connect") == 0) {
    o.mode = mode::connect;
  } else if (std::strcmp(argv[1], "idle") == 0) {
    o.mode = mode::idle;
  } else if (std::strcmp(argv[1], "tls-handshake") == 0) {
    o.mode = mode::tls_handshake;
  } else if (std::strcmp(argv[1], "reconnect") == 0) {
    o.mode = mode::reconnect;
  } else {
    misused("no such mode", argv[1]);
  }
  for (int i = 2; i + 1 < argc; i += 2) {
    set_option(o, argv[i], argv[i + 1]);
  }
  if (argc % 2 != 0) {
    misused("an option lacks its value", argv[argc - 1]);
  }
  if (o.peer.sin_port == 0) {
    misused("missing", "--target");
  }
  if (o.connections == 0 || o.sources == 0 || o.pending_max == 0) {
    misused("must be over 0", "--connections, --sources, --pending");
  }
  if (o.topic_bytes > 400 || o.topic_bytes < o.prefix.size() + 8 || o.payload_bytes > 1500) {
    misused("out of range", "--topic-bytes (prefix + 8 … 400), --payload-bytes (… 1500)");
  }
  return o;
}

void raise_descriptor_limit() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

/// Prints what lies between two measurements, each count with its share.
void print(const char* mode, const options& o, const usage& from, const usage& to,
           std::uint64_t count, const counters& all) {
  const double wall = to.wall_s - from.wall_s;
  const double user = to.user_s - from.user_s;
  const double system = to.system_s - from.system_s;
  const auto each = static_cast<double>(count == 0 ? 1 : count);
  const double grown = static_cast<double>(to.resident_bytes)
                       - static_cast<double>(from.resident_bytes);
  std::printf("{\"mode\":\"%s\",\"tls\":%s,\"connections\":%u,\"count\":%llu,\"probed\":%llu,"
              "\"resumed\":%llu,"
              "\"wall_s\":%.4f,\"rate\":%.1f,\"user_s\":%.4f,\"system_s\":%.4f,\"cpu_s\":%.4f,"
              "\"cpu_us_each\":%.3f,\"cpu_share\":%.5f,\"rss_growth_bytes_per_connection\":%.0f}\n",
              mode, o.ca_file.empty() ? "false" : "true", o.connections,
              static_cast<unsigned long long>(count), static_cast<unsigned long long>(all.probed),
              static_cast<unsigned long long>(all.resumed), wall,
              static_cast<double>(count) / wall, user, system, user + system,
              (user + system) * 1e6 / each, (user + system) / wall,
              grown / static_cast<double>(o.connections));
}

} // namespace

int main(int argc, char** argv) {
  const options o = parse(argc, argv);
  raise_descriptor_limit();
  std::signal(SIGPIPE, SIG_IGN);
  loop l(o);
  const usage start = measure();
  if (o.mode == mode::tls_handshake) {
    if (o.ca_file.empty()) {
      misused("missing", "--ca");
    }
    l.handshake_for(o.duration_s);
    print("tls-handshake", o, start, measure(), l.count().handshakes, l.count());
    return 0;
  }
  l.connect_all();
  const usage connected = measure();
  if (o.mode == mode::connect) {
    print("connect", o, start, connected, l.count().online, l.count());
  } else if (o.mode == mode::reconnect) {
    print("connect", o, start, connected, l.count().online, l.count());
    std::fflush(stdout);
    l.idle_for(1); // so that whoever counts the broker's connections sees them all, and below
    l.tear_all_and_wait(pause_s);
    const usage torn = measure();
    l.connect_all();
    print("reconnect", o, torn, measure(), l.count().online, l.count());
    l.idle_for(1);
  } else if (o.mode == mode::publish) {
    l.publish_for(o.duration_s);
    print("publish", o, connected, measure(), l.count().acknowledged, l.count());
  } else {
    print("connect", o, start, connected, l.count().online, l.count());
    l.idle_for(o.duration_s);
    print("idle", o, connected, measure(), l.count().online, l.count());
  }
  l.disconnect_all();
  return 0;
}
