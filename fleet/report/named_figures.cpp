// The figures that expectations may name: one table, and what each is in a run's facts.
#include <algorithm>
#include <array>
#include <functional>
#include <tuple>

#include "fleet/report/facts.hpp"
#include "fleet/report/figures.hpp"
#include "fleet/report/judged.hpp"

namespace fleet::report {

namespace {

using judging::argument;
using judging::unit;
using value_of = std::function<std::optional<double>(const run_facts&, std::string_view)>;

struct named {
  judging::figure_info info;
  value_of value;
};

template <class T>
double number(T n) noexcept {
  return static_cast<double>(n);
}

/// A count that rises and can be read while the run goes.
template <class Get>
named rising(std::string_view name, std::string_view text, Get get) {
  return {{name, unit::count, argument::nothing, true, true, text},
          [get](const run_facts& f, std::string_view) { return std::optional{number(get(f))}; }};
}

template <class Get>
named at_end(std::string_view name, unit u, std::string_view text, Get get) {
  return {{name, u, argument::nothing, false, false, text},
          [get](const run_facts& f, std::string_view) { return std::optional{number(get(f))}; }};
}

void add_counts(std::vector<named>& all) {
  all.push_back(rising("sent", "Reports sent, each once.",
                       [](const run_facts& f) { return f.counts.published_all(); }));
  all.push_back(rising("acknowledged", "Reports acknowledged, of QoS 1 and 2.",
                       [](const run_facts& f) { return f.counts.acknowledged; }));
  all.push_back(rising("resent", "Reports sent again, with DUP.",
                       [](const run_facts& f) { return f.counts.resent; }));
  all.push_back(rising("received", "Messages that devices got.", [](const run_facts& f) {
    return f.counts.received[0] + f.counts.received[1] + f.counts.received[2];
  }));
  all.push_back(rising("commands", "Commands that devices carried out.",
                       [](const run_facts& f) { return f.counts.commands; }));
  all.push_back(rising("replies", "Replies of the cloud to reports.",
                       [](const run_facts& f) { return f.counts.replies; }));
  all.push_back(rising("replies_bad", "Those of them with an error.",
                       [](const run_facts& f) { return f.counts.replies_bad; }));
  all.push_back(rising("skipped", "Reports that were due and not sent.",
                       [](const run_facts& f) { return f.counts.skipped_all(); }));
  all.push_back(rising("late_sends", "Reports sent more than 100 ms after they were due.",
                       [](const run_facts& f) { return f.counts.late_sends; }));
  all.push_back(rising("attempts", "Attempts of devices to get online.",
                       [](const run_facts& f) { return f.counts.attempts; }));
  all.push_back(rising("reconnects", "Connections after a device's first.",
                       [](const run_facts& f) { return f.counts.reconnects; }));
  all.push_back(rising("links_lost", "Connections that ended unplanned.",
                       [](const run_facts& f) { return f.counts.disconnects_unplanned; }));
  all.push_back(rising("restarts", "Devices restarted after a crash.",
                       [](const run_facts& f) { return f.counts.restarts; }));
  all.push_back(rising("abandoned", "Devices given up after many crashes.",
                       [](const run_facts& f) { return f.counts.abandoned; }));
  all.push_back({{"troubles", unit::count, argument::outcome, true, true,
                  "Troubles of attempts, connections and posts with this reason."},
                 [](const run_facts& f, std::string_view reason) -> std::optional<double> {
                   for (std::size_t i = 0; i < actors::outcome_count; ++i) {
                     if (actors::to_string(static_cast<actors::outcome>(i)) == reason) {
                       return number(f.counts.troubles[i]);
                     }
                   }
                   return std::nullopt;
                 }});
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    all.push_back(rising(dialect_counts[i].name, dialect_counts[i].text,
                         [i](const run_facts& f) { return f.counts.dialect[i]; }));
  }
}

void add_devices(std::vector<named>& all) {
  all.push_back({{"online", unit::count, argument::nothing, false, true,
                  "Devices with a connection, when it is looked at: at the end all have gone."},
                 [](const run_facts& f, std::string_view) {
                   return std::optional{number(f.counts.online())};
                 }});
  all.push_back(rising("online_max", "The most devices online at once.",
                       [](const run_facts& f) { return f.online_max; }));
  all.push_back(at_end("online_end", unit::count, "Devices online when the time was up.",
                       [](const run_facts& f) { return f.online_end; }));
  all.push_back(at_end("expected_end", unit::count, "Devices that were to be online then.",
                       [](const run_facts& f) { return f.expected_end; }));
  all.push_back(at_end("devices", unit::count, "Devices of the run, those behind gateways too.",
                       [](const run_facts& f) { return f.requested; }));
  all.push_back(at_end("connections", unit::count, "Those with a connection of their own.",
                       [](const run_facts& f) { return f.connections; }));
  all.push_back({{"shadows_waiting", unit::count, argument::nothing, false, false,
                  "Devices that had not done what their shadow asked."},
                 [](const run_facts& f, std::string_view) -> std::optional<double> {
                   return f.shadows_waiting ? std::optional{number(*f.shadows_waiting)}
                                            : std::nullopt;
                 }});
}

std::string_view ledger_text(std::string_view key) {
  static constexpr std::array<std::pair<std::string_view, std::string_view>, 12> texts{
      {{"attempted", "Messages of the ledger that were sent."},
       {"accepted", "Those that arrived, each once."},
       {"lost", "Those acknowledged that never arrived."},
       {"refused", "Those that the far side turned away."},
       {"duplicated", "Those that arrived more than once."},
       {"unexplained", "Of those: without DUP on one connection."},
       {"unexpected", "Messages that nobody sent."},
       {"corrupted", "Messages whose ledger tag was spoilt."},
       {"out_of_order", "Messages that arrived after a later one."},
       {"recovered", "Messages that arrived although nobody acknowledged them."},
       {"unfinished", "Messages neither acknowledged nor arrived when the run ended."},
       {"missing_qos0", "Messages of QoS 0 that did not arrive, as they may."}}};
  const auto found = std::find_if(texts.begin(), texts.end(),
                                  [key](const auto& each) { return each.first == key; });
  return found == texts.end() ? std::string_view{} : found->second;
}

/// Known at the end alone: both sides are held against each other then.
void add_ledger(std::vector<named>& all) {
  for (const auto& figure : ledger_figures) {
    const auto text = ledger_text(figure.key);
    if (text.empty()) {
      continue; // meters have it by that name
    }
    all.push_back({{figure.key, unit::count, argument::direction, false, false, text},
                   [figure](const run_facts& f, std::string_view which) -> std::optional<double> {
                     const bool up = which != "downlink";
                     const bool down = which != "uplink";
                     if ((up && !f.uplink_known && !figure.uplink_own)
                         || (down && !f.ledger_known && !figure.downlink_own)) {
                       return std::nullopt;
                     }
                     return number((up ? f.uplink.*figure.value : 0)
                                   + (down ? f.downlink.*figure.value : 0));
                   }});
  }
}

const actors::histogram_snapshot* latency_of(const run_facts& f, std::string_view which) {
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    if (actors::to_string(static_cast<actors::latency>(i)) == which) {
      return &f.latencies[i];
    }
  }
  return which == "download" ? &f.firmware.download_time : &f.firmware.update_time;
}

