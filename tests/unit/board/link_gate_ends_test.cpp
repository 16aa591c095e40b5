// How streams and attempts begin and end on a disturbed link, and who is told.
#include "hal_sim/board/board.hpp"
#include "hal_sim/board/link_weather.hpp"
#include "protocol/base/stream_transform.hpp"
#include "tests/unit/board/link_rig.hpp"

namespace fleet::hal {
namespace {

TEST(link_gate_ends, sends_what_is_queued_before_its_owners_close_is_done) {
  link_rig r;
  r.connected();
  r.trouble.latency = 2s;
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  r.say(noise(5000));
  const time_point closed = r.w.now();
  r.it.close();
  EXPECT_FALSE(r.it.up());
  EXPECT_TRUE(r.it.active());
  r.w.run_for(60s);
  EXPECT_TRUE(r.far().received == noise(5000));
  EXPECT_EQ(r.far().reason, close_reason::closed_by_peer);
  EXPECT_EQ(r.owner.reason, close_reason::local);
  EXPECT_EQ(r.owner.closed, 1);
  EXPECT_EQ(r.owner.closed_at, closed + 7s);
  EXPECT_FALSE(r.it.active());
}

TEST(link_gate_ends, tells_the_peers_close_behind_what_it_had_sent) {
  link_rig r;
  r.connected();
  r.trouble.octets_per_s = 1000;
  r.it.disturb(r.trouble);
  r.far().write(noise(3000));
  r.far().stream->close();
  r.w.run_for(1s);
  EXPECT_EQ(r.far().closed, 1);
  EXPECT_EQ(r.owner.closed, 0);
  r.w.run_for(10s);
  EXPECT_TRUE(r.owner.received == noise(3000));
  EXPECT_EQ(r.owner.closed, 1);
  EXPECT_EQ(r.owner.reason, close_reason::closed_by_peer);
}

TEST(link_gate_ends, lets_what_was_sent_travel_on_when_it_is_dropped) {
  link_rig r;
  r.connected();
  r.trouble.latency = 2s;
  r.it.disturb(r.trouble);
  r.say("goodbye");
  r.far().write("unheard");
  r.w.run_for(500ms);
  r.it.drop();
  EXPECT_FALSE(r.it.active());
  r.w.run_for(1s);
  EXPECT_EQ(r.far().closed, 0);
  r.w.run_for(10s);
  EXPECT_EQ(r.far().received, "goodbye");
  EXPECT_EQ(r.far().reason, close_reason::closed_by_peer);
  EXPECT_EQ(r.owner.received, "");
  EXPECT_EQ(r.owner.closed, 0);
  r.it.relieve(r.trouble);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate_ends, resets_for_its_owner) {
  link_rig r;
  r.connected();
  r.trouble.latency = 2s;
  r.it.disturb(r.trouble);
  r.say("never arrives");
  r.it.reset();
  r.w.run_for(10s);
  EXPECT_EQ(r.owner.reason, close_reason::local);
  EXPECT_EQ(r.far().reason, close_reason::reset);
  EXPECT_EQ(r.far().received, "");
}

TEST(link_gate_ends, tears_so_that_both_sides_see_a_reset) {
  for (const bool disturbed : {false, true}) {
    link_rig r;
    r.connected();
    r.trouble.latency = 1s;
    if (disturbed) {
      r.it.disturb(r.trouble);
    }
    r.say("lost");
    r.it.tear();
    EXPECT_EQ(r.owner.closed, 0) << "in a later turn";
    r.w.run_for(5s);
    EXPECT_EQ(r.owner.closed, 1);
    EXPECT_EQ(r.owner.reason, close_reason::reset);
    EXPECT_EQ(r.far().closed, 1);
    EXPECT_EQ(r.far().reason, close_reason::reset);
    EXPECT_FALSE(r.it.active());
    r.it.relieve(r.trouble);
    EXPECT_EQ(r.it.memory_bytes(), 0U);
    r.it.tear(); // nothing to tear
    r.open();
    r.it.tear(); // an attempt
    r.w.run_for(5s);
    EXPECT_EQ(r.owner.closed, 2);
    EXPECT_EQ(r.owner.reason, close_reason::reset);
  }
}

TEST(link_gate_ends, makes_a_stream_half_open_that_nobody_hears_of) {
  link_rig r;
  r.connected();
  r.it.go_half_open();
  r.say("into the void");
  r.far().write("likewise");
  r.w.run_for(600s);
  EXPECT_TRUE(r.up.empty());
  EXPECT_TRUE(r.down.empty());
  EXPECT_EQ(r.owner.closed + r.far().closed, 0);
  EXPECT_TRUE(r.it.up());
  r.it.drop(); // its keep-alive has given up
  r.w.run_for(600s);
  EXPECT_EQ(r.far().closed, 0) << "no end reaches it";
  support::recorder& former = r.far();
  r.open();
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.connected, 2);
  r.say("anew");
  r.w.run_for(1s);
  EXPECT_EQ(r.far().received, "anew");
  EXPECT_GT(r.it.memory_bytes(), 0U);
  former.stream->close(); // the far side's keep-alive
  r.w.run_for(1s);
  EXPECT_EQ(former.reason, close_reason::local);
  EXPECT_EQ(r.owner.closed, 0);
  EXPECT_EQ(r.it.memory_bytes(), 0U) << "nothing is left of it";
}

TEST(link_gate_ends, hides_the_far_sides_end_from_a_half_open_owner) {
  link_rig r;
  r.connected();
  r.it.go_half_open();
  r.far().write("x");
  r.far().stream->reset();
  r.w.run_for(60s);
  EXPECT_EQ(r.owner.closed, 0);
  EXPECT_TRUE(r.it.up());
  r.say("still believed to be there");
  EXPECT_EQ(r.it.unsent(), 0U);
  r.it.close();
  r.w.run_for(1s);
  EXPECT_EQ(r.owner.reason, close_reason::local);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate_ends, fills_up_on_both_sides_of_a_half_open_stream) {
  link_rig r;
  r.connected();
  r.it.go_half_open();
  r.say(noise(link_gate::blind_octets));
  EXPECT_EQ(r.it.unsent(), 0U);
  r.say("more");
  EXPECT_EQ(r.it.unsent(), 4U);
  r.far().write(noise(4'000'000));
  r.w.run_for(60s);
  EXPECT_GT(r.far().stream->unsent(), 2'000'000U);
  EXPECT_LT(r.it.memory_bytes(), 2048U);
}

TEST(link_gate_ends, keeps_a_bounded_number_of_streams_that_nobody_owns) {
  link_rig r;
  for (std::size_t i = 0; i < link_weather::leavers_max + 3; ++i) {
    r.open();
    r.w.run_for(1s);
    r.it.go_half_open();
    r.it.drop();
  }
  r.w.run_for(60s);
  for (std::size_t i = 0; i < r.cloud.guests.size(); ++i) {
    EXPECT_EQ(r.cloud.guests[i]->closed, i < 3 ? 1 : 0) << i;
  }
}

TEST(link_gate_ends, passes_nothing_in_a_partition_and_goes_on_afterwards) {
  link_rig r;
  r.connected();
  r.trouble.cut = true;
  r.it.disturb(r.trouble);
  r.say("patience");
  r.far().write("Geduld");
  r.w.run_for(60s);
  EXPECT_TRUE(r.up.empty());
  EXPECT_TRUE(r.down.empty());
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_EQ(r.far().received, "patience");
  EXPECT_EQ(r.owner.received, "Geduld");
}

TEST(link_gate_ends, tells_the_far_side_of_a_drop_when_the_partition_is_over) {
  link_rig r;
  r.connected();
  r.trouble.cut = true;
  r.it.disturb(r.trouble);
  r.say("last words");
  r.it.drop();
  r.w.run_for(60s);
  EXPECT_EQ(r.far().closed, 0);
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_EQ(r.far().received, "last words");
  EXPECT_EQ(r.far().reason, close_reason::closed_by_peer);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate_ends, lets_attempts_in_a_partition_time_out) {
  link_rig r;
  r.trouble.cut = true;
  r.it.disturb(r.trouble);
  r.open(7s);
  r.w.run_for(6999ms);
  EXPECT_EQ(r.owner.closed, 0);
  r.w.run_for(1ms);
  EXPECT_EQ(r.owner.closed, 1);
  EXPECT_EQ(r.owner.reason, close_reason::timed_out);
  EXPECT_TRUE(r.cloud.guests.empty());
}

TEST(link_gate_ends, connects_with_the_next_syn_after_a_partition) {
  link_rig r;
  r.trouble.cut = true;
  r.it.disturb(r.trouble);
  const time_point began = r.w.now();
  r.open(10s);
  r.w.run_for(1500ms);
  r.it.relieve(r.trouble);
  r.w.run_for(8s);
  EXPECT_EQ(r.owner.connected, 1);
  EXPECT_EQ(r.owner.connected_at, began + 3s + 2 * way_time);
  EXPECT_EQ(r.it.memory_bytes(), 0U);
}

TEST(link_gate_ends, holds_an_attempt_under_way_and_ends_it_in_its_time) {
  for (const bool over_soon : {false, true}) {
    link_rig r;
    r.open(5s);
    r.trouble.stall = true;
    r.it.disturb(r.trouble); // its SYN is on the way
    r.w.run_for(3s);
    EXPECT_EQ(r.owner.connected, 0);
    if (over_soon) {
      r.it.relieve(r.trouble);
    }
    r.w.run_for(3s);
    EXPECT_EQ(r.owner.connected, over_soon ? 1 : 0);
    EXPECT_EQ(r.owner.closed, over_soon ? 0 : 1);
    if (!over_soon) {
      EXPECT_EQ(r.owner.reason, close_reason::timed_out);
      EXPECT_EQ(r.owner.closed_at, time_point{} + 5s);
    }
  }
}

TEST(link_gate_ends, makes_attempts_end_as_each_fault_says) {
  struct {
    link_disturbance trouble;
    close_reason reason;
    bool reaches; ///< the far side sees something of it
  } const cases[] = {{{.refuse = true}, close_reason::refused, false},
                     {{.dns_failure = true}, close_reason::dns_failed, false},
                     {{.tls_failure = true}, close_reason::tls_failed, true},
                     {{.refuse = true, .dns_failure = true}, close_reason::dns_failed, false}};
  for (const auto& each : cases) {
    support::modelled_security model;
    link_rig r{&model};
    r.it.disturb(each.trouble);
    const time_point began = r.w.now();
    r.open();
    EXPECT_EQ(r.owner.closed, 0) << "in a later turn";
    r.w.run_for(1s);
    EXPECT_EQ(r.owner.connected, 0);
    EXPECT_EQ(r.owner.closed, 1);
    EXPECT_EQ(r.owner.reason, each.reason);
    EXPECT_FALSE(r.owner.detail.empty());
    EXPECT_GE(r.owner.closed_at - began, 1ms) << "a round trip";
    EXPECT_EQ(r.cloud.guests.size(), each.reaches ? 1U : 0U);
    r.it.relieve(each.trouble);
    r.open();
    r.w.run_for(1s);
    EXPECT_EQ(r.owner.connected, 1);
  }
}

TEST(link_gate_ends, leaves_what_stands_alone_when_new_attempts_are_to_fail) {
  link_rig r;
  r.connected();
  r.trouble.refuse = true;
  r.trouble.dns_failure = true;
  r.trouble.tls_failure = true;
  r.it.disturb(r.trouble);
  r.say("up");
  r.far().write("down");
  r.w.run_for(1s);
  EXPECT_EQ(r.far().received, "up");
  EXPECT_EQ(r.owner.received, "down");
}

TEST(link_gate_ends, tells_what_the_world_says_of_an_attempt) {
  link_rig r;
  r.cloud.door.reset();
  r.trouble.latency = 100ms;
  r.it.disturb(r.trouble);
  address nobody;
  nobody.ip = {127, 0, 0, 1};
  nobody.port = 9;
  r.it.open({.peer = nobody}, r.owner);
  r.w.run_for(5s);
  EXPECT_EQ(r.owner.reason, close_reason::refused);
  EXPECT_EQ(r.owner.closed_at, time_point{} + 2 * (100ms + way_time));
}

TEST(link_gate_ends, may_be_dropped_or_opened_again_in_each_callback) {
  for (int which = 0; which < 6; ++which) {
    link_rig r;
    r.trouble.latency = 10ms;
    r.trouble.slice_octets = 1;
    r.it.disturb(r.trouble);
    r.cloud.when_accepted = [](support::recorder& g) {
      g.write("xyz");
      g.stream->close();
    };
    int left = 3;
    const auto act = [&](support::recorder& owner) {
      if (which % 2 == 0) {
        r.it.drop();
      } else if (left-- > 0) {
        r.it.open({.peer = r.cloud.door->at()}, owner);
      }
    };
    if (which / 2 == 0) {
      r.owner.when_connected = act;
    } else if (which / 2 == 1) {
      r.owner.when_received = [&](support::recorder& o, std::string_view) { act(o); };
    } else {
      r.owner.when_closed = act;
    }
    r.open();
    r.w.run_for(60s);
    EXPECT_FALSE(r.it.active()) << which;
    EXPECT_EQ(r.owner.closed, which == 0 || which == 2 ? 0 : which == 5 ? 4 : 1) << which;
  }
}

TEST(link_gate_ends, may_die_with_its_link_in_each_callback) {
  for (int which = 0; which < 3; ++which) {
    link_rig r;
    auto mortal = std::make_unique<link>(r.w.home());
    r.cloud.when_accepted = [](support::recorder& g) {
      g.write("xyz");
      g.stream->close();
    };
    const auto die = [&](support::recorder&) { mortal.reset(); };
    if (which == 0) {
      r.owner.when_connected = die;
    } else if (which == 1) {
      r.owner.when_received = [&](support::recorder& o, std::string_view) { die(o); };
    } else {
      r.owner.when_closed = die;
    }
    r.trouble.latency = 10ms;
    mortal->disturb(r.trouble);
    mortal->open({.peer = r.cloud.door->at()}, r.owner);
    r.w.run_for(10s);
    EXPECT_EQ(mortal, nullptr);
    EXPECT_EQ(r.cloud.guests.at(0)->closed, 1);
  }
}

TEST(link_gate_ends, holds_over_reboots_and_from_before_the_first_stream) {
  link_rig r;
  board b{r.w.home(), 3, 1};
  r.trouble.latency = 100ms;
  b.link.disturb(r.trouble);
  for (int life = 1; life <= 2; ++life) {
    b.boot(r.w.now());
    const time_point began = r.w.now();
    b.link.open({.peer = r.cloud.door->at()}, r.owner);
    r.w.run_for(1s);
    EXPECT_EQ(r.owner.connected, life);
    EXPECT_EQ(r.owner.connected_at, began + 2 * (100ms + way_time));
    b.power_off();
  }
  r.w.run_for(1s);
  b.link.relieve(r.trouble);
  EXPECT_EQ(b.link.memory_bytes(), 0U);
}

TEST(link_gate_ends, takes_a_second_link_of_the_board_along) {
  link_rig r;
  r.connected();
  support::recorder fetch;
  link beside{r.w.home()};
  beside.open_beside(r.it, {.peer = r.cloud.door->at()}, fetch);
  r.w.run_for(1s);
  EXPECT_EQ(fetch.connected, 1);
  r.trouble.latency = 100ms;
  r.it.disturb(r.trouble);
  const time_point sent = r.w.now();
  beside.output().append(std::string_view{"get"});
  r.w.run_for(1s);
  EXPECT_EQ(r.up, (arrivals{{sent + 100ms + way_time, "get"}}));
  r.it.tear();
  r.w.run_for(1s);
  EXPECT_EQ(fetch.reason, close_reason::reset);
  EXPECT_EQ(beside.memory_bytes(), 0U) << "it shares until its stream ends";
  beside.open_beside(r.it, {.peer = r.cloud.door->at()}, fetch);
  r.w.run_for(1s);
  EXPECT_EQ(fetch.connected, 2);
  beside.drop();
  r.it.relieve(r.trouble);
  r.w.run_for(1s);
  EXPECT_EQ(r.it.memory_bytes() + beside.memory_bytes(), 0U);
}

/// Adds 1 to what leaves.
class plus_one final : public stream_transform {
public:
  void begin(byte_buffer& out) override { out.append("hello "); }
  void seal(std::span<std::uint8_t> leaving) override {
    for (auto& octet : leaving) {
      ++octet;
    }
  }
  bool open(bytes_view arrived, byte_buffer& plain) override {
    plain.append(arrived);
    return true;
  }
};

TEST(link_gate_ends, passes_what_a_transform_has_sealed_once) {
  link_rig r;
  r.trouble.octets_per_s = 10;
  r.it.disturb(r.trouble);
  r.it.open({.peer = r.cloud.door->at()}, r.owner, std::make_unique<plus_one>());
  r.w.run_for(100ms);
  r.it.output().append(std::string_view{"abc"});
  r.it.seal();
  r.it.output().append(std::string_view{"def"});
  r.it.relieve(r.trouble); // seals
  r.it.output().append(std::string_view{"ghi"});
  r.it.drop();
  r.w.run_for(60s);
  EXPECT_EQ(r.far().received, "hello bcdefghij");
}

} // namespace
} // namespace fleet::hal
