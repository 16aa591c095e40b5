// The second of expiry, the device, and an HMAC over both and the subject.
#include "cloud_sim/campaigns/url_tokens.hpp"

#include <charconv>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

namespace {

constexpr std::size_t expiry_digits = 12;
constexpr std::size_t device_digits = 8;
constexpr std::size_t claim_digits = expiry_digits + device_digits;
constexpr std::int64_t latest_s = 0xffff'ffff'ffff;

void append_hexadecimal(std::string& out, std::uint64_t value, std::size_t digits) {
  for (std::size_t i = digits; i-- > 0;) {
    out += "0123456789abcdef"[value >> 4 * i & 15];
  }
}

std::uint64_t number(std::string_view digits) noexcept {
  std::uint64_t out = 0;
  (void)std::from_chars(digits.data(), digits.data() + digits.size(), out, 16);
  return out;
}

} // namespace

url_tokens::url_tokens(std::string key) : key_(std::move(key)) {}

std::string url_tokens::sign(std::string_view subject, std::string_view claims) const {
  std::string content{subject};
  content += '.';
  content += claims;
  return hmac_hex(hmac_hash::sha256, key_, content);
}

std::string url_tokens::issue(std::string_view subject, std::uint32_t device, std::int64_t now_s,
                              std::int64_t life_s) const {
  FLEET_CHECK(now_s >= 0 && life_s >= 0 && life_s <= latest_s && now_s <= latest_s - life_s);
  std::string out;
  out.reserve(octets);
  append_hexadecimal(out, static_cast<std::uint64_t>(now_s + life_s), expiry_digits);
  append_hexadecimal(out, device, device_digits);
  return out + sign(subject, out);
}

url_tokens::judged url_tokens::judge(std::string_view subject, std::string_view token,
                                     std::int64_t now_s) const {
  if (token.size() != octets) {
    return {};
  }
  const std::string_view claims = token.substr(0, claim_digits);
  // Signed, so they are digits of ours once this holds.
  if (!constant_time_equal(token.substr(claim_digits), sign(subject, claims))) {
    return {};
  }
  const std::uint64_t until_s = number(claims.substr(0, expiry_digits));
  const bool lasts = now_s < 0 || static_cast<std::uint64_t>(now_s) < until_s;
  return {lasts ? token_verdict::good : token_verdict::expired,
          static_cast<std::uint32_t>(number(claims.substr(expiry_digits)))};
}

} // namespace fleet::cloud
