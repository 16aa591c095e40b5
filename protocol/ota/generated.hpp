// Images made of a seed: what a factory and a platform that generates one must agree on, octet by
// octet. No image is ever held here.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fleet::ota {

/// Writes octets `from` on of the image of `seed`; any piece is the same whoever makes it. Equal
/// images begin alike whatever their size.
void fill_generated(std::uint64_t seed, std::uint64_t from, std::span<std::uint8_t> out) noexcept;

/// How an image begins that no board can start: a mark for trials of the way back.
inline constexpr std::string_view unbootable_mark = "NOBOOT!!";

} // namespace fleet::ota
