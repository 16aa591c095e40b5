// Pre-auth, bootstrap, ID2: forms one way, JSON the other.
#include "protocol/alink/logon.hpp"

#include <algorithm>
#include <vector>

#include "protocol/alink/logon_fields.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using detail::take;

constexpr std::size_t max_timestamp = 20; ///< digits
constexpr std::size_t max_sign = 64;      ///< digits of the longest digest
constexpr std::size_t max_host = 253;
constexpr std::size_t max_codec_key = 128;

bool digits_only(std::string_view text) noexcept {
  return std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A name, an IPv4 address, or an IPv6 address in its brackets.
bool valid_host(std::string_view host) noexcept {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
    return std::all_of(host.begin(), host.end(), [](char c) {
      const char low = static_cast<char>(c | 0x20);
      return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'f') || c == ':' || c == '.';
    });
  }
  return !host.empty() && host.size() <= max_host
         && std::all_of(host.begin(), host.end(), [](char c) {
              const char low = static_cast<char>(c | 0x20);
              return (c >= '0' && c <= '9') || (low >= 'a' && low <= 'z') || c == '-' || c == '.';
            });
}

std::string client_id_of(std::string_view product_key, std::string_view name) {
  return std::string{product_key}.append(1, '.').append(name);
}

/// Fields that all questions to the auth host share: the client id up to its bar, the sign, an
/// optional timestamp, the method, and no resource but MQTT.
bool take_signed(std::span<const form_field> fields, preauth_request& out) {
  const detail::named_method named = detail::method_of(fields);
  if (!named.readable || !named.method || !take(fields, "clientId", 256, out.client_id)
      || !take(fields, "sign", max_sign, out.sign)) {
    return false;
  }
  out.method = *named.method;
  out.client_id.resize(std::min(out.client_id.find('|'), out.client_id.size()));
  const bool timed = detail::has(fields, "timestamp");
  if (timed
      && (!take(fields, "timestamp", max_timestamp, out.timestamp)
          || !digits_only(out.timestamp))) {
    return false;
  }
  const bool mqtt = !detail::has(fields, "resources") || find_only(fields, "resources") == "mqtt";
  return mqtt && !out.client_id.empty() && out.client_id.size() <= max_client_id_base;
}

void append_place(object_writer& writer, const preauth_grant& grant) {
  writer.open("mqtt");
  writer.text("host", grant.host);
  writer.integer("port", grant.port);
  if (grant.listeners.tcp != 0) {
    writer.integer("tcpPort", grant.listeners.tcp);
  }
  if (grant.listeners.tls != 0) {
    writer.integer("tlsPort", grant.listeners.tls);
  }
  writer.close();
}

/// A port as a number or as text; nothing for another value.
std::optional<std::uint16_t> port_of(const json_member& m) {
  const std::string_view raw =
      m.type == json_type::string ? json_plain_text(m.value).value_or("") : m.value;
  const auto number = json_integer(raw);
  return number && *number >= 1 && *number <= 65535
             ? std::optional{static_cast<std::uint16_t>(*number)}
             : std::nullopt;
}

/// A port that need not be there: 0 then.
bool take_port(std::span<const json_member> place, std::string_view key, std::uint16_t& out) {
  const json_member* const m = detail::only(place, key);
  const auto port = m == nullptr ? std::optional<std::uint16_t>{0} : port_of(*m);
  out = port.value_or(0);
  return port.has_value();
}

/// `resources` taken apart; `reader` forgets what it read before.
bool take_place(json_reader& reader, std::string_view resources, preauth_grant& out) {
  if (reader.read(as_bytes(resources)) != json_error::none || reader.is_array()) {
    return false;
  }
  const json_member* const mqtt = detail::only(reader.top(), "mqtt");
  if (mqtt == nullptr || mqtt->type != json_type::object) {
    return false;
  }
  const auto place = reader.children(*mqtt);
  const json_member* const host = detail::only(place, "host");
  const json_member* const port = detail::only(place, "port");
  const bool nowhere =
      host != nullptr && host->type == json_type::string && json_plain_text(host->value) == "";
  if (port == nullptr
      || (!nowhere && (!take(place, "host", max_host, out.host) || !valid_host(out.host)))) {
    return false;
  }
  const auto number = port_of(*port);
  if (!number || !take_port(place, "tcpPort", out.listeners.tcp)
      || !take_port(place, "tlsPort", out.listeners.tls)) {
    return false;
  }
  out.port = *number;
  const json_member* const codec = detail::only(reader.top(), "codec");
  return codec == nullptr || take(reader.children(*codec), "key", max_codec_key, out.codec_key);
}

} // namespace

