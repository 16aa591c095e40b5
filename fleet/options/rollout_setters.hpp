// Setters of what only rollouts have: percents, lists, whole rates, times. As setters.hpp.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "fleet/options/flag_set.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// Text of 1 to `most` octets.
setter set_short_text(std::string& out, std::size_t most);
/// A number of the twin's, from 1 on.
setter set_id(std::uint32_t& out);
setter set_optional_count(std::optional<std::uint32_t>& out, std::uint32_t least,
                          std::uint32_t most);
/// `2.5%` or `2.5`: 0.1 to 100, kept in thousandths.
setter set_permille(std::optional<std::uint32_t>& out);
/// `0.5%,10%,100%`: such percents, rising to 100; kept in thousandths.
setter set_waves(std::vector<std::uint32_t>& out, std::size_t most);
/// Texts with commas between, none of them empty.
setter set_list(std::vector<std::string>& out, std::size_t most);
/// A whole number a second, 1 to 1M.
setter set_whole_rate(std::optional<std::uint32_t>& out);
/// A duration of whole milliseconds.
setter set_milliseconds(std::optional<duration>& out, duration least, duration most);

} // namespace fleet::program
