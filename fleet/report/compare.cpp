// Which figures are compared, and what their change says.
#include "fleet/report/compare.hpp"

#include <array>
#include <cmath>

#include <fmt/format.h>

#include "fleet/report/document.hpp"
#include "fleet/report/figures.hpp"
#include "protocol/base/check.hpp"

namespace fleet::report {

namespace {

std::string value_text(std::optional<double> value, figure_kind kind) {
  switch (kind) {
    case figure_kind::count:
    case figure_kind::text: return count_text(value);
    case figure_kind::seconds: return time_text(value);
    case figure_kind::octets: return size_text(value);
    case figure_kind::rate: return rate_text(value);
  }
  FLEET_CHECK(false);
}

class comparison {
public:
  comparison(const json& a, const json& b) : a_(a), b_(b) {}

  void group(std::string name) { group_ = std::move(name); }

  void add(std::string name, figure_kind kind, better way, std::optional<double> a,
           std::optional<double> b) {
    if (!a && !b) {
      return;
    }
    auto& row = rows_.emplace_back();
    row.group = group_;
    row.name = std::move(name);
    row.kind = kind;
    row.a = a;
    row.b = b;
    row.a_text = value_text(a, kind);
    row.b_text = value_text(b, kind);
    if (a && b) {
      tell(row, way);
    }
  }
  void at(std::string name, std::string_view dotted, figure_kind kind, better way) {
    add(std::move(name), kind, way, number_at(a_, dotted), number_at(b_, dotted));
  }
  /// Any change is one.
  void words(std::string name, std::string a, std::string b, change if_other) {
    if (a.empty() && b.empty()) {
      return;
    }
    auto& row = rows_.emplace_back();
    row.group = group_;
    row.name = std::move(name);
    row.kind = figure_kind::text;
    row.is = a == b ? change::same : if_other;
    row.a_text = a.empty() ? "-" : std::move(a);
    row.b_text = b.empty() ? "-" : std::move(b);
  }
  [[nodiscard]] const json& a() const noexcept { return a_; }
  [[nodiscard]] const json& b() const noexcept { return b_; }
  std::vector<compared> take() { return std::move(rows_); }

private:
  static void tell(compared& row, better way) {
    const double by = *row.b - *row.a;
    if (std::abs(by) <= 1e-12 * std::max(std::abs(*row.a), std::abs(*row.b))) {
      row.change_text = "=";
      return;
    }
    row.change_text = (by < 0 ? "-" : "+") + value_text(std::abs(by), row.kind);
    double part = 1; // of nothing, anything is all
    if (*row.a != 0) {
      part = std::abs(by / *row.a);
      row.change_text += fmt::format(" ({}{} %)", by < 0 ? "-" : "+", digits_text(part * 100));
    }
    if (part < notable || way == better::neither) {
      row.is = change::other;
      return;
    }
    row.is = (by > 0) == (way == better::higher) ? change::better : change::worse;
  }

