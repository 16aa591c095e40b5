// Reading single words of a typed command: times, payloads, and the sentences about them. Knows no
// command.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "protocol/base/time.hpp"

namespace fleet::program {

using typed_view = std::span<const std::string>;
/// What is wrong, as a sentence without its full stop; nothing when all is well.
using typed_complaint = std::optional<std::string>;

/// A word as a complaint may repeat it: printable, and not all of a long one.
std::string shown_word(std::string_view word);

/// A time of `least` to 30 days, as `3s`.
typed_complaint read_typed_time(const std::string& word, duration least, duration& out);

/// `hex:00ff` as octets; any other word as it is.
typed_complaint read_typed_payload(const std::string& word, std::string& out);

/// Words beyond those a command takes; most often a payload that was not quoted.
typed_complaint too_many_words(typed_view words, std::size_t most);

/// The words of `wait D`.
typed_complaint read_typed_wait(typed_view words, duration& out);

/// Adds to a help what `usage` is for: both may have several lines, one beside the other.
void append_usage(std::string& help, std::string_view usage, std::string_view text);

} // namespace fleet::program
