// The write, the check, the rename.
#include "fleet/report/files.hpp"

#include <cstdio>
#include <fstream>

namespace fleet::report {

bool write_whole(const std::string& path, const std::string& text) {
  const std::string beside = path + ".part";
  {
    std::ofstream out{beside, std::ios::binary | std::ios::trunc};
    out << text;
    out.flush();
    if (!out) {
      std::remove(beside.c_str());
      return false;
    }
  }
  return std::rename(beside.c_str(), path.c_str()) == 0;
}

} // namespace fleet::report
