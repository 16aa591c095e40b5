// Bodies, answers, the AES mode and the shared key of posting devices.
#include "protocol/alink/post_logon.hpp"

#include <algorithm>
#include <charconv>

#include "protocol/alink/logon_fields.hpp"
#include "protocol/base/content_hash.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using detail::only;
using detail::take;

constexpr std::size_t max_digits = 20;
constexpr std::size_t max_random = 64;
constexpr std::string_view first_vector = "543yhjy97ae7fyfg"; ///< §17.4

bool has(std::span<const json_member> members, std::string_view name) noexcept {
  return std::any_of(members.begin(), members.end(),
                     [name](const json_member& m) { return m.key == name; });
}

bool all_digits(std::string_view text, std::size_t limit) noexcept {
  return !text.empty() && text.size() <= limit
         && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/// A decimal number that may be left out, written as a number or a string; false for another thing.
bool take_digits(std::span<const json_member> members, std::string_view name,
                 std::string_view& out) noexcept {
  const json_member* const m = only(members, name);
  if (m == nullptr) {
    return !has(members, name);
  }
  out = m->type == json_type::number ? m->value : json_plain_text(m->value).value_or("");
  return all_digits(out, max_digits);
}

bool take_method(std::span<const json_member> members, sign_method& out) {
  const bool lower = has(members, "signmethod");
  const bool camel = has(members, "signMethod");
  if (!lower && !camel) {
    return true;
  }
  std::string word;
  if ((lower && camel) || !take(members, lower ? "signmethod" : "signMethod", 16, word)) {
    return false;
  }
  const auto named = parse_sign_method(word);
  out = named.value_or(out);
  return named.has_value();
}

std::string client_id_of(const identity& who) {
  std::string out;
  out.reserve(who.product_key.size() + who.device_name.size() + 1);
  return out.append(who.product_key).append(1, '.').append(who.device_name);
}

std::string_view name_of(const post_logon_manner& manner) noexcept {
  return to_string(manner.method.value_or(sign_method::hmacmd5));
}

template <class Number>
std::optional<Number> number_of(std::string_view text) noexcept {
  Number value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return all_digits(text, max_digits) && error == std::errc{} && stop == end ? std::optional{value}
                                                                             : std::nullopt;
}

aes_cbc_block vector_block() noexcept {
  aes_cbc_block out{};
  std::copy(first_vector.begin(), first_vector.end(), out.begin());
  return out;
}

/// The beginning of every successful answer over HTTP; end_answer() is its end.
void begin_answer(object_writer& writer) {
  writer.integer("code", 0);
  writer.text("message", to_string(post_code::success));
  writer.open("info");
}

void end_answer(object_writer& writer) {
  writer.close();
  writer.end();
}

} // namespace

std::optional<std::string_view> topic_of_post_path(std::string_view path) noexcept {
  if (!path.starts_with(post_topic_prefix)) {
    return {};
  }
  path.remove_prefix(post_topic_prefix.size());
  if (path.ends_with('/')) {
    path.remove_suffix(1);
  }
  return path.size() > 1 && path.front() == '/' ? std::optional{path} : std::nullopt;
}

std::string sign_post_logon(const identity& who, std::string_view client_id,
                            const post_logon_manner& manner) {
  std::array<sign_field, 5> fields{{{"clientId", client_id},
                                    {"deviceName", who.device_name},
                                    {"productKey", who.product_key},
                                    {},
                                    {}}};
  std::size_t count = 3;
  if (!manner.sequence.empty()) {
    fields[count++] = {"seq", manner.sequence};
  }
  if (!manner.timestamp.empty()) {
    fields[count++] = {"timestamp", manner.timestamp};
  }
  return sign_fields(std::span{fields}.first(count), who.device_secret,
                     manner.method.value_or(sign_method::hmacmd5));
}

void append_coap_logon(byte_buffer& out, const identity& who, const post_logon_manner& manner) {
  const std::string client_id = client_id_of(who);
  object_writer writer{out};
  writer.text("productKey", who.product_key);
  writer.text("deviceName", who.device_name);
  writer.text("clientId", client_id);
  writer.text("sign", sign_post_logon(who, client_id, manner));
  if (!manner.sequence.empty()) {
    writer.text("seq", manner.sequence);
  }
  if (manner.method) {
    writer.text("signmethod", name_of(manner));
  }
  if (!manner.timestamp.empty()) {
    writer.text("timestamp", manner.timestamp);
  }
  if (manner.separate) {
    writer.integer("ackMode", *manner.separate ? 1 : 0);
  }
  writer.end();
}