void add_latencies(std::vector<named>& all) {
  for (const auto& [name, q, text] :
       {std::tuple{"p50", 0.5, "The latency that half of them are within."},
        std::tuple{"p90", 0.9, "That 90 % are within."},
        std::tuple{"p99", 0.99, "That 99 % are within."},
        std::tuple{"p999", 0.999, "That 99.9 % are within."}}) {
    all.push_back({{name, unit::duration, argument::latency, false, false, text},
                   [q = q](const run_facts& f, std::string_view which) -> std::optional<double> {
                     const auto& h = *latency_of(f, which);
                     return h.count == 0 ? std::nullopt : std::optional{h.quantile(q)};
                   }});
  }
  all.push_back({{"max", unit::duration, argument::latency, true, true, "The longest of them."},
                 [](const run_facts& f, std::string_view which) -> std::optional<double> {
                   const auto& h = *latency_of(f, which);
                   return h.count == 0 ? std::nullopt : std::optional{h.max_seconds()};
                 }});
  all.push_back(at_end("affected", unit::count,
                       "Reports of slow spells: acknowledged late, not sent, or not answered.",
                       [](const run_facts& f) {
                         std::uint64_t sum = 0;
                         for (const auto& s : f.judged.spells) {
                           sum += s.affected + s.skipped + s.unanswered;
                         }
                         return sum;
                       }));
}

