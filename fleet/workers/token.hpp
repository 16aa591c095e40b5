// The word that coordinator and workers know each other by.
#pragma once

#include <string>

#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// The variable of the environment that holds it.
inline constexpr const char* token_variable = "FLEET_WORKER_TOKEN";
/// Octets of one at least, so that it cannot be tried out.
inline constexpr std::size_t token_least = 16;

/// From the file's first line, or from the environment where `file` is empty; a sentence where
/// there is none or it is too short.
result<std::string, std::string> find_token(const std::string& file);

} // namespace fleet::program
