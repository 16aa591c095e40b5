// The one door to what the kernel tells by files: /proc and /sys, or what a test puts in their
// place. Knows no file's meaning.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fleet::doctor {

/// Files under a root.
class machine_files {
public:
  /// `root` stands before every path; the machine's own files with an empty one.
  explicit machine_files(std::string root = {}) : root_(std::move(root)) {}

  /// A whole file of 64 KiB at most; nothing where it cannot be read or is larger. `path` begins
  /// with a slash.
  [[nodiscard]] std::optional<std::string> read(std::string_view path) const;
  /// When a file was last changed, in seconds since 1970; links are followed.
  [[nodiscard]] std::optional<std::int64_t> changed_s(std::string_view path) const;

private:
  std::string root_;
};

} // namespace fleet::doctor