/// Of all faults that are meant.
template <class Get>
named of_fault(std::string_view name, std::string_view text, bool most, Get get) {
  return {{name, unit::count, argument::fault, true, true, text},
          [get, most](const run_facts& f, std::string_view which) -> std::optional<double> {
            std::optional<double> out;
            for (const auto& fault : f.judged.faults) {
              if (judging::means_fault(which, fault.name)) {
                const double one = number(get(fault));
                out = most ? std::max(out.value_or(0), one) : out.value_or(0) + one;
              }
            }
            return out;
          }};
}

std::optional<double> recovered_within(const run_facts& f, std::string_view which) {
  std::optional<double> out;
  for (std::size_t i = 0; i < f.judged.faults.size(); ++i) {
    const auto& fault = f.judged.faults[i];
    if (!judging::means_fault(which, fault.name)) {
      continue;
    }
    const auto one = fault.recovered_s             ? fault.recovered_s
                     : i < f.judged.waiting.size() ? f.judged.waiting[i]
                                                   : std::nullopt;
    if (!one) {
      return std::nullopt;
    }
    out = std::max(out.value_or(0), *one);
  }
  return out;
}

void add_faults(std::vector<named>& all) {
  all.push_back({{"recovered_within", unit::duration, argument::fault, true, true,
                  "From the end of the fault until the fleet was whole again."},
                 recovered_within});
  all.push_back(of_fault("hit", "Devices that it hit.", false,
                         [](const judging::fault_finding& x) { return x.hit; }));
  all.push_back(of_fault("reconnect_peak", "The most reconnects in a second.", true,
                         [](const judging::fault_finding& x) { return x.reconnect_peak_per_s; }));
  all.push_back(
      {{"delayed", unit::count, argument::fault, false, false,
        "Reports acknowledged later than 1 s and four times the p99 before it."},
       of_fault("", "", false, [](const judging::fault_finding& x) { return x.delayed; }).value});
  all.push_back(of_fault("repeated", "Reports sent again from its begin to recovery.", false,
                         [](const judging::fault_finding& x) { return x.repeated; }));
}

void add_process(std::vector<named>& all) {
  const auto put = [&all](std::string_view name, unit u, bool rises, std::string_view text,
                          value_of value) {
    all.push_back({{name, u, argument::nothing, rises, rises, text}, std::move(value)});
  };
  put("bytes_sent", unit::size, true, "By devices, after encryption.",
      [](const run_facts& f, std::string_view) { return number(f.counts.bytes_sent); });
  put("bytes_received", unit::size, true, "Likewise.",
      [](const run_facts& f, std::string_view) { return number(f.counts.bytes_received); });
  put("memory_per_device", unit::size, false, "Resident memory of the run for each device.",
      [](const run_facts& f, std::string_view) {
        return f.process.user_bytes_per_device(f.requested);
      });
  put("rss_max", unit::size, true, "The most resident memory of the process.",
      [](const run_facts& f, std::string_view) { return number(f.process.rss_max_bytes); });
  put("cpu_s", unit::duration, true, "Processor time of the process; seconds need no unit here.",
      [](const run_facts& f, std::string_view) { return f.process.cpu_s; });
  put("duration_s", unit::duration, false, "How long the run lasted; likewise.",
      [](const run_facts& f, std::string_view) { return f.duration_s; });
}

