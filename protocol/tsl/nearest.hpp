// The nearest of some words to what somebody wrote, for error messages. Guesses nothing else.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace fleet::tsl {

/// The word with the fewest letters to insert, delete or change, letter case ignored; empty if more
/// than half of the letters would have to change. Looks at the first 64 octets.
std::string_view nearest(std::string_view to, std::span<const std::string_view> words);

/// `a, b or c`; of more than `most` words the first ones and an ellipsis.
std::string enumerate(std::span<const std::string_view> words, std::size_t most = 12);

} // namespace fleet::tsl
