// Flags of `fleet run` that are right each for itself and not together.
#include "tests/unit/program/options_rig.hpp"

#include <string>

namespace fleet::program {

using namespace std::chrono_literals;

using test::refused;
using test::run;
using test::split;

TEST(run_contradictions, of_protocol_and_what_goes_with_it) {
  EXPECT_EQ(refused("--protocol coap --target mqtt://b"),
            "--protocol coap contradicts the mqtt:// target");
  EXPECT_EQ(refused("--protocol mqtt --target https://b"),
            "--protocol mqtt contradicts the https:// target");
  EXPECT_EQ(refused("--security psk --target coap://b"),
            "--security psk contradicts the coap:// target; write coaps:// for that");
  EXPECT_EQ(refused("--security dtls --target mqtt://b"),
            "--security dtls contradicts the mqtt:// target");
  EXPECT_EQ(refused("--security dtls"), "the devices would have protocol mqtt with security dtls, "
                                        "which is of CoAP; write plain or tls");
  EXPECT_EQ(refused("--protocol coap --security tls"),
            "the devices would have protocol coap with security tls, which is of streams; write "
            "plain, dtls, psk or aes");
  EXPECT_EQ(refused("--protocol http --security aes"),
            "the devices would have protocol http with security aes; write plain or tls");
  EXPECT_EQ(refused("--target coap://b --profile mqtt"),
            "the devices would have protocol coap with profile mqtt, which is for brokers; write "
            "linkdevelop or linkplatform");
  for (const auto flag : {"--logon pre-auth", "--keep-alive 60s", "--clean-session",
                          "--receive-limit 2KiB", "--downlink-interval 5s"}) {
    EXPECT_EQ(refused("--protocol coap " + std::string{flag}),
              std::string{split(flag).front()} + " is about MQTT, and the devices speak coap")
        << flag;
  }
}

TEST(run_contradictions, of_security_and_target) {
  EXPECT_EQ(refused("--security plain --target mqtts://b"),
            "--security plain contradicts the mqtts:// target; write mqtt:// for that");
  EXPECT_EQ(refused("--security tls --target mqtt://b"),
            "--security tls contradicts the mqtt:// target; write mqtts:// for that");
  for (const auto flag : {"--cafile f", "--insecure", "--server-name n", "--tls-version 1.2"}) {
    const std::string name{split(flag).front()};
    EXPECT_EQ(refused(flag), name + " needs TLS; add --security tls or an mqtts:// target");
    EXPECT_EQ(refused(std::string{flag} + " --target mqtt://b"),
              name + " needs TLS; add --security tls or an mqtts:// target");
  }
  EXPECT_EQ(refused("--cafile f --protocol coap"),
            "--cafile needs DTLS; add --security dtls or a coaps:// target");
  EXPECT_EQ(refused("--cafile f --target coap://b"),
            "--cafile needs DTLS; add --security dtls or a coaps:// target");
  EXPECT_EQ(refused("--insecure --target http://b"),
            "--insecure needs TLS; add --security tls or an https:// target");
  EXPECT_EQ(refused("--target mqtts://b --insecure --cafile f"),
            "--insecure looks at no certificate and so contradicts --cafile");
  EXPECT_EQ(refused("--security tls --cafile f"),
            "--cafile needs a target; the embedded twin brings its own certificate");
  EXPECT_EQ(refused("--target-admin http://127.0.0.1:18830"),
            "--target-admin needs a target; the embedded twin's ledger is at hand");
  EXPECT_EQ(run("--security tls --tls-version 1.3").tls_version, tls_version::v1_3);
  for (const auto posting : {"--protocol coap --security psk", "--target coaps://b"}) {
    EXPECT_EQ(refused(std::string{posting} + " --tls-version 1.2"),
              "--tls-version is about TLS, and of DTLS there is 1.2 alone; leave it out");
  }
}

TEST(run_contradictions, of_registration) {
  EXPECT_EQ(refused("--register"),
            "--register tells secrets, over TLS alone; add --security tls or an mqtts:// target");
}

TEST(run_contradictions, of_profile_and_flags) {
  for (const auto flag : {"--client-id x", "--username x", "--password x", "--password-file x",
                          "--topic x", "--down-topic x", "--payload x", "--payload-file x"}) {
    EXPECT_EQ(refused(flag), std::string{split(flag).front()} + " needs --profile mqtt");
  }
  for (const auto flag : {"--credentials x", "--product-key x", "--sign hmacmd5"}) {
    EXPECT_EQ(
        refused("--profile mqtt " + std::string{flag}),
        std::string{split(flag).front()}
            + " belongs to the profiles linkdevelop and linkplatform; --profile mqtt logs on with "
              "--username and --password");
  }
  EXPECT_EQ(refused("--qos 2"),
            "--qos 2 needs --profile mqtt; the platform of profile linkdevelop refuses it");
  EXPECT_EQ(
      refused("--keep-alive 29s"),
      "--keep-alive must be 30s to 1200s with profile linkdevelop; the platform refuses others");
  EXPECT_EQ(
      refused("--profile linkplatform --keep-alive off"),
      "--keep-alive must be 30s to 1200s with profile linkplatform; the platform refuses others");
  EXPECT_EQ(refused("--profile mqtt --keep-alive 1500ms"),
            "--keep-alive is in whole seconds; 1s500ms is not");
  EXPECT_EQ(refused("--credentials f --product-key k"),
            "--product-key is for generated credentials and contradicts --credentials");
  EXPECT_EQ(refused("--profile mqtt --password x"),
            "a password needs a user name in MQTT; add --username");
  EXPECT_EQ(refused("--profile mqtt --username u --password x --password-file f"),
            "--password and --password-file contradict each other; give one");
  EXPECT_EQ(refused("--profile mqtt --payload x --payload-file f"),
            "--payload and --payload-file contradict each other; give one");
}

TEST(run_contradictions, of_the_boards_memory_and_of_files) {
  EXPECT_EQ(refused("--receive-limit 64KiB"),
            "--receive-limit 64KiB is a part of the board's --ram 64KiB and leaves nothing of it; "
            "make --ram larger, or it smaller");
  EXPECT_EQ(refused("--ram 4KiB --receive-limit 8KiB"),
            "--receive-limit 8KiB is a part of the board's --ram 4KiB and leaves nothing of it; "
            "make --ram larger, or it smaller");
  EXPECT_EQ(run("--ram 64MiB --receive-limit 256KiB").receive_limit_bytes, 256U * 1024);
  EXPECT_EQ(refused("--json out --ledger out"),
            "--json and --ledger name one file; give each its own");
}

TEST(run_contradictions, of_the_virtual_world_and_sockets) {
  EXPECT_EQ(refused("--virtual --target mqtt://broker"),
            "--virtual opens no socket and so contradicts --target mqtt://broker:1883");
  EXPECT_EQ(refused("--virtual --bind 127.0.0.2"), "--bind is about sockets; --virtual opens none");
  EXPECT_EQ(refused("--virtual --connects-pending 5"),
            "--connects-pending is about sockets; --virtual opens none");
  EXPECT_EQ(refused("--virtual --homes 2"), "--virtual has one home; leave --homes out");
  EXPECT_EQ(refused("--link wifi"), "--link shapes the simulated network and needs --virtual");
  EXPECT_EQ(run("--virtual --homes 1 --link nbiot").link, hal::link_kind::nbiot);
}

TEST(run_contradictions, of_ramp_and_duration) {
  EXPECT_EQ(refused("--devices 5000 --ramp 50/s --duration 60s"),
            "the ramp of 5,000 devices takes 1m41s and would not end within --duration 1m");
  EXPECT_EQ(run("--devices 5000 --ramp 100/s --duration 60s").devices, 5000U);
}

} // namespace fleet::program