const std::vector<named>& table() {
  static const std::vector<named> all = [] {
    std::vector<named> made;
    add_counts(made);
    add_devices(made);
    add_ledger(made);
    add_latencies(made);
    add_faults(made);
    add_process(made);
    const auto counters = made; // those so far
    made.push_back(
        {{"rate", unit::rate, argument::counter, false, false,
          "A count of this table that rises, by the length of the run."},
         [counters](const run_facts& f, std::string_view which) -> std::optional<double> {
           const auto found =
               std::find_if(counters.begin(), counters.end(),
                            [which](const named& n) { return n.info.name == which; });
           if (found == counters.end() || f.duration_s <= 0) {
             return std::nullopt;
           }
           const auto count = found->value(f, {});
           return count ? std::optional{*count / f.duration_s} : std::nullopt;
         }});
    return made;
  }();
  return all;
}

std::array<std::vector<std::string_view>, judging::argument_count> argument_words() {
  std::array<std::vector<std::string_view>, judging::argument_count> out;
  const auto of = [&out](argument a) -> auto& {
    return out[static_cast<std::size_t>(a)];
  };
  of(argument::direction) = {"uplink", "downlink"};
  for (std::size_t i = 0; i < actors::latency_count; ++i) {
    of(argument::latency).push_back(actors::to_string(static_cast<actors::latency>(i)));
  }
  of(argument::latency).push_back("download");
  of(argument::latency).push_back("update");
  static_assert(static_cast<std::size_t>(actors::outcome::accepted) == 0);
  for (std::size_t i = 1; i < actors::outcome_count; ++i) { // that one is no trouble
    of(argument::outcome).push_back(actors::to_string(static_cast<actors::outcome>(i)));
  }
  for (const auto& figure : table()) {
    if (figure.info.unit == unit::count && figure.info.takes == argument::nothing
        && figure.info.only_rises && figure.info.name != "online_max") {
      of(argument::counter).push_back(figure.info.name);
    }
  }
  return out;
}

} // namespace

const judging::vocabulary& figures() {
  static const auto infos = [] {
    std::vector<judging::figure_info> out;
    for (const auto& figure : table()) {
      out.push_back(figure.info);
    }
    return out;
  }();
  static const auto words = argument_words();
  static const judging::vocabulary all{infos, words};
  return all;
}

std::vector<std::string> figures_of(const judging::expectation& e) {
  std::vector<std::string> out;
  for (const auto* const side : {&e.left, &e.right}) {
    for (const auto* const term : {&side->what, side->over ? &*side->over : nullptr}) {
      if (term != nullptr && !term->amount()) {
        out.push_back(judging::name_of(*term, figures()));
      }
    }
  }
  return out;
}

std::optional<double> figures_of_run::value(std::size_t figure, std::string_view argument) const {
  return table()[figure].value(facts_, argument);
}

std::string figures_of_run::why_unknown(std::size_t figure, std::string_view which) const {
  const auto& info = table()[figure].info;
  switch (info.takes) {
    case argument::fault: {
      const auto& all = facts_.judged.faults;
      const bool began = std::any_of(all.begin(), all.end(), [which](const auto& f) {
        return judging::means_fault(which, f.name);
      });
      return began ? "never: the fleet was not whole again"
                   : "nothing: no fault of that name began";
    }
    case argument::latency: return "not measured";
    case argument::direction: return "not known: the far side's account is missing";
    case argument::nothing:
    case argument::outcome:
    case argument::counter: return "not known";
  }
  FLEET_CHECK(false);
}

} // namespace fleet::report
