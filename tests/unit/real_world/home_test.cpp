// The turn itself: timers, queued jobs, threads that post into a home, and stopping.
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "hal_sim/real_world/real_world.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::host;
using support::raw_socket;
using support::recorder;

class alarm_clock final : public hal::timer {
public:
  explicit alarm_clock(hal::home& h) : home(h) {}
  ~alarm_clock() { home.disarm(*this); }
  hal::home& home;
  std::vector<time_point> rang;
  duration again{};

private:
  void on_wake(time_point now) override {
    rang.push_back(now);
    if (again > duration::zero()) {
      home.arm(*this, now + again);
    }
  }
};

TEST(real_home, wakes_timers_at_or_after_their_time_and_in_order) {
  hal::real_home h{{}};
  alarm_clock late{h};
  alarm_clock soon{h};
  const auto start = h.now();
  h.arm(late, start + 4ms);
  h.arm(soon, start + 200us);
  ASSERT_TRUE(h.run_until([&] { return late.rang.size() == 1; }));
  ASSERT_EQ(soon.rang.size(), 1U);
  EXPECT_GE(soon.rang[0], start + 200us);
  EXPECT_GE(late.rang[0], start + 4ms);
  EXPECT_LE(soon.rang[0], late.rang[0]);
  EXPECT_EQ(h.meters().wakes, 2U);
}

TEST(real_home, a_turn_waits_no_longer_than_asked_and_time_stands_still_within_it) {
  hal::real_home h{{}};
  EXPECT_FALSE(h.poll_once(0s));
  std::vector<time_point> seen;
  h.post([&] {
    seen.push_back(h.now());
    h.post([&] { seen.push_back(h.now()); });
  });
  EXPECT_TRUE(h.poll_once(1h));
  ASSERT_EQ(seen.size(), 2U) << "what a job queues runs in the same turn";
  EXPECT_EQ(seen[0], seen[1]);
}

TEST(real_home, jobs_that_queue_themselves_for_ever_do_not_hold_the_turn) {
  hal::real_home h{{}};
  int runs = 0;
  std::function<void()> again = [&] {
    ++runs;
    h.post(again);
  };
  h.post(again);
  h.poll_once(1h);
  const int first = runs;
  EXPECT_GT(first, 0);
  h.poll_once(1h);
  EXPECT_EQ(runs, 2 * first);
}

