// For whom the certificate speaks that a twin makes for itself.
#include "fleet/cloud/twin_certificate.hpp"

#include <gtest/gtest.h>

#include "tests/unit/program/options_rig.hpp"

namespace fleet::program {
namespace {

using names = std::vector<std::string>;

names beside_loopback(std::string_view flags) {
  auto out = certificate_names(test::serve(flags), "box.lan");
  EXPECT_EQ((names{out.begin(), out.begin() + 3}), (names{"localhost", "127.0.0.1", "::1"}));
  return {out.begin() + 3, out.end()};
}

TEST(twin_certificate, speaks_for_the_addresses_of_its_listeners) {
  EXPECT_EQ(beside_loopback("--mqtts 127.0.0.1:0 --https [::1]:0"), names{});
  EXPECT_EQ(beside_loopback("--mqtts 192.0.2.1:0 --https [2001:db8::1]:0 --coaps 192.0.2.2:0"),
            (names{"192.0.2.1", "2001:db8::1", "192.0.2.2"}));
  EXPECT_EQ(beside_loopback("--mqtt 192.0.2.1:0 --mqtts 0"), names{}) << "no TLS there";
  EXPECT_EQ(beside_loopback("--mqtts 192.0.2.1:0 --mqtts 192.0.2.1:1"), names{"192.0.2.1"});
}

TEST(twin_certificate, speaks_for_the_machine_where_a_listener_is_on_all_addresses) {
  for (const auto* flags : {"--mqtts 0.0.0.0:0", "--https 0.0.0.0:0", "--coaps 0.0.0.0:0",
                            "--mqtts [::]:0", "--mqtts 0.0.0.0:0 --https [::]:0"}) {
    EXPECT_EQ(beside_loopback(flags), names{"box.lan"}) << flags;
  }
  EXPECT_EQ(beside_loopback("--mqtts 0 --mqtt 0.0.0.0:0"), names{});
  EXPECT_EQ(certificate_names(test::serve("--mqtts 0.0.0.0:0"), "").size(), 3U) << "it has none";
}

TEST(twin_certificate, speaks_for_what_is_advertised) {
  EXPECT_EQ(beside_loopback("--mqtts 0.0.0.0:0 --advertise twin.lan"),
            (names{"twin.lan", "box.lan"}));
  EXPECT_EQ(beside_loopback("--mqtts 0 --advertise [2001:db8::7]"), names{"2001:db8::7"});
  EXPECT_EQ(beside_loopback("--coaps 0 --advertise box.lan --mqtts 0.0.0.0:0"), names{"box.lan"});
}

} // namespace
} // namespace fleet::program
