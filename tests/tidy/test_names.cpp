// One expression over all of tests/.
#include "tests/tidy/test_names.hpp"

#include <regex>

#include "tests/tidy/rules.hpp"

namespace fleet::tidy {

test_names tests_in_the_sources() {
  static const std::regex head{R"(TEST\w*\((\w+),\s*(\w+)\))"};
  test_names found;
  for (const auto& file : read_tree(FLEET_SOURCE_DIR, {"tests"}, {".cpp"})) {
    const std::string text{file.text()};
    for (std::sregex_iterator at{text.begin(), text.end(), head}, end; at != end; ++at) {
      found.insert((*at)[1].str() + "." + (*at)[2].str());
    }
  }
  return found;
}

} // namespace fleet::tidy