TEST(real_home, wall_clock_follows_the_origin_it_was_given) {
  hal::real_home_options options;
  options.started_wall = std::chrono::system_clock::time_point{1'800'000'000s};
  hal::real_home h{options};
  EXPECT_GE(h.wall_ms(), 1'800'000'000'000);
  EXPECT_LT(h.wall_ms(), 1'800'000'000'000 + 60'000);
}

TEST(real_home, runs_jobs_of_two_threads_once_each_and_in_their_order) {
  hal::real_world world{{}};
  world.start();
  constexpr int each = 20'000;
  std::array<int, 2> next{}; // touched on the home alone
  std::atomic<int> wrong{0};
  std::atomic<int> done{0};
  std::vector<std::thread> posters;
  for (std::size_t who = 0; who < 2; ++who) {
    posters.emplace_back([&, who] {
      for (int i = 0; i < each; ++i) {
        world.home(0).post([&, who, i] {
          wrong += next[who]++ == i ? 0 : 1;
          ++done;
        });
      }
    });
  }
  for (auto& poster : posters) {
    poster.join();
  }
  world.stop(60s);
  EXPECT_EQ(done, 2 * each);
  EXPECT_EQ(wrong, 0);
}

/// Stands for an actor: resumed on its home, asks for another turn until it has had three.
class three_turns final : public caf::resumable {
public:
  three_turns(hal::home& h, std::atomic<int>& ended) : home_(h), ended_(ended) {}
  resume_result resume(caf::execution_unit* on, std::size_t) override {
    EXPECT_EQ(on, &home_);
    return ++turns_ < 3 ? resume_later : done;
  }
  void intrusive_ptr_add_ref_impl() override { ++count_; }
  void intrusive_ptr_release_impl() override {
    if (--count_ == 0) {
      ended_ += turns_;
      delete this;
    }
  }

private:
  hal::home& home_;
  std::atomic<int>& ended_;
  int turns_ = 0;
  std::atomic<int> count_{1};
};

TEST(real_home, resumes_actors_that_other_threads_queue_and_lets_go_of_them) {
  std::atomic<int> ended{0};
  hal::real_world world{{}};
  world.start();
  std::vector<std::thread> queuers;
  for (int who = 0; who < 2; ++who) {
    queuers.emplace_back([&] {
      for (int i = 0; i < 1000; ++i) {
        world.home(0).exec_later(new three_turns{world.home(0), ended});
      }
    });
  }
  for (auto& queuer : queuers) {
    queuer.join();
  }
  world.stop(60s);
  EXPECT_EQ(ended, 6000);
}

TEST(real_world, two_homes_talk_over_the_network_and_drop_streams_across_threads) {
  hal::real_world world{{.homes = 2}};
  std::unique_ptr<host> there;
  recorder here;
  std::atomic<bool> echoed{false};
  std::atomic<bool> gone{false};
  hal::address at;
  there = std::make_unique<host>(world.home(1), 0);
  at = there->door->at();
  there->when_accepted = [&](recorder& guest) {
    guest.when_received = [](recorder& g, std::string_view text) { g.write(text); };
    guest.when_closed = [&](recorder&) { gone = true; };
  };
  here.when_received = [&](recorder& r, std::string_view) { echoed = r.received == "ping"; };
  world.start();
  world.home(0).post([&] {
    here.stream = world.home(0).connect({.peer = at}, here);
    here.write("ping");
  });
  const auto deadline = std::chrono::steady_clock::now() + 60s;
  const auto comes = [&](const std::atomic<bool>& it) {
    while (!it && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    return it.load();
  };
  ASSERT_TRUE(comes(echoed));
  hal::stream_ptr mine;
  std::atomic<bool> taken{false};
  world.home(0).post([&] {
    mine = std::move(here.stream);
    taken = true;
  });
  ASSERT_TRUE(comes(taken));
  mine.reset(); // on this thread, while its home runs on another
  EXPECT_TRUE(comes(gone));
  world.stop(10s);
  there.reset();
}

TEST(real_world, stop_waits_for_what_is_unsent_but_not_for_ever) {
  raw_socket far;
  {
    hal::real_world world{{}};
    host there{world.home(0), 0};
    far.connect(there.door->at());
    ASSERT_TRUE(world.home(0).run_until([&] { return !there.guests.empty(); }));
    there.guests[0]->write(std::string(30'000'000, 'x'));
    world.start();
    std::thread reader{[&] {
      std::string got;
      while (far.read(got)) {
        std::this_thread::yield();
      }
      EXPECT_EQ(got.size(), 30'000'000U);
    }};
    world.stop(60s);
    EXPECT_EQ(there.guests[0]->stream->unsent(), 0U);
    there.guests.clear();
    world.home(0).poll_once(0s);
    reader.join();
  }
  raw_socket deaf;
  hal::real_world world{{}};
  host there{world.home(0), 0};
  deaf.connect(there.door->at());
  ASSERT_TRUE(world.home(0).run_until([&] { return !there.guests.empty(); }));
  there.guests[0]->write(std::string(30'000'000, 'x'));
  world.start();
  world.stop(20ms);
  EXPECT_GT(there.guests[0]->stream->unsent(), 0U);
}

TEST(real_world, divides_the_pending_connects_among_its_homes) {
  hal::real_world world{{.homes = 2, .pending_connects_max = 5}};
  raw_socket deaf;
  const auto at = deaf.listen(0);
  std::vector<raw_socket> crowd(4);
  for (auto& each : crowd) {
    each.connect(at);
  }
  std::vector<std::unique_ptr<recorder>> devices;
  for (std::size_t i = 0; i < 20; ++i) {
    devices.push_back(std::make_unique<recorder>());
    devices.back()->stream = world.home(i % 2).connect({.peer = at}, *devices.back());
  }
  for (std::size_t i = 0; i < 2; ++i) {
    while (world.home(i).poll_once(0s)) {
    }
  }
  EXPECT_EQ(world.home(0).meters().connects_waiting, 7U);
  EXPECT_EQ(world.home(1).meters().connects_waiting, 8U);
}

} // namespace
} // namespace fleet
