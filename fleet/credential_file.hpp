// A credential file from disk to table, its mistakes as lines for people. The format itself is
// alink's.
#pragma once

#include <string>
#include <vector>

#include "protocol/alink/identity.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// Largest credential file read, in octets: five million rows or so.
inline constexpr std::size_t credential_file_most = 512U * 1024 * 1024;

/// Mistakes of one file, each a whole line without its end: `file:line:column: what`, or
/// `file: what` where the file itself cannot be read.
using mistakes = std::vector<std::string>;

/// A whole file of at most `most` octets, or why not, as the rest of a sentence.
result<std::string, std::string> read_whole_file(const std::string& path, std::size_t most);

/// Reads and checks a file; either a table or at least one mistake.
result<alink::credential_table, mistakes> read_credential_file(const std::string& path);

} // namespace fleet::program
