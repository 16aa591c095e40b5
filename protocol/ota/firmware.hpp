// A firmware that was offered, and the note a device keeps of a download under way, so that it goes
// on after a reboot. The address is not kept: it ages and carries a token.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/bytes.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::ota {

inline constexpr std::uint32_t size_max = 256U * 1024 * 1024; ///< octets of an image
inline constexpr std::size_t version_max = 64;                ///< octets
inline constexpr std::size_t url_max = 2048;                  ///< octets

struct firmware {
  std::string version;
  std::uint32_t size = 0; ///< octets
  digest_value digest;
  std::string url;

  /// Whether it is the same image under the same name, wherever it is fetched.
  [[nodiscard]] bool same_as(const firmware& other) const noexcept {
    return version == other.version && size == other.size && digest == other.digest;
  }
};
/// Whether the bounds above are kept: 1 to size_max octets, a version, an address.
bool acceptable(const firmware& f) noexcept;

/// How much of which image is in flash.
struct resume_note {
  digest_value digest;
  std::uint32_t size = 0;
  std::uint32_t offset = 0; ///< octets from the start that are there; less than `size`

  friend bool operator==(const resume_note&, const resume_note&) = default;
};
inline constexpr std::size_t resume_note_max = 64; ///< octets

/// Appends the note with its checksum.
void append_note(byte_buffer& out, const resume_note& note);
/// None for anything but append_note()'s octets.
std::optional<resume_note> read_note(bytes_view octets) noexcept;

} // namespace fleet::ota
