// Numbers and texts in the imitation's messages. Internal to this folder.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"

namespace fleet::tls {

inline constexpr std::size_t mark_bytes = 8;   ///< where a nonce stands: whose record it is
inline constexpr std::size_t piece_header = 6; ///< flight, piece, pieces, by key, octets of a piece

void put(std::string& to, std::uint64_t number);
/// Missing octets count as none.
std::uint64_t number_at(bytes_view from, std::size_t at);

/// A text behind its length of one octet.
void put(std::string& to, std::string_view text);
/// Empty where it is not whole.
std::string_view text_at(bytes_view from, std::size_t at);

} // namespace fleet::tls
