// Registration over either transport, and which kind of CONNECT one is.
#include "protocol/alink/registration.hpp"

#include <algorithm>

#include "protocol/alink/id2_model.hpp"
#include "protocol/alink/logon_fields.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using detail::take;

constexpr std::uint8_t connack_accepted = 0;
constexpr std::uint8_t connack_bad_client_id = 2;
constexpr std::uint8_t connack_bad_credentials = 4;
constexpr std::uint8_t connack_not_authorized = 5;

std::string draw(random_stream& from, std::size_t length, std::string_view alphabet) {
  std::string out(length, '0');
  for (char& c : out) {
    c = alphabet[from.below(alphabet.size())];
  }
  return out;
}

bool valid_random(std::string_view random) noexcept {
  return detail::visible(random, max_registration_random);
}

void append_names(object_writer& writer, std::string_view product_key,
                  std::string_view device_name) {
  writer.text("productKey", product_key);
  writer.text("deviceName", device_name);
}

/// Whether `members` are about the device that asked.
bool about(std::span<const json_member> members, const registrant& who) {
  std::string product_key;
  std::string device_name;
  return take(members, "productKey", max_product_key, product_key)
         && take(members, "deviceName", max_device_name, device_name)
         && product_key == who.product_key && device_name == who.device_name;
}

result<std::string, logon_refusal> secret_of(std::span<const json_member> members,
                                             const registrant& who) {
  std::string secret;
  if (!about(members, who) || !take(members, "deviceSecret", max_device_secret, secret)) {
    return fail(logon_refusal{});
  }
  return secret;
}

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const bool upper = x >= 'A' && x <= 'Z';
    return (upper ? static_cast<char>(x | 0x20) : x) == y;
  });
}

/// The kind by auth type, and by securemode where that is absent. `authType` is compared without
/// regard to case, as method names are.
logon_kind kind_of(const login_parts& parts, std::string_view username) noexcept {
  const std::string_view type = parts.auth_type;
  if (same_word(type, "register")) {
    return logon_kind::registration;
  }
  if (same_word(type, "regnwl")) {
    return logon_kind::unlisted_registration;
  }
  if (same_word(type, "connwl")) {
    return logon_kind::token;
  }
  const bool by_token = username.find('&') == std::string_view::npos;
  if (same_word(type, "id2") || (type.empty() && id2_mode(parts.secure_mode))) {
    const bool asked = parts.secure_mode == 1 || parts.secure_mode == 5;
    return asked && by_token ? logon_kind::preauth : logon_kind::id2;
  }
  if (!type.empty()) {
    return logon_kind::unknown;
  }
  // A client id may lack its securemode, which reads as 0 too: the username tells.
  const bool preauth = parts.secure_mode == -1 || parts.secure_mode == 0;
  return preauth && by_token ? logon_kind::preauth : logon_kind::direct;
}

/// `DN&PK`.
bool take_names(std::string_view username, login_parts& parts) noexcept {
  const std::size_t ampersand = std::min(username.find('&'), username.size());
  parts.device_name = username.substr(0, ampersand);
  parts.product_key = username.substr(std::min(ampersand + 1, username.size()));
  return valid_name(parts.device_name, max_device_name)
         && valid_name(parts.product_key, max_product_key);
}

/// `{id2}&{device code}&PK` or `{id2}&PK`.
bool take_id2(std::string_view username, logon& out) noexcept {
  const std::size_t first = username.find('&');
  const std::size_t last = username.rfind('&');
  if (first == std::string_view::npos) {
    return false;
  }
  out.id2 = username.substr(0, first);
  out.parts.product_key = username.substr(last + 1);
  const bool coded =
      first == last || valid_name(username.substr(first + 1, last - first - 1), max_id2);
  return coded && valid_name(out.id2, max_id2)
         && valid_name(out.parts.product_key, max_product_key);
}

} // namespace

