// Workers of a run, and `fleet worker`.
#include "fleet/options/crew_flags.hpp"

#include <algorithm>
#include <array>

#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/options/words.hpp"
#include "protocol/http/url.hpp"

namespace fleet::program {

namespace {

constexpr words_of<worker_loss, 3> loss_words{{{"takeover", worker_loss::takeover},
                                               {"leave", worker_loss::leave},
                                               {"stop", worker_loss::stop}}};
/// What the coordinator alone needs. All have a value, which is the next word where there is no
/// `=`.
constexpr std::array<std::string_view, 10> names{
    "--worker-certs", "--processes",      "--workers",        "--expect-workers",
    "--listen",       "--worker-token",   "--on-worker-loss", "--worker-lease",
    "--begin-with",   "--wait-for-target"};

setter set_one_address(std::optional<hal::address>& out) {
  return {[&out](std::string_view value) -> std::optional<std::string> {
    auto read = text::parse_listen_address(value);
    if (!read) {
      return "is no address; it takes 127.0.0.1:7400, [::1]:7400, or 7400 alone";
    }
    out = read.value();
    return std::nullopt;
  }};
}

/// A comma-separated list.
setter set_addresses(std::vector<hal::address>& out) {
  return {[&out](std::string_view value) -> std::optional<std::string> {
    while (true) {
      const auto comma = value.find(',');
      auto read = text::parse_listen_address(value.substr(0, comma));
      if (!read || read.value().port == 0) {
        return "is no list of addresses; it takes 127.0.0.1:7400,127.0.0.1:7401";
      }
      out.push_back(read.value());
      if (comma == std::string_view::npos) {
        return std::nullopt;
      }
      value.remove_prefix(comma + 1);
    }
  }};
}

/// An address, or a name and a port, which is looked up when the worker starts.
setter set_join(worker_options& out) {
  return {[&out](std::string_view value) -> std::optional<std::string> {
    const auto wrong = set_one_address(out.join)(value);
    if (!wrong) {
      return std::nullopt;
    }
    const auto at = http::parse_url("http://" + std::string{value});
    const bool named = at && value.find(':') != std::string_view::npos && at.value().target == "/"
                       && at.value().host.find_first_not_of("0123456789.[]:") != std::string::npos;
    if (!named) {
      return "is no place to go to; it takes 127.0.0.1:7400, [::1]:7400, coordinator.lan:7400, or "
             "7400 alone";
    }
    out.join_name = at.value().host;
    out.join_port = at.value().port;
    return std::nullopt;
  }};
}

constexpr std::string_view worker_name = "fleet worker";

void worker_flags(flag_set& flags, worker_options& out) {
  flags.group("Coordinator");
  flags.value("--listen", "ADDR", "Waits there for `fleet run --workers`; port 0 picks a free one.",
              set_one_address(out.listen));
  flags.value("--join", "ADDR",
              "Goes to the `fleet run --expect-workers` that waits there; a name with a port does, "
              "too.",
              set_join(out));
  flags.value("--worker-token", "FILE",
              "A file with the word that coordinator and workers know each other by. Default: "
              "FLEET_WORKER_TOKEN of the environment.",
              set_text(out.token_file));
  flags.value("--worker-certs", "DIR",
              "A folder as --init-certs makes it: the connection is encrypted, and each side shows "
              "a certificate. Needed beyond this machine.",
              set_text(out.certificates));
  flags.value("--init-certs", "DIR",
              "Makes an authority and the certificates of both sides in this folder, and ends; "
              "copy it to each machine.",
              set_text(out.init_certificates));
  flags.example("fleet worker --listen 127.0.0.1:7400",
                "serves one run, started by `fleet run --workers 127.0.0.1:7400 …`");
}

} // namespace

void crew_flags(flag_set& flags, crew_options& out) {
  flags.group("Workers: the fleet in several processes (docs/workers.md)");
  flags.value("--processes", "N",
              "Splits the devices over N processes of this machine, each with a twin of its own "
              "unless there is a target: 2 to 256. Default: one process.",
              set_count(out.processes, 2, workers_most));
  flags.value("--workers", "A:P[,A:P...]",
              "Splits them over workers that wait there, as `fleet worker --listen`.",
              set_addresses(out.workers));
  flags.value("--expect-workers", "N",
              "Splits them over N workers that come to --listen by themselves, as `fleet worker "
              "--join`: 1 to 256.",
              set_count(out.expected, 1, workers_most));
  flags.value("--begin-with", "N",
              "The run begins when so many of them are there, and the devices of the others when "
              "those come. Default: all.",
              set_count(out.begin_with, 1, workers_most));
  flags.value("--listen", "ADDR", "Where they come to. Default 127.0.0.1 and a free port.",
              set_one_address(out.listen));
  flags.value("--worker-token", "FILE",
              "A file with the word that coordinator and workers know each other by. Default: "
              "FLEET_WORKER_TOKEN of the environment; --processes makes its own.",
              set_text(out.token_file));
  flags.value("--worker-certs", "DIR",
              "A folder as `fleet worker --init-certs` makes it: connections to workers are "
              "encrypted, and each side shows a certificate. Needed beyond this machine.",
              set_text(out.certificates));
  flags.value("--on-worker-loss", "takeover|leave|stop",
              "When a worker dies: takeover (a spare worker, or one more beside another one, gets "
              "its devices), leave (they stay away) or stop (the run ends). Default takeover.",
              set_word(out.on_loss, loss_words));
  flags.value("--worker-lease", "TIME",
              "A worker that is cut off from here goes on for so long, and then stops its devices "
              "by itself: 5s to 1h. Default 30s.",
              set_duration(out.lease, std::chrono::seconds{5}, std::chrono::hours{1}));
}

std::optional<std::string> beyond_loopback(std::string_view flag, const hal::address& at,
                                           bool certificates) {
  if (at.loopback() || certificates) {
    return std::nullopt;
  }
  return std::string{flag} + " " + at.text()
         + " is not of this machine alone, and secrets go over the connection; give both sides "
           "--worker-certs, for TLS: fleet worker --init-certs makes them";
}

std::optional<std::string> crew_contradiction(const run_options& run, const crew_options& crew,
                                              const flag_set& flags) {
  if (!crew.any()) {
    for (const auto flag : {"--listen", "--worker-token", "--worker-certs", "--on-worker-loss",
                            "--worker-lease", "--begin-with"}) {
      if (flags.given(flag)) {
        return std::string{flag}
               + " is about workers; add --processes, --workers or --expect-workers";
      }
    }
    return std::nullopt;
  }
  if ((crew.processes != 0) + !crew.workers.empty() + (crew.expected != 0) > 1) {
    return "--processes, --workers and --expect-workers contradict each other; give one";
  }
  if (run.virtual_world) {
    return "--virtual cannot be split over processes: they cannot share one clock and one order of "
           "events, so that one seed would no longer give one run";
  }
  if (crew.processes != 0 && !crew.certificates.empty()) {
    return "--worker-certs is for workers of other processes than --processes starts; leave it out";
  }
  if (crew.begin_with > crew.expected) {
    return "--begin-with is of those that --expect-workers expects; give that, and no fewer";
  }
  if (crew.listen && crew.expected == 0) {
    return "--listen is for workers that come by themselves; add --expect-workers";
  }
  if (crew.listen) {
    return beyond_loopback("--listen", *crew.listen, !crew.certificates.empty());
  }
  for (const auto& at : crew.workers) {
    if (auto wrong = beyond_loopback("--workers", at, !crew.certificates.empty())) {
      return wrong;
    }
  }
  return std::nullopt;
}

std::vector<std::string> words_for_workers(std::span<const std::string_view> words) {
  std::vector<std::string> out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const auto name = words[i].substr(0, words[i].find('='));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      out.emplace_back(words[i]);
    } else if (name == words[i]) {
      ++i;
    }
  }
  return out;
}

result<command, usage_error> parse_worker(std::span<const std::string_view> words) {
  worker_options out;
  flag_set flags{std::string{worker_name}, "lends this process to a run of several", "[flags]"};
  worker_flags(flags, out);
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  if (const auto wrong = flags.parse(words)) {
    return fail(wrong_usage(worker_name, *wrong));
  }
  if (!out.init_certificates.empty()) {
    return command{text_answer{}};
  }
  if (out.listen.has_value() == (out.join || !out.join_name.empty())) {
    return fail(wrong_usage(worker_name, "needs --listen or --join, one of them"));
  }
  const bool certificates = !out.certificates.empty();
  const auto wrong = out.listen ? beyond_loopback("--listen", *out.listen, certificates)
                     : out.join ? beyond_loopback("--join", *out.join, certificates)
                                : std::nullopt; // a name: when it is looked up
  if (wrong) {
    return fail(wrong_usage(worker_name, *wrong));
  }
  return command{text_answer{}}; // worker_of() has the rest
}

worker_options worker_of(std::span<const std::string_view> words) {
  worker_options out;
  flag_set flags{std::string{worker_name}, {}, {}};
  worker_flags(flags, out);
  (void)flags.parse(words);
  return out;
}

} // namespace fleet::program
