// The bounds of firmware settings.
#include "actors/device/firmware_settings.hpp"

#include "hal_sim/flash/firmware_slots.hpp"
#include "protocol/ota/firmware.hpp"

namespace fleet::actors {

bool valid(const firmware_settings& s) noexcept {
  return !s.version.empty() && s.version.size() <= ota::version_max && s.image_bytes != 0
         && hal::valid(s.flash) && s.flash.blocks >= hal::boot_area::blocks + hal::slot_count
         && s.flash.block_bytes >= hal::boot_record_octets
         && s.image_bytes <= hal::slot_bytes(s.flash) && s.boot.tries != 0
         && s.boot_time >= duration::zero() && s.power_return >= duration::zero()
         && ota::valid(s.updater);
}

} // namespace fleet::actors
