// A device against a server played by hand: what it does with its link, octet by octet, where only
// the device decides when the link ends.
#include <atomic>
#include <memory>

#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>
#include <caf/send.hpp>
#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/supervision/fleet_supervisor.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/mqtt_reader.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using std::string_literals::operator""s;

struct quiet_config : caf::actor_system_config {
  quiet_config() {
    set("scheduler.policy", caf::atom("sharing"));
    set("scheduler.max-threads", std::size_t{1});
  }
};

/// One device of profile mqtt that reports each second, and the listener it connects to.
class lone_device {
public:
  lone_device() : door{world.home()} {
    world.home().attach(system_);
    speech_ = mqtt_dialect::make({}, std::make_shared<alink::generated_credentials>()).value();
    product_.speech = speech_.get();
    product_.peer = door.door->at();
    product_.interval = seconds{1};
    shard_options options;
    options.count = 1;
    shard_ = std::make_unique<shard>(world.home(), products_, options, scratch_);
    root_ = spawn_fleet(system_, {shard_.get()}, ended_);
  }
  ~lone_device() {
    stop();
    door.guests.clear();
    world.run_for(seconds{120});
    root_ = nullptr;
    world.run_for(seconds{1});
  }

  void run() {
    caf::anon_send(root_, run_devices{});
    world.run_for(seconds{5});
  }
  void stop() {
    caf::anon_send(root_, stop_devices{seconds{1}});
    world.run_for(seconds{5});
  }
  /// The newest connection.
  support::recorder& link() { return *door.guests.back(); }
  void answer(std::string_view octets) {
    link().write(octets);
    world.run_for(std::chrono::milliseconds{100});
  }
  static std::vector<mqtt::test::bare_packet> packets(const support::recorder& link) {
    return mqtt::test::cut(as_bytes(link.received));
  }

  hal::virtual_world world;
  support::host door;

private:
  quiet_config config_;
  caf::actor_system system_{config_};
  std::unique_ptr<mqtt_dialect> speech_;
  product_settings product_;
  product_map products_{product_};
  speech_scratch scratch_;
  std::unique_ptr<shard> shard_;
  std::shared_ptr<std::atomic<bool>> ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
};

const std::string connack = "\x20\x02\x00\x00"s;
const std::string suback = "\x90\x03\x00\x01\x01"s;

// The server leaves the link open: only the device can have closed it.
TEST(device_link, is_closed_after_disconnect_MQTT_3_14_4_1) {
  lone_device d;
  d.run();
  d.answer(connack + suback);
  d.stop();
  EXPECT_EQ(d.link().closed, 1);
  // At once, and not because a time-out cuts what hangs.
  EXPECT_LT(d.link().closed_at - d.link().received_at, std::chrono::milliseconds{100});
  const auto packets = d.packets(d.link());
  ASSERT_FALSE(packets.empty());
  EXPECT_EQ(packets.back().type, 14U); // [MQTT-3.14.4-2]
  EXPECT_EQ(packets.back().body, "");
}

TEST(device_link, is_closed_on_a_violation_of_the_server_MQTT_4_8_0_1) {
  for (const std::string& wrong : {"\x36\x05\x00\x01t\x00\x01"s, "\x30\x04\x00\x02\xc0\xaf"s,
                                   "\x60\x02\x00\x01"s, "\x90\x03\x00\x01\x03"s, "\x10\x00"s}) {
    lone_device d;
    d.run();
    d.answer(connack);
    EXPECT_EQ(d.link().closed, 0);
    const auto sent = d.link().received.size();
    d.answer(wrong);
    auto& link = *d.door.guests.front();
    EXPECT_EQ(link.closed, 1);
    EXPECT_EQ(link.received.size(), sent);
  }
}

TEST(device_link, is_closed_when_the_first_packet_is_no_connack_MQTT_3_2_0_1) {
  lone_device d;
  d.run();
  d.answer("\x30\x03\x00\x01t"s);
  EXPECT_EQ(d.door.guests.front()->closed, 1);
}

TEST(device_link, is_opened_under_the_same_client_id_each_time_MQTT_3_1_3_2) {
  lone_device d;
  d.run();
  for (int i = 0; i < 3; ++i) {
    d.answer(connack);
    d.link().stream.reset(); // the server goes
    d.world.run_for(seconds{60});
  }
  ASSERT_GE(d.door.guests.size(), 4U);
  for (const auto& link : d.door.guests) {
    const auto packets = d.packets(*link);
    ASSERT_FALSE(packets.empty());
    EXPECT_EQ(packets.front().type, 1U); // [MQTT-3.1.0-1]
    mqtt::test::bare_reader in{packets.front().body};
    EXPECT_EQ(in.text(), "MQTT");
    in.number(); // level and flags
    in.number(); // keep-alive
    EXPECT_EQ(in.text(), "dev_000000");
  }
}

// [MQTT-1.5.3-1], [MQTT-1.5.3-2]: what no CONNECT can carry is refused before a device lives.
TEST(mqtt_texts, must_be_texts_that_mqtt_can_carry) {
  const auto error = [](auto member, std::string text) {
    mqtt_texts texts;
    texts.*member = std::move(text);
    auto made = mqtt_dialect::make(texts, std::make_shared<alink::generated_credentials>());
    return made.ok() ? std::string{} : made.error();
  };
  EXPECT_EQ(error(&mqtt_texts::client_id, "caf\xc3\xa9-{index}"), "");
  EXPECT_EQ(error(&mqtt_texts::client_id, "caf\xe9-{index}"),
            "--client-id: must be UTF-8 without U+0000");
  EXPECT_EQ(error(&mqtt_texts::username, "u\0"s), "--username: must be UTF-8 without U+0000");
  EXPECT_EQ(error(&mqtt_texts::topic, "\xed\xa0\x80"), "--topic: must be UTF-8 without U+0000");
  EXPECT_EQ(error(&mqtt_texts::password, "\xff"), ""); // octets, no text
  EXPECT_EQ(error(&mqtt_texts::username, std::string(65'001, 'x')),
            "--username: must not grow beyond 65,000 octets");
  EXPECT_EQ(error(&mqtt_texts::payload, std::string(65'001, 'x')), "");
}

} // namespace
} // namespace fleet::actors
