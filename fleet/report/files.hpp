// Writing reports so that a full disk leaves an old one whole.
#pragma once

#include <string>

namespace fleet::report {

/// Writes beside `path` and renames, so that `path` is as it was when that fails; what is no file,
/// as a pipe or a terminal, is written to as it is. False, and errno says why.
bool write_whole(const std::string& path, const std::string& text);

/// The errno that write_whole() would set as things are now, or 0. Leaves nothing behind.
int writing_trouble(const std::string& path);

} // namespace fleet::report
