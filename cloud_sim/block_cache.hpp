// Blocks of images that were asked for lately, up to a number of octets: the one copy that all
// downloads share. Knows not where blocks come from.
#pragma once

#include <cstdint>
#include <list>
#include <unordered_map>
#include <vector>

#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

class block_cache {
public:
  explicit block_cache(std::size_t octets_max) : octets_max_(octets_max) {}

  /// The block, or none; it counts as asked for.
  const std::vector<std::uint8_t>* find(std::uint32_t image, std::uint32_t block) {
    const auto found = by_key_.find(key(image, block));
    if (found == by_key_.end()) {
      return nullptr;
    }
    blocks_.splice(blocks_.begin(), blocks_, found->second);
    return &blocks_.front().octets;
  }

  /// Takes a block, in the place of a former one, and lets go of those asked for longest ago where
  /// there is no room; never of this one.
  const std::vector<std::uint8_t>& put(std::uint32_t image, std::uint32_t block,
                                       std::vector<std::uint8_t> octets) {
    erase(key(image, block));
    octets_ += octets.size();
    blocks_.push_front({image, block, std::move(octets)});
    by_key_.emplace(key(image, block), blocks_.begin());
    while (octets_ > octets_max_ && blocks_.size() > 1) {
      erase(key(blocks_.back().image, blocks_.back().block));
    }
    return blocks_.front().octets;
  }

  /// All of one image.
  void forget(std::uint32_t image) {
    for (auto at = blocks_.begin(); at != blocks_.end();) {
      const auto each = at++;
      if (each->image == image) {
        erase(key(image, each->block));
      }
    }
  }

  [[nodiscard]] std::size_t octets() const noexcept { return octets_; }

private:
  struct entry {
    std::uint32_t image;
    std::uint32_t block;
    std::vector<std::uint8_t> octets;
  };
  static std::uint64_t key(std::uint32_t image, std::uint32_t block) noexcept {
    return std::uint64_t{image} << 32 | block;
  }
  void erase(std::uint64_t which) {
    const auto found = by_key_.find(which);
    if (found != by_key_.end()) {
      octets_ -= found->second->octets.size();
      blocks_.erase(found->second);
      by_key_.erase(found);
    }
  }

  std::size_t octets_max_;
  std::size_t octets_ = 0;
  std::list<entry> blocks_; ///< asked for last first
  /// Looked up, never walked.
  std::unordered_map<std::uint64_t, std::list<entry>::iterator> by_key_;
};

} // namespace fleet::cloud
