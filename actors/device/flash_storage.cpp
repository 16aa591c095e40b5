// The words of flash and boot loader in the updater's.
#include "actors/device/flash_storage.hpp"

#include <vector>

namespace fleet::actors {

namespace {

constexpr std::string_view note_key = "ota.note";

ota::storage_status status_of(hal::flash_status status) noexcept {
  switch (status) {
    case hal::flash_status::done: return ota::storage_status::done;
    case hal::flash_status::power_lost: return ota::storage_status::power_lost;
    case hal::flash_status::out_of_range:
    case hal::flash_status::misaligned:
    case hal::flash_status::not_erased:
    case hal::flash_status::worn_out:
    case hal::flash_status::bad_block: return ota::storage_status::failed;
  }
  FLEET_CHECK(false);
}

ota::storage_status status_of(hal::boot_step step) noexcept {
  switch (step) {
    case hal::boot_step::done: return ota::storage_status::done;
    case hal::boot_step::in_trial: return ota::storage_status::not_yet;
    case hal::boot_step::bad_image: return ota::storage_status::differs;
    case hal::boot_step::power_lost: return ota::storage_status::power_lost;
    case hal::boot_step::no_record:
    case hal::boot_step::failed: return ota::storage_status::failed;
  }
  FLEET_CHECK(false);
}

} // namespace

ota::storage_status flash_storage::open(std::uint32_t size, std::uint32_t from) {
  writer_.reset();
  auto& chip = on_.flash->chip;
  if (size > hal::slot_bytes(chip.geometry())) {
    return ota::storage_status::too_large;
  }
  const auto status = status_of(on_.flash->loader.open_slot(slot_));
  if (status == ota::storage_status::done) {
    writer_ = std::make_unique<hal::slot_writer>(chip, slot_, size, from);
  }
  return status;
}

ota::storage_status flash_storage::write(bytes_view octets) {
  return status_of(writer_->append(octets));
}

std::uint32_t flash_storage::resumable() const {
  return writer_ == nullptr ? 0 : writer_->resumable();
}

ota::storage_status flash_storage::finish() {
  const auto status = status_of(writer_->finish());
  writer_.reset();
  return status;
}

bool flash_storage::read(std::uint32_t at, std::span<std::uint8_t> out) const {
  const auto& chip = on_.flash->chip;
  const auto first = hal::range_of_slot(chip.geometry(), slot_).first_block;
  return chip.read(first * chip.geometry().block_bytes + at, out) == hal::flash_status::done;
}

ota::storage_status flash_storage::stage(const ota::firmware& f) {
  hal::slot_record record;
  record.size = f.size;
  record.digest = f.digest;
  return record.set_version(f.version) ? status_of(on_.flash->loader.stage(record))
                                       : ota::storage_status::failed;
}

void flash_storage::keep(bytes_view note) {
  auto& chip = on_.flash->chip;
  if (!chip.powered()) {
    return;
  }
  const auto cut = chip.step_beside();
  if (!cut) {
    (void)on_.kv.put(note_key, note); // a full store is as good as a lost note
  } else if (*cut != 0) {
    std::vector<std::uint8_t> torn{note.begin(), note.end()};
    const std::size_t whole = torn.size() * std::min<std::size_t>(*cut, 1000) / 1000;
    std::fill(torn.begin() + static_cast<std::ptrdiff_t>(whole), torn.end(), std::uint8_t{0xff});
    (void)on_.kv.put(note_key, torn);
  }
}

bytes_view flash_storage::kept() const {
  return on_.kv.get(note_key).value_or(bytes_view{});
}

void flash_storage::forget() {
  // Nothing where there is nothing: an erasure is a step like any other.
  if (on_.kv.get(note_key) && on_.flash->chip.powered()) {
    const auto cut = on_.flash->chip.step_beside();
    if (!cut || *cut == 1000) {
      on_.kv.erase(note_key);
    }
  }
}

hal::boot_step flash_storage::confirm() {
  return on_.flash->loader.confirm(on_.flash->running.slot);
}

std::size_t flash_storage::memory_bytes() const noexcept {
  return writer_ == nullptr ? 0 : sizeof *writer_ + writer_->memory_bytes();
}

} // namespace fleet::actors