std::string auth_host(std::string_view region) {
  return std::string{"iot-auth."}.append(region).append(".aliyuncs.com");
}

std::string mqtt_host(std::string_view product_key, std::string_view region) {
  return std::string{product_key}.append(".iot-as-mqtt.").append(region).append(".aliyuncs.com");
}

std::string_view logon_message(int code) noexcept {
  switch (code) {
    case code_success: return "success";
    case code_request_error: return "request error";
    case code_auth_error: return "request auth error";
    case code_too_busy: return "too many requests";
    case code_parameter_error: return "request parameter error";
    case code_system_error: return "system error";
    case code_auth_device_not_found:
    case code_device_not_found: return "device not found";
    case code_product_lookup_failed: return "product lookup failed";
    case code_auth_type_mismatch: return "auth type mismatch";
    case code_product_not_found: return "product not found";
    case code_registration_off: return "dynamic registration is switched off";
    case code_already_active: return "device already activated";
    case code_unknown_sign_method: return "sign method not supported";
    case code_sign_failed: return "sign check failed";
    default: return "unknown error";
  }
}

void append_logon_refusal(byte_buffer& out, int code) {
  object_writer writer{out};
  writer.integer("code", code);
  writer.text("message", logon_message(code));
  writer.end();
}

std::string make_preauth_body(const identity& who, sign_method method, std::string_view timestamp) {
  const std::string client_id = client_id_of(who.product_key, who.device_name);
  std::string body;
  append_form_field(body, "productKey", who.product_key);
  append_form_field(body, "deviceName", who.device_name);
  append_form_field(body, "signmethod", to_string(method));
  append_form_field(body, "sign", sign_direct(who, client_id, method, timestamp));
  append_form_field(body, "version", "default");
  append_form_field(body, "clientId", client_id);
  if (!timestamp.empty()) {
    append_form_field(body, "timestamp", timestamp);
  }
  append_form_field(body, "resources", "mqtt");
  return body;
}

result<preauth_request, int> read_preauth(std::string_view body) {
  const auto fields = parse_form(body);
  preauth_request out;
  if (!fields || !take(fields.value(), "productKey", max_product_key, out.product_key)
      || !take(fields.value(), "deviceName", max_device_name, out.device_name)
      || !valid_name(out.product_key, max_product_key)
      || !valid_name(out.device_name, max_device_name) || !take_signed(fields.value(), out)) {
    return fail(int{code_parameter_error});
  }
  return out;
}

int judge_preauth(const preauth_request& asked, const preauth_facts& facts) {
  if (!facts.device_secret) {
    return code_auth_device_not_found;
  }
  if (facts.by_id2) {
    return code_auth_type_mismatch;
  }
  const identity who{asked.product_key, asked.device_name, std::string{*facts.device_secret}};
  const std::string expected = sign_direct(who, asked.client_id, asked.method, asked.timestamp);
  return digest_equal(expected, asked.sign) ? int{code_success} : int{code_auth_error};
}

void append_preauth_reply(byte_buffer& out, const preauth_grant& grant) {
  object_writer writer{out};
  writer.integer("code", code_success);
  writer.open("data");
  writer.text("iotId", grant.iot_id);
  writer.text("iotToken", grant.iot_token);
  writer.open("resources");
  append_place(writer, grant);
  if (!grant.codec_key.empty()) {
    writer.open("codec");
    writer.text("key", grant.codec_key);
    writer.close();
  }
  writer.close();
  writer.close();
  writer.text("message", logon_message(code_success));
  writer.end();
}

result<preauth_grant, logon_refusal> read_preauth_reply(json_reader& reader, bytes_view body) {
  const auto data = detail::data_of(reader, body);
  if (!data) {
    return fail(data.error());
  }
  const auto members = reader.children(*data.value());
  preauth_grant grant;
  const json_member* const resources = detail::only(members, "resources");
  const bool good = take(members, "iotId", max_iot_id, grant.iot_id)
                    && take(members, "iotToken", max_iot_token, grant.iot_token)
                    && resources != nullptr && take_place(reader, resources->value, grant);
  if (!good) {
    return fail(logon_refusal{});
  }
  return grant;
}

direct_login make_preauth_login(const identity& who, const preauth_grant& grant,
                                const preauth_manner& manner) {
  direct_login login = make_direct_login(who, manner.method, manner.secure_mode, manner.flags);
  login.username = grant.iot_id;
  login.password = grant.iot_token;
  return login;
}