  const json& a_;
  const json& b_;
  std::string group_;
  std::vector<compared> rows_;
};

std::optional<double> published(const json& root) {
  std::optional<double> out;
  for (const auto& [qos, n] : object_at(root, "messages.published").items()) {
    if (n.is_number()) {
      out = out.value_or(0) + n.get<double>();
    }
  }
  return out;
}

std::optional<double> over(std::optional<double> what, std::optional<double> by) {
  return what && by && *by > 0 ? std::optional{*what / *by} : std::nullopt;
}

/// Text or number as it stands; empty for what is neither.
std::string plain_at(const json& root, std::string_view dotted) {
  const json* const at = find(root, dotted);
  return at != nullptr && at->is_number() ? at->dump() : text_at(root, dotted);
}

void add_run(comparison& c) {
  c.group("run");
  const auto verdict_of = [](const json& root) { return text_at(root, "verdict"); };
  const auto a = verdict_of(c.a());
  const auto b = verdict_of(c.b());
  c.words("verdict", a, b, b == "passed" ? change::better : change::worse);
  for (const auto& [name, path] :
       {std::pair{"scenario", "run.scenario"}, std::pair{"target", "run.target"},
        std::pair{"world", "run.world"}, std::pair{"profile", "run.profile"},
        std::pair{"limit", "limit.who"}, std::pair{"version", "environment.version"},
        std::pair{"build", "environment.build"}, std::pair{"digest", "digest"}}) {
    c.words(name, text_at(c.a(), path), text_at(c.b(), path), change::other);
  }
  c.words("seed", plain_at(c.a(), "run.seed"), plain_at(c.b(), "run.seed"), change::other);
  c.at("duration", "run.duration_s", figure_kind::seconds, better::neither);
}

void add_fleet(comparison& c) {
  using k = figure_kind;
  c.group("devices");
  c.at("requested", "devices.requested", k::count, better::neither);
  c.at("online at most", "devices.online_max", k::count, better::higher);
  c.at("online at the end", "devices.online_end", k::count, better::higher);
  c.at("reconnects", "devices.reconnects", k::count, better::lower);
  c.at("links lost", "devices.disconnects_unplanned", k::count, better::lower);
  c.at("restarts", "devices.restarts", k::count, better::lower);
  c.at("given up", "devices.abandoned", k::count, better::lower);
  c.at("radios on", "radio.on_s", k::seconds, better::lower);
  c.group("messages");
  const auto pa = published(c.a());
  const auto pb = published(c.b());
  c.add("published", k::count, better::neither, pa, pb);
  c.add("published a second", k::rate, better::neither,
        over(pa, number_at(c.a(), "run.duration_s")), over(pb, number_at(c.b(), "run.duration_s")));
  c.at("acknowledged", "messages.acknowledged", k::count, better::neither);
  c.at("sent again", "messages.resent", k::count, better::lower);
  c.at("sent late", "messages.late_sends", k::count, better::lower);
  c.at("commands", "messages.commands", k::count, better::neither);
  c.at("replies with an error", "messages.replies_bad", k::count, better::lower);
  for (const auto& [name, value] : object_at(c.a(), "messages").items()) {
    if (name.starts_with("skipped_")) {
      c.at("not sent: " + name.substr(8), "messages." + name, k::count, better::lower);
    }
  }
}

void add_latencies(comparison& c) {
  c.group("latency");
  for (const auto& [name, values] : object_at(c.a(), "latency").items()) {
    for (const auto& [key, text] :
         {std::pair{"p50", "p50"}, std::pair{"p90", "p90"}, std::pair{"p99", "p99"},
          std::pair{"p999", "p99.9"}, std::pair{"max", "max"}}) {
      const auto of = [&name = name, key = key](const json& root) -> std::optional<double> {
        const auto& all = object_at(root, "latency");
        const auto at = all.find(name);
        return at != all.end() && number_at(*at, "count").value_or(0) > 0 ? number_at(*at, key)
                                                                          : std::nullopt;
      };
      c.add(name + " " + text, figure_kind::seconds, better::lower, of(c.a()), of(c.b()));
    }
  }
}

void add_ledger(comparison& c) {
  constexpr std::array<std::string_view, 5> better_none{"lost", "unexplained", "unexpected",
                                                        "corrupted", "out_of_order"};
  c.group("ledger");
  for (const auto* direction : {"uplink", "downlink"}) {
    for (const auto& figure : ledger_figures) {
      const bool bad =
          std::find(better_none.begin(), better_none.end(), figure.key) != better_none.end();
      auto name = std::string{figure.name};
      name.erase(0, name.find_first_not_of(' '));
      c.at(fmt::format("{} {}", direction, name),
           fmt::format("ledger.{}.{}", direction, figure.key), figure_kind::count,
           bad ? better::lower : better::neither);
    }
  }
}

/// By a text that both lists' entries have.
const json* named(const json& list, std::string_view key, const std::string& name) {
  for (const auto& one : list) {
    if (text_at(one, key) == name) {
      return &one;
    }
  }
  return nullptr;
}

void add_lists(comparison& c) {
  c.group("recovery");
  const auto& faults_b = list_at(c.b(), "faults");
  for (const auto& f : list_at(c.a(), "faults")) {
    const auto name = text_at(f, "name");
    const json* const other = named(faults_b, "name", name);
    for (const auto& [key, text, kind] :
         {std::tuple{"recovered_s", "whole in", figure_kind::seconds},
          std::tuple{"hit", "hit", figure_kind::count},
          std::tuple{"reconnect_peak_per_s", "reconnects in a second", figure_kind::count},
          std::tuple{"delayed", "delayed", figure_kind::count}}) {
      c.add(name + ": " + text, kind,
            std::string_view{key} == "hit" ? better::neither : better::lower, number_at(f, key),
            other != nullptr ? number_at(*other, key) : std::nullopt);
    }
  }
  c.group("expectations");
  const auto& expected_b = list_at(c.b(), "expectations");
  const auto told = [](const json& e) { return flag_at(e, "ok") ? "met" : "failed"; };
  for (const auto& e : list_at(c.a(), "expectations")) {
    const json* const other = named(expected_b, "text", text_at(e, "text"));
    const std::string after = other != nullptr ? told(*other) : "";
    c.words(text_at(e, "text"), told(e), after,
            after.empty()    ? change::other
            : after == "met" ? change::better
                             : change::worse);
  }
}

void add_process(comparison& c) {
  using k = figure_kind;
  c.group("process");
  c.at("processor time", "process.cpu_s", k::seconds, better::lower);
  c.add("processor time a report", k::seconds, better::lower,
        over(number_at(c.a(), "process.cpu_s"), published(c.a())),
        over(number_at(c.b(), "process.cpu_s"), published(c.b())));
  c.at("processor time a device", "process.cpu_s_per_device", k::seconds, better::lower);
  c.at("memory at most", "process.rss_max_bytes", k::octets, better::lower);
  c.at("memory a device", "process.user_bytes_per_device", k::octets, better::lower);
  c.at("octets sent", "bytes.sent", k::octets, better::neither);
  c.at("octets received", "bytes.received", k::octets, better::neither);
}

} // namespace

std::string_view to_string(change c) noexcept {
  switch (c) {
    case change::same: return "same";
    case change::other: return "other";
    case change::better: return "better";
    case change::worse: return "worse";
  }
  FLEET_CHECK(false);
}

std::vector<std::string> differences(const earlier_run& a, const earlier_run& b) {
  std::vector<std::string> out;
  for (const auto& [name, path] :
       {std::pair{"scenario", "run.scenario"}, std::pair{"seed", "run.seed"},
        std::pair{"target", "run.target"}, std::pair{"world", "run.world"},
        std::pair{"devices", "devices.requested"}, std::pair{"version", "environment.version"}}) {
    auto in_a = plain_at(a.facts().root, path);
    auto in_b = plain_at(b.facts().root, path);
    if (std::string_view{name} == "scenario") { // a run of options alone has an empty one
      in_a = in_a.empty() ? "none" : in_a;
      in_b = in_b.empty() ? "none" : in_b;
    }
    if (!in_a.empty() && !in_b.empty() && in_a != in_b) {
      out.push_back(fmt::format("{} {} against {}", name, in_a, in_b));
    }
  }
  return out;
}

std::vector<compared> compare(const earlier_run& a, const earlier_run& b) {
  comparison c{a.facts().root, b.facts().root};
  add_run(c);
  add_fleet(c);
  add_latencies(c);
  add_ledger(c);
  add_lists(c);
  add_process(c);
  return c.take();
}

} // namespace fleet::report
