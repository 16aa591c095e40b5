// The floor's loop: sockets, epoll and OpenSSL straight from the manual pages.
#include "floor.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <netinet/tcp.h>
#include <openssl/err.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

namespace floor_client {

namespace {

constexpr std::size_t read_bytes = 256 * 1024;

double now_s() {
  timespec t{};
  clock_gettime(CLOCK_MONOTONIC, &t);
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

int keep_session(SSL* tls, SSL_SESSION* fresh) {
  auto* const c = static_cast<connection*>(SSL_get_app_data(tls));
  SSL_SESSION_free(c->session);
  c->session = fresh;
  return 1;
}

double seconds_of(const timeval& t) {
  return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
}

} // namespace

void give_up(const char* what) {
  std::fprintf(stderr, "floor: %s (errno: %s)\n", what, std::strerror(errno));
  std::exit(3);
}

usage measure() {
  usage u;
  rusage r{};
  getrusage(RUSAGE_SELF, &r);
  u.wall_s = now_s();
  u.user_s = seconds_of(r.ru_utime);
  u.system_s = seconds_of(r.ru_stime);
  if (FILE* f = std::fopen("/proc/self/statm", "r")) {
    unsigned long total = 0;
    unsigned long resident = 0;
    if (std::fscanf(f, "%lu %lu", &total, &resident) == 2) {
      u.resident_bytes = resident * static_cast<unsigned long>(sysconf(_SC_PAGESIZE));
    }
    std::fclose(f);
  }
  return u;
}

loop::loop(const options& o)
    : options_(o), connections_(o.connections + (o.probe_qos >= 0 ? 1 : 0)), buffer_(read_bytes) {
  epoll_ = epoll_create1(EPOLL_CLOEXEC);
  if (!o.ca_file.empty()) {
    tls_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_mode(tls_, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_min_proto_version(tls_, o.tls_version);
    SSL_CTX_set_max_proto_version(tls_, o.tls_version);
    SSL_CTX_set_verify(tls_, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_session_cache_mode(tls_, SSL_SESS_CACHE_OFF);
    if (o.resuming) {
      SSL_CTX_set_session_cache_mode(tls_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
      SSL_CTX_sess_set_new_cb(tls_, keep_session);
    }
    if (SSL_CTX_load_verify_locations(tls_, o.ca_file.c_str(), nullptr) != 1) {
      give_up("the CA file cannot be loaded");
    }
  }
}

void loop::open(std::uint32_t index) {
  connection& c = connections_[index];
  c.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (c.fd < 0) {
    give_up("no socket");
  }
  const int on = 1;
  setsockopt(c.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(c.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
  if ((ntohl(options_.peer.sin_addr.s_addr) >> 24) == 127) {
    sockaddr_in source{};
    source.sin_family = AF_INET;
    source.sin_addr.s_addr = htonl(0x7f000001U + index % options_.sources);
    if (bind(c.fd, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0) {
      give_up("a source address cannot be bound");
    }
  }
  if (::connect(c.fd, reinterpret_cast<const sockaddr*>(&options_.peer), sizeof options_.peer) != 0
      && errno != EINPROGRESS) {
    give_up("connect failed");
  }
  epoll_event e{};
  e.events = EPOLLIN | EPOLLOUT | EPOLLET | EPOLLRDHUP;
  e.data.u32 = index;
  if (epoll_ctl(epoll_, EPOLL_CTL_ADD, c.fd, &e) != 0) {
    give_up("epoll_ctl failed");
  }
  c.stage = stage::connecting;
  ++pending_;
}

void loop::close(connection& c) {
  if (c.tls != nullptr) {
    if (options_.resuming) { // or OpenSSL declares the session not resumable
      SSL_set_shutdown(c.tls, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    }
    SSL_free(c.tls);
    c.tls = nullptr;
  }
  ::close(c.fd);
  std::free(c.partial);
  c.partial = nullptr;
  c.partial_bytes = 0;
  c.fd = -1;
  c.stage = stage::closed;
}

void loop::fill_pending(std::uint32_t total) {
  while (pending_ < options_.pending_max && opened_ < total) {
    open(opened_++);
  }
}

void loop::connect_all() {
  const auto total = static_cast<std::uint32_t>(connections_.size());
  while (counters_.online < total) {
    fill_pending(total);
    turn(now_s() + 10);
  }
}

void loop::handshake_for(double seconds) {
  handshakes_only_ = true;
  const double end = now_s() + seconds;
  while (now_s() < end) {
    for (std::uint32_t i = 0; i < connections_.size() && pending_ < options_.pending_max; ++i) {
      if (connections_[i].stage == stage::closed) {
        open(i);
      }
    }
    turn(end);
  }
}

/// Waits for events, at most until `until_s`, and serves them.
void loop::turn(double until_s) {
  static epoll_event events[512];
  const double wait = until_s - now_s();
  int n = 0;
  if (options_.fine_timer) {
    timespec t{};
    if (wait > 0) {
      t.tv_sec = static_cast<time_t>(wait);
      t.tv_nsec = static_cast<long>((wait - std::floor(wait)) * 1e9);
    }
    n = epoll_pwait2(epoll_, events, 512, &t, nullptr);
  } else {
    n = epoll_wait(epoll_, events, 512, wait > 0 ? static_cast<int>(std::ceil(wait * 1e3)) : 0);
  }
  if (n < 0 && errno != EINTR) {
    give_up("epoll_wait failed");
  }
  for (int i = 0; i < n; ++i) {
    on_ready(events[i].data.u32, events[i].events);
  }
}

void loop::on_ready(std::uint32_t index, std::uint32_t events) {
  connection& c = connections_[index];
  if (c.stage == stage::connecting && (events & (EPOLLOUT | EPOLLERR)) != 0) {
    on_writable(index);
  }
  if ((events & EPOLLIN) != 0) {
    if (c.stage == stage::handshaking) {
      handshake(index);
    }
    if (c.stage == stage::logging_on || c.stage == stage::online) {
      on_readable(index);
    }
  }
}

void loop::on_writable(std::uint32_t index) {
  connection& c = connections_[index];
  int error = 0;
  socklen_t length = sizeof error;
  getsockopt(c.fd, SOL_SOCKET, SO_ERROR, &error, &length);
  if (error != 0) {
    errno = error;
    give_up("the target refused a connection");
  }
  if (tls_ == nullptr) {
    log_on(index);
    return;
  }
  c.tls = SSL_new(tls_);
  SSL_set_fd(c.tls, c.fd);
  // SSL_set_tlsext_host_name() without its old-style cast.
  SSL_ctrl(c.tls, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(options_.server_name.c_str()));
  SSL_set1_host(c.tls, options_.server_name.c_str());
  if (options_.resuming) {
    SSL_set_app_data(c.tls, &c);
    if (c.session != nullptr) {
      SSL_set_session(c.tls, c.session);
    }
  }
  SSL_set_connect_state(c.tls);
  c.stage = stage::handshaking;
  handshake(index);
}

void loop::handshake(std::uint32_t index) {
  connection& c = connections_[index];
  const int done = SSL_do_handshake(c.tls);
  if (done == 1) {
    ++counters_.handshakes;
    counters_.resumed += SSL_session_reused(c.tls) == 1 ? 1 : 0;
    if (handshakes_only_) {
      --pending_;
      SSL_shutdown(c.tls);
      close(c);
    } else {
      log_on(index);
    }
    return;
  }
  if (SSL_get_error(c.tls, done) != SSL_ERROR_WANT_READ) {
    ERR_print_errors_fp(stderr);
    give_up("a TLS handshake failed");
  }
}

void loop::on_readable(std::uint32_t index) {
  connection& c = connections_[index];
  while (true) {
    ssize_t n = 0;
    if (c.tls != nullptr) {
      n = SSL_read(c.tls, buffer_.data(), static_cast<int>(buffer_.size()));
      if (n <= 0 && SSL_get_error(c.tls, static_cast<int>(n)) == SSL_ERROR_WANT_READ) {
        return;
      }
    } else {
      n = recv(c.fd, buffer_.data(), buffer_.size(), 0);
      if (n < 0 && errno == EAGAIN) {
        return;
      }
    }
    if (n <= 0) {
      give_up("the target closed a connection");
    }
    on_bytes(index, buffer_.data(), static_cast<std::size_t>(n));
    // A short read has emptied the socket; edge-triggered epoll tells of what comes next.
    if (c.tls == nullptr && static_cast<std::size_t>(n) < buffer_.size()) {
      return;
    }
  }
}

void loop::send_bytes(connection& c, const std::uint8_t* data, std::size_t size) {
  const ssize_t n = c.tls != nullptr ? SSL_write(c.tls, data, static_cast<int>(size))
                                     : send(c.fd, data, size, MSG_NOSIGNAL);
  if (n != static_cast<ssize_t>(size)) {
    give_up("a send was not taken whole: too fast for this target");
  }
}

void loop::publish_for(double seconds) {
  const double end = now_s() + seconds;
  publishing_ = true;
  if (options_.interval_s <= 0) {
    for (std::uint32_t i = 0; i < options_.connections; ++i) {
      publish(i);
    }
    while (now_s() < end) {
      turn(end);
    }
  } else {
    step_s_ = options_.interval_s / options_.connections;
    next_due_s_ = now_s() + step_s_;
    for (double now = now_s(); now < end; now = now_s()) {
      publish_due(now);
      turn(next_due_s_ < end ? next_due_s_ : end);
    }
  }
  publishing_ = false;
  const double grace_end = now_s() + 2;
  while (counters_.acknowledged < counters_.published && now_s() < grace_end) {
    turn(grace_end);
  }
}

void loop::publish_due(double now) {
  for (; next_due_s_ <= now; next_due_s_ += step_s_) {
    publish(next_);
    next_ = next_ + 1 < options_.connections ? next_ + 1 : 0;
  }
}

void loop::idle_for(double seconds) {
  const double end = now_s() + seconds;
  step_s_ = options_.keep_alive_s > 0 ? static_cast<double>(options_.keep_alive_s)
                                          / static_cast<double>(connections_.size())
                                      : seconds + 1;
  next_due_s_ = now_s() + step_s_;
  for (double now = now_s(); now < end; now = now_s()) {
    ping_due(now);
    turn(next_due_s_ < end ? next_due_s_ : end);
  }
}

void loop::ping_due(double now) {
  static constexpr std::uint8_t pingreq[] = {0xc0, 0};
  for (; next_due_s_ <= now; next_due_s_ += step_s_) {
    send_bytes(connections_[next_], pingreq, sizeof pingreq);
    next_ = next_ + 1 < connections_.size() ? next_ + 1 : 0;
  }
}

void loop::tear_all_and_wait(double seconds) {
  const linger at_once{1, 0};
  for (connection& c : connections_) {
    setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close(c);
  }
  counters_ = {};
  opened_ = 0;
  pending_ = 0;
  timespec t{};
  t.tv_sec = static_cast<time_t>(seconds);
  t.tv_nsec = static_cast<long>((seconds - std::floor(seconds)) * 1e9);
  nanosleep(&t, nullptr);
}

void loop::disconnect_all() {
  static constexpr std::uint8_t disconnect[] = {0xe0, 0};
  for (connection& c : connections_) {
    if (c.stage == stage::online) {
      send_bytes(c, disconnect, sizeof disconnect);
    }
    if (c.stage != stage::closed) {
      close(c);
    }
  }
}

} // namespace floor_client
