// A file that a run leaves for its own user while it lasts. Knows nothing of what is in it.
#pragma once

#include <memory>
#include <string>
#include <utility>

namespace fleet::program {

/// Gone with the object; its user alone may read it.
class private_file {
public:
  /// Replaces what is there. Null: it cannot be written, and errno says why.
  static std::unique_ptr<private_file> write(std::string path, const std::string& text);
  ~private_file();
  private_file(const private_file&) = delete;
  private_file& operator=(const private_file&) = delete;

private:
  explicit private_file(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

} // namespace fleet::program
