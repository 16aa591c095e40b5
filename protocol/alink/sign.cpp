// Digests of §3 and both directions of §5.1. HMAC itself is base/hmac.hpp's.
#include "protocol/alink/sign.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "protocol/base/hmac.hpp"

namespace fleet::alink {

namespace {

hmac_hash hash_of(sign_method method) noexcept {
  switch (method) {
    case sign_method::hmacmd5: return hmac_hash::md5;
    case sign_method::hmacsha1: return hmac_hash::sha1;
    case sign_method::hmacsha256: return hmac_hash::sha256;
  }
  FLEET_CHECK(false);
}

constexpr unsigned char lower(char c) noexcept {
  const auto u = static_cast<unsigned char>(c);
  // Arithmetic instead of a branch, so that digest_equal() takes the same time for every letter.
  const unsigned is_upper = (static_cast<unsigned>(u - 'A') < 26U) ? 1U : 0U;
  return static_cast<unsigned char>(u | is_upper << 5);
}

bool equal_ignoring_case(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view trim(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t";
  const std::size_t first = text.find_first_not_of(blanks);
  return first == std::string_view::npos
             ? std::string_view{}
             : text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

int number_or_zero(std::string_view text) noexcept {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  return error == std::errc{} && stop == end ? value : 0;
}

constexpr std::string_view extra_keys[] = {"signmethod", "timestamp", "securemode", "gw",
                                           "ext",        "_ss",       "authtype",   "random"};
enum extra : std::size_t {
  signmethod,
  timestamp,
  securemode,
  gw,
  ext,
  ss,
  authtype,
  random_text,
  extra_count
};

/// The values of the known keys; the first of a repeated key, unset where absent.
struct extras {
  std::optional<std::string_view> value[extra_count];

  explicit extras(std::string_view text) noexcept {
    while (!text.empty()) {
      const std::size_t comma = std::min(text.find(','), text.size());
      take(text.substr(0, comma));
      text.remove_prefix(std::min(comma + 1, text.size()));
    }
  }

  void take(std::string_view pair) noexcept {
    const std::size_t equals = pair.find('=');
    if (equals == std::string_view::npos) {
      return;
    }
    const std::string_view key = trim(pair.substr(0, equals));
    for (std::size_t i = 0; i < extra_count; ++i) {
      if (!value[i] && equal_ignoring_case(key, extra_keys[i])) {
        value[i] = trim(pair.substr(equals + 1));
      }
    }
  }

  [[nodiscard]] int number(extra which) const noexcept {
    return number_or_zero(value[which].value_or(std::string_view{}));
  }
};

} // namespace

std::optional<sign_method> parse_sign_method(std::string_view word) noexcept {
  for (const sign_method m :
       {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    if (equal_ignoring_case(word, to_string(m))) {
      return m;
    }
  }
  return std::nullopt;
}

std::string_view to_string(sign_method method) noexcept {
  switch (method) {
    case sign_method::hmacmd5: return "hmacmd5";
    case sign_method::hmacsha1: return "hmacsha1";
    case sign_method::hmacsha256: return "hmacsha256";
  }
  FLEET_CHECK(false);
}

std::string sign_fields(std::span<const sign_field> fields, std::string_view secret,
                        sign_method method) {
  std::vector<sign_field> sorted(fields.begin(), fields.end());
  std::sort(sorted.begin(), sorted.end(),
            [](const sign_field& a, const sign_field& b) { return a.key < b.key; });
  std::string content;
  for (const sign_field& f : sorted) {
    content.append(f.key).append(f.value);
  }
  return hmac_hex(hash_of(method), secret, content);
}

std::string sign_direct(const identity& who, std::string_view client_id_base, sign_method method,
                        std::string_view timestamp) {
  std::string content;
  content.reserve(160);
  content.append("clientId").append(client_id_base);
  content.append("deviceName").append(who.device_name);
  content.append("productKey").append(who.product_key);
  if (!timestamp.empty()) {
    content.append("timestamp").append(timestamp);
  }
  return hmac_hex(hash_of(method), who.device_secret, content);
}

bool digest_equal(std::string_view expected_hex, std::string_view received_hex) noexcept {
  if (expected_hex.size() != received_hex.size()) {
    return false; // the length of a digest is no secret
  }
  unsigned different = 0;
  for (std::size_t i = 0; i < expected_hex.size(); ++i) {
    different |= static_cast<unsigned>(lower(expected_hex[i]) ^ lower(received_hex[i]));
  }
  return different == 0;
}

direct_login make_direct_login(const identity& who, sign_method method, int secure_mode,
                               const client_flags& flags) {
  direct_login login;
  login.client_id.reserve(128);
  login.client_id.append(who.product_key).append(1, '.').append(who.device_name);
  login.password = sign_direct(who, login.client_id, method, sdk_timestamp);
  login.client_id.append("|securemode=").append(std::to_string(secure_mode));
  login.client_id.append(",timestamp=").append(sdk_timestamp);
  login.client_id.append(",signmethod=").append(to_string(method));
  login.client_id.append(flags.gateway ? ",gw=1" : ",gw=0");
  login.client_id.append(",ext=").append(std::to_string(flags.ext)).append(1, '|');
  login.username.append(who.device_name).append(1, '&').append(who.product_key);
  return login;
}

result<login_parts, login_error> parse_client_id(std::string_view client_id) {
  login_parts parts;
  const std::size_t bar = client_id.find('|');
  if (bar == std::string_view::npos || bar == 0 || bar > max_client_id_base) {
    return fail(login_error::malformed_client_id);
  }
  parts.client_id_base = client_id.substr(0, bar);
  std::string_view rest = client_id.substr(bar + 1);
  const std::size_t end = std::min(rest.find('|'), rest.size());
  if (!trim(rest.substr(std::min(end + 1, rest.size()))).empty()) {
    return fail(login_error::malformed_client_id);
  }
  const extras found{rest.substr(0, end)};
  if (found.value[signmethod]) {
    const std::optional<sign_method> method = parse_sign_method(*found.value[signmethod]);
    if (!method) {
      return fail(login_error::unknown_sign_method);
    }
    parts.method = *method;
  }
  parts.timestamp = found.value[timestamp].value_or(std::string_view{});
  parts.secure_mode = found.number(securemode);
  parts.gateway = found.number(gw) == 1;
  parts.ext = found.number(ext);
  parts.auto_subscribe = found.number(ss) == 1;
  parts.auth_type = found.value[authtype].value_or(std::string_view{});
  parts.random = found.value[random_text].value_or(std::string_view{});
  return parts;
}

result<login_parts, login_error> parse_direct_login(std::string_view client_id,
                                                    std::string_view username) {
  auto parts = parse_client_id(client_id);
  if (!parts && parts.error() == login_error::malformed_client_id) {
    return parts;
  }
  const std::size_t ampersand = username.find('&');
  const std::string_view name = username.substr(0, ampersand);
  const std::string_view key =
      ampersand == std::string_view::npos ? std::string_view{} : username.substr(ampersand + 1);
  if (!valid_name(name, max_device_name) || !valid_name(key, max_product_key)) {
    return fail(login_error::malformed_username);
  }
  if (parts) {
    parts.value().device_name = name;
    parts.value().product_key = key;
  }
  return parts;
}

} // namespace fleet::alink
