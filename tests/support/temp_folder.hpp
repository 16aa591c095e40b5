// A directory of a test's own, gone with it.
#pragma once

#include <stdlib.h>

#include <filesystem>
#include <string>

#include <gtest/gtest.h>

#include "protocol/base/check.hpp"

namespace fleet::support {

class temp_folder {
public:
  temp_folder() : path_(testing::TempDir() + "fleet_XXXXXX") {
    FLEET_CHECK(::mkdtemp(path_.data()) != nullptr);
  }
  ~temp_folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  temp_folder(const temp_folder&) = delete;
  temp_folder& operator=(const temp_folder&) = delete;

  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

private:
  std::string path_;
};

} // namespace fleet::support