void append_http_logon(byte_buffer& out, const identity& who, const post_logon_manner& manner) {
  const std::string client_id = client_id_of(who);
  out.append(R"({"version":"default", )"); // that blank is the SDK's
  byte_buffer rest;
  object_writer writer{rest};
  writer.text("clientId", client_id);
  if (manner.method) {
    writer.text("signmethod", name_of(manner));
  }
  writer.text("sign", sign_post_logon(who, client_id, manner));
  writer.text("productKey", who.product_key);
  writer.text("deviceName", who.device_name);
  if (!manner.timestamp.empty()) {
    writer.text("timestamp", manner.timestamp);
  }
  writer.end();
  out.append(rest.view().subspan(1));
}

bytes_view without_last_nul(bytes_view body) noexcept {
  return !body.empty() && body.back() == 0 ? body.first(body.size() - 1) : body;
}

std::optional<post_logon_request> read_post_logon(json_reader& reader, bytes_view body) {
  if (reader.read(without_last_nul(body)) != json_error::none || reader.is_array()) {
    return {};
  }
  const auto members = reader.top();
  post_logon_request out;
  std::string_view mode;
  std::string_view timestamp;
  std::string_view sequence;
  const bool whole = take(members, "productKey", max_product_key, out.product_key)
                     && take(members, "deviceName", max_device_name, out.device_name)
                     && valid_name(out.product_key, max_product_key)
                     && valid_name(out.device_name, max_device_name)
                     && take(members, "clientId", max_client_id_base, out.client_id)
                     && take(members, "sign", 64, out.sign)
                     && take_digits(members, "timestamp", timestamp)
                     && take_digits(members, "seq", sequence)
                     && take_digits(members, "ackMode", mode) && take_method(members, out.method);
  if (!whole || mode.size() > 1 || mode > "1") {
    return {};
  }
  out.timestamp = timestamp;
  out.sequence = sequence;
  out.separate = mode == "1";
  return out;
}

bool signed_by(const post_logon_request& asked, std::string_view device_secret) {
  const identity who{asked.product_key, asked.device_name, std::string{device_secret}};
  const post_logon_manner manner{asked.method, asked.timestamp, asked.sequence};
  return digest_equal(sign_post_logon(who, asked.client_id, manner), asked.sign);
}

void append_coap_grant(byte_buffer& out, const coap_grant& grant) {
  object_writer writer{out};
  if (!grant.random.empty()) {
    writer.text("random", grant.random);
    writer.integer("seqOffset", grant.sequence_offset);
  }
  writer.text("token", grant.token);
  writer.end();
}

std::optional<coap_grant> read_coap_grant(json_reader& reader, bytes_view body) {
  if (reader.read(body) != json_error::none || reader.is_array()) {
    return {};
  }
  const auto members = reader.top();
  coap_grant out;
  if (!take(members, "token", max_post_token, out.token)) {
    return {};
  }
  if (!has(members, "random") && !has(members, "seqOffset")) {
    return out;
  }
  std::string_view offset;
  const bool whole =
      take(members, "random", max_random, out.random) && take_digits(members, "seqOffset", offset);
  const auto number = number_of<std::uint32_t>(offset);
  if (!whole || !number) {
    return {};
  }
  out.sequence_offset = *number;
  return out;
}

std::string_view to_string(post_code code) noexcept {
  switch (code) {
    case post_code::success: return "success";
    case post_code::common_error: return "common error";
    case post_code::param_error: return "param error";
    case post_code::auth_error: return "auth check error";
    case post_code::token_expired: return "token is expired";
    case post_code::token_null: return "token is null";
    case post_code::token_error: return "check token error";
    case post_code::session_error: return "update session error";
    case post_code::publish_error: return "publish message error";
    case post_code::too_many: return "request too many";
  }
  FLEET_CHECK(false);
}

