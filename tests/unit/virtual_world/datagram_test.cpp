// Datagrams on the simulated network: times, weather, sizes, refusals, and one outcome for one
// seed.
#include <algorithm>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/datagram_peers.hpp"

namespace fleet::hal {
namespace {

using namespace std::chrono_literals;
using support::datagram_recorder;

address cloud_at(std::uint16_t port = 5683) {
  address at;
  at.ip = {127, 0, 0, 1};
  at.port = port;
  return at;
}

/// Ethernet of which all is known: 1 ms, no jitter, no limit of bandwidth.
virtual_options plain_options() {
  virtual_options options;
  link_figures& link = options.links[0];
  link = {};
  link.latency = 1ms;
  return options;
}

struct scene {
  explicit scene(const virtual_options& options = plain_options()) : world(options) {
    EXPECT_TRUE(cloud.bind(world.home(), cloud_at()));
    device.open(world.home(), cloud_at(), 7);
  }
  virtual_world world;
  datagram_recorder cloud;
  datagram_recorder device;
};

TEST(virtual_datagrams, go_and_come_after_the_latency) {
  scene s;
  s.cloud.when_received = [&](const address& from, std::string_view) {
    s.cloud.socket->send(from, as_bytes("answer"));
  };
  EXPECT_TRUE(s.device.say("hello"));
  EXPECT_TRUE(s.device.say(""));
  EXPECT_EQ(s.device.socket->unsent(), 5U);
  s.world.run_for(1s);
  EXPECT_EQ(s.cloud.received, (std::vector<std::string>{"hello", ""}));
  EXPECT_EQ(s.cloud.received_at[0], time_point{1ms});
  EXPECT_EQ(s.device.received, (std::vector<std::string>{"answer", "answer"}));
  EXPECT_EQ(s.device.received_at[0], time_point{2ms});
  EXPECT_EQ(s.cloud.last_from, s.device.socket->at());
  EXPECT_EQ(s.cloud.last_from.text(), "10.0.0.8:49152");
  EXPECT_EQ(s.device.socket->unsent(), 0U);
  const home_meters& m = s.world.home().meters();
  EXPECT_EQ(m.datagrams_sent, 4U);
  EXPECT_EQ(m.datagrams_received, 4U);
  EXPECT_EQ(m.bytes_sent, 5U + 6U + 6U);
}

TEST(virtual_datagrams, that_are_discarded_in_time_do_not_leave) {
  scene s;
  EXPECT_TRUE(s.device.say("taken back"));
  s.device.socket->discard();
  EXPECT_EQ(s.device.socket->unsent(), 0U);
  EXPECT_TRUE(s.device.say("meant"));
  s.world.run_for(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"meant"});
}

TEST(virtual_datagrams, wait_for_a_narrow_line) {
  virtual_options options = plain_options();
  options.links[0].up_bits_per_s = 8'000; // an octet a millisecond
  scene s{options};
  s.device.say(std::string(72, 'x')); // and 28 of headers
  s.device.say(std::string(72, 'y'));
  s.world.run_for(1s);
  ASSERT_EQ(s.cloud.received_at.size(), 2U);
  EXPECT_EQ(s.cloud.received_at[0], time_point{101ms});
  EXPECT_EQ(s.cloud.received_at[1], time_point{201ms});
}

TEST(virtual_datagrams, tell_a_device_that_nobody_listens) {
  scene s;
  s.cloud.socket.reset();
  s.device.say("anybody?");
  s.world.run_for(1s);
  EXPECT_EQ(s.device.troubles, std::vector<datagram_trouble>{datagram_trouble::refused});
  EXPECT_TRUE(s.cloud.bind(s.world.home(), cloud_at()));
  s.device.say("and now?");
  s.world.run_for(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"and now?"}) << "the socket goes on";
}

TEST(virtual_datagrams, are_lost_beyond_the_mtu_or_go_in_pieces) {
  virtual_options options = plain_options();
  {
    scene s{options};
    s.device.say(std::string(1280, 'x'));
    s.device.say(std::string(1281, 'x'));
    EXPECT_FALSE(s.device.say(std::string(datagram_bytes_max + 1, 'x')));
    s.world.run_for(1s);
    EXPECT_EQ(s.cloud.received.size(), 1U);
    EXPECT_EQ(s.device.troubles, std::vector<datagram_trouble>{datagram_trouble::too_large});
    EXPECT_EQ(s.world.home().meters().datagrams_dropped, 1U);
  }
  options.datagrams[0].fragments = true;
  options.datagrams[0].loss_ppm = 300'000;
  scene s{options};
  for (int i = 0; i < 1000; ++i) {
    s.device.say(std::string(3000, 'x')); // three pieces: 0.7³ of them arrive
    s.world.run_for(10ms);
  }
  EXPECT_GT(s.cloud.received.size(), 290U);
  EXPECT_LT(s.cloud.received.size(), 400U);
  EXPECT_TRUE(s.device.troubles.empty());
}

