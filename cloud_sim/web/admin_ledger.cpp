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
}

void write_name(object_writer& json, std::string_view key, const std::string& name) {
  if (name.empty()) {
    json.raw(key, "null");
  } else {
    json.text(key, name);
  }
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
  auto at = desk->next(*from);
  for (std::uint32_t n = 0; at && n < *limit && out.size() < admin_ledger_page_bytes; ++n) {
    if (n != 0) {
      out.push(',');
    }
    uplink.clear();
    downlink.clear();
    desk->save(*at, uplink, downlink);
    object_writer json{out};
    json.integer("index", *at);
    json.text("uplink", to_base64(uplink.view()));
    json.text("downlink", to_base64(downlink.view()));
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
  if (desk == nullptr || !call.read_object({"first", "count"})) {
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
  const auto begin = static_cast<std::uint32_t>(*first);
  desk->begin(begin, static_cast<std::uint32_t>(*count));
  byte_buffer out;
  object_writer json{out};
  // Who asks can see whether it counts devices as the twin does.
  write_name(json, "first", desk->name(begin));
  write_name(json, "last", desk->name(begin + static_cast<std::uint32_t>(*count) - 1));
  write_unbooked(json, desk->unbooked());
  json.end();
  call.give(std::move(out));
}

} // namespace admin

} // namespace fleet::cloud
