// What hides the MQTT stream of a device with an ID2 element, by the model (aliyun-iot.md §5.6), as
// a board's link takes it. Which key and securemode, its device says.
#pragma once

#include <memory>
#include <string_view>

#include "protocol/alink/id2_stream.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::actors {

/// The seed of a stream's nonce: unlike any other's of this device, for no two begin at one time
/// of one boot.
struct veil_chance {
  std::uint64_t seed = 0;
  std::uint32_t boots = 0;
  time_point now{};
};

/// What a securemode of ID2 becomes after pre-auth (§5.2).
constexpr int granted_id2_mode(int direct) noexcept {
  return direct == 4 ? 1 : 5;
}

/// `key` is 32 hexadecimal digits, `mode` one of those that encrypt (1, 4, 5, 7).
std::unique_ptr<stream_transform> make_id2_veil(const alink::identity& who, int mode,
                                                std::string_view key, const veil_chance& chance);

} // namespace fleet::actors
