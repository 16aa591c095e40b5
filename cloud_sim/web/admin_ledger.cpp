// The admin API's actions on the ledger: accounts begin anew, accounts by the page.
#include "cloud_sim/web/admin_call.hpp"
#include "cloud_sim/web/base64.hpp"

namespace fleet::cloud {

namespace {

/// Nothing: answered.
ledger_desk* desk_of(const admin_call& call) {
  if (call.facts().ledger == nullptr) {
    call.refuse(501, "unsupported", "this twin shows no ledger");
  }
  return call.facts().ledger;
}

void write_unbooked(object_writer& json, const unbooked_tags& tags) {
  json.integer("corrupted", static_cast<std::int64_t>(tags.corrupted));
  json.integer("foreign", static_cast<std::int64_t>(tags.foreign));
  json.integer("unkept", static_cast<std::int64_t>(tags.unkept));
  json.integer("overBound", static_cast<std::int64_t>(tags.over_bound));
}

void write_name(object_writer& json, std::string_view key, const std::string& name) {
  if (name.empty()) {
    json.raw(key, "null");
  } else {
    json.text(key, name);
  }
}

std::string shown(const std::string& name) {
  return name.empty() ? "nobody" : name;
}

} // namespace

namespace admin {

void show_ledger(const admin_call& call) {
  const auto* const desk = desk_of(call);
  const auto fields = desk != nullptr ? call.read_query({"from", "limit"}) : std::nullopt;
  const auto from = fields ? call.number(*fields, "from", 0) : std::nullopt;
  const auto limit = from ? call.number(*fields, "limit", admin_page_default) : std::nullopt;
  if (!limit) {
    return;
  }
  if (*limit < 1 || *limit > admin_page_max) {
    call.malformed("`limit` must be from 1 to " + std::to_string(admin_page_max));
    return;
  }
  byte_buffer out;
  out.append("{\"accounts\":[");
  byte_buffer uplink;
  byte_buffer downlink;
  byte_buffer refused;
  auto at = desk->next(*from);
  for (std::uint32_t n = 0; at && n < *limit && out.size() < admin_ledger_page_bytes; ++n) {
    if (n != 0) {
      out.push(',');
    }
    uplink.clear();
    downlink.clear();
    desk->save(*at, uplink, downlink);
    refused.clear();
    desk->save_refused(*at, refused);
    object_writer json{out};
    json.integer("index", *at);
    json.text("uplink", to_base64(uplink.view()));
    json.text("downlink", to_base64(downlink.view()));
    if (!refused.empty()) {
      json.text("refused", to_base64(refused.view()));
    }
    if (const auto doubled = desk->doubled(*at); doubled != 0) {
      json.integer("doubled", static_cast<std::int64_t>(doubled));
    }
    json.end();
    at = *at == UINT32_MAX ? std::nullopt : desk->next(*at + 1);
  }
  out.append("],\"next\":");
  if (at) {
    append_unsigned(out, *at);
  } else {
    out.append("null");
  }
  out.append(",\"unbooked\":");
  object_writer json{out};
  write_unbooked(json, desk->unbooked());
  json.end();
  out.push('}');
  call.give(std::move(out));
}

void begin_ledger(const admin_call& call) {
  auto* const desk = desk_of(call);
  if (desk == nullptr || !call.read_object({"first", "count", "firstName", "lastName", "begin"})) {
    return;
  }
  constexpr std::int64_t index_max = UINT32_MAX;
  const auto first = call.integer("first", 0, 0, index_max);
  const auto count = first ? call.integer("count", 0, 1, index_max - *first) : std::nullopt;
  if (!count) {
    return;
  }
  if (*count == 0) {
    call.malformed("`count` is missing");
    return;
  }
  const auto low = static_cast<std::uint32_t>(*first);
  const auto high = low + static_cast<std::uint32_t>(*count) - 1;
  const auto low_name = desk->name(low);
  const auto high_name = desk->name(high);
  // Whoever names its devices must count them as the twin does, or it would wipe another's books.
  const auto low_wanted = call.text("firstName", low_name);
  const auto high_wanted = low_wanted ? call.text("lastName", high_name) : std::nullopt;
  const auto forget = high_wanted ? call.flag("begin", true) : std::nullopt;
  if (!forget) {
    return;
  }
  if (*low_wanted != low_name || *high_wanted != high_name) {
    call.refuse(409, "other_devices", shown(low_name) + " to " + shown(high_name));
    return;
  }
  if (*forget) {
    desk->begin(low, high - low + 1);
  }
  byte_buffer out;
  object_writer json{out};
  write_name(json, "first", low_name);
  write_name(json, "last", high_name);
  write_unbooked(json, desk->unbooked());
  json.end();
  call.give(std::move(out));
}

} // namespace admin

} // namespace fleet::cloud
