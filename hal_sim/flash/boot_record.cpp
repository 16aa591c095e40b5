// Big-endian fields at fixed places; the last four octets are the CRC-32 of all before them.
#include "hal_sim/flash/boot_record.hpp"

#include <algorithm>

#include "protocol/base/digest.hpp"

namespace fleet::hal {

namespace {

constexpr std::string_view magic = "FBRC";
constexpr std::size_t crc_at = boot_record_octets - 4;

class field_writer {
public:
  explicit field_writer(std::span<std::uint8_t> to) noexcept : to_(to) {}
  void number(std::uint32_t value, std::size_t octets) noexcept {
    for (std::size_t i = octets; i-- > 0;) {
      to_[at_++] = static_cast<std::uint8_t>(value >> 8 * i);
    }
  }
  void octets(bytes_view from) noexcept {
    for (const std::uint8_t octet : from) {
      to_[at_++] = octet;
    }
  }

private:
  std::span<std::uint8_t> to_;
  std::size_t at_ = 0;
};

class field_reader {
public:
  explicit field_reader(bytes_view from) noexcept : from_(from) {}
  std::uint32_t number(std::size_t octets) noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < octets; ++i) {
      value = value << 8 | from_[at_++];
    }
    return value;
  }
  bytes_view octets(std::size_t count) noexcept {
    at_ += count;
    return from_.subspan(at_ - count, count);
  }

private:
  bytes_view from_;
  std::size_t at_ = 0;
};

void write_slot(field_writer& out, const slot_record& slot) noexcept {
  out.number(static_cast<std::uint32_t>(slot.state), 1);
  out.number(slot.size, 4);
  out.number(static_cast<std::uint32_t>(slot.digest.kind), 1);
  out.octets(slot.digest.octets);
  out.number(slot.version_size, 1);
  out.octets(as_bytes({slot.version_text.data(), slot.version_text.size()}));
}

/// False for values that no record of ours has.
bool read_slot(field_reader& in, slot_record& slot) noexcept {
  const std::uint32_t state = in.number(1);
  slot.size = in.number(4);
  const std::uint32_t kind = in.number(1);
  std::ranges::copy(in.octets(slot.digest.octets.size()), slot.digest.octets.begin());
  slot.version_size = static_cast<std::uint8_t>(in.number(1));
  std::ranges::copy(as_text(in.octets(firmware_version_max)), slot.version_text.begin());
  slot.state = static_cast<slot_state>(state);
  slot.digest.kind = static_cast<content_digest>(kind);
  return state <= static_cast<std::uint32_t>(slot_state::bad)
         && kind <= static_cast<std::uint32_t>(content_digest::sha256)
         && slot.version_size <= firmware_version_max;
}

} // namespace

bool slot_record::set_version(std::string_view text) noexcept {
  if (text.size() > firmware_version_max) {
    return false;
  }
  version_text = {};
  std::ranges::copy(text, version_text.begin());
  version_size = static_cast<std::uint8_t>(text.size());
  return true;
}

std::array<std::uint8_t, boot_record_octets> encode(const boot_record& record) noexcept {
  std::array<std::uint8_t, boot_record_octets> octets{};
  field_writer out{octets};
  out.octets(as_bytes(magic));
  out.number(boot_record_layout, 2);
  out.number(record.sequence, 4);
  out.number(record.active, 1);
  out.number(record.trial ? 1 : 0, 1);
  out.number(record.tries_left, 1);
  for (const slot_record& slot : record.slots) {
    write_slot(out, slot);
  }
  field_writer{std::span{octets}.last(4)}.number(crc32(bytes_view{octets}.first(crc_at)), 4);
  return octets;
}

std::optional<boot_record> decode_boot_record(bytes_view octets) noexcept {
  if (octets.size() != boot_record_octets || !as_text(octets).starts_with(magic)
      || field_reader{octets.last(4)}.number(4) != crc32(octets.first(crc_at))) {
    return std::nullopt;
  }
  field_reader in{octets.subspan(magic.size())};
  if (in.number(2) != boot_record_layout) {
    return std::nullopt;
  }
  boot_record record;
  record.sequence = in.number(4);
  record.active = static_cast<std::uint8_t>(in.number(1));
  const std::uint32_t trial = in.number(1);
  record.trial = trial == 1;
  record.tries_left = static_cast<std::uint8_t>(in.number(1));
  bool good = record.active < slot_count && trial <= 1;
  for (slot_record& slot : record.slots) {
    good = read_slot(in, slot) && good;
  }
  return good ? std::optional{record} : std::nullopt;
}

} // namespace fleet::hal
