// Each copy is a list of records in one block; the newest has the highest sequence, wherever it is.
#include "hal_sim/flash/boot_area.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

std::optional<boot_record> newer(const std::optional<boot_record>& a,
                                 const std::optional<boot_record>& b) {
  return !b || (a && a->sequence >= b->sequence) ? a : b;
}

} // namespace

boot_area::boot_area(flash_chip& chip, std::uint32_t first_block) noexcept
    : chip_(&chip), first_block_(first_block) {
  FLEET_CHECK(places() != 0 && first_block + blocks <= chip.geometry().blocks);
}

std::uint32_t boot_area::place_bytes() const noexcept {
  const std::uint32_t unit = chip_->geometry().write_bytes;
  return (static_cast<std::uint32_t>(boot_record_octets) + unit - 1) / unit * unit;
}

std::uint32_t boot_area::places() const noexcept {
  return chip_->geometry().block_bytes / place_bytes();
}

std::uint32_t boot_area::address_of(std::uint32_t which, std::uint32_t place) const noexcept {
  return (first_block_ + which) * chip_->geometry().block_bytes + place * place_bytes();
}

boot_area::copy boot_area::look_at(std::uint32_t which) const {
  copy out;
  std::vector<std::uint8_t> octets(place_bytes());
  for (std::uint32_t place = 0; place < places(); ++place) {
    if (chip_->read(address_of(which, place), octets) != flash_status::done) {
      return {};
    }
    // Equal to itself moved by one: all octets are alike.
    if (octets.front() == 0xff
        && std::memcmp(octets.data(), octets.data() + 1, octets.size() - 1) == 0) {
      continue;
    }
    // Behind a torn record as well: what is not erased cannot be written.
    out.free = place + 1;
    const auto found = decode_boot_record(bytes_view{octets}.first(boot_record_octets));
    if (found && (!out.newest || found->sequence > out.newest->sequence)) {
      out.newest = found;
    }
  }
  return out;
}

std::optional<boot_record> boot_area::newest() const {
  return newer(look_at(0).newest, look_at(1).newest);
}

flash_status boot_area::append(std::uint32_t which, const copy& is, const boot_record& record) {
  std::uint32_t place = is.free;
  if (place == places()) {
    if (const auto status = chip_->erase(first_block_ + which); status != flash_status::done) {
      return status;
    }
    place = 0;
  }
  std::vector<std::uint8_t> octets(place_bytes(), 0xff);
  std::ranges::copy(encode(record), octets.begin());
  return chip_->write(address_of(which, place), octets);
}

flash_status boot_area::store(boot_record& record) {
  const std::array<copy, blocks> is{look_at(0), look_at(1)};
  const auto sequence_of = [&](std::uint32_t which) {
    return is[which].newest ? std::int64_t{is[which].newest->sequence} : -1;
  };
  record.sequence = static_cast<std::uint32_t>(std::max(sequence_of(0), sequence_of(1)) + 1);
  // The one that is behind goes first: it may have to be erased, and the other holds the newest.
  const std::uint32_t first = sequence_of(0) <= sequence_of(1) ? 0 : 1;
  const flash_status one = append(first, is[first], record);
  if (one == flash_status::power_lost) {
    return one;
  }
  if (one != flash_status::done && sequence_of(1 - first) >= 0 && is[1 - first].free == places()) {
    // Erasing the other would risk the only copy that is left.
    return one;
  }
  const flash_status two = append(1 - first, is[1 - first], record);
  if (two == flash_status::power_lost) {
    return two;
  }
  return one == flash_status::done ? one : two;
}

flash_status boot_area::repair() {
  const std::array<copy, blocks> is{look_at(0), look_at(1)};
  const auto wanted = newer(is[0].newest, is[1].newest);
  if (!wanted) {
    return flash_status::done;
  }
  for (std::uint32_t which = 0; which < blocks; ++which) {
    if (!is[which].newest || is[which].newest->sequence != wanted->sequence) {
      return append(which, is[which], *wanted);
    }
  }
  return flash_status::done;
}

} // namespace fleet::hal
