// Bytes on their way: a read-only view and the append-here, consume-there buffer that every
// machine writes its output into. No ownership tricks, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <vector>

namespace fleet {

/// Read-only octets, valid only as long as whoever lends them says.
using bytes_view = std::span<const std::uint8_t>;

inline bytes_view as_bytes(std::string_view text) noexcept {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}

inline std::string_view as_text(bytes_view bytes) noexcept {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/// A growing run of octets: written at the back, consumed at the front.
class byte_buffer {
public:
  [[nodiscard]] bool empty() const noexcept { return head_ == data_.size(); }
  [[nodiscard]] std::size_t size() const noexcept { return data_.size() - head_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return data_.capacity(); }
  [[nodiscard]] bytes_view view() const noexcept { return {data_.data() + head_, size()}; }

  /// The octet at `offset` from the front; for patching a length written before its value is known.
  std::uint8_t& operator[](std::size_t offset) noexcept { return data_[head_ + offset]; }

  void push(std::uint8_t octet) {
    reclaim(1);
    data_.push_back(octet);
  }
  void append(bytes_view bytes) {
    reclaim(bytes.size());
    data_.insert(data_.end(), bytes.begin(), bytes.end());
  }
  void append(std::string_view text) { append(as_bytes(text)); }

  /// Appends a big-endian 16-bit number.
  void append_u16(std::uint16_t value) {
    push(static_cast<std::uint8_t>(value >> 8));
    push(static_cast<std::uint8_t>(value & 0xff));
  }

  /// Makes room for `count` octets and returns where to write them; commit() keeps the first ones.
  std::span<std::uint8_t> prepare(std::size_t count) {
    reclaim(count);
    prepared_from_ = data_.size();
    data_.resize(data_.size() + count);
    return {data_.data() + prepared_from_, count};
  }
  void commit(std::size_t count) { data_.resize(prepared_from_ + count); }

  /// Drops `count` octets at the front; `count` must not exceed size().
  void consume(std::size_t count) noexcept {
    head_ += count;
    if (head_ == data_.size()) {
      clear();
    }
  }

  /// Cuts the buffer back to its first `count` octets; for undoing an append that failed halfway.
  void truncate(std::size_t count) noexcept { data_.resize(head_ + count); }

  void clear() noexcept {
    data_.clear();
    head_ = 0;
  }

  /// clear() and gives the memory back.
  void release() noexcept {
    std::vector<std::uint8_t>{}.swap(data_);
    head_ = 0;
  }

private:
  /// Before growing: takes back the consumed front once it is at least half, so that a buffer that
  /// never runs empty does not grow for ever.
  void reclaim(std::size_t count) {
    if (data_.capacity() - data_.size() < count && head_ > 0 && head_ >= size()) [[unlikely]] {
      std::memmove(data_.data(), data_.data() + head_, size());
      data_.resize(size());
      head_ = 0;
    }
  }

  std::vector<std::uint8_t> data_;
  std::size_t head_ = 0;
  std::size_t prepared_from_ = 0;
};

} // namespace fleet
