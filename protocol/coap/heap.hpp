// What memory really costs, and octets kept on the heap. Internal to this folder.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::coap {

/// What the allocator really takes for `octets`: eight of its own, rounded up to sixteen.
constexpr std::size_t heap_octets(std::size_t octets) noexcept {
  return octets == 0 ? 0 : std::max<std::size_t>(32, (octets + 8 + 15) / 16 * 16);
}

template <class Element>
std::size_t heap_octets(const std::vector<Element>& all) noexcept {
  return heap_octets(all.capacity() * sizeof(Element));
}

/// Gives back the memory of an empty list; a few elements' worth stays for the next message.
template <class Element>
void trim(std::vector<Element>& all, std::size_t kept = 0) noexcept {
  if (all.empty() && all.capacity() > kept) {
    std::vector<Element>{}.swap(all);
  }
}

/// A datagram or a part of one, kept.
class kept_octets {
public:
  kept_octets() = default;
  explicit kept_octets(bytes_view octets)
      : octets_(octets.empty() ? nullptr : new std::uint8_t[octets.size()]),
        size_(static_cast<std::uint32_t>(octets.size())) {
    std::copy(octets.begin(), octets.end(), octets_.get());
  }
  kept_octets(kept_octets&& other) noexcept
      : octets_(std::move(other.octets_)), size_(std::exchange(other.size_, 0)) {}
  kept_octets& operator=(kept_octets&& other) noexcept {
    octets_ = std::move(other.octets_);
    size_ = std::exchange(other.size_, 0);
    return *this;
  }

  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bytes_view view() const noexcept { return {octets_.get(), size_}; }
  [[nodiscard]] std::span<std::uint8_t> span() noexcept { return {octets_.get(), size_}; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept { return heap_octets(size_); }

private:
  std::unique_ptr<std::uint8_t[]> octets_;
  std::uint32_t size_ = 0;
};

} // namespace fleet::coap
