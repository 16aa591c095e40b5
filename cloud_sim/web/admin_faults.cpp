// The admin API's actions on faults: which there are and what they did, one more, one less, and
// whose they are.
#include <algorithm>
#include <charconv>

#include "cloud_sim/web/admin_call.hpp"

namespace fleet::cloud {

namespace {

using faults::fault;
using faults::timeline;

constexpr std::int64_t ms_max = 366LL * 86'400 * 1000; ///< of a time: what no run lasts
constexpr std::int64_t lease_ms_max = 3'600'000;
constexpr std::size_t owner_octets_max = 64;

/// Nothing: answered.
fault_orders* desk_of(const admin_call& call) {
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

/// 64 bits do not fit into a number of JSON.
bool read_key(std::string_view text, std::uint64_t& out) {
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out);
  return error == std::errc{} && stopped == end;
}

/// Whose name goes into an answer, or a table of `fleet cloud fault list`.
bool is_owner(std::string_view text) noexcept {
  return text.size() <= owner_octets_max
         && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c <= '~'; });
}

/// False: answered.
bool read_lease(const admin_call& call, fault_lease& out) {
  const auto owner = call.text("owner", "");
  const auto lasts = owner ? call.integer("leaseMs", 0, 0, lease_ms_max) : std::nullopt;
  if (!lasts) {
    return false;
  }
  if (!is_owner(*owner) || (owner->empty() && *lasts != 0)) {
    call.malformed(owner->empty() ? "`leaseMs` needs an `owner`, who renews it"
                                  : "`owner` must be up to 64 letters, digits and signs");
    return false;
  }
  out = {*owner, std::chrono::milliseconds{*lasts}};
  return true;
}

/// Whom it selects, and by which draws; false: answered.
bool read_selection(const admin_call& call, fault& f, fault_draw& draw) {
  const auto index = call.text("index", "");
  const auto shares = index ? call.text("regionShares", "") : std::nullopt;
  const auto seed = shares ? call.text("seed", "0") : std::nullopt;
  const auto nobody = seed ? call.flag("nobody", false) : std::nullopt;
  const auto family = nobody ? call.text("family", "0") : std::nullopt;
  if (!family || !read_number(call, "percentPpm", f.select.share_ppm, faults::whole_ppm)
      || !read_number(call, "familyPpm", f.select.family_ppm, faults::whole_ppm)
      || !read_number(call, "regions", f.select.regions, INT64_MAX)
      || !read_number(call, "devices", draw.devices, 1 << 24)) {
    return false;
  }
  f.select.nobody = *nobody;
  const auto ranges = read_ranges(*index);
  const auto regions = read_shares(*shares);
  if (!ranges || !regions || !read_key(*seed, draw.seed) || !read_key(*family, f.select.family)) {
    call.malformed(!ranges    ? "`index` must be ranges such as 100-199,300-300"
                   : !regions ? "`regionShares` must be millionths such as 300000,200000"
                              : "`seed` and `family` must be a number, as text");
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

void write_fault(byte_buffer& out, const admin_call& call, const timeline::entry& entry,
                 const fault_mark& mark) {
  object_writer json{out};
  json.text("name", entry.fault.name);
  json.text("effect", faults::to_string(entry.fault.what));
  json.text("state", to_string(entry.now));
  if (const auto owner = call.facts().faults->owner_of(entry.fault.name); !owner.empty()) {
    json.text("owner", owner);
  }
  if (entry.now == timeline::state::in_force) {
    json.integer("sinceMs", milliseconds(call.now() - mark.began.load()));
  }
  if (entry.fault.span != faults::no_end) {
    json.integer("forMs", milliseconds(entry.fault.span));
  }
  json.integer("selected", mark.selected.load());
  json.integer("hit", mark.hit.load());
  json.integer("strikes", static_cast<std::int64_t>(mark.strikes.load()));
  json.integer("done", static_cast<std::int64_t>(mark.done.load()));
  json.end();
}

void give_list(const admin_call& call, const fault_orders& desk) {
  byte_buffer out;
  out.append("{\"faults\":[");
  const auto marks = desk.marks();
  for (std::size_t i = 0; i < marks.size(); ++i) {
    if (i != 0) {
      out.push(',');
    }
    write_fault(out, call, desk.all()[i], *marks[i]);
  }
  out.append("]}");
  call.give(std::move(out));
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
  if (const auto* const desk = desk_of(call)) {
    give_list(call, *desk);
  }
}

void renew_faults(const admin_call& call) {
  auto* const desk = desk_of(call);
  if (desk == nullptr || !call.read_object({"owner", "names"})) {
    return;
  }
  const auto owner = call.text("owner", std::nullopt);
  const auto* const some = call.reader().find("names");
  std::vector<std::string> names;
  if (!owner || (some != nullptr && !call.words(*some, names))) {
    return;
  }
  if (some != nullptr) {
    desk->renew(*owner, names);
  } else {
    desk->renew(*owner);
  }
  give_list(call, *desk);
}

void add_fault(const admin_call& call) {
  auto* const desk = desk_of(call);
  if (desk == nullptr
      || !call.read_object({"effect",       "name",       "atMs",    "forMs",    "noEnd",
                            "rampMs",       "everyMs",    "byMs",    "sharePpm", "rate",
                            "status",       "percentPpm", "index",   "nobody",   "regions",
                            "regionShares", "seed",       "devices", "family",   "familyPpm",
                            "owner",        "leaseMs"})) {
    return;
  }
  const auto word = call.text("effect", std::nullopt);
  const auto what = word ? faults::effect_named(*word) : std::nullopt;
  if (!word || !takes(call, what, *word)) {
    return;
  }
  auto f = faults::default_fault(*what);
  for (int n = 2; call.reader().find("name") == nullptr && desk->find_fault(f.name) != nullptr;
       ++n) {
    f.name = *word + "_" + std::to_string(n);
  }
  fault_draw draw;
  fault_lease lease;
  if (!read_fault(call, f, draw) || !read_lease(call, lease)) {
    return;
  }
  if (const auto wrong = faults::complaint_of(f); !wrong.empty()) {
    call.malformed(f.name + " " + std::string{wrong});
    return;
  }
  const std::string name = f.name;
  if (const auto* const same = desk->find_fault(name)) {
    if (same->now != timeline::state::over) {
      const auto owner = desk->owner_of(name);
      call.refuse(409, "fault-exists",
                  "there is a fault called " + name + " already, ordered by "
                      + (owner.empty() ? std::string{"hand"} : std::string{owner}));
      return;
    }
    (void)desk->remove(name); // its place is the new one's
  }
  if (!desk->add(std::move(f), call.now(), draw, std::move(lease))) {
    call.refuse(409, "refused", "there are too many faults; remove some that are over");
    return;
  }
  byte_buffer out;
  write_fault(out, call, desk->all().back(), *desk->marks().back());
  call.give(std::move(out));
}

void delete_fault(const admin_call& call) {
  auto* const desk = desk_of(call);
  const auto fields = desk != nullptr ? call.read_query({"owner"}) : std::nullopt;
  if (!fields) {
    return;
  }
  const std::string name{call.values.front()};
  // Who says who he is ends his own: another may have taken the name since.
  const bool meant = fields->empty() || fields->front().value == desk->owner_of(name);
  if (!meant || !desk->remove(name)) {
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
