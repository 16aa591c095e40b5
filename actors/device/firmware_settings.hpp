// What the firmware of a product's devices is and how they take updates (aliyun-iot.md §14), and
// how devices fetch files. Data only; firmware_part.hpp and image_fetch.hpp do it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "hal_sim/flash/boot_loader.hpp"
#include "hal_sim/flash/flash_chip.hpp"
#include "hal_sim/world/address.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/base/time.hpp"
#include "protocol/ota/updater_settings.hpp"

namespace fleet::actors {

/// A name that devices may be sent to, looked up before they start: a home cannot.
struct known_host {
  std::string name;
  hal::address at; ///< whatever the port
};

/// How devices of a product fetch files by URL: firmware (§14.3) and configurations (§14.6). Peers
/// with other names than these must be numeric addresses.
struct fetch_plan {
  stream_filter_factory* security = nullptr; ///< for https; none: nothing is fetched by https
  bool http_too = false;                     ///< also by plain HTTP; a real platform never does
  std::vector<known_host> hosts{};
  duration connect_timeout = std::chrono::seconds{10};
};

/// What a board with firmware comes with from the factory.
struct firmware_settings {
  std::string version = "1.0.0";         ///< of the factory's image; 1 to 64 octets
  std::string module{};                  ///< empty: the default one
  std::uint32_t image_bytes = 64 * 1024; ///< of the factory's image; fits a slot
  std::uint64_t image_seed = 0;          ///< ota::fill_generated() makes its octets
  hal::flash_geometry flash{};
  hal::boot_settings boot{};
  duration boot_time = std::chrono::seconds{2};    ///< from a reset to the image's first step
  duration power_return = std::chrono::seconds{5}; ///< after the power failed
  std::uint32_t download_ram_bytes = 5000; ///< of the board's RAM, while a download is open (§14.3)
  bool md5_only = false;                   ///< takes no offer without md5, as V2.10 (§14.2)
  bool old_ids = false;                    ///< writes ids as V2.10 does (§14.2)
  ota::updater_settings updater{};
};
/// Whether the bounds are kept: those above, and valid() of geometry and updater; at least one try
/// to boot; room in the flash for boot record and two slots.
bool valid(const firmware_settings& settings) noexcept;

} // namespace fleet::actors