void append_http_grant(byte_buffer& out, std::string_view token) {
  object_writer writer{out};
  begin_answer(writer);
  writer.text("token", token);
  end_answer(writer);
}

void append_http_accepted(byte_buffer& out, std::uint64_t message_id, std::string_view data) {
  std::array<char, max_digits> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), message_id).ptr;
  object_writer writer{out};
  begin_answer(writer);
  writer.raw("messageId", {digits.data(), static_cast<std::size_t>(end - digits.data())});
  if (!data.empty()) {
    writer.text("data", data);
  }
  end_answer(writer);
}

void append_http_refusal(byte_buffer& out, post_code code) {
  object_writer writer{out};
  writer.integer("code", static_cast<std::int64_t>(code));
  writer.text("message", to_string(code));
  writer.end();
}

std::optional<http_answer> read_http_answer(json_reader& reader, bytes_view body) {
  if (reader.read(body) != json_error::none || reader.is_array()) {
    return {};
  }
  const json_member* const code = only(reader.top(), "code");
  const auto number = code != nullptr ? json_integer(code->value) : std::nullopt;
  if (!number) {
    return {};
  }
  http_answer out{*number};
  const json_member* const info = only(reader.top(), "info");
  if (info == nullptr || info->type != json_type::object) {
    return out; // a refusal says no more, and some write null there
  }
  const auto members = reader.children(*info);
  std::string_view id;
  const bool whole = (!has(members, "token") || take(members, "token", max_post_token, out.token))
                     && take_digits(members, "messageId", id);
  if (!whole) {
    return {};
  }
  out.message_id = number_of<std::uint64_t>(id);
  const json_member* const data = only(members, "data");
  if (data != nullptr && !append_json_string(out.data, data->value)) {
    return {};
  }
  return out;
}

post_cipher::post_cipher(std::string_view device_secret, std::string_view random) {
  std::string content;
  content.append(device_secret).append(1, ',').append(random);
  const digest_value digest = digest_of(content_digest::sha256, as_bytes(content));
  std::copy_n(digest.octets.begin() + 8, key_.size(), key_.begin());
}

void post_cipher::encrypt(bytes_view plain, byte_buffer& out) const {
  aes_cbc_encrypt(key_, vector_block(), plain, out);
}

bool post_cipher::decrypt(bytes_view cipher, byte_buffer& out) const {
  return aes_cbc_decrypt(key_, vector_block(), cipher, out);
}

std::optional<std::uint32_t> post_sequence_of(bytes_view plain) noexcept {
  return number_of<std::uint32_t>(as_text(plain));
}

std::string make_psk_identity(const identity& who, sign_method method, std::string_view timestamp) {
  std::string out{"devicename|"};
  out.append(to_string(method)).append(1, '|').append(who.product_key).append(1, '&');
  return out.append(who.device_name).append(1, '|').append(timestamp);
}

std::string make_psk_key(const identity& who, sign_method method, std::string_view timestamp) {
  std::string id;
  id.append(who.product_key).append(1, '&').append(who.device_name);
  const std::array<sign_field, 2> fields{{{"id", id}, {"timestamp", timestamp}}};
  return sign_fields(fields, who.device_secret, method);
}

std::optional<psk_parts> read_psk_identity(std::string_view text) noexcept {
  std::array<std::string_view, 4> parts{};
  for (std::size_t i = 0; i < parts.size(); ++i) {
    const std::size_t bar = text.find('|');
    if ((bar == std::string_view::npos) != (i + 1 == parts.size())) {
      return {};
    }
    parts[i] = text.substr(0, bar);
    text.remove_prefix(std::min(parts[i].size() + 1, text.size()));
  }
  const std::size_t ampersand = parts[2].find('&');
  const auto method = parse_sign_method(parts[1]);
  if (ampersand == std::string_view::npos || !method || !all_digits(parts[3], max_digits)) {
    return {};
  }
  const psk_parts out{parts[2].substr(0, ampersand), parts[2].substr(ampersand + 1), parts[3],
                      *method};
  const bool valid =
      valid_name(out.product_key, max_product_key) && valid_name(out.device_name, max_device_name);
  return valid ? std::optional{out} : std::nullopt;
}

} // namespace fleet::alink
