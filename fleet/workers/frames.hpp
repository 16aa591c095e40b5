// Messages as octets behind their number, for whoever is proven: what comes from anybody else is
// never read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// Before each message: how many octets it has.
inline constexpr std::size_t frame_head = 4;
/// Of a message; the largest is the report of a worker with a ledger file.
inline constexpr std::uint32_t frame_most = 1U << 30;

/// None: it has more than frame_most, or a number in it is infinite or none.
std::optional<std::vector<char>> to_frame(const crew_message& message);

/// Of the first frame_head octets; none: there is no such message.
std::optional<std::uint32_t> size_of_frame(std::span<const char> head);
/// Of what follows them; none: it is none of ours.
std::optional<crew_message> from_frame(std::span<const char> body);

} // namespace fleet::program
