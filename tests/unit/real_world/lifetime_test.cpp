// Who may let go of what, and when: streams and listeners dropped inside every call a home makes.
// The address sanitizer is the judge.
#include <gtest/gtest.h>

#include <thread>

#include "hal_sim/real_world/real_home.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::host;
using support::raw_socket;
using support::recorder;

void settle(hal::real_home& h) {
  while (h.poll_once(0s)) {
  }
}

TEST(real_lifetime, a_stream_may_be_dropped_before_it_connects) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  connect(here, there);
  here.stream.reset();
  settle(h);
  EXPECT_EQ(here.connected + here.closed, 0);
  EXPECT_EQ(h.meters().connects_waiting, 0U);
}

TEST(real_lifetime, a_stream_may_be_dropped_while_it_connects) {
  hal::real_home h{{}};
  raw_socket deaf;
  const auto at = deaf.listen(0);
  std::vector<raw_socket> crowd(4);
  for (auto& each : crowd) {
    each.connect(at);
  }
  recorder here;
  here.stream = h.connect({.peer = at}, here);
  settle(h);
  here.stream.reset();
  settle(h);
  EXPECT_EQ(here.connected + here.closed, 0);
}

TEST(real_lifetime, a_stream_may_be_dropped_in_on_connected) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  here.when_connected = [](recorder& r) { r.stream.reset(); };
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return !there.guests.empty() && there.guests[0]->closed == 1; }));
  EXPECT_EQ(here.closed, 0) << "no event follows";
  EXPECT_EQ(there.guests[0]->reason, hal::close_reason::closed_by_peer);
}

TEST(real_lifetime, a_stream_may_be_dropped_in_on_received_with_more_to_read) {
  hal::real_home_options options;
  options.read_buffer_bytes = 16;
  hal::real_home h{options};
  host there{h, 0};
  there.when_accepted = [](recorder& guest) {
    guest.when_received = [](recorder& g, std::string_view) { g.stream.reset(); };
  };
  recorder here;
  here.when_connected = [](recorder& r) { r.write(std::string(1000, 'x')); };
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  settle(h);
  EXPECT_EQ(there.guests[0]->deliveries, 1);
  EXPECT_EQ(there.guests[0]->closed, 0);
}

TEST(real_lifetime, a_stream_may_be_dropped_in_on_drained) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  here.when_connected = [](recorder& r) { r.write(std::string(hal::high_water_bytes, 'x')); };
  here.when_drained = [](recorder& r) { r.stream.reset(); };
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return !there.guests.empty() && there.guests[0]->closed == 1; }));
  EXPECT_EQ(there.guests[0]->received.size(), hal::high_water_bytes);
  EXPECT_EQ(here.closed, 0);
}

TEST(real_lifetime, a_stream_may_be_dropped_in_on_closed_and_replaced_there) {
  hal::real_home h{{}};
  host there{h, 0};
  there.when_accepted = [](recorder& guest) { guest.stream->close(); };
  recorder here;
  here.drop_when_closed = false;
  here.when_closed = [&](recorder& r) {
    if (r.closed < 20) {
      connect(r, there);
    }
  };
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 20; }));
  EXPECT_EQ(here.connected, 20);
}

TEST(real_lifetime, a_stream_may_be_dropped_by_the_call_of_another) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder one;
  recorder two;
  const auto drop_both = [&](recorder&, std::string_view) {
    one.stream.reset();
    two.stream.reset();
  };
  one.when_received = two.when_received = drop_both;
  connect(one, there);
  connect(two, there);
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 2 && two.connected == 1; }));
  there.guests[0]->write("now");
  there.guests[1]->write("now");
  ASSERT_TRUE(h.run_until([&] { return one.deliveries + two.deliveries > 0; }));
  settle(h);
  EXPECT_EQ(one.deliveries + two.deliveries, 1) << "both were ready in the same turn";
}

TEST(real_lifetime, an_accepted_stream_may_be_dropped_at_the_door) {
  hal::real_home h{{}};
  host there{h, 0};
  there.refuse = true;
  recorder here;
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  EXPECT_EQ(here.reason, hal::close_reason::closed_by_peer);
  EXPECT_EQ(h.meters().streams_open, 0U);
}

TEST(real_lifetime, a_listener_may_be_dropped_while_it_accepts_and_its_streams_live_on) {
  hal::real_home h{{}};
  host there{h, 0};
  const auto at = there.door->at();
  there.when_accepted = [&](recorder&) { there.door.reset(); };
  std::vector<raw_socket> crowd(5);
  for (auto& each : crowd) {
    each.connect(at);
  }
  ASSERT_TRUE(h.run_until([&] { return !there.guests.empty(); }));
  settle(h);
  EXPECT_EQ(there.guests.size(), 1U);
  crowd[0].write("still here");
  ASSERT_TRUE(h.run_until([&] { return there.guests[0]->received == "still here"; }));
  recorder late;
  late.stream = h.connect({.peer = at}, late);
  ASSERT_TRUE(h.run_until([&] { return late.closed == 1; }));
  EXPECT_EQ(late.reason, hal::close_reason::refused);
}

TEST(real_lifetime, a_stream_dropped_on_another_thread_is_freed_by_its_home) {
  hal::real_home h{{}};
  host there{h, 0};
  recorder here;
  connect(here, there);
  ASSERT_TRUE(h.run_until([&] { return here.connected == 1 && !there.guests.empty(); }));
  std::thread{[gone = std::move(here.stream)]() mutable { gone.reset(); }}.join();
  ASSERT_TRUE(h.run_until([&] { return there.guests[0]->closed == 1; }));
}

TEST(real_lifetime, a_home_dies_after_its_streams_without_another_turn) {
  raw_socket far;
  std::string got;
  {
    hal::real_home h{{}};
    host there{h, 0};
    far.connect(there.door->at());
    ASSERT_TRUE(h.run_until([&] { return !there.guests.empty(); }));
    there.guests[0]->write("bye");
  }
  while (far.read(got)) {
  }
  EXPECT_EQ(got, "bye");
}

/// Stands for an actor that waits in the run queue and owns a stream.
class queued_owner final : public caf::resumable {
public:
  explicit queued_owner(hal::stream_ptr s) : stream_(std::move(s)) {}
  resume_result resume(caf::execution_unit*, std::size_t) override { return done; }
  void intrusive_ptr_add_ref_impl() override { ++count_; }
  void intrusive_ptr_release_impl() override {
    if (--count_ == 0) {
      delete this;
    }
  }

private:
  hal::stream_ptr stream_;
  int count_ = 1;
};

TEST(real_lifetime, a_home_dies_with_an_actor_queued_that_owns_a_stream) {
  recorder here;
  raw_socket silent;
  const auto at = silent.listen(8);
  hal::real_home h{{}};
  h.exec_later(new queued_owner{h.connect({.peer = at}, here)});
  // Nothing to expect: neither a leak nor a use after free.
}

TEST(real_lifetime_death, a_stream_that_outlives_its_home_is_our_own_mistake) {
  GTEST_FLAG_SET(death_test_style, "threadsafe");
  EXPECT_DEATH(
      {
        recorder here;
        hal::real_home h{{}};
        here.stream = h.connect({.peer = support::loopback(1)}, here);
      },
      "streams_");
}

} // namespace
} // namespace fleet
