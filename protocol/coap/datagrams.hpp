// Datagrams on their way out: what the machines append to, one after the other, and the link takes
// from the front. They keep their boundaries, which a byte_buffer alone would not.
#pragma once

#include <cstddef>
#include <cstdint>

#include "protocol/base/bytes.hpp"
#include "protocol/base/check.hpp"

namespace fleet::coap {

/// A queue of datagrams in one piece of memory, each behind its length.
class datagrams {
public:
  static constexpr std::size_t size_max = 65'535; ///< octets of one

  [[nodiscard]] bool empty() const noexcept { return octets_.empty(); }

  /// The first one; valid until the next call that changes the queue. Must not be empty().
  [[nodiscard]] bytes_view front() const noexcept {
    const bytes_view all = octets_.view();
    return all.subspan(prefix, static_cast<std::size_t>(all[0] << 8 | all[1]));
  }
  void pop() noexcept { octets_.consume(prefix + front().size()); }

  void append(bytes_view datagram) {
    open().append(datagram);
    (void)close();
  }

  /// Begins a datagram at the back: append it to what this answers, then close() or drop().
  [[nodiscard]] byte_buffer& open() {
    opened_ = octets_.size();
    octets_.append_u16(0);
    return octets_;
  }
  /// What was appended since open(), to be looked at and changed.
  [[nodiscard]] std::span<std::uint8_t> opened() noexcept {
    const std::size_t from = opened_ + prefix;
    return from == octets_.size() ? std::span<std::uint8_t>{}
                                  : std::span{&octets_[from], octets_.size() - from};
  }
  /// Ends the datagram; answers its octets, valid until the next call.
  bytes_view close() noexcept {
    const std::size_t size = octets_.size() - opened_ - prefix;
    FLEET_CHECK(size <= size_max);
    octets_[opened_] = static_cast<std::uint8_t>(size >> 8);
    octets_[opened_ + 1] = static_cast<std::uint8_t>(size & 0xff);
    return octets_.view().subspan(opened_ + prefix);
  }
  void drop() noexcept { octets_.truncate(opened_); }

  void clear() noexcept { octets_.clear(); }
  /// clear() and gives the memory back.
  void release() noexcept { octets_.release(); }

private:
  static constexpr std::size_t prefix = 2;
  byte_buffer octets_;
  std::size_t opened_ = 0;
};

} // namespace fleet::coap
