// The write, the check, the rename.
#include "fleet/report/files.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>

namespace fleet::report {

namespace {

constexpr mode_t for_all = 0666; // less what the umask takes

enum class place : std::uint8_t { file, folder, device };

/// What is at `path`; a file where nothing is.
place place_at(const std::string& path) {
  struct stat found {};
  if (::stat(path.c_str(), &found) != 0 || S_ISREG(found.st_mode)) {
    return place::file;
  }
  return S_ISDIR(found.st_mode) ? place::folder : place::device;
}

std::string beside(const std::string& path) {
  return path + ".part";
}

/// 0, or the errno. Closes in any case.
int write_to(int fd, const std::string& text) {
  int error = fd < 0 ? errno : 0;
  for (std::size_t done = 0; error == 0 && done < text.size();) {
    const auto written = ::write(fd, text.data() + done, text.size() - done);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
    } else if (errno != EINTR) {
      error = errno;
    }
  }
  if (fd >= 0 && ::close(fd) != 0 && error == 0) {
    error = errno;
  }
  return error;
}

/// 0, or the errno.
int write_file(const std::string& path, const std::string& text) {
  switch (place_at(path)) {
    case place::folder: return EISDIR;
    case place::device: return write_to(::open(path.c_str(), O_WRONLY | O_CLOEXEC), text);
    case place::file: break;
  }
  const std::string part = beside(path);
  int error =
      write_to(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, for_all), text);
  if (error == 0 && ::rename(part.c_str(), path.c_str()) != 0) {
    error = errno;
  }
  if (error != 0) {
    ::unlink(part.c_str());
  }
  return error;
}

} // namespace

bool write_whole(const std::string& path, const std::string& text) {
  errno = write_file(path, text);
  return errno == 0;
}

int writing_trouble(const std::string& path) {
  switch (place_at(path)) {
    case place::folder: return EISDIR;
    case place::device: return ::access(path.c_str(), W_OK) == 0 ? 0 : errno;
    case place::file: break;
  }
  const std::string part = beside(path);
  const int fd = ::open(part.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, for_all);
  if (fd < 0) {
    // One that an earlier run left will be written over.
    return errno == EEXIST && ::access(part.c_str(), W_OK) == 0 ? 0 : errno;
  }
  ::close(fd);
  return ::unlink(part.c_str()) == 0 ? 0 : errno;
}

} // namespace fleet::report
