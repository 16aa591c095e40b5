// What the console lists of products whose devices come without end.
#include <gtest/gtest.h>

#include "tests/support/twin_peers.hpp"

namespace fleet {
namespace {

using support::twin_bench;

TEST(platform_listing, counts_the_devices_of_a_product_that_it_lists) {
  twin_bench bench; // generated credentials
  auto& console = *bench.twin->console();
  const auto key = bench.credentials.at(0).product_key;
  const auto counted = [&] {
    std::string out;
    for (const auto& p : console.products()) {
      EXPECT_EQ(p.devices, console.devices(p.product_key, "", 0, 1000).size()) << p.product_key;
      out += p.product_key == key ? "generated " : p.product_key + " ";
      out += std::to_string(p.devices) + " " + std::to_string(p.online) + "; ";
    }
    return out;
  };
  EXPECT_EQ(counted(), "generated 0 0; ") << "it is there before its first device";
  for (const std::string name : {"a", "b", "c"}) {
    ASSERT_TRUE(console.add_device({"Imported", name}, "secret").ok());
  }
  EXPECT_EQ(counted(), "Imported 3 0; generated 0 0; ");
  bench.arrive_device(7);
  EXPECT_EQ(counted(), "Imported 3 0; generated 1 1; ");
  ASSERT_TRUE(console.delete_device({"Imported", "b"}).ok());
  EXPECT_EQ(counted(), "Imported 2 0; generated 1 1; ");
}

} // namespace
} // namespace fleet
