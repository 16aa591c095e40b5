// Byte ranges (RFC 9110 §14) as a download needs them: one range, of octets. Both roles: what a
// client asks and is told, what a server is asked and answers.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::http {

/// Octets first to last, both counted.
struct byte_range {
  std::uint64_t first = 0;
  std::uint64_t last = 0;

  [[nodiscard]] std::uint64_t length() const noexcept { return last - first + 1; }
  friend bool operator==(const byte_range&, const byte_range&) = default;
};

/// The value of Range for all octets from `first` on.
std::string range_from(std::uint64_t first);

/// What a Content-Range says: of a 206 its octets, of a 416 none.
struct content_range {
  std::optional<byte_range> part;
  std::optional<std::uint64_t> total; ///< octets of the whole, if it is said

  friend bool operator==(const content_range&, const content_range&) = default;
};

/// None for another unit, several ranges, more than the total, or anything else that is not §14.4.
std::optional<content_range> parse_content_range(std::string_view value) noexcept;
/// The value; parse_content_range() reads it back. One of the two must be there.
std::string to_string(const content_range& range);

enum class range_answer : std::uint8_t {
  whole,        ///< 200 with all: no range, one not understood, or several
  part,         ///< 206 with the octets of the verdict
  unsatisfiable ///< 416
};
struct range_verdict {
  range_answer answer = range_answer::whole;
  byte_range octets; ///< of a part; of the whole too, where it has any
  friend bool operator==(const range_verdict&, const range_verdict&) = default;
};

/// What a server answers to a Range field (none: empty) for something of `total` octets. Where
/// If-Range names another version the caller passes none.
range_verdict judge_range(std::string_view value, std::uint64_t total) noexcept;

} // namespace fleet::http
