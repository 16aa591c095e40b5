// Messages as octets behind their number, for whoever is proven: what comes from anybody else is
// never read.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// Before each message: how many octets it has.
inline constexpr std::size_t frame_head = 4;
/// Of what messages hold of devices: in a worker's report the lines of its ledger, in a worker's
/// part and its snapshots the accounts. At some 400 octets a device that is half a million devices
/// of one worker, more than the memory of a machine has room for.
inline constexpr std::uint32_t ledger_octets_most = 192U << 20;
/// Of a message. The largest that there can be is a worker's part: its files (parcel_octets_most),
/// and the accounts of whoever had its devices before. All of it is set aside when a message
/// announces it, so that is not left to whoever sends it.
inline constexpr std::uint32_t frame_most = ledger_octets_most + (64U << 20);

/// The form of the messages: whoever changes their fields, or the order of those rows of numbers
/// that they carry (counts.hpp, packing.cpp), takes the next number.
inline constexpr unsigned wire_form = 3;
/// What a hello says of the build that it is of: the program's version, and the form of its
/// messages. Builds that say something else do not understand each other.
std::string spoken_version();

/// None: it has more than frame_most, or a number in it is infinite or none.
std::optional<std::vector<char>> to_frame(const crew_message& message);

/// Of the first frame_head octets; none: there is no such message.
std::optional<std::uint32_t> size_of_frame(std::span<const char> head);
/// Of a head of no message: what its sender did, as the rest of a sentence.
std::string trouble_of(std::span<const char> head);
/// Of what follows them; none: it is none of ours.
std::optional<crew_message> from_frame(std::span<const char> body);

} // namespace fleet::program
