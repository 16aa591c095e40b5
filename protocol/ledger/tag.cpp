// The tag's text form: writing, sealing, finding. Knows no account.
#include <array>
#include <charconv>

#include "protocol/base/check.hpp"
#include "protocol/base/digest.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {

namespace {

constexpr std::size_t checksum_digits = 8;
constexpr std::string_view zeros = "00000000";
constexpr std::size_t longest_tag = 2 + 10 + 1 + 10 + 1 + 10 + 1 + checksum_digits + 1;

std::uint32_t checksum(bytes_view payload, std::size_t offset) noexcept {
  std::array<std::uint8_t, 1024> copy;
  if (payload.size() <= copy.size() - 16) {
    // One run over a patched copy costs less than three short ones, and least in whole lanes of
    // sixteen. Zeros in front do not count once the initial state is part of the octets instead.
    const std::size_t pad = (16 - payload.size() % 16) % 16;
    std::uint8_t* const at = copy.data() + pad;
    std::memset(copy.data(), 0, 16);
    std::memcpy(at, payload.data(), payload.size());
    std::memcpy(at + offset, zeros.data(), zeros.size());
    for (std::size_t i = 0; i < 4; ++i) { // a tag is longer than that
      at[i] ^= 0xff;
    }
    return crc32(bytes_view{copy}.first(pad + payload.size()), UINT32_MAX);
  }
  std::uint32_t crc = crc32(payload.first(offset));
  crc = crc32(as_bytes(zeros), crc);
  return crc32(payload.subspan(offset + checksum_digits), crc);
}

/// Reads the fields of a tag from left to right; once something is not as append_tag() writes it,
/// everything after fails too.
class field_reader {
public:
  explicit field_reader(bytes_view rest) noexcept : at_(rest.data()), end_(at_ + rest.size()) {}

  /// A decimal number without leading zeros, then `stop`.
  std::uint32_t number(char stop) noexcept {
    std::uint64_t value = 0;
    const std::uint8_t* const first = at_;
    while (at_ != end_ && at_ - first < 10 && *at_ >= '0' && *at_ <= '9') {
      value = value * 10 + (*at_++ - std::uint64_t{'0'});
    }
    const bool canonical = at_ - first == 1 || (at_ - first > 1 && *first != '0');
    ok_ = ok_ && canonical && value <= UINT32_MAX;
    expect(stop);
    return static_cast<std::uint32_t>(value);
  }

  /// Eight lower-case hexadecimal digits.
  std::uint32_t hexadecimal() noexcept {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < checksum_digits; ++i) {
      const std::uint8_t c = at_ != end_ ? *at_++ : std::uint8_t{0};
      if (c >= '0' && c <= '9') {
        value = value << 4 | static_cast<std::uint32_t>(c - '0');
      } else if (c >= 'a' && c <= 'f') {
        value = value << 4 | static_cast<std::uint32_t>(c - 'a' + 10);
      } else {
        ok_ = false;
      }
    }
    return value;
  }

  void expect(char c) noexcept {
    ok_ = ok_ && at_ != end_ && *at_ == static_cast<std::uint8_t>(c);
    at_ += at_ != end_ ? 1 : 0;
  }

  [[nodiscard]] bool ok() const noexcept { return ok_; }
  [[nodiscard]] const std::uint8_t* at() const noexcept { return at_; }

private:
  const std::uint8_t* at_;
  const std::uint8_t* end_;
  bool ok_ = true;
};

struct candidate {
  bool well_formed = false;
  tag what;
  std::uint32_t checksum = 0;
  std::size_t checksum_offset = 0; ///< from the front of the tag
};

/// Reads what may be a tag; `text` begins with its `~L`.
candidate read_tag(bytes_view text) noexcept {
  candidate out;
  field_reader in{text.subspan(2)};
  out.what.device = in.number('.');
  if (!in.ok()) {
    return out;
  }
  out.what.epoch = in.number('.');
  out.what.sequence = in.number('.');
  out.checksum_offset = static_cast<std::size_t>(in.at() - text.data());
  out.checksum = in.hexadecimal();
  in.expect('~');
  out.well_formed = in.ok() && out.what.epoch != 0 && out.what.sequence != 0;
  return out;
}

} // namespace

std::size_t append_tag(byte_buffer& out, const tag& t) {
  std::array<char, longest_tag> text{};
  char* at = text.data();
  char* const end = at + text.size();
  *at++ = '~';
  *at++ = 'L';
  for (const std::uint32_t number : {t.device, t.epoch, t.sequence}) {
    at = std::to_chars(at, end, number).ptr;
    *at++ = '.';
  }
  const auto before = static_cast<std::size_t>(at - text.data());
  at = std::copy(zeros.begin(), zeros.end(), at);
  *at++ = '~';
  const std::size_t offset = out.size() + before;
  out.append(std::string_view{text.data(), static_cast<std::size_t>(at - text.data())});
  return offset;
}

void seal(std::span<std::uint8_t> payload, std::size_t checksum_offset) {
  FLEET_CHECK(checksum_offset <= payload.size());
  FLEET_CHECK(payload.size() - checksum_offset >= checksum_digits);
  static constexpr std::string_view digits = "0123456789abcdef";
  std::uint32_t rest = checksum(payload, checksum_offset);
  for (std::size_t i = checksum_digits; i-- > 0; rest >>= 4) {
    payload[checksum_offset + i] = static_cast<std::uint8_t>(digits[rest & 0xf]);
  }
}

found_tag find_tag(bytes_view payload) noexcept {
  bool traces = false;
  const std::uint8_t* at = payload.data();
  const std::uint8_t* const end = at + payload.size();
  while (end - at >= 3) {
    // The last two octets cannot begin a tag, nor anything that resembles one.
    const void* const hit = std::memchr(at, '~', static_cast<std::size_t>(end - at) - 2);
    if (hit == nullptr) {
      break;
    }
    at = static_cast<const std::uint8_t*>(hit);
    if (at[1] == 'L' && at[2] >= '0' && at[2] <= '9') {
      traces = true;
      const auto offset = static_cast<std::size_t>(at - payload.data());
      const candidate found = read_tag(payload.subspan(offset));
      if (found.well_formed) {
        const bool intact = checksum(payload, offset + found.checksum_offset) == found.checksum;
        return {intact ? tag_state::intact : tag_state::corrupted, found.what};
      }
    }
    ++at;
  }
  return {traces ? tag_state::corrupted : tag_state::absent, {}};
}

} // namespace fleet::ledger
