// The send buffers of one home: lent to a stream while it has something unsent, so that thousands
// of quiet streams hold none. Not thread-safe; a home is one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::hal {

/// Lends empty buffers and keeps up to `kept_bytes_max` octets of returned capacity for the next.
class buffer_pool {
public:
  static constexpr std::size_t kept_bytes_max = 4 * 1024 * 1024;
  /// A buffer that grew beyond this gives its memory back.
  static constexpr std::size_t kept_each_max = 64 * 1024;

  /// An empty buffer, valid until give().
  byte_buffer* take() {
    ++lent_;
    if (kept_.empty()) {
      return new byte_buffer;
    }
    byte_buffer* out = kept_.back().release();
    kept_.pop_back();
    kept_bytes_ -= out->capacity();
    return out;
  }

  /// Takes a lent buffer back, whatever it holds.
  void give(byte_buffer* back) {
    std::unique_ptr<byte_buffer> owned{back};
    --lent_;
    const std::size_t capacity = owned->capacity();
    if (capacity <= kept_each_max && kept_bytes_ + capacity <= kept_bytes_max) {
      owned->clear();
      kept_bytes_ += capacity;
      kept_.push_back(std::move(owned));
    }
  }

  /// Buffers out: as many streams have something unsent (encrypted ones up to two).
  [[nodiscard]] std::size_t lent() const noexcept { return lent_; }

private:
  std::vector<std::unique_ptr<byte_buffer>> kept_;
  std::size_t kept_bytes_ = 0;
  std::size_t lent_ = 0;
};

} // namespace fleet::hal
