// `name=value` words as one JSON object: types guessed from how a value reads, dots making objects
// within. Knows no thing model.
#pragma once

#include <span>
#include <string>

#include "protocol/base/result.hpp"

namespace fleet::program {

/// Names within names, at most.
inline constexpr std::size_t assignment_depth_max = 16;

/// A JSON object of all words, members in the order of their first mention: `a.b=1` is
/// `{"a":{"b":1}}`. A value that is JSON (a number, `true`, `null`, an object, a quoted string) is
/// taken as such, any other as text; what begins like an object or a list and is none is an error.
/// The error is a sentence that begins with the word.
result<std::string, std::string> assignments_to_json(std::span<const std::string> words);

/// A JSON array of the words as texts; the error is a sentence.
result<std::string, std::string> names_to_json(std::span<const std::string> words);

} // namespace fleet::program
