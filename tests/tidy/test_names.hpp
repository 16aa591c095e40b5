// The names of the tests that the sources have, for documents that name some.
#pragma once

#include <set>
#include <string>

namespace fleet::tidy {

using test_names = std::set<std::string>;

/// `suite.name` of every TEST, TEST_F and TEST_P in the sources.
test_names tests_in_the_sources();

} // namespace fleet::tidy
