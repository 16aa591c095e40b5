// Several targets: how they are written, which device goes where, and what is refused.
#include "fleet/run/find_target.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "fleet/run/source_addresses.hpp"
#include "fleet/run/topic_share.hpp"
#include "tests/support/temp_folder.hpp"
#include "tests/unit/program/options_rig.hpp"

namespace fleet::program {
namespace {

using test::run;
using test::said;

std::vector<std::string> targets(std::string_view flags) {
  std::vector<std::string> out;
  for (const auto& target : targets_of(run(flags))) {
    out.push_back(text::format_target(target));
  }
  return out;
}

void expect_said(std::string_view flags, std::string_view what) {
  const auto got = said("run " + std::string{flags});
  EXPECT_NE(got.find(what), std::string::npos) << flags << "\n" << got;
}

run_options two_brokers() {
  auto o = run("--devices 6 --profile mqtt --target mqtts://127.0.0.1:1,mqtts://localhost:2");
  o.seed = 7;
  return o;
}

TEST(targets, stand_in_a_list_or_are_given_again) {
  const std::vector<std::string> three{"mqtt://10.0.0.1:1883", "mqtt://b:1884",
                                       "mqtt://[::1]:1885"};
  EXPECT_EQ(targets("--target mqtt://10.0.0.1,mqtt://b:1884,mqtt://[::1]:1885"), three);
  EXPECT_EQ(targets("--target mqtt://10.0.0.1 --target mqtt://b:1884,mqtt://[::1]:1885"), three);
  EXPECT_EQ(targets("--target mqtt://b"), (std::vector<std::string>{"mqtt://b:1883"}));
  EXPECT_EQ(targets("--devices 3"), (std::vector<std::string>{"embedded"}));
}

TEST(targets, have_a_sentence_for_each_mistake) {
  expect_said("--target mqtt://a,mqtts://b", "has targets of two schemes");
  expect_said("--target embedded,mqtt://b", "the twin in this process stands alone");
  expect_said("--target mqtt://b --target embedded", "the twin in this process stands alone");
  expect_said("--target mqtt://b --target mqtt://b:1883", "names mqtt://b:1883 twice");
  expect_said("--target mqtt://a,b", "holds 'b', which has no scheme");
  expect_said("--target mqtt://a,mqtt://b/c", "holds 'mqtt://b/c', which has a path");
  std::string many = "--target mqtt://h0";
  for (int i = 1; i < 64; ++i) {
    many += ",mqtt://h" + std::to_string(i);
  }
  EXPECT_EQ(targets(many).size(), 64U);
  expect_said(many + ",mqtt://h64", "names more than 64 targets");
}

TEST(targets, never_repeat_a_password_of_a_list) {
  for (const auto* const list : {"mqtt://a,mqtt://me:secret@b", "mqtt://me:secret@a,mqtt://b"}) {
    const auto got = said(std::string{"run --target "} + list);
    EXPECT_EQ(got.find("secret"), std::string::npos) << got;
    EXPECT_NE(got.find("must not carry a user name"), std::string::npos) << got;
  }
}

TEST(targets, of_fleet_device_are_one) {
  EXPECT_NE(said("device mqtt start --target mqtt://a,mqtt://b"), "accepted");
}

TEST(place_map, spreads_devices_by_their_index_and_targets_by_their_addresses) {
  actors::place_map all;
  EXPECT_EQ(all.number_of(5), 0U);
  EXPECT_EQ(all.round(), 1U);
  all.add({{}, {}});
  all.add({{}});
  all.add({{}, {}});
  std::vector<std::size_t> seen;
  for (std::uint32_t device = 0; device < 9; ++device) {
    seen.push_back(all.number_of(device));
  }
  EXPECT_EQ(seen, (std::vector<std::size_t>{0, 2, 3, 1, 2, 4, 0, 2, 3}));
  EXPECT_EQ(all.round(), 6U);
}

TEST(find_target, tells_every_product_all_places_with_a_name_each) {
  const auto got = prepare(two_brokers());
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& p = got.value().products.front().settings;
  ASSERT_EQ(p.places.size(), 2U);
  EXPECT_EQ(p.peer_at(0).text(), "127.0.0.1:1");
  EXPECT_EQ(p.peer_at(1).port, 2);
  EXPECT_EQ(p.server_name_at(0), "127.0.0.1");
  EXPECT_EQ(p.server_name_at(1), "localhost");
  EXPECT_EQ(got.value().place_text(1), "mqtts://localhost:2");
  EXPECT_EQ(got.value().target_text, "mqtts://127.0.0.1:1,mqtts://localhost:2");
}

TEST(find_target, leaves_one_target_as_the_products_peer) {
  auto o = two_brokers();
  o.more_targets.clear();
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok()) << got.error().message;
  const auto& p = got.value().products.front().settings;
  EXPECT_TRUE(p.places.empty());
  EXPECT_EQ(p.peer_at(0).text(), "127.0.0.1:1");
  EXPECT_EQ(p.server_name_at(0), "127.0.0.1");
}

TEST(find_target, asks_for_one_server_name_at_all_where_it_is_named) {
  auto o = two_brokers();
  o.server_name = "cluster.lan";
  const auto got = prepare(o);
  ASSERT_TRUE(got.ok()) << got.error().message;
  EXPECT_EQ(got.value().products.front().settings.server_name_at(1), "cluster.lan");
}

TEST(find_target, wants_the_auth_host_of_several_targets_named) {
  auto o = run("--devices 2 --target mqtt://127.0.0.1:1,mqtt://127.0.0.1:2 --logon pre-auth");
  const auto nameless = prepare(o);
  ASSERT_FALSE(nameless.ok());
  EXPECT_EQ(nameless.error().code, exit_code::wrong_usage);
  EXPECT_TRUE(nameless.error().message.ends_with(
      "ask an auth host; of several targets each has its own, and none says at which port; name by "
      "--auth-host one for each, or one that knows the devices of all"))
      << nameless.error().message;
  o.auth_host = {false, "127.0.0.1", 3};
  const auto named = prepare(o);
  ASSERT_TRUE(named.ok()) << named.error().message;
  const auto& one = named.value().products.front().settings.logon;
  EXPECT_EQ(one.of(0).auth_host.text(), "127.0.0.1:3");
  EXPECT_EQ(one.of(1).auth_host.text(), "127.0.0.1:3");
}

TEST(find_target, tells_the_devices_of_each_target_its_own_auth_host) {
  support::temp_folder folder;
  const std::string secrets = folder / "p.csv";
  std::ofstream{secrets} << "ProductKey,ProductSecret\na1FleetDemo,secretOfOne\n";
  const std::string line = "--devices 4 --insecure --target mqtt://127.0.0.1:1,mqtt://127.0.0.1:2 "
                           "--auth-host https://127.0.0.1:3,https://localhost:4 --logon ";
  for (const bool registers : {false, true}) {
    const auto got = prepare(run(
        line
        + (registers ? "register-https --product-secrets " + secrets : std::string{"pre-auth"})));
    ASSERT_TRUE(got.ok()) << got.error().message;
    const auto& settings = got.value().products.front().settings;
    const actors::auth_door& door =
        registers ? static_cast<const actors::auth_door&>(settings.registration) : settings.logon;
    for (std::uint32_t device = 0; device < 4; ++device) {
      EXPECT_EQ(door.of(device).auth_host.port, 3 + device % 2);
      EXPECT_EQ(door.of(device).host, device % 2 == 0 ? "127.0.0.1:3" : "localhost:4");
      EXPECT_EQ(door.of(device).server_name, device % 2 == 0 ? "127.0.0.1" : "localhost");
      EXPECT_NE(door.of(device).security, nullptr);
    }
    EXPECT_EQ(settings.logon.hosts.size(), 5U) << "of answers: target, two hosts, two places";
  }
}

TEST(find_target, wants_one_auth_host_for_all_targets_or_one_for_each) {
  const std::string three = "--logon pre-auth --target mqtt://a,mqtt://b,mqtt://c --auth-host ";
  EXPECT_EQ(run(three + "http://x").more_auth_hosts.size(), 0U);
  EXPECT_EQ(run(three + "http://x,http://y --auth-host http://z").more_auth_hosts.size(), 2U);
  expect_said(three + "http://x,http://y", "--auth-host names 2 auth hosts for 3 targets; give one "
                                           "for all, or one for each in their order");
  expect_said("--logon pre-auth --target mqtt://a --auth-host http://x,http://y",
              "--auth-host names 2 auth hosts for 1 target;");
  expect_said(three + "http://x,https://y,http://z", "names auth hosts of two schemes");
  expect_said(three + "http://x,http://y/z,http://z", "has a path");
}

TEST(find_target, wants_every_place_in_reach_of_the_addresses_to_bind) {
  auto o = run("--devices 2 --profile mqtt --target mqtt://127.0.0.1:1,mqtt://192.0.2.1:2 --bind "
               "127.0.0.1");
  const auto got = prepare(o);
  ASSERT_FALSE(got.ok());
  EXPECT_NE(got.error().message.find("leads nowhere near 192.0.2.1:2"), std::string::npos)
      << got.error().message;
}

/// Numeric addresses, whatever the name; port 0.
std::vector<hal::address> addresses(const std::vector<std::string>& all) {
  std::vector<hal::address> out;
  for (const auto& one : all) {
    out.push_back(hal::parse_address(one + ":0").value());
  }
  return out;
}

std::vector<std::string> peers(const std::vector<std::string>& found,
                               const std::vector<std::string>& from = {}) {
  std::vector<std::string> out;
  for (const auto& peer : peers_of(addresses(found), addresses(from))) {
    const auto text = peer.text();
    out.push_back(text.substr(0, text.rfind(':')));
  }
  return out;
}

TEST(peers_of, are_all_of_the_first_ones_kind_in_an_order_of_their_own) {
  using list = std::vector<std::string>;
  EXPECT_EQ(peers({"10.0.0.9", "10.0.0.2", "[fd00::1]"}), (list{"10.0.0.2", "10.0.0.9"}));
  EXPECT_EQ(peers({"[fd00::2]", "10.0.0.9", "[fd00::1]"}), (list{"[fd00::1]", "[fd00::2]"}));
  EXPECT_EQ(peers({"127.0.0.1", "10.0.0.9"}), (list{"127.0.0.1"})) << "not from one machine's own";
  EXPECT_EQ(peers({"[fd00::2]", "10.0.0.9"}, {"10.0.0.1"}), (list{"10.0.0.9"}));
  EXPECT_EQ(peers({"[::1]"}), (list{"[::1]"}));
}

TEST(find_target, spreads_devices_over_the_addresses_of_a_name) {
  auto o = two_brokers();
  const resolver how = [](const std::string& name, std::uint16_t port) {
    auto found = addresses(name == "localhost" ? std::vector<std::string>{"10.0.0.9", "10.0.0.8"}
                                               : std::vector<std::string>{"10.0.0.1"});
    for (auto& one : found) {
      one.port = port;
    }
    return result<std::vector<hal::address>, std::string>{std::move(found)};
  };
  auto ready = outline(o, std::nullopt);
  const auto error = find_target_by(how, o, ready);
  ASSERT_FALSE(error) << error->message;
  const auto& p = ready.products.front().settings;
  std::vector<std::string> seen;
  for (std::uint32_t device = 0; device < 5; ++device) {
    seen.push_back(p.peer_at(p.places.number_of(device)).text());
  }
  EXPECT_EQ(seen, (std::vector<std::string>{"10.0.0.1:1", "10.0.0.8:2", "10.0.0.1:1", "10.0.0.9:2",
                                            "10.0.0.1:1"}));
  EXPECT_EQ(ready.place_text(0), "mqtts://127.0.0.1:1");
  EXPECT_EQ(ready.place_text(2), "mqtts://localhost:2 (10.0.0.9:2)");
}

TEST(topic_share, names_the_owner_of_a_topic) {
  const auto speech =
      actors::mqtt_dialect::make({}, std::make_shared<alink::generated_credentials>("plainMqtt"));
  topic_share share{*speech.value(), {10, 30}, {10, 30}};
  std::string topic;
  speech.value()->report_topic(17, topic);
  EXPECT_EQ(share.owner(topic), 17U);
  EXPECT_EQ(share.owner("fleet/stranger/up"), 10U);
}

} // namespace
} // namespace fleet::program
