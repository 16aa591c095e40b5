// How firmware versions compare. Not what a version may look like: any text is one.
#pragma once

#include <compare>
#include <string_view>

namespace fleet::ota {

/// Runs of digits compare as numbers of any length, all else octet by octet: "1.9" is before
/// "1.10". What goes on where the other ends is the later, except behind a `-`: "2.0-rc1" is before
/// "2.0". Equal only if "007" and "7" are the only differences.
std::weak_ordering compare_versions(std::string_view a, std::string_view b) noexcept;

} // namespace fleet::ota
