// A small chip with a loader, images to put on it, and an update from offer to confirmed start as a
// device carries it out: for the tests of flash and boot loader.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/flash/boot_loader.hpp"

namespace fleet::hal {

/// Octets that differ with `seed` from place to place; none of their blocks is erased.
inline std::vector<std::uint8_t> image_of(std::uint64_t seed, std::size_t size) {
  random_stream octets{seed, 0, "image"};
  std::vector<std::uint8_t> out(size);
  for (auto& octet : out) {
    octet = static_cast<std::uint8_t>(octets.next());
  }
  return out;
}

inline slot_record described(bytes_view image, std::string_view version,
                             content_digest kind = content_digest::sha256) {
  slot_record out;
  out.size = static_cast<std::uint32_t>(image.size());
  out.digest = digest_of(kind, image);
  out.set_version(version);
  return out;
}

struct flash_rig {
  flash_geometry geometry;
  flash_store store;
  flash_chip chip;
  boot_loader loader;

  explicit flash_rig(const flash_geometry& g)
      : geometry(g), store(g.block_bytes), chip(geometry, store), loader(chip) {}

  /// What lies in a slot.
  [[nodiscard]] std::vector<std::uint8_t> slot(std::uint8_t which, std::size_t size) const {
    std::vector<std::uint8_t> out(size);
    const auto first = range_of_slot(geometry, which).first_block;
    EXPECT_EQ(chip.read(first * geometry.block_bytes, out), flash_status::done);
    return out;
  }

  /// Writes and stages; false where it stops.
  bool bring(bytes_view image, std::string_view version, std::size_t piece) {
    std::uint8_t to = 0;
    if (loader.open_slot(to) != boot_step::done) {
      return false;
    }
    slot_writer writer{chip, to, static_cast<std::uint32_t>(image.size())};
    for (std::size_t at = 0; at < image.size(); at += piece) {
      const auto next = image.subspan(at, std::min(piece, image.size() - at));
      if (writer.append(next) != flash_status::done) {
        return false;
      }
    }
    return writer.finish() == flash_status::done
           && loader.stage(described(image, version)) == boot_step::done;
  }

  /// The device's whole way to a new image: bring, boot, confirm. False once the power is lost.
  bool update(bytes_view image, std::string_view version, std::size_t piece) {
    if (!bring(image, version, piece)) {
      return false;
    }
    const boot_outcome outcome = loader.boot();
    return outcome.starts() && loader.confirm(outcome.slot) == boot_step::done;
  }
};

} // namespace fleet::hal
