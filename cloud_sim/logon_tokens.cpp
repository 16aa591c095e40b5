// An iotId is the device's index; an iotToken is the second of its expiry and an HMAC over both.
#include "cloud_sim/logon_tokens.hpp"

#include <charconv>
#include <utility>

#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

namespace {

constexpr std::string_view prefix = "iot";
constexpr std::size_t index_digits = 8;
constexpr std::size_t expiry_digits = 12;

std::string hexadecimal(std::uint64_t value, std::size_t digits) {
  std::string out(digits, '0');
  for (std::size_t i = digits; i-- > 0; value >>= 4) {
    out[i] = "0123456789abcdef"[value & 15];
  }
  return out;
}

std::optional<std::uint64_t> number(std::string_view text) {
  std::uint64_t out = 0;
  const auto* const end = text.data() + text.size();
  const auto [stopped, error] = std::from_chars(text.data(), end, out, 16);
  if (error != std::errc{} || stopped != end) {
    return std::nullopt;
  }
  return out;
}

} // namespace

logon_tokens::logon_tokens(std::string key) : key_(std::move(key)) {}

std::string logon_tokens::sign(std::string_view iot_id, std::string_view expiry) const {
  std::string content{iot_id};
  content += '.';
  content += expiry;
  return hmac_hex(hmac_hash::sha256, key_, content);
}

logon_token logon_tokens::issue(std::uint32_t device, std::int64_t now_s) const {
  logon_token out;
  out.iot_id = std::string{prefix} + hexadecimal(device, index_digits);
  const auto expiry =
      hexadecimal(static_cast<std::uint64_t>(now_s + logon_token_life_s), expiry_digits);
  out.iot_token = expiry + sign(out.iot_id, expiry);
  return out;
}

std::optional<std::uint32_t> logon_tokens::recognize(std::string_view iot_id,
                                                     std::string_view iot_token,
                                                     std::int64_t now_s) const {
  if (!iot_id.starts_with(prefix) || iot_id.size() != prefix.size() + index_digits
      || iot_token.size() <= expiry_digits) {
    return std::nullopt;
  }
  const auto expiry = iot_token.substr(0, expiry_digits);
  if (!constant_time_equal(iot_token.substr(expiry_digits), sign(iot_id, expiry))) {
    return std::nullopt;
  }
  const auto until_s = number(expiry);
  const auto device = number(iot_id.substr(prefix.size()));
  if (!until_s || !device || now_s < 0 || *until_s <= static_cast<std::uint64_t>(now_s)) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*device);
}

} // namespace fleet::cloud
