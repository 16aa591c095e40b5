// Replies kept for duplicates, oldest first, in one piece of memory: with tens of thousands of
// peers each allocation of its own would be a line of memory that no cache holds. Internal to this
// folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "protocol/base/bytes.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/coap/heap.hpp"

namespace fleet::coap {

class kept_replies {
public:
  /// Octets that each counts besides its own.
  static constexpr std::size_t overhead = 32;

  /// Keeps a reply; the oldest go until all count `most` octets or less, or this alone is left.
  void add(std::uint16_t id, bytes_view message, std::uint32_t now_ms, std::size_t most) {
    while (count_ > 0 && counted() + message.size() + overhead > most) {
      drop_oldest();
    }
    octets_.append_u16(static_cast<std::uint16_t>(now_ms >> 16));
    octets_.append_u16(static_cast<std::uint16_t>(now_ms & 0xffff));
    octets_.append_u16(id);
    octets_.append_u16(static_cast<std::uint16_t>(message.size()));
    octets_.append(message);
    ++count_;
  }
  /// The latest one with that id; valid until the next call.
  [[nodiscard]] std::optional<bytes_view> find(std::uint16_t id) const noexcept {
    std::optional<bytes_view> found;
    for (bytes_view rest = octets_.view(); !rest.empty();) {
      const std::size_t size = u16(rest, 6);
      if (u16(rest, 4) == id) {
        found = rest.subspan(prefix, size);
      }
      rest = rest.subspan(prefix + size);
    }
    return found;
  }
  void forget_old(std::uint32_t now_ms, std::uint32_t lifetime_ms) noexcept {
    while (count_ > 0) {
      const bytes_view oldest = octets_.view();
      const std::uint32_t at_ms = std::uint32_t{u16(oldest, 0)} << 16 | u16(oldest, 2);
      if (now_ms - at_ms <= lifetime_ms) {
        return;
      }
      drop_oldest();
    }
  }
  /// Asks for the memory of the oldest, and of the next.
  void expect() const noexcept {
    fetch_ahead(octets_.view().data());
    fetch_ahead(octets_.view().data() + octets_.size());
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return heap_octets(octets_.capacity());
  }

private:
  static constexpr std::size_t prefix = 8; ///< when, id and size, before each

  static std::uint16_t u16(bytes_view of, std::size_t at) noexcept {
    return static_cast<std::uint16_t>(of[at] << 8 | of[at + 1]);
  }
  [[nodiscard]] std::size_t counted() const noexcept {
    return octets_.size() + count_ * (overhead - prefix);
  }
  void drop_oldest() noexcept {
    octets_.consume(prefix + u16(octets_.view(), 6));
    --count_;
  }

  byte_buffer octets_;
  std::size_t count_ = 0;
};

} // namespace fleet::coap
