// The nearest valid word to what somebody typed. For messages only; nothing is ever guessed.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace fleet::text {

/// Letters to insert, delete, change or swap with a neighbour to get from `a` to `b` (optimal
/// string alignment), letter case ignored. O(|a|·|b|): both are words, not documents.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The valid word that `word` most likely means: the one at the least distance, the first of
/// several; one that starts with `word` counts as near. Nothing when all are too far to be meant.
std::optional<std::string_view> nearest(std::string_view word,
                                        std::span<const std::string_view> valid);

/// `a, b or c`.
std::string enumerate(std::span<const std::string_view> words);

} // namespace fleet::text
