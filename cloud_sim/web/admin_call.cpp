// Reading what a request says and writing what it is answered.
#include "cloud_sim/web/admin_call.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cloud_sim/web/base64.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

struct error_form {
  std::uint16_t status;
  std::string_view word;
};

error_form form_of(operation_error e) noexcept {
  switch (e) {
    case operation_error::unknown_product: return {404, "unknown-product"};
    case operation_error::unknown_device: return {404, "unknown-device"};
    case operation_error::unknown_firmware: return {404, "unknown-firmware"};
    case operation_error::unknown_campaign: return {404, "unknown-campaign"};
    case operation_error::offline: return {409, "offline"};
    case operation_error::not_subscribed: return {409, "not-subscribed"};
    case operation_error::busy: return {503, "busy"};
    case operation_error::timed_out: return {504, "timed-out"};
    case operation_error::refused: return {403, "refused"};
    case operation_error::malformed: return {400, "malformed"};
    case operation_error::exists: return {409, "exists"};
    case operation_error::unsupported: return {501, "unsupported"};
  }
  FLEET_CHECK(false);
}

web_answer failure_answer(const operation_failure& why) {
  const auto [status, word] = form_of(why.why);
  return admin_error(status, word, why.detail);
}

std::string_view reason(json_error why) noexcept {
  switch (why) {
    case json_error::none: return "";
    case json_error::too_large: return "the body is larger than 1 MiB";
    case json_error::too_deep: return "the body is nested deeper than 32 levels";
    case json_error::too_many_members: return "the body has more members than are read";
    case json_error::no_container: return "the body is no JSON object or array";
    case json_error::malformed: return "the body is no JSON";
  }
  FLEET_CHECK(false);
}

std::string quoted(std::string_view key, std::string_view rest) {
  std::string out = "`";
  out += key;
  out += "` ";
  out += rest;
  return out;
}

} // namespace

web_answer admin_error(std::uint16_t status, std::string_view word, std::string_view detail) {
  web_answer out;
  out.status = status;
  object_writer json{out.body};
  json.text("error", word);
  json.text("detail", mqtt::valid_utf8(detail) ? detail : std::string_view{});
  json.end();
  return out;
}

void admin_call::give(byte_buffer json) const {
  web_answer out;
  out.body = std::move(json);
  reply_.answer(std::move(out));
}

void admin_call::give(const operation_result& outcome) const {
  if (!outcome) {
    refuse(outcome.error());
    return;
  }
  byte_buffer json;
  json.append(outcome.value().empty() ? std::string_view{"{}"} : outcome.value());
  give(std::move(json));
}

void admin_call::refuse(std::uint16_t status, std::string_view word,
                        std::string_view detail) const {
  reply_.answer(admin_error(status, word, detail));
}

void admin_call::refuse(const operation_failure& why) const {
  reply_.answer(failure_answer(why));
}

call_done admin_call::later_data() const {
  return [to = reply_](const call_result& outcome) {
    if (!outcome) {
      to.answer(failure_answer(outcome.error()));
      return;
    }
    web_answer out;
    object_writer json{out.body};
    json.integer("code", outcome.value().code);
    const std::string& data = outcome.value().data;
    json.raw("data", data.empty() ? std::string_view{"{}"} : data);
    json.end();
    to.answer(std::move(out));
  };
}

call_done admin_call::later_payload() const {
  return [to = reply_](const call_result& outcome) {
    if (!outcome) {
      to.answer(failure_answer(outcome.error()));
      return;
    }
    web_answer out;
    object_writer json{out.body};
    json.integer("code", outcome.value().code);
    const std::string& data = outcome.value().data;
    if (mqtt::valid_utf8(data)) {
      json.text("data", data);
    }
    json.text("payloadBase64", to_base64(as_bytes(data)));
    json.end();
    to.answer(std::move(out));
  };
}

std::optional<std::string_view> admin_call::product() const {
  if (!alink::valid_name(values.front(), alink::max_product_key)) {
    malformed("the path names no ProductKey: 1 to 20 visible characters");
    return std::nullopt;
  }
  return values.front();
}

std::optional<device_name_view> admin_call::device() const {
  const auto key = product();
  if (!key) {
    return std::nullopt;
  }
  if (!alink::valid_name(values[1], alink::max_device_name)) {
    malformed("the path names no DeviceName: 1 to 32 visible characters");
    return std::nullopt;
  }
  return device_name_view{*key, values[1]};
}

bool admin_call::read_body() const {
  if (request_.body.empty()) {
    malformed("a JSON body is needed and none came");
    return false;
  }
  const auto error = reader().read(request_.body);
  if (error != json_error::none) {
    malformed(reason(error));
    return false;
  }
  return true;
}

bool admin_call::read_object(std::initializer_list<std::string_view> known) const {
  if (!read_body()) {
    return false;
  }
  if (reader().is_array()) {
    malformed("the body must be an object");
    return false;
  }
  if (known.size() == 0) {
    return true;
  }
  for (const auto& member : reader().top()) {
    if (std::find(known.begin(), known.end(), member.key) == known.end()) {
      std::string words;
      for (const auto word : known) {
        words += words.empty() ? "" : ", ";
        words += word;
      }
      malformed(quoted(member.key.substr(0, 64), "is not known here; there are " + words));
      return false;
    }
  }
  return true;
}