std::string make_bootstrap_body(std::string_view product_key, std::string_view device_name) {
  std::string body;
  append_form_field(body, "productKey", product_key);
  append_form_field(body, "deviceName", device_name);
  append_form_field(body, "clientId", client_id_of(product_key, device_name));
  append_form_field(body, "resources", "mqtt");
  return body;
}

result<preauth_request, int> read_bootstrap(std::string_view body) {
  const auto fields = parse_form(body);
  preauth_request out;
  if (!fields || !take(fields.value(), "productKey", max_product_key, out.product_key)
      || !take(fields.value(), "deviceName", max_device_name, out.device_name)
      || !take(fields.value(), "clientId", 256, out.client_id)
      || !valid_name(out.product_key, max_product_key)
      || !valid_name(out.device_name, max_device_name)
      || find_only(fields.value(), "resources") != "mqtt") {
    return fail(int{code_parameter_error});
  }
  return out;
}

void append_bootstrap_reply(byte_buffer& out, const mqtt_place& place) {
  append_preauth_reply(out, {.iot_id = {},
                             .iot_token = {},
                             .host = place.host,
                             .port = place.port,
                             .listeners = place.listeners});
}

result<mqtt_place, logon_refusal> read_bootstrap_reply(json_reader& reader, bytes_view body) {
  const auto data = detail::data_of(reader, body);
  if (!data) {
    return fail(data.error());
  }
  const json_member* const resources = detail::only(reader.children(*data.value()), "resources");
  preauth_grant found;
  if (resources == nullptr || !take_place(reader, resources->value, found)) {
    return fail(logon_refusal{});
  }
  return mqtt_place{std::move(found.host), found.port, found.listeners};
}

std::string sign_id2(const id2_identity& who, std::string_view client_id_base,
                     std::string_view timestamp) {
  std::vector<sign_field> fields{
      {"clientId", client_id_base}, {"id2", who.id2}, {"productKey", who.product_key}};
  if (!timestamp.empty()) {
    fields.push_back({"timestamp", timestamp});
  }
  return sign_fields(fields, who.key, sign_method::hmacsha1);
}

std::string make_id2_body(const id2_identity& who, std::string_view codec,
                          std::string_view timestamp) {
  const std::string client_id = client_id_of(who.product_key, who.device_code);
  std::string body;
  append_form_field(body, "id2", who.id2);
  append_form_field(body, "sign", sign_id2(who, client_id, timestamp));
  append_form_field(body, "deviceCode", who.device_code);
  append_form_field(body, "productKey", who.product_key);
  if (!timestamp.empty()) {
    append_form_field(body, "timestamp", timestamp);
  }
  append_form_field(body, "version", "default");
  append_form_field(body, "clientId", client_id);
  append_form_field(body, "resources", "mqtt");
  append_form_field(body, "codec", codec);
  return body;
}

result<preauth_request, int> read_id2(std::string_view body) {
  const auto fields = parse_form(body);
  preauth_request out;
  std::string unused;
  if (!fields || !take(fields.value(), "id2", max_id2, out.id2)
      || !take(fields.value(), "deviceCode", max_id2, unused)
      || !take(fields.value(), "productKey", max_product_key, out.product_key)
      || !take(fields.value(), "codec", max_id2, unused) || !valid_name(out.id2, max_id2)
      || !valid_name(out.product_key, max_product_key) || !take_signed(fields.value(), out)) {
    return fail(int{code_parameter_error});
  }
  return out;
}

int judge_id2(const preauth_request& asked, const id2_identity* who) {
  if (who == nullptr || who->product_key != asked.product_key || who->id2 != asked.id2) {
    return code_auth_device_not_found;
  }
  const std::string expected = sign_id2(*who, asked.client_id, asked.timestamp);
  return digest_equal(expected, asked.sign) ? int{code_success} : int{code_auth_error};
}

direct_login make_id2_login(const id2_identity& who, int secure_mode, const client_flags& flags) {
  direct_login login;
  login.client_id = client_id_of(who.product_key, who.device_code);
  login.password = sign_id2(who, login.client_id, sdk_timestamp);
  login.client_id.append("|securemode=").append(std::to_string(secure_mode));
  login.client_id.append(",timestamp=").append(sdk_timestamp);
  login.client_id.append(",signmethod=hmacsha1,gw=").append(flags.gateway ? "1" : "0");
  login.client_id.append(",ext=").append(std::to_string(flags.ext)).append(",authtype=id2|");
  login.username.append(who.id2).append(1, '&').append(who.device_code);
  login.username.append(1, '&').append(who.product_key);
  return login;
}

} // namespace fleet::alink
