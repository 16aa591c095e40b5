// Datagrams on their way: several in one buffer, each with its end, so that a machine can emit a
// flight without an allocation for each. Not a queue with times or addresses: that is a world's.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet {

/// The largest datagram anybody here sends or takes, in octets: of payload, without UDP and IP.
inline constexpr std::size_t datagram_bytes_max = 4096;

/// Datagrams in order; appended to at the back, read by index, emptied as a whole.
class datagram_batch {
public:
  [[nodiscard]] bool empty() const noexcept { return ends_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
  /// Octets of all of them.
  [[nodiscard]] std::size_t octets() const noexcept { return octets_.size(); }

  /// Valid until something is appended.
  [[nodiscard]] bytes_view operator[](std::size_t index) const noexcept {
    const std::size_t from = index == 0 ? 0 : ends_[index - 1];
    return bytes_view{octets_}.subspan(from, ends_[index] - from);
  }

  void push(bytes_view one) {
    octets_.insert(octets_.end(), one.begin(), one.end());
    ends_.push_back(static_cast<std::uint32_t>(octets_.size()));
  }

  /// Appends one of `count` octets, zeroed, and answers where to write them.
  std::span<std::uint8_t> prepare(std::size_t count) {
    const std::size_t from = octets_.size();
    octets_.resize(from + count);
    ends_.push_back(static_cast<std::uint32_t>(octets_.size()));
    return {octets_.data() + from, count};
  }

  /// Takes the last one back.
  void drop_last() noexcept {
    ends_.pop_back();
    octets_.resize(ends_.empty() ? 0 : ends_.back());
  }

  void clear() noexcept {
    octets_.clear();
    ends_.clear();
  }

  /// clear() and gives the memory back.
  void release() noexcept {
    std::vector<std::uint8_t>{}.swap(octets_);
    std::vector<std::uint32_t>{}.swap(ends_);
  }

private:
  std::vector<std::uint8_t> octets_;
  std::vector<std::uint32_t> ends_;
};

} // namespace fleet
