// Members as the twin's admin API reads them (cloud_sim/web/admin_faults.cpp).
#include "fleet/console/fault_request.hpp"

#include <fmt/format.h>

#include "fleet/console/display.hpp"
#include "fleet/console/json_text.hpp"
#include "fleet/console/request.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

/// The API counts in milliseconds; less than one is not nothing.
void write_time(object_writer& object, std::string_view key, duration d) {
  if (d != duration::zero()) {
    object.integer(key, std::chrono::ceil<std::chrono::milliseconds>(d).count());
  }
}

void write_selection(object_writer& object, const faults::selector& s, const fault_drawing& by) {
  std::string ranges;
  for (const auto& r : s.among) {
    ranges += fmt::format("{}{}-{}", ranges.empty() ? "" : ",", r.first, r.last);
  }
  std::string shares;
  for (const auto share : by.region_shares_ppm) {
    shares += fmt::format("{}{}", shares.empty() ? "" : ",", share);
  }
  object.integer("percentPpm", s.share_ppm);
  if (s.family != 0) {
    object.text("family", std::to_string(s.family));
    object.integer("familyPpm", s.family_ppm);
  }
  if (!ranges.empty()) {
    object.text("index", ranges);
  }
  if (s.nobody) {
    object.raw("nobody", "true");
  }
  if (s.regions != 0) {
    object.integer("regions", static_cast<std::int64_t>(s.regions));
  }
  if (!shares.empty()) {
    object.text("regionShares", shares);
  }
  object.text("seed", std::to_string(by.seed));
  object.integer("devices", by.devices);
}

} // namespace

admin_request add_fault_request(const faults::fault& f, const fault_drawing& by,
                                const fault_ownership& whose) {
  byte_buffer out;
  object_writer object{out};
  object.text("effect", faults::to_string(f.what));
  if (!f.name.empty()) {
    object.text("name", f.name);
  }
  write_time(object, "atMs", f.at);
  if (f.span == faults::no_end) {
    object.raw("noEnd", "true");
  } else {
    write_time(object, "forMs", f.span);
  }
  write_time(object, "rampMs", f.ramp);
  write_time(object, "everyMs", f.every);
  write_time(object, "byMs", f.by);
  if (f.share_ppm != 0) {
    object.integer("sharePpm", f.share_ppm);
  }
  if (f.rate != 0) {
    object.integer("rate", static_cast<std::int64_t>(f.rate));
  }
  if (f.status != 0) {
    object.integer("status", f.status);
  }
  write_selection(object, f.select, by);
  if (!whose.owner.empty()) {
    object.text("owner", whose.owner);
    write_time(object, "leaseMs", whose.lease);
  }
  object.end();
  return {"POST", "/v1/faults", std::string{as_text(out.view())}};
}

admin_request remove_fault_request(std::string_view name, std::string_view owner) {
  return {"DELETE", "/v1/faults/" + percent_encoded(name)
                        + (owner.empty() ? "" : "?owner=" + percent_encoded(owner))};
}

admin_request faults_request() {
  return {"GET", "/v1/faults"};
}

admin_request renew_faults_request(std::string_view owner, std::span<const std::string> names) {
  byte_buffer list;
  for (const auto& name : names) {
    list.push(list.size() == 0 ? '[' : ',');
    append_json_text(list, name);
  }
  list.append(list.size() == 0 ? "[]" : "]");
  byte_buffer out;
  object_writer object{out};
  object.text("owner", owner);
  object.raw("names", as_text(list.view()));
  object.end();
  return {"POST", "/v1/faults/renew", std::string{as_text(out.view())}};
}

std::optional<std::string> render_faults(std::string_view body) {
  json_reader whole;
  const auto* const list =
      whole.read(as_bytes(body)) == json_error::none ? whole.find("faults") : nullptr;
  if (list == nullptr || list->type != json_type::array) {
    return std::nullopt;
  }
  text_table table;
  table.row({"name", "effect", "state", "for", "devices hit", "done", "owner"});
  for (const auto& element : whole.children(*list)) {
    const json_level one{element.value};
    if (!one.object()) {
      return std::nullopt;
    }
    const auto span = one.integer("forMs");
    table.row({shown(one.find("name")), shown(one.find("effect")), shown(one.find("state")),
               span ? text::format_duration(std::chrono::milliseconds{*span}) : "-",
               shown(one.find("hit")), shown(one.find("done")),
               one.find("owner") == nullptr ? "-" : shown(one.find("owner"))});
  }
  return table.text();
}

std::optional<std::string> fault_name(std::string_view body) {
  return json_level{body}.text("name");
}

} // namespace fleet::program