bool admin_call::read_array() const {
  if (!read_body()) {
    return false;
  }
  if (!reader().is_array()) {
    malformed("the body must be an array");
    return false;
  }
  return true;
}

std::optional<std::vector<form_field>>
admin_call::read_query(std::initializer_list<std::string_view> known) const {
  auto fields = parse_form(query);
  if (!fields) {
    malformed("the query cannot be read");
    return std::nullopt;
  }
  for (const auto& f : fields.value()) {
    if (std::find(known.begin(), known.end(), f.name) == known.end()) {
      malformed(quoted(f.name.substr(0, 64), "is not known in this query"));
      return std::nullopt;
    }
    if (!find_only(fields.value(), f.name)) {
      malformed(quoted(f.name, "is given twice"));
      return std::nullopt;
    }
  }
  return std::move(fields).value();
}

std::optional<std::uint32_t> admin_call::number(std::span<const form_field> fields,
                                                std::string_view name,
                                                std::uint32_t fallback) const {
  const auto given = find_only(fields, name);
  if (!given) {
    return fallback;
  }
  std::uint32_t out = 0;
  const auto* const end = given->data() + given->size();
  const auto [stopped, error] = std::from_chars(given->data(), end, out);
  if (error != std::errc{} || stopped != end) {
    malformed(quoted(name, "must be a whole number"));
    return std::nullopt;
  }
  return out;
}

std::optional<std::string> admin_call::text(std::string_view key,
                                            std::optional<std::string_view> fallback) const {
  const auto* const member = reader().find(key);
  if (member == nullptr) {
    if (!fallback) {
      malformed(quoted(key, "is missing"));
      return std::nullopt;
    }
    return std::string{*fallback};
  }
  std::string out;
  if (!append_json_string(out, member->value)) {
    malformed(quoted(key, "must be a string"));
    return std::nullopt;
  }
  return out;
}

std::optional<std::string> admin_call::text_or_raw(std::string_view key) const {
  const auto* const member = reader().find(key);
  if (member != nullptr && member->type != json_type::string) {
    return member->type == json_type::null ? std::string{} : std::string{member->value};
  }
  return text(key, std::string_view{});
}

bool admin_call::words(const json_member& list, std::vector<std::string>& out) const {
  json_reader inner; // a reader goes one level deep
  bool good = list.type == json_type::array && inner.read(as_bytes(list.value)) == json_error::none;
  for (const auto& each : inner.top()) {
    good = good && append_json_string(out.emplace_back(), each.value);
  }
  if (!good) {
    malformed(quoted(list.key, "must be an array of strings"));
  }
  return good;
}

std::optional<bool> admin_call::flag(std::string_view key, bool fallback) const {
  const auto* const member = reader().find(key);
  if (member == nullptr) {
    return fallback;
  }
  if (member->type != json_type::boolean) {
    malformed(quoted(key, "must be true or false"));
    return std::nullopt;
  }
  return member->value == "true";
}

std::optional<std::int64_t> admin_call::integer(std::string_view key, std::int64_t fallback,
                                                std::int64_t low, std::int64_t high) const {
  const auto* const member = reader().find(key);
  if (member == nullptr) {
    return fallback;
  }
  const auto value = json_integer(member->value);
  if (!value || *value < low || *value > high) {
    malformed(quoted(key, "must be a whole number from " + std::to_string(low) + " to "
                              + std::to_string(high)));
    return std::nullopt;
  }
  return value;
}

std::optional<duration> admin_call::patience() const {
  using ms = std::chrono::milliseconds;
  const auto count = [](duration d) { return std::chrono::duration_cast<ms>(d).count(); };
  const auto given = integer("timeoutMs", count(admin_patience_default), count(admin_patience_min),
                             count(admin_patience_max));
  if (!given) {
    return std::nullopt;
  }
  return ms{*given};
}

std::optional<duration> admin_call::patience_of_query() const {
  using ms = std::chrono::milliseconds;
  constexpr auto of = [](duration d) {
    return static_cast<std::uint32_t>(std::chrono::duration_cast<ms>(d).count());
  };
  const auto fields = read_query({"timeoutMs"});
  const auto given = fields ? number(*fields, "timeoutMs", of(property_patience)) : std::nullopt;
  if (!given) {
    return std::nullopt;
  }
  if (*given < of(admin_patience_min) || *given > of(admin_patience_max)) {
    malformed(quoted("timeoutMs", "must be a whole number from "
                                      + std::to_string(of(admin_patience_min)) + " to "
                                      + std::to_string(of(admin_patience_max))));
    return std::nullopt;
  }
  return ms{*given};
}

std::optional<std::vector<std::uint8_t>> admin_call::payload() const {
  const auto* const plain = reader().find("payload");
  const auto* const coded = reader().find("payloadBase64");
  if ((plain == nullptr) == (coded == nullptr)) {
    malformed("either `payload` or `payloadBase64` is needed");
    return std::nullopt;
  }
  const auto said = text(plain != nullptr ? "payload" : "payloadBase64", std::nullopt);
  if (!said) {
    return std::nullopt;
  }
  if (plain != nullptr) {
    return std::vector<std::uint8_t>{said->begin(), said->end()};
  }
  auto octets = from_base64(*said);
  if (!octets) {
    malformed("`payloadBase64` is no base64");
  }
  return octets;
}

} // namespace fleet::cloud
