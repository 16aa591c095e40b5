// Digests under a device's own secret, and of its names.
#include "cloud_sim/secrets.hpp"

#include <array>

#include "protocol/base/hmac.hpp"
#include "protocol/base/random.hpp"

namespace fleet::cloud {

std::string make_device_secret() {
  std::array<std::uint8_t, 16> octets{};
  secure_random(octets);
  return sha256_hex(as_text(octets)).substr(0, 32);
}

std::string iot_id_of(std::string_view product_key, std::string_view device_name) {
  std::string text{product_key};
  text.append("/").append(device_name);
  constexpr std::string_view digits = "0123456789abcdef";
  std::uint64_t bits = hash_text(text);
  std::string id;
  for (int i = 0; i < 16; ++i, bits >>= 4) {
    id += digits[bits & 0xf];
  }
  return id;
}

alink::device_token token_of(const alink::identity& who) {
  alink::device_token out;
  out.client_id = hmac_hex(hmac_hash::sha256, who.device_secret, "clientId").substr(0, 32);
  out.token = hmac_hex(hmac_hash::sha256, who.device_secret, "deviceToken");
  return out;
}

bool shows_token(const alink::identity& who, std::string_view client_id, std::string_view token) {
  const auto given = token_of(who);
  const bool same_id = constant_time_equal(client_id, given.client_id);
  const bool same_token = constant_time_equal(token, given.token);
  return same_id && same_token;
}

} // namespace fleet::cloud
