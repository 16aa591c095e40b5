// Reading whole files of the kernel's.
#include "fleet/doctor/machine_files.hpp"

#include <sys/stat.h>

#include <array>
#include <fstream>

namespace fleet::doctor {

namespace {

constexpr std::size_t file_most = std::size_t{64} * 1024;

} // namespace

std::optional<std::string> machine_files::read(std::string_view path) const {
  // The kernel's files have no size of their own: they are read until they end.
  std::ifstream in{root_ + std::string{path}, std::ios::binary};
  std::string out;
  std::array<char, 4096> piece{};
  while (in) {
    in.read(piece.data(), piece.size());
    out.append(piece.data(), static_cast<std::size_t>(in.gcount()));
    if (out.size() > file_most) {
      return std::nullopt;
    }
  }
  // A folder opens, and fails with nothing read; an empty file ends.
  if (!in.eof() || in.bad()) {
    return std::nullopt;
  }
  return out;
}

std::optional<std::int64_t> machine_files::changed_s(std::string_view path) const {
  struct stat info {};
  if (::stat((root_ + std::string{path}).c_str(), &info) != 0) {
    return std::nullopt;
  }
  return info.st_mtim.tv_sec;
}

} // namespace fleet::doctor
