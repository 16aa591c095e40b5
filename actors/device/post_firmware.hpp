// The firmware of a device that only posts (aliyun-iot.md §14.4): what firmware_part does, with the
// offers asked for, since nobody can push them.
#pragma once

#include <string>

#include "actors/device/firmware_part.hpp"

namespace fleet::actors {

struct post_firmware {
  post_firmware(const thing_place& at, const alink::identity& who)
      : product_key(who.product_key), device_name(who.device_name),
        part(at, {product_key, device_name}) {}

  /// Octets, its own size included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return sizeof *this - sizeof part + part.memory_bytes();
  }

  std::string product_key;
  std::string device_name;
  firmware_part part;
  time_point next_ask = never; ///< `request` is due
};

} // namespace fleet::actors