std::string registration_random(random_stream& from, std::size_t length) {
  return draw(from, length, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");
}

std::string registration_random_hex(random_stream& from) {
  return draw(from, 8, "0123456789abcdef");
}

std::string sign_registration(const registrant& who, std::string_view random, sign_method method) {
  const sign_field fields[] = {
      {"deviceName", who.device_name}, {"productKey", who.product_key}, {"random", random}};
  return sign_fields(fields, who.product_secret, method);
}

std::string make_registration_body(const registrant& who, std::string_view random,
                                   sign_method method, registration_style style) {
  const std::string sign = sign_registration(who, random, method);
  std::string body;
  append_form_field(body, "productKey", who.product_key);
  append_form_field(body, "deviceName", who.device_name);
  switch (style) {
    case registration_style::cmp_2_10:
      append_form_field(body, "signMethod", to_string(method));
      append_form_field(body, "sign", sign);
      append_form_field(body, "version", "default");
      append_form_field(body, "clientId", who.product_key + "." + who.device_name);
      append_form_field(body, "random", random);
      append_form_field(body, "resources", "mqtt");
      break;
    case registration_style::later:
      append_form_field(body, "random", random);
      append_form_field(body, "sign", sign);
      append_form_field(body, "signMethod", to_string(method));
      break;
  }
  return body;
}

result<registration_request, int> read_registration(std::string_view body) {
  const auto fields = parse_form(body);
  registration_request out;
  const bool whole = fields && take(fields.value(), "productKey", max_product_key, out.product_key)
                     && take(fields.value(), "deviceName", max_device_name, out.device_name)
                     && take(fields.value(), "random", max_registration_random, out.random)
                     && take(fields.value(), "sign", 64, out.sign)
                     && valid_name(out.product_key, max_product_key)
                     && valid_name(out.device_name, max_device_name);
  if (!whole) {
    return fail(int{code_parameter_error});
  }
  const detail::named_method named = detail::method_of(fields.value());
  if (!named.method) {
    return fail(int{named.readable ? int{code_unknown_sign_method} : int{code_parameter_error}});
  }
  out.method = *named.method;
  return out;
}

int judge_registration(const registration_request& asked, const registration_facts& facts) {
  if (!facts.product_secret) {
    return code_product_not_found;
  }
  if (!facts.switched_on) {
    return code_registration_off;
  }
  const registrant who{asked.product_key, asked.device_name, std::string{*facts.product_secret}};
  if (!digest_equal(sign_registration(who, asked.random, asked.method), asked.sign)) {
    return code_sign_failed;
  }
  if (!facts.device_known) {
    return code_device_not_found;
  }
  return facts.activated ? int{code_already_active} : int{code_success};
}

void append_registration_reply(byte_buffer& out, const identity& who) {
  object_writer writer{out};
  writer.integer("code", code_success);
  writer.open("data");
  append_names(writer, who.product_key, who.device_name);
  writer.text("deviceSecret", who.device_secret);
  writer.close();
  writer.text("message", logon_message(code_success));
  writer.end();
}

result<std::string, logon_refusal> read_registration_reply(json_reader& reader, bytes_view body,
                                                           const registrant& who) {
  const auto data = detail::data_of(reader, body);
  if (!data) {
    return fail(data.error());
  }
  return secret_of(reader.children(*data.value()), who);
}

direct_login make_registration_login(const registrant& who, std::string_view random,
                                     sign_method method, bool listed) {
  direct_login login;
  login.client_id.append(who.product_key).append(1, '.').append(who.device_name);
  login.client_id.append(listed ? "|authType=register,random=" : "|authType=regnwl,random=");
  login.client_id.append(random).append(",signmethod=").append(to_string(method));
  login.client_id.append(listed ? ",securemode=2|" : ",securemode=-2|");
  login.username.append(who.device_name).append(1, '&').append(who.product_key);
  login.password = sign_registration(who, random, method);
  return login;
}

std::uint8_t judge_registration_login(const login_parts& parts, std::string_view password,
                                      const registration_facts& facts, bool over_tls) {
  if (!over_tls || !facts.product_secret || !facts.switched_on) {
    return connack_not_authorized;
  }
  const registrant who{std::string{parts.product_key}, std::string{parts.device_name},
                       std::string{*facts.product_secret}};
  const bool signed_well =
      valid_random(parts.random)
      && digest_equal(sign_registration(who, parts.random, parts.method), password);
  if (!signed_well || !facts.device_known) {
    return connack_bad_credentials;
  }
  return facts.activated ? connack_not_authorized : connack_accepted;
}

void append_registration_push(byte_buffer& out, const identity& who) {
  object_writer writer{out};
  append_names(writer, who.product_key, who.device_name);
  writer.text("deviceSecret", who.device_secret);
  writer.end();
}

result<std::string, logon_refusal> read_registration_push(json_reader& reader, bytes_view payload,
                                                          const registrant& who) {
  if (reader.read(payload) != json_error::none || reader.is_array()) {
    return fail(logon_refusal{});
  }
  return secret_of(reader.top(), who);
}

void append_token_push(byte_buffer& out, const registrant& who, const device_token& given) {
  object_writer writer{out};
  writer.text("clientId", given.client_id);
  append_names(writer, who.product_key, who.device_name);
  writer.text("deviceToken", given.token);
  writer.end();
}

result<device_token, logon_refusal> read_token_push(json_reader& reader, bytes_view payload,
                                                    const registrant& who) {
  device_token out;
  if (reader.read(payload) != json_error::none || reader.is_array()
      || !take(reader.top(), "clientId", max_client_id_base, out.client_id)
      || out.client_id.find('|') != std::string::npos
      || !take(reader.top(), "deviceToken", max_device_token, out.token)
      || !about(reader.top(), who)) {
    return fail(logon_refusal{});
  }
  return out;
}

direct_login make_token_login(const registrant& who, const device_token& given) {
  direct_login login;
  login.client_id = given.client_id + "|authType=connwl,securemode=-2|";
  login.username.append(who.device_name).append(1, '&').append(who.product_key);
  login.password = given.token;
  return login;
}

result<logon, login_error> parse_logon(std::string_view client_id, std::string_view username) {
  const auto parts = parse_client_id(client_id);
  if (!parts) {
    return fail(parts.error());
  }
  logon out;
  out.parts = parts.value();
  out.kind = kind_of(out.parts, username);
  bool good = true;
  switch (out.kind) {
    case logon_kind::preauth:
      out.iot_id = username;
      good = detail::visible(username, max_iot_id);
      break;
    case logon_kind::id2: good = take_id2(username, out); break;
    case logon_kind::direct:
    case logon_kind::registration:
    case logon_kind::unlisted_registration:
    case logon_kind::token: good = take_names(username, out.parts); break;
    case logon_kind::unknown: break;
  }
  if (!good) {
    return fail(login_error::malformed_username);
  }
  return out;
}

std::uint8_t connack_of(login_error why) noexcept {
  switch (why) {
    case login_error::malformed_client_id:
    case login_error::unknown_sign_method: return connack_bad_client_id;
    case login_error::malformed_username: break;
  }
  return connack_bad_credentials;
}

} // namespace fleet::alink
