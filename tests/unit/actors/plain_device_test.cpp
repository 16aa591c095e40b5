// The plain device, to the octet: whatever devices learn, one whose product asks for nothing says
// what it always said, and costs what it always cost.
#include <gtest/gtest.h>

#include "protocol/base/random.hpp"
#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;

TEST(plain_device, says_in_its_first_thirty_seconds_what_it_always_said) {
  test::driven_device d;
  d.boot(seconds{30}, 7);
  const auto packets = mqtt::test::cut(as_bytes(d.cloud.octets));
  ASSERT_EQ(33U, packets.size());
  EXPECT_EQ(1U, packets[0].type);
  EXPECT_EQ(
      (std::vector<std::string>{"/sys/a1FleetDemo/dev_000007/thing/service/property/set",
                                "/sys/a1FleetDemo/dev_000007/thing/event/property/post_reply"}),
      d.cloud.filters);
  ASSERT_EQ(30U, d.cloud.said.size());
  EXPECT_EQ(
      R"({"id":"1","version":"1.0","params":{"LightSwitch":0,"RGBColor":{"Red":108,"Green":5,)"
      R"("Blue":22},"Temperature":28.948},"method":"thing.event.property.post",)"
      R"("tag":"~L7.1.1.b8f1bca3~"})",
      d.cloud.said[0].payload);
  EXPECT_EQ(5162150758895678762U, hash_text(d.cloud.octets));
}

TEST(plain_device, answers_a_property_set_as_it_always_did) {
  test::driven_device d;
  d.boot(seconds{2}, 7);
  d.say("/sys/a1FleetDemo/dev_000007/thing/service/property/set",
        R"({"method":"thing.service.property.set","id":"5","params":{"LightSwitch":1}})", 1);
  EXPECT_EQ(R"({"id":"5","code":200,"data":{}})", d.cloud.last_on("property/set_reply"));
  EXPECT_EQ(1U, d.counts.commands.load());
}

} // namespace
} // namespace fleet::actors
