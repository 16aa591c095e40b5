// Firmware as its server sees it (aliyun-iot.md §14.3): who may have which, and its octets piece by
// piece. The platform implements it; no HTTP, no rates.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "cloud_sim/firmware_operations.hpp"
#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

enum class firmware_verdict : std::uint8_t {
  good,
  expired, ///< the token was good once
  forged,  ///< it is none of ours for this firmware, or there is no such firmware
  not_yet  ///< the firmware is not whole: there is no token for it yet
};

/// What there is to be served, what was ordered to be wrong with it included.
struct served_firmware {
  firmware_verdict verdict = firmware_verdict::forged;
  std::uint32_t id = 0;
  std::uint64_t size = 0; ///< of what the server has, which may not be what offers say
  std::string tag;        ///< the same for the same octets
  firmware_fault fault = firmware_fault::none;
  std::uint16_t status = 0; ///< of firmware_fault::status
  /// By a fault in force: one octet is another than it should be; the download's own rate, in
  /// octets a second, 0: the usual one.
  bool spoilt = false;
  bool unbootable = false; ///< it begins with ota::unbootable_mark, and its digest is of that
  std::uint64_t rate = 0;
};

/// How fast firmware may leave; octets a second, 0: as fast as it goes.
struct firmware_pace {
  std::uint64_t all = 0;
  std::uint64_t each = 0; ///< of one download
};

class firmware_source {
public:
  virtual ~firmware_source() = default;

  [[nodiscard]] virtual served_firmware judge(std::uint32_t id, std::string_view token) = 0;
  /// From `from` on, at least one and at most `most`; none where there are none, or none any more.
  /// Valid until the next call.
  [[nodiscard]] virtual bytes_view octets(std::uint32_t id, std::uint64_t from,
                                          std::size_t most) = 0;
  /// An answer with octets of it begins.
  virtual void begun(std::uint32_t id) = 0;
  virtual void sent(std::uint32_t id, std::size_t octets) = 0;
  /// A request was turned away.
  virtual void refused() = 0;
  [[nodiscard]] virtual firmware_pace pace() const = 0;
};

} // namespace fleet::cloud
