// What an updater holds while it fetches one firmware. Private to this folder.
#pragma once

#include <string>

#include "protocol/ota/updater.hpp"

namespace fleet::ota {

struct updater::job {
  explicit job(const firmware& f, time_point now)
      : what(f), hash(f.digest.kind), begun(now), gained(now) {}

  firmware what;
  content_hash hash;    ///< over the octets received
  std::string location; ///< of the redirect that is being followed
  time_point begun;
  std::uint32_t received = 0; ///< octets from the start, all of them given to the storage
  std::uint32_t noted = 0;    ///< octets that the note speaks of
  int percent_said = -1;
  time_point gained;         ///< when octets to keep came last, or it began
  std::uint8_t tries = 0;    ///< attempts in a row that brought nothing to keep; stops at 255
  std::uint8_t failures = 0; ///< of these, those that were answered, wrongly
  std::uint8_t redirects = 0;
  std::uint8_t renewals = 0;
  bool from_note = false;  ///< octets of before the boot are in it
  bool part_only = false;  ///< this response is a 206, which may end before the image does
  bool begin_anew = false; ///< the next attempt is not to ask for a range

  /// Below 100 before all is verified.
  [[nodiscard]] int percent() const noexcept {
    const auto whole = static_cast<int>(std::uint64_t{100} * received / what.size);
    return whole < 99 ? whole : 99;
  }
};

} // namespace fleet::ota
