// A typed text as words, and where one command ends and the next begins. Knows no command.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/result.hpp"

namespace fleet::program {

struct typed_command {
  std::vector<std::string> words; ///< at least one, quotes taken off
  std::string typed;              ///< as it stood in the text
};

/// Splits at `;` and ends of lines, then at blanks. A quote or bracket counts at a word's beginning
/// and behind `=`; within `"…"` a backslash takes `"` or `\` literally. Linear, not recursive. The
/// error is a sentence: which quote or bracket is not closed.
result<std::vector<typed_command>, std::string> split_commands(std::string_view text);

} // namespace fleet::program
