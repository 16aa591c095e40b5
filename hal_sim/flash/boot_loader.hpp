// The boot loader of a board with two slots: verifies, switches, tries, falls back. Every step may
// be cut short by the power, and the next boot finds a slot to start. It starts nothing itself:
// whether an image runs is shown by confirm(), or by another boot() without it.
#pragma once

#include <cstdint>
#include <string_view>

#include "hal_sim/flash/firmware_slots.hpp"

namespace fleet::hal {

/// How a loader behaves; shared by all boards of a kind.
struct boot_settings {
  std::uint8_t tries = 3; ///< starts of a new image, confirmed or not, before the old one's return
};

enum class boot_verdict : std::uint8_t {
  booted,           ///< the active slot, as last time
  switched,         ///< a new image's first start
  trying,           ///< a new image's further start: it is not confirmed yet
  refused,          ///< a new image failed its verification; the old one starts
  fell_back,        ///< the active image rotted or did not come up; the other one starts
  nothing_bootable, ///< no slot verifies, or no boot record does
  power_lost        ///< in the loader; boot again once the power is back
};

struct boot_outcome {
  boot_verdict verdict = boot_verdict::nothing_bootable;
  std::uint8_t slot = 0;
  slot_record image; ///< of that slot; its version is the one to report

  [[nodiscard]] bool starts() const noexcept {
    return verdict != boot_verdict::nothing_bootable && verdict != boot_verdict::power_lost;
  }
};

/// Why a step of an update is not done.
enum class boot_step : std::uint8_t {
  done,
  no_record, ///< the board was never manufactured, or both copies of its record are lost
  in_trial,  ///< the running image is not confirmed: the other slot is its way back
  bad_image, ///< what lies in the slot is not what was said
  power_lost,
  failed ///< the record cannot be written: worn out, or a bad block
};

/// One loader on one chip; it holds nothing but its places.
class boot_loader {
public:
  /// Both outlive it. The chip has room for the record and two slots.
  explicit boot_loader(flash_chip& chip, const boot_settings& settings = default_settings());
  static const boot_settings& default_settings() noexcept;

  /// In the factory: `image` into slot 0, good and active.
  boot_step manufacture(bytes_view image, std::string_view version);

  /// After power on or a reset.
  boot_outcome boot();

  /// The image that boot() started from slot `running` works; a trial is over. Nothing is written
  /// where there is none. `failed` where the record names another slot, since it could not be
  /// written when the loader fell back.
  boot_step confirm(std::uint8_t running);

  /// Before the first octet of an update: what the inactive slot holds counts no more. The slot to
  /// write comes back in `slot`. Nothing is written where it is empty already.
  boot_step open_slot(std::uint8_t& slot);
  /// After the last octet: verified from flash once more, and tried at the next boot.
  boot_step stage(const slot_record& image);

  /// What the record says now.
  [[nodiscard]] std::optional<boot_record> record() const { return area_.newest(); }

private:
  boot_outcome boot_by(boot_record record);
  boot_outcome fall_back(boot_record record);
  boot_outcome start(const boot_record& record, boot_verdict verdict);
  /// False when the power failed; a record that cannot be written otherwise is done without.
  bool keep(boot_record& record);
  boot_step store(boot_record& record);

  flash_chip* chip_;
  const boot_settings* settings_;
  boot_area area_;
};

} // namespace fleet::hal
