// Templates of pages, filled in.
#include "fleet/text/fill_in.hpp"

#include <array>

#include <gtest/gtest.h>

namespace fleet::text {
namespace {

TEST(fill_in, puts_text_in_the_place_of_marks_and_does_not_look_at_it_again) {
  const std::array<filling, 2> parts{{{"@a@", "@b@ and @a@"}, {"@b@", "x"}}};
  EXPECT_EQ(fill_in("<@a@|@b@>", parts), "<@b@ and @a@|x>");
}

TEST(harmless_json, ends_no_script_element) {
  EXPECT_EQ(harmless_json(R"({"a":"</script><!--&"})"),
            "{\"a\":\"\\u003c/script\\u003e\\u003c!--\\u0026\"}");
}

} // namespace
} // namespace fleet::text
