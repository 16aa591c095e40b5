// The workers as JSON and text.
#include "fleet/report/workers.hpp"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

using json = nlohmann::ordered_json;

json of(const std::optional<double>& value) {
  return value ? json(*value) : json(nullptr);
}

/// Null for what nobody can tell.
json of(const ledger::totals& l, const worker_fact& w) {
  if (!w.reported) {
    return nullptr;
  }
  return {{"attempted", l.attempted},
          {"acknowledged", l.acknowledged},
          {"accepted", w.ledger_known ? json(l.accepted) : json(nullptr)},
          {"lost", w.ledger_known ? json(l.lost) : json(nullptr)}};
}

json of(const std::vector<worker_event>& events) {
  json all = json::array();
  for (const auto& event : events) {
    all.push_back({{"at_s", event.at_s}, {"what", event.what}});
  }
  return all;
}

json ranges_json(const worker_fact& w) {
  json out = json::array();
  for (const auto& [first, count] : w.ranges) {
    out.push_back({{"first", first}, {"devices", count}});
  }
  return out;
}

std::string ranges_text(const worker_fact& w) {
  std::string out;
  for (const auto& [first, count] : w.ranges) {
    out += fmt::format("{}{} to {}", out.empty() ? "" : ", ", first, first + count - 1);
  }
  return out;
}

json of(const worker_fact& w) {
  return {{"worker", w.number},
          {"first", w.first},
          {"devices", w.devices},
          {"ranges", ranges_json(w)},
          {"process", w.process},
          {"reported", w.reported},
          {"lost_at_s", of(w.lost_at_s)},
          {"seen_at_s", of(w.seen_at_s)},
          {"why", w.why},
          {"takes_over", w.takes_over ? json(*w.takes_over) : json(nullptr)},
          {"published", w.published},
          {"acknowledged", w.acknowledged},
          {"uplink", of(w.uplink, w)},
          {"downlink", of(w.downlink, w)},
          {"cpu_s", w.cpu_s},
          {"rss_max_bytes", w.rss_max_bytes},
          {"events", of(w.events)}};
}

} // namespace

std::string with_workers(std::string text, const std::vector<worker_fact>& workers) {
  constexpr std::string_view end = "\n}\n";
  FLEET_CHECK(text.ends_with(end));
  json all = json::array();
  for (const auto& worker : workers) {
    all.push_back(of(worker));
  }
  text.resize(text.size() - end.size());
  return text + ",\n  \"workers\": " + all.dump(-1, ' ', false, json::error_handler_t::replace)
         + std::string{end};
}

std::string to_text(const std::vector<worker_fact>& workers) {
  std::string out;
  for (const auto& w : workers) {
    out += fmt::format("worker {}: devices {}{}, {} published, {} acknowledged, ", w.number,
                       ranges_text(w),
                       w.takes_over ? fmt::format(" after worker {}", *w.takes_over) : "",
                       w.published, w.acknowledged);
    out += w.reported ? fmt::format("{:.1f} s of CPU\n", w.cpu_s)
                      : fmt::format("lost at {:.1f} s: {}\n", w.lost_at_s.value_or(0), w.why);
    for (const auto& event : w.events) {
      out += fmt::format("  at {:.1f} s: {}\n", event.at_s, event.what);
    }
  }
  return out;
}

} // namespace fleet::report
