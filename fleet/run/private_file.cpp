// Writing with care.
#include "fleet/run/private_file.hpp"

#include <fcntl.h>
#include <unistd.h>

namespace fleet::program {

std::unique_ptr<private_file> private_file::write(std::string path, const std::string& text) {
  ::unlink(path.c_str());
  // Its mode is there before anything is in it, and nobody's link is followed.
  const int made = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (made < 0) {
    return nullptr;
  }
  std::unique_ptr<private_file> out{new private_file{std::move(path)}};
  const auto written = ::write(made, text.data(), text.size());
  ::close(made);
  return written == static_cast<ssize_t>(text.size()) ? std::move(out) : nullptr;
}

private_file::~private_file() {
  ::unlink(path_.c_str());
}

} // namespace fleet::program
