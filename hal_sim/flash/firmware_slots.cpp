// Images in and out of slots, in pieces of a block at most.
#include "hal_sim/flash/firmware_slots.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::hal {

slot_range range_of_slot(const flash_geometry& geometry, std::uint8_t slot) noexcept {
  FLEET_CHECK(slot < slot_count && geometry.blocks >= boot_area::blocks + slot_count);
  const std::uint32_t each = (geometry.blocks - boot_area::blocks) / slot_count;
  return {boot_area::blocks + slot * each, each};
}

std::uint32_t slot_bytes(const flash_geometry& geometry) noexcept {
  return range_of_slot(geometry, 0).blocks * geometry.block_bytes;
}

slot_writer::slot_writer(flash_chip& chip, std::uint8_t slot, std::uint32_t size,
                         std::uint32_t from)
    : chip_(&chip), range_(range_of_slot(chip.geometry(), slot)), size_(size), taken_(from),
      written_(from) {
  FLEET_CHECK(size <= slot_bytes(chip.geometry()) && from <= size
              && from % chip.geometry().block_bytes == 0);
}

std::uint32_t slot_writer::resumable() const noexcept {
  return written_ / chip_->geometry().block_bytes * chip_->geometry().block_bytes;
}

flash_status slot_writer::put(bytes_view whole_units) {
  const std::uint32_t block_bytes = chip_->geometry().block_bytes;
  while (!whole_units.empty()) {
    const std::uint32_t block = range_.first_block + written_ / block_bytes;
    const std::uint32_t into = written_ % block_bytes;
    if (into == 0) {
      if (const auto status = chip_->erase(block); status != flash_status::done) {
        return status;
      }
    }
    const auto piece =
        whole_units.first(std::min<std::size_t>(whole_units.size(), block_bytes - into));
    const auto status = chip_->write(block * block_bytes + into, piece);
    if (status != flash_status::done) {
      return status;
    }
    written_ += static_cast<std::uint32_t>(piece.size());
    whole_units = whole_units.subspan(piece.size());
  }
  return flash_status::done;
}

flash_status slot_writer::append(bytes_view octets) {
  if (octets.size() > size_ - taken_) {
    return flash_status::out_of_range;
  }
  taken_ += static_cast<std::uint32_t>(octets.size());
  const std::size_t unit = chip_->geometry().write_bytes;
  if (!waiting_.empty()) {
    const std::size_t missing = std::min(octets.size(), unit - waiting_.size());
    waiting_.insert(waiting_.end(), octets.begin(),
                    octets.begin() + static_cast<std::ptrdiff_t>(missing));
    octets = octets.subspan(missing);
    if (waiting_.size() < unit) {
      return flash_status::done;
    }
    if (const auto status = put(waiting_); status != flash_status::done) {
      return status;
    }
    waiting_.clear();
  }
  const std::size_t whole = octets.size() / unit * unit;
  if (const auto status = put(octets.first(whole)); status != flash_status::done) {
    return status;
  }
  const auto rest = octets.subspan(whole);
  if (!rest.empty()) {
    waiting_.reserve(unit);
    waiting_.assign(rest.begin(), rest.end());
  }
  return flash_status::done;
}

flash_status slot_writer::finish() {
  if (!waiting_.empty()) {
    waiting_.resize(chip_->geometry().write_bytes, 0xff);
    const auto status = put(waiting_);
    std::vector<std::uint8_t>{}.swap(waiting_);
    if (status != flash_status::done) {
      return status;
    }
  }
  chip_->seal();
  return flash_status::done;
}

std::optional<digest_value> digest_slot(const flash_chip& chip, std::uint8_t slot,
                                        std::uint32_t size, content_digest kind) {
  if (size > slot_bytes(chip.geometry())) {
    return std::nullopt;
  }
  return chip.digest(range_of_slot(chip.geometry(), slot).first_block, size, kind);
}

bool verify_slot(const flash_chip& chip, std::uint8_t slot, const slot_record& record) {
  return digest_slot(chip, slot, record.size, record.digest.kind) == record.digest;
}

} // namespace fleet::hal
