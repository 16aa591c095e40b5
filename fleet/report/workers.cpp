// The workers as JSON and text.
#include "fleet/report/workers.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/report/document.hpp"
#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

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

json of(const worker_fact& w) {
  return {{"worker", w.number},
          {"first", w.first},
          {"devices", w.devices},
          {"ranges", ranges_json(w)},
          {"at", w.at},
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

json of(const std::vector<worker_fact>& workers) {
  json all = json::array();
  for (const auto& worker : workers) {
    all.push_back(of(worker));
  }
  return all;
}

/// `0 to 9, 40 to 139`; those of the first ranges, where there are many.
std::string ranges_text(const json& w) {
  constexpr std::size_t shown_most = 4;
  const auto& ranges = list_at(w, "ranges");
  std::string out;
  for (std::size_t i = 0; i < std::min(ranges.size(), shown_most); ++i) {
    const double first = number_at(ranges[i], "first").value_or(0);
    out += fmt::format("{}{:.0f} to {:.0f}", i == 0 ? "" : ", ", first,
                       first + number_at(ranges[i], "devices").value_or(1) - 1);
  }
  if (ranges.size() > shown_most) {
    out += fmt::format(" and {} ranges more", ranges.size() - shown_most);
  }
  return out;
}

void append_worker(std::string& out, const json& w) {
  const auto whole = [&w](std::string_view name) {
    return fmt::format("{:.0f}", number_at(w, name).value_or(0));
  };
  const auto after = number_at(w, "takes_over");
  out += fmt::format("{:<15}{:>10}{:>14}{:>11}{:>12}  {}",
                     whole("worker") + (after ? fmt::format(" after {:.0f}", *after) : ""),
                     whole("published"), whole("acknowledged"), time_text(number_at(w, "cpu_s")),
                     size_text(number_at(w, "rss_max_bytes")), ranges_text(w));
  if (const auto at = text_at(w, "at"); !at.empty()) {
    out += " at " + at;
  }
  if (const auto lost = number_at(w, "lost_at_s")) {
    out += fmt::format("; lost at {:.1f} s: {}", *lost, text_at(w, "why"));
  }
  out += '\n';
  for (const auto& event : list_at(w, "events")) {
    out += fmt::format("  - at {:.1f} s: {}\n", number_at(event, "at_s").value_or(0),
                       text_at(event, "what"));
  }
}

} // namespace

std::string with_workers(std::string text, const std::vector<worker_fact>& workers) {
  constexpr std::string_view end = "\n}\n";
  FLEET_CHECK(text.ends_with(end));
  text.resize(text.size() - end.size());
  return text + ",\n  \"workers\": "
         + of(workers).dump(-1, ' ', false, json::error_handler_t::replace) + std::string{end};
}

std::string workers_text(const json& workers) {
  std::string out;
  if (!workers.empty()) {
    out += fmt::format("\n{:<15}{:>10}{:>14}{:>11}{:>12}  {}\n", "worker", "published",
                       "acknowledged", "CPU", "memory", "devices");
  }
  for (const auto& worker : workers) {
    append_worker(out, worker);
  }
  return out;
}

std::string to_text(const std::vector<worker_fact>& workers) {
  return workers_text(of(workers));
}

} // namespace fleet::report