TEST(virtual_datagrams, are_lost_doubled_and_put_out_of_order_in_the_asked_shares) {
  virtual_options options = plain_options();
  options.datagrams[0] = {
      .loss_ppm = 200'000, .duplicate_ppm = 100'000, .reorder_ppm = 50'000, .reorder_span = 100ms};
  scene s{options};
  constexpr int count = 10'000;
  for (int i = 0; i < count; ++i) {
    s.device.say(std::to_string(100'000 + i));
    s.world.run_for(1ms);
  }
  s.world.run_for(1s);
  const auto& got = s.cloud.received;
  EXPECT_NEAR(static_cast<double>(got.size()), 0.8 * count * 1.1, 200);
  std::vector<std::string> sorted = got;
  std::sort(sorted.begin(), sorted.end());
  const auto unique = std::unique(sorted.begin(), sorted.end()) - sorted.begin();
  EXPECT_NEAR(static_cast<double>(unique), 0.8 * count, 200);
  int late = 0;
  for (std::size_t i = 1; i < got.size(); ++i) {
    late += got[i] < got[i - 1] ? 1 : 0;
  }
  EXPECT_NEAR(late, 0.05 * 0.88 * count, 120);
}

TEST(virtual_datagrams, reach_a_client_from_its_peer_alone) {
  scene s;
  datagram_recorder stranger;
  ASSERT_TRUE(stranger.bind(s.world.home(), cloud_at(9999)));
  stranger.socket->send(s.device.socket->at(), as_bytes("from elsewhere"));
  s.cloud.socket->send(s.device.socket->at(), as_bytes("from its peer"));
  s.world.run_for(1s);
  EXPECT_EQ(s.device.received, std::vector<std::string>{"from its peer"});
}

TEST(virtual_datagrams, stand_still_while_their_devices_link_does) {
  scene s;
  datagram_recorder other;
  other.open(s.world.home(), cloud_at(), 8);
  s.world.links().stall(7, 5s);
  s.device.say("late");
  other.say("in time");
  s.world.run_for(10s);
  EXPECT_EQ(s.cloud.received, (std::vector<std::string>{"in time", "late"}));
  EXPECT_EQ(s.cloud.received_at[1], time_point{5s});
}

TEST(virtual_datagrams, may_lose_their_owner_at_any_time) {
  scene s;
  s.device.say("one");
  s.device.say("two");
  s.cloud.when_received = [&](const address& from, std::string_view) {
    s.cloud.socket->send(from, as_bytes("last words"));
    s.cloud.socket.reset();
  };
  s.world.run_for(1s);
  EXPECT_EQ(s.cloud.received, std::vector<std::string>{"one"});
  EXPECT_EQ(s.device.received, std::vector<std::string>{"last words"});
  datagram_recorder outliving;
  {
    virtual_world short_lived;
    outliving.open(short_lived.home(), cloud_at(), 1);
    outliving.say("never");
  }
  EXPECT_FALSE(outliving.say("to nobody"));
}

TEST(virtual_datagrams, choose_free_ports_and_refuse_taken_ones) {
  virtual_world w;
  datagram_recorder one;
  datagram_recorder two;
  ASSERT_TRUE(one.bind(w.home(), cloud_at(0)));
  EXPECT_NE(one.socket->at().port, 0);
  EXPECT_FALSE(two.bind(w.home(), one.socket->at()));
  ASSERT_TRUE(two.bind(w.home(), cloud_at(0)));
  EXPECT_NE(one.socket->at().port, two.socket->at().port);
}

struct outcome {
  std::string digest;
  std::vector<std::string> log;
};

outcome run(std::uint64_t seed, std::uint64_t devices, std::uint32_t duplicate_ppm = 20'000) {
  outcome out;
  virtual_options options;
  options.seed = seed;
  options.on_event = [&](const net_event& e) { out.log.push_back(to_text(e)); };
  for (datagram_figures& f : options.datagrams) {
    f.loss_ppm = 100'000;
    f.duplicate_ppm = duplicate_ppm;
    f.reorder_ppm = 20'000;
    f.reorder_span = 1s;
  }
  virtual_world w{options};
  datagram_recorder cloud;
  EXPECT_TRUE(cloud.bind(w.home(), cloud_at()));
  cloud.when_received = [&](const address& from, std::string_view text) {
    cloud.socket->send(from, as_bytes(text));
  };
  std::vector<std::unique_ptr<datagram_recorder>> all;
  for (std::uint64_t i = 0; i < devices; ++i) {
    all.push_back(std::make_unique<datagram_recorder>());
    all.back()->open(w.home(), cloud_at(), i, static_cast<link_kind>(i % link_kinds));
  }
  for (int round = 0; round < 100; ++round) {
    for (auto& each : all) {
      each->say("round " + std::to_string(round));
    }
    w.run_for(500ms);
  }
  w.run_for(60s);
  out.digest = w.digest_text();
  return out;
}

TEST(virtual_datagrams, give_one_log_and_one_digest_for_one_seed) {
  const outcome first = run(42, 10);
  EXPECT_GT(first.log.size(), 1'500U);
  EXPECT_EQ(first.log, run(42, 10).log);
  EXPECT_EQ(first.digest, run(42, 10).digest);
  EXPECT_NE(first.digest, run(43, 10).digest);
}

TEST(virtual_datagrams, give_each_device_its_own_weather_and_each_kind_of_it_its_own_draws) {
  const auto of = [](const outcome& o, const std::string& what) {
    std::vector<std::string> lines;
    for (const std::string& line : o.log) {
      if (line.find(" 3 " + what) == line.find(' ')) {
        lines.push_back(line);
      }
    }
    return lines;
  };
  const outcome few = run(42, 4);
  EXPECT_EQ(of(few, "datagram"), of(run(42, 10), "datagram"));
  const auto lost = of(few, "datagram_lost cloud");
  EXPECT_GT(lost.size(), 3U);
  EXPECT_EQ(lost, of(run(42, 4, 0), "datagram_lost cloud")) << "whether anything is doubled";
}

} // namespace
} // namespace fleet::hal
