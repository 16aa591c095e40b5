// Writing reports so that a full disk leaves an old one whole.
#pragma once

#include <string>

namespace fleet::report {

/// Writes beside `path` and renames; false when either failed, and `path` is then as it was.
bool write_whole(const std::string& path, const std::string& text);

} // namespace fleet::report
