// A preamble with a fresh nonce, and the ciphers that follow from it.
#include "actors/device/id2_veil.hpp"

#include "protocol/base/check.hpp"

namespace fleet::actors {

std::unique_ptr<stream_transform> make_id2_veil(const alink::identity& who, int mode,
                                                std::string_view key, const veil_chance& chance) {
  alink::id2_preamble begin{mode, who.product_key, who.device_name, {}};
  const auto moment = static_cast<std::uint64_t>(chance.now.time_since_epoch().count());
  random_stream draw{chance.seed ^ mix64(moment), chance.boots, "id2 stream"};
  for (auto& octet : begin.nonce) {
    octet = static_cast<std::uint8_t>(draw.below(256));
  }
  auto ciphers = alink::make_id2_ciphers(key, begin);
  FLEET_CHECK(ciphers.has_value());
  return std::make_unique<alink::id2_client_stream>(std::move(begin), std::move(*ciphers));
}

} // namespace fleet::actors
