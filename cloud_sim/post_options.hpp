// What may be chosen about devices that only post (aliyun-iot.md §17, §18), with the default that a
// user gets. No behaviour.
#pragma once

#include <cstdint>

#include "protocol/base/time.hpp"

namespace fleet::cloud {

struct post_options {
  /// Until a device has to authenticate again. §17 does not say; as §5.4 for other tokens.
  duration coap_token_life = std::chrono::hours{7 * 24};
  duration http_token_life = std::chrono::hours{48}; ///< §18
  std::uint32_t tokens_max = 200'000; ///< of devices that have one; expired ones make room
  /// How long a device counts as online after a post (§17.3).
  duration presence = std::chrono::minutes{10};
};

} // namespace fleet::cloud
