// Keys: those of DTLS clients (aliyun-iot.md §17.1), and the one of places in memory. What clients
// then say is post_door.cpp's.
#include <charconv>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/post_door.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

std::optional<device_index> post_door::psk_owner(std::string_view identity) const {
  const auto said = alink::read_psk_identity(identity);
  return said ? parts_.devices.find(said->product_key, said->device_name) : std::nullopt;
}

std::optional<std::uint64_t> post_door::place_of(device_index device) const {
  if (!parts_.devices.knows(device)) {
    return std::nullopt;
  }
  const auto who = parts_.devices.identity_of(device);
  return place_of_device(who.product_key, who.device_name);
}

// RFC 4279 §2: a handshake that fails for want of the key fails as one with a wrong key does.
std::string post_door::psk_key(std::string_view identity) const {
  const auto said = alink::read_psk_identity(identity);
  const auto device = psk_owner(identity);
  if (device && !parts_.devices.disabled(*device)) {
    return alink::make_psk_key(parts_.devices.identity_of(*device), said->method, said->timestamp);
  }
  return key_.empty() ? std::string{}
                      : hmac_hex(hmac_hash::sha256, key_, "key of nobody." + std::string{identity});
}

hash_key post_door::places() const {
  const std::string digits = hmac_hex(hmac_hash::sha256, key_, "places of peers");
  hash_key out;
  std::from_chars(digits.data(), digits.data() + 16, out.first, 16);
  std::from_chars(digits.data() + 16, digits.data() + 32, out.second, 16);
  return out;
}

} // namespace fleet::cloud
