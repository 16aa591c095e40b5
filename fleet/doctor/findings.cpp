// The checks, one function each.
#include "fleet/doctor/findings.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/doctor/times.hpp"
#include "fleet/run/source_addresses.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/check.hpp"

namespace fleet::doctor {

namespace {

using text::format_count;

constexpr std::uint64_t mib = 1024ULL * 1024;
constexpr std::string_view elsewhere = "workers on other machines are not looked at";
constexpr std::string_view no_sockets = "the virtual world opens no sockets";

std::string counted(std::uint64_t n, std::string_view one, std::string_view many) {
  return format_count(n) + " " + std::string{n == 1 ? one : many};
}

std::string limit_said(std::uint64_t limit) {
  return limit == unlimited ? "no limit" : format_count(limit);
}

/// Rounded up.
std::string mib_said(std::uint64_t bytes) {
  return format_count((bytes + mib - 1) / mib) + " MiB";
}

/// So many that each part fits a process, as the run is split then; 0: no number of them does, or
/// some are where the limit is another.
std::uint32_t processes_for(const run_needs& n, std::uint64_t limit) {
  return !n.can_split || n.here < n.processes
             ? 0
             : program::fewest_for(
                 n.groups,
                 [&](const program::device_set& some) { return n.by_devices.of(some) <= limit; },
                 program::workers_most);
}

/// What would help where a process may not open enough.
std::string fewer_each(const run_needs& n, std::uint64_t hard) {
  std::string out =
      "raise the hard limit (LimitNOFILE= of systemd, ulimit -Hn, --ulimit nofile of a "
      "container)";
  if (const auto processes = processes_for(n, hard); processes > 1) {
    out += n.processes > 1 && !n.processes_started
               ? fmt::format(", or take {} workers", processes)
               : fmt::format(", or split the devices: --processes {}", processes);
  }
  if (n.where == whereabouts::twin && n.processes == 1 && n.without_twin <= hard) {
    out += ", or give the twin a process of its own: `fleet cloud serve`, and --target";
  }
  return out + ", or run fewer devices";
}

std::string descriptors_said(const run_needs& n) {
  if (n.where == whereabouts::nowhere) {
    return std::string{no_sockets};
  }
  const auto each_of = [](std::uint32_t workers) {
    return workers == 1 ? "the worker" : fmt::format("each of {} workers", workers);
  };
  const auto count = format_count(n.descriptors);
  if (n.here == 0) {
    return fmt::format("{} needs {} at least", each_of(n.processes), count);
  }
  const bool equal = n.descriptors * n.here == n.descriptors_here;
  const auto needs = fmt::format("needs{} {}", equal ? "" : " up to", count);
  return n.here < n.processes ? fmt::format("{} here {}", each_of(n.here), needs)
         : n.processes > 1    ? fmt::format("each of {} processes {}", n.processes, needs)
                              : "the run " + needs;
}

/// Whether this machine has the coordinator alone: then that is found.
bool all_elsewhere(const run_needs& n, finding& f) {
  f.found = n.here == 0 ? elsewhere : f.found;
  return n.here == 0;
}

/// Of what was found about those here.
void say_who_is_elsewhere(const run_needs& n, finding& f) {
  if (n.here < n.processes && f.found != elsewhere) {
    f.found += fmt::format(", and {}", elsewhere);
  }
}

finding descriptors(const machine_facts& m, const run_needs& n) {
  finding f{"descriptors"};
  f.needed = descriptors_said(n);
  f.figures = {{"needed", n.descriptors}};
  if (n.processes > 1) {
    f.figures.emplace_back("processes", n.processes);
  }
  if (all_elsewhere(n, f)) {
    return f;
  }
  if (!m.descriptors_soft || !m.descriptors_hard) {
    f.found = unknown;
    return f;
  }
  const auto soft = *m.descriptors_soft;
  const auto hard = *m.descriptors_hard;
  f.found = fmt::format("soft limit {}, hard limit {}", limit_said(soft), limit_said(hard));
  f.figures.insert(f.figures.end(), {{"soft", soft}, {"hard", hard}});
  if (n.descriptors > hard) {
    f.says = outlook::hopeless;
    f.then = fewer_each(n, hard);
  } else if (m.files_free && n.descriptors_here > *m.files_free) {
    f.says = outlook::hopeless;
    f.found += fmt::format(", {} left on the whole machine", format_count(*m.files_free));
    f.then = "raise fs.file-max";
  } else if (n.descriptors > soft) {
    f.says = outlook::will_be_done;
    f.then = fmt::format("{} its soft limit to the hard one",
                         n.processes > 1 ? "each raises" : "the run raises");
  }
  return f;
}

/// What more room for ports would take.
std::string more_ports(const run_needs& n, std::uint32_t addresses) {
  if (n.where == whereabouts::twin || n.where == whereabouts::here) {
    return n.v6 ? "take a target on 127.0.0.1, since there is no address but ::1"
                : fmt::format("name {} of 127.0.0.0/8 by --bind",
                              counted(addresses, "address", "addresses"));
  }
  return fmt::format("give this machine {}{}", counted(addresses, "address", "addresses"),
                     n.v6 ? " and name them by --bind"
                          : " of one subnet, which the run then takes by itself");
}

finding ports(const machine_facts& m, const run_needs& n) {
  finding f{"ports"};
  const std::uint32_t each = (n.connections_to_one + n.sources - 1) / n.sources;
  f.needed = n.where == whereabouts::nowhere
                 ? std::string{no_sockets}
                 : fmt::format("the run has {} to one listener, {} from an address",
                               counted(n.connections_to_one, "connection", "connections"),
                               format_count(each));
  f.figures = {{"connections_to_one", n.connections_to_one}, {"source_addresses", n.sources}};
  if (all_elsewhere(n, f)) {
    f.needed = fmt::format("a worker has up to {} to one listener",
                           counted(n.connections_to_one, "connection", "connections"));
    f.figures.pop_back(); // of this machine
    return f;
  }
  if (!m.ports) {
    f.found = unknown;
    return f;
  }
  const std::uint32_t count = m.ports->count();
  f.found = fmt::format(
      "{} ({} to {}{}){}", counted(count, "port", "ports"), m.ports->first, m.ports->last,
      m.ports->reserved == 0 ? "" : fmt::format(", {} reserved", format_count(m.ports->reserved)),
      n.sources == 1 ? "" : fmt::format(" on each of {} addresses", n.sources));
  f.figures.emplace_back("ports_each", count);
  const std::uint32_t good = std::min(count, program::connections_per_source);
  const std::uint32_t wanted = good == 0 ? 1 : (n.connections_to_one + good - 1) / good;
  if (each > count) {
    f.says = outlook::hopeless;
    f.then = "widen net.ipv4.ip_local_port_range, or " + more_ports(n, wanted);
  } else if (each > program::connections_per_source) {
    f.says = outlook::badly;
    f.then = fmt::format("beyond about {} the kernel searches long for a free port: {}",
                         format_count(program::connections_per_source), more_ports(n, wanted));
  } else if (!n.sources_named && n.sources > 1
             && n.connections_to_one > program::connections_per_source) {
    f.says = outlook::will_be_done;
    f.then = "the run spreads them over its addresses";
  }
  return f;
}

finding memory(const machine_facts& m, const run_needs& n) {
  finding f{"memory"};
  const std::uint64_t need = n.memory_bytes + n.kernel_bytes;
  f.needed = fmt::format("the run needs about {}", mib_said(need));
  if (n.here == 0) {
    f.needed = fmt::format("the coordinator needs about {}, and each worker up to {}",
                           mib_said(need), mib_said(n.memory_each_bytes));
  } else if (n.processes > 1) {
    f.needed += fmt::format(" in all its {} processes", n.here + 1);
  }
  if (n.kernel_bytes != 0) {
    f.needed += fmt::format(", {} of it for sockets in the kernel", mib_said(n.kernel_bytes));
  }
  f.figures = {{"needed_bytes", need}};
  const bool grouped = m.group && (!m.memory_bytes || m.group->free_bytes < *m.memory_bytes);
  if (!grouped && !m.memory_bytes) {
    f.found = unknown;
    return f;
  }
  const std::uint64_t have = grouped ? m.group->free_bytes : *m.memory_bytes;
  f.figures.emplace_back("available_bytes", have);
  f.found = grouped ? fmt::format("{} left of {} in {}", mib_said(have),
                                  mib_said(m.group->limit_bytes), m.group->limit_file)
                    : mib_said(have) + " available";
  const std::string more = grouped ? "raise the limit of the control group" : "end other programs";
  if (need > have && !grouped && need <= have + m.swap_bytes) {
    f.says = outlook::badly;
    f.then = "it would swap: " + more + ", or run fewer devices";
  } else if (need > have) {
    f.says = outlook::hopeless;
    f.then = "the kernel would kill it: " + more + ", or run fewer devices";
  } else if (need > have / 5 * 4) {
    f.says = outlook::badly;
    f.then = "that leaves little for all else: " + more + ", or run fewer devices";
  }
  return f;
}

finding processors(const machine_facts& m, const run_needs& n) {
  finding f{"processors"};
  const std::uint32_t threads = n.device_homes + (n.twin_home ? 1 : 0);
  f.needed = fmt::format("the run has {} of devices{}", counted(n.device_homes, "home", "homes"),
                         n.twin_home ? " and one of the twin" : "");
  if (n.processes > 1) {
    f.needed += fmt::format(" in each of {} processes", n.processes);
  }
  f.figures = {{"homes", threads}};
  if (all_elsewhere(n, f)) {
    f.needed = "each worker has homes by its own processors";
    f.figures.clear();
    return f;
  }
  if (!m.processors) {
    f.found = unknown;
    return f;
  }
  f.found = counted(*m.processors, "processor", "processors");
  f.figures.emplace_back("processors", *m.processors);
  if (m.processor_quota) {
    f.found += fmt::format(", and a control group that gives {:.3g} of them", *m.processor_quota);
  }
  if (n.device_homes > *m.processors) {
    f.says = outlook::badly;
    f.then = "homes would take turns: leave --homes out";
  } else if (m.processor_quota && *m.processor_quota < threads
             && *m.processor_quota < *m.processors) {
    f.says = outlook::badly;
    f.then = "the run would be stopped in the midst of each period, and latencies would show it: "
             "raise the limit (CPUQuota= of systemd, limits.cpu of Kubernetes)";
  }
  return f;
}

finding backlog(const machine_facts& m, const run_needs& n) {
  constexpr std::uint64_t twin_queue = 4096;  ///< that our listeners ask for
  constexpr std::uint64_t usual_pending = 60; ///< with an accept queue of 100, as mosquitto has
  finding f{"backlog"};
  const std::uint64_t at_once = std::min(n.connects_pending, n.streams);
  f.needed = n.where == whereabouts::nowhere ? std::string{no_sockets}
             : n.streams == 0                ? "datagrams wait in no queue"
                                             : fmt::format("the run has {} under way at once",
                                                           counted(at_once, "connect", "connects"));
  f.figures = {{"connects_pending", at_once}};
  // How long a target's own queue is only the target knows; somaxconn bounds those of this machine.
  std::uint64_t most = usual_pending;
  if (n.where == whereabouts::away || n.where == whereabouts::here) {
    f.found = "the target's queue cannot be seen from here";
  } else if (all_elsewhere(n, f)) {
    most = UINT64_MAX;
  } else if (!m.accept_queue) {
    f.found = unknown;
    most = UINT64_MAX;
  } else {
    most = std::min(twin_queue, *m.accept_queue);
    f.found = fmt::format("the twin's queue holds {}", format_count(most));
    f.figures.emplace_back("queue_most", *m.accept_queue);
  }
  if (n.where == whereabouts::twin && n.here != 0 && !m.syn_cookies && m.syn_queue) {
    most = std::min(most, *m.syn_queue / 4 * 3);
  }
  if (at_once <= most) {
    if (at_once < n.streams) {
      f.says = outlook::will_be_done;
      f.then = "the others wait in the run until their turn comes";
    }
  } else if (n.where == whereabouts::twin) {
    f.says = outlook::badly;
    f.then = fmt::format("each beyond that costs a second: take --connects-pending {}, or raise "
                         "net.core.somaxconn and net.ipv4.tcp_max_syn_backlog",
                         std::max<std::uint64_t>(most, 1));
  } else {
    f.says = outlook::badly;
    f.then = "a queue of 100, as mosquitto's, takes about 60 and each beyond costs a second: leave "
             "--connects-pending out unless the target's is longer";
  }
  return f;
}

/// What other machines have too; clocks and timers are this one's in any case.
bool of_each_machine(std::string_view check) {
  return check == "descriptors" || check == "ports" || check == "memory" || check == "processors";
}

} // namespace

std::string_view to_string(outlook o) noexcept {
  switch (o) {
    case outlook::ok: return "ok";
    case outlook::will_be_done: return "will be done";
    case outlook::badly: return "badly";
    case outlook::hopeless: return "will not work";
  }
  FLEET_CHECK(false);
}

std::vector<finding> examine(const machine_facts& machine, const run_needs& needs) {
  std::vector<finding> out;
  for (auto* const check :
       {&descriptors, &ports, &memory, &processors, &clock, &timers, &wall_clock, &backlog}) {
    out.push_back(check(machine, needs));
    if (of_each_machine(out.back().check)) {
      say_who_is_elsewhere(needs, out.back());
    }
  }
  return out;
}

outlook worst_of(const std::vector<finding>& all) noexcept {
  outlook out = outlook::ok;
  for (const auto& f : all) {
    out = std::max(out, f.says);
  }
  return out;
}

} // namespace fleet::doctor
