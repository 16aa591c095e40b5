// The admin API's actions on faults: which there are and what they did, one more, one less.
#include <charconv>

#include "cloud_sim/web/admin_call.hpp"

namespace fleet::cloud {

namespace {

using faults::fault;
using faults::timeline;

constexpr std::int64_t ms_max = 366LL * 86'400 * 1000; ///< of a time: what no run lasts

/// Nothing: answered.
fault_desk* desk_of(const admin_call& call) {
  if (call.facts().faults == nullptr) {
    call.refuse(501, "unsupported", "this twin takes no faults");
  }
  return call.facts().faults;
}

std::int64_t milliseconds(duration d) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

std::string_view to_string(timeline::state s) noexcept {
  switch (s) {
    case timeline::state::waiting: return "waiting";
    case timeline::state::in_force: return "in_force";
    case timeline::state::over: return "over";
  }
  return {};
}

/// The next number of a list such as `100-199,300-300`, and the mark behind it; nothing: none.
std::optional<std::uint32_t> next_number(std::string_view& rest, char mark) {
  std::uint32_t out = 0;
  const auto [stopped, error] = std::from_chars(rest.data(), rest.data() + rest.size(), out);
  if (error != std::errc{}) {
    return std::nullopt;
  }
  rest.remove_prefix(static_cast<std::size_t>(stopped - rest.data()));
  if (!rest.empty() && rest.front() == mark) {
    rest.remove_prefix(1);
  } else if (mark == '-' || !rest.empty()) {
    return std::nullopt;
  }
  return out;
}

std::optional<std::vector<faults::index_range>> read_ranges(std::string_view text) {
  std::vector<faults::index_range> out;
  while (!text.empty()) {
    const auto first = next_number(text, '-');
    const auto last = first ? next_number(text, ',') : std::nullopt;
    if (!last) {
      return std::nullopt;
    }
    out.push_back({*first, *last});
  }
  return out;
}

std::optional<std::vector<std::uint32_t>> read_shares(std::string_view text) {
  std::vector<std::uint32_t> out;
  std::uint64_t sum = 0;
  while (!text.empty()) {
    const auto share = next_number(text, ',');
    sum += share.value_or(0);
    if (!share || sum > faults::whole_ppm || out.size() == faults::region_map::regions_max) {
      return std::nullopt;
    }
    out.push_back(*share);
  }
  return out;
}

/// A time in milliseconds, or as it is; false: answered.
bool read_time(const admin_call& call, std::string_view key, duration& out) {
  const auto got = call.integer(key, milliseconds(out), 0, ms_max);
  out = std::chrono::milliseconds{got.value_or(0)};
  return got.has_value();
}

template <class Number>
bool read_number(const admin_call& call, std::string_view key, Number& out, std::int64_t high) {
  const auto got = call.integer(key, static_cast<std::int64_t>(out), 0, high);
  out = static_cast<Number>(got.value_or(0));
  return got.has_value();
}

/// Whom it selects, and by which draws; false: answered.
bool read_selection(const admin_call& call, fault& f, fault_draw& draw) {
  const auto index = call.text("index", "");
  const auto shares = index ? call.text("regionShares", "") : std::nullopt;
  const auto seed = shares ? call.text("seed", "0") : std::nullopt;
  const auto nobody = seed ? call.flag("nobody", false) : std::nullopt;
  if (!nobody || !read_number(call, "percentPpm", f.select.share_ppm, faults::whole_ppm)
      || !read_number(call, "regions", f.select.regions, INT64_MAX)
      || !read_number(call, "devices", draw.devices, 1 << 24)) {
    return false;
  }
  f.select.nobody = *nobody;
  const auto ranges = read_ranges(*index);
  const auto regions = read_shares(*shares);
  const auto* const end = seed->data() + seed->size();
  const auto [stopped, error] = std::from_chars(seed->data(), end, draw.seed);
  if (!ranges || !regions || error != std::errc{} || stopped != end) {
    call.malformed(!ranges    ? "`index` must be ranges such as 100-199,300-300"
                   : !regions ? "`regionShares` must be millionths such as 300000,200000"
                              : "`seed` must be a number, as text");
    return false;
  }
  f.select.among = *ranges;
  if (!regions->empty()) {
    draw.regions = std::make_shared<const faults::region_map>(*regions);
  }
  return true;
}

/// The rest of it; false: answered.
bool read_fault(const admin_call& call, fault& f, fault_draw& draw) {
  const auto until_removed = call.flag("noEnd", false);
  const auto name = until_removed ? call.text("name", f.name) : std::nullopt;
  if (!name || !read_time(call, "atMs", f.at) || !read_time(call, "rampMs", f.ramp)
      || !read_time(call, "everyMs", f.every) || !read_time(call, "byMs", f.by)
      || !read_number(call, "sharePpm", f.share_ppm, faults::whole_ppm)
      || !read_number(call, "rate", f.rate, INT64_MAX)
      || !read_number(call, "status", f.status, 599)) {
    return false;
  }
  f.name = *name;
  if (*until_removed) {
    f.span = faults::no_end;
  } else if (!read_time(call, "forMs", f.span)) {
    return false;
  }
  return read_selection(call, f, draw);
}

void write_fault(byte_buffer& out, const timeline::entry& entry, const fault_mark& mark) {
  object_writer json{out};
  json.text("name", entry.fault.name);
  json.text("effect", faults::to_string(entry.fault.what));
  json.text("state", to_string(entry.now));
  if (entry.fault.span != faults::no_end) {
    json.integer("forMs", milliseconds(entry.fault.span));
  }
  json.integer("selected", mark.selected.load());
  json.integer("hit", mark.hit.load());
  json.integer("strikes", static_cast<std::int64_t>(mark.strikes.load()));
  json.integer("done", static_cast<std::int64_t>(mark.done.load()));
  json.end();
}

/// Why a fault of that word cannot be had here; false: answered.
bool takes(const admin_call& call, std::optional<faults::effect> what, std::string_view word) {
  if (!what) {
    call.malformed("no effect is called " + std::string{word});
    return false;
  }
  const auto of = faults::info_of(*what).of;
  if (of != faults::domain::cloud && of != faults::domain::firmware) {
    call.refuse(409, "refused",
                std::string{word} + " acts on devices and their links, not on the cloud");
    return false;
  }
  if (*what == faults::effect::cloud_restart) {
    call.refuse(409, "refused",
                "a twin that is served does not end itself: kill the process, and start it again "
                "with the same --data");
    return false;
  }
  return true;
}

} // namespace

namespace admin {

void list_faults(const admin_call& call) {
  const auto* const desk = desk_of(call);
  if (desk == nullptr) {
    return;
  }
  byte_buffer out;
  out.append("{\"faults\":[");
  const auto marks = desk->marks();
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (i != 0) {
      out.push(',');
    }
    write_fault(out, desk->all()[i], *marks[i]);
  }
  out.append("]}");
  call.give(std::move(out));
}

void add_fault(const admin_call& call) {
  auto* const desk = desk_of(call);
  if (desk == nullptr
      || !call.read_object({"effect", "name", "atMs", "forMs", "noEnd", "rampMs", "everyMs", "byMs",
                            "sharePpm", "rate", "status", "percentPpm", "index", "nobody",
                            "regions", "regionShares", "seed", "devices"})) {
    return;
  }
  const auto word = call.text("effect", std::nullopt);
  const auto what = word ? faults::effect_named(*word) : std::nullopt;
  if (!word || !takes(call, what, *word)) {
    return;
  }
  auto f = faults::default_fault(*what);
  for (int n = 2; call.reader().find("name") == nullptr && desk->has(f.name); ++n) {
    f.name = *word + "_" + std::to_string(n);
  }
  fault_draw draw;
  if (!read_fault(call, f, draw)) {
    return;
  }
  if (const auto wrong = faults::complaint_of(f); !wrong.empty()) {
    call.malformed(f.name + " " + std::string{wrong});
    return;
  }
  const std::string name = f.name;
  if (!desk->add(std::move(f), call.now(), draw)) {
    call.refuse(409, "refused",
                desk->has(name) ? "there is a fault called " + name + " already"
                                : "there are too many faults; remove some that are over");
    return;
  }
  byte_buffer out;
  write_fault(out, desk->all().back(), *desk->marks().back());
  call.give(std::move(out));
}

void delete_fault(const admin_call& call) {
  auto* const desk = desk_of(call);
  if (desk == nullptr) {
    return;
  }
  const std::string name{call.values.front()};
  if (!desk->remove(name)) {
    call.refuse(404, "unknown-fault", "there is no fault called " + name);
    return;
  }
  byte_buffer out;
  object_writer json{out};
  json.text("name", name);
  json.end();
  call.give(std::move(out));
}

} // namespace admin

} // namespace fleet::cloud
