// The flags of `fleet cloud serve`.
#include "tests/unit/program/options_rig.hpp"

#include <string>
#include <string_view>

namespace fleet::program {

using namespace std::chrono_literals;

using test::refused_serve;
using test::serve;

TEST(serve_flags, are_all_read) {
  const auto o =
      serve("--mqtt 0 --mqtt 127.0.0.1:1 --mqtts [::1]:2 --profile linkplatform --credentials "
            "d.csv --cert c.pem --key k.pem --tls-version 1.3 --downlink-interval 5s --homes 2 "
            "--seed 9 --grace 2s --metrics 0 --ledger l.txt --quiet");
  ASSERT_EQ(o.mqtt.size(), 2U);
  EXPECT_EQ(o.mqtt[0].text(), "127.0.0.1:0");
  EXPECT_EQ(o.mqtt[1].text(), "127.0.0.1:1");
  ASSERT_EQ(o.mqtts.size(), 1U);
  EXPECT_EQ(o.mqtts[0].text(), "[::1]:2");
  EXPECT_EQ(o.profile, profile::linkplatform);
  EXPECT_EQ(o.credentials_file, "d.csv");
  EXPECT_EQ(o.cert_file, "c.pem");
  EXPECT_EQ(o.key_file, "k.pem");
  EXPECT_EQ(o.tls_version, tls_version::v1_3);
  EXPECT_EQ(o.downlink_interval, 5s);
  EXPECT_EQ(o.homes, 2U);
  EXPECT_EQ(o.seed, 9U);
  EXPECT_EQ(o.grace, 2s);
  EXPECT_TRUE(o.metrics.at.has_value());
  EXPECT_EQ(o.ledger_file, "l.txt");
  EXPECT_TRUE(o.quiet);
}

TEST(serve_flags, listen_on_the_well_known_loopback_port_unless_told_otherwise) {
  const auto alone = serve("");
  ASSERT_EQ(alone.mqtt.size(), 1U);
  EXPECT_EQ(alone.mqtt[0].text(), "127.0.0.1:1883");
  EXPECT_TRUE(serve("--mqtts 8883").mqtt.empty());
}

TEST(serve_flags, place_the_admin_api) {
  EXPECT_FALSE(serve("").admin.asked_for);
  const auto placed = serve("--admin 0.0.0.0:0 --admin-token-file t");
  EXPECT_EQ(placed.admin.at->text(), "0.0.0.0:0");
  EXPECT_EQ(placed.admin_token_file, "t");
  const auto off = serve("--admin off");
  EXPECT_TRUE(off.admin.asked_for);
  EXPECT_FALSE(off.admin.at.has_value());
}

TEST(serve_flags, place_the_front_door_of_devices) {
  const auto o = serve("--http 0 --https 127.0.0.2:443 --https 444 --product-secrets f --cert c "
                       "--key k");
  ASSERT_EQ(o.http.size(), 1U);
  ASSERT_EQ(o.https.size(), 2U);
  EXPECT_EQ(o.https[0].text(), "127.0.0.2:443");
  EXPECT_EQ(o.product_secrets_file, "f");
  EXPECT_EQ(o.mqtt.size(), 1U);
}

TEST(serve_flags, place_the_doors_of_devices_that_only_post) {
  const auto o = serve("--coap 5683 --coap 127.0.0.2:0 --coaps 0 --cert c --key k "
                       "--coap-token-life 10m --https 0 --http-token-life 5s");
  ASSERT_EQ(o.coap.size(), 2U);
  EXPECT_EQ(o.coap[0].text(), "127.0.0.1:5683");
  EXPECT_EQ(o.coaps.size(), 1U);
  EXPECT_EQ(o.coap_token_life, 10min);
  EXPECT_EQ(o.http_token_life, 5s);
  EXPECT_EQ(serve("").coap_token_life, 168h);
  EXPECT_EQ(serve("").http_token_life, 48h);
  EXPECT_EQ(refused_serve("--coap-token-life 1h"),
            "fleet cloud serve: --coap-token-life needs --coap or --coaps");
  EXPECT_EQ(refused_serve("--http-token-life 1h"),
            "fleet cloud serve: --http-token-life needs --http or --https");
  EXPECT_EQ(refused_serve("--coaps 0 --tls-version 1.2"),
            "fleet cloud serve: --tls-version needs a TLS listener; add --mqtts 127.0.0.1:8883");
  EXPECT_EQ(refused_serve("--profile mqtt --coap 0"),
            "fleet cloud serve: --coap belongs to the profiles linkdevelop and linkplatform; "
            "--profile mqtt is an open broker");
}

TEST(serve_flags, say_by_which_host_devices_reach_the_front_door) {
  EXPECT_EQ(serve("--http 0 --advertise twin.local").advertise, "twin.local");
  EXPECT_EQ(serve("--https 0 --advertise [fe80::1]").advertise, "[fe80::1]");
  for (const std::string_view host : {"a/b", "a:80", "u@h", "http://h"}) {
    EXPECT_EQ(refused_serve("--http 0 --advertise " + std::string{host}),
              "fleet cloud serve: --advertise " + std::string{host}
                  + " is no host; write a name, an IPv4 address, or an IPv6 address in brackets");
  }
  for (const auto* listeners : {"", "--mqtt 0 ", "--coap 0 ", "--mqtts 0 --cert c --key k "}) {
    EXPECT_EQ(refused_serve(listeners + std::string{"--advertise h"}),
              "fleet cloud serve: --advertise needs --http, --https, or a listener with the twin's "
              "own certificate");
  }
  EXPECT_EQ(serve("--mqtts 0 --advertise h").advertise, "h");
  EXPECT_EQ(serve("--coaps 0 --advertise h").advertise, "h");
  EXPECT_EQ(serve("--https 0 --cert c --key k --advertise h").advertise, "h");
}

TEST(serve_mistakes, are_told_in_one_sentence) {
  EXPECT_EQ(refused_serve("--admin off --admin-token-file t"),
            "fleet cloud serve: --admin-token-file contradicts --admin off");
  EXPECT_EQ(refused_serve("--mqtt broker:1883"),
            "fleet cloud serve: --mqtt broker:1883 is not a numeric address and a port; write "
            "127.0.0.1:1883, [::1]:1883, or 1883 for loopback");
  EXPECT_EQ(
      refused_serve("--mqtt 65536"),
      "fleet cloud serve: --mqtt 65536 has a bad port; a port is a number from 0, which picks a "
      "free one, to 65535");
  EXPECT_EQ(refused_serve("--cert c.pem --mqtts 0"), "fleet cloud serve: --cert needs its --key");
  EXPECT_EQ(refused_serve("--key k.pem --mqtts 0"), "fleet cloud serve: --key needs its --cert");
  EXPECT_EQ(refused_serve("--cert c --key k"),
            "fleet cloud serve: --cert needs a TLS listener; add --mqtts 127.0.0.1:8883");
  EXPECT_EQ(
      refused_serve("--profile mqtt --credentials f"),
      "fleet cloud serve: --credentials belongs to the profiles linkdevelop and linkplatform; "
      "--profile mqtt is an open broker");
  EXPECT_EQ(refused_serve("--devices 5"), "fleet cloud serve: unknown flag --devices");
}

} // namespace fleet::program
