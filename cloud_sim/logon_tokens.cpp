// An iotToken is the second of its expiry, the device's index, and an HMAC over both and the iotId.
#include "cloud_sim/logon_tokens.hpp"

#include <charconv>
#include <utility>

#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

namespace {

constexpr std::size_t expiry_digits = 12;
constexpr std::size_t index_digits = 8;
constexpr std::size_t head_digits = expiry_digits + index_digits;

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

std::string logon_tokens::sign(std::string_view iot_id, std::string_view head) const {
  std::string content{iot_id};
  content += '.';
  content += head;
  return hmac_hex(hmac_hash::sha256, key_, content);
}

logon_token logon_tokens::issue(std::uint32_t device, std::string iot_id,
                                std::int64_t now_s) const {
  const auto head =
      hexadecimal(static_cast<std::uint64_t>(now_s + logon_token_life_s), expiry_digits)
      + hexadecimal(device, index_digits);
  auto token = head + sign(iot_id, head);
  return {std::move(iot_id), std::move(token)};
}

std::optional<std::uint32_t> logon_tokens::recognize(std::string_view iot_id,
                                                     std::string_view iot_token,
                                                     std::int64_t now_s) const {
  if (iot_token.size() <= head_digits) {
    return std::nullopt;
  }
  const auto head = iot_token.substr(0, head_digits);
  if (!constant_time_equal(iot_token.substr(head_digits), sign(iot_id, head))) {
    return std::nullopt;
  }
  const auto until_s = number(head.substr(0, expiry_digits));
  const auto device = number(head.substr(expiry_digits));
  if (!until_s || !device || now_s < 0 || *until_s <= static_cast<std::uint64_t>(now_s)) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*device);
}

std::optional<std::int64_t> logon_tokens::given_s(std::string_view iot_token) {
  const auto until_s = number(iot_token.substr(0, expiry_digits));
  return until_s ? std::optional{static_cast<std::int64_t>(*until_s) - logon_token_life_s}
                 : std::nullopt;
}

} // namespace fleet::cloud
