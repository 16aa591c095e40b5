// The loop: jobs, timers, the clock, ties, and real actors that live on the virtual home.
#include <functional>
#include <string>
#include <vector>

#include <caf/all.hpp>
#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::host;
using support::recorder;

constexpr time_point at(duration d) {
  return time_point{d};
}

struct alarm final : timer {
  explicit alarm(std::function<void(time_point)> f) : act(std::move(f)) {}
  void on_wake(time_point now) override { act(now); }
  std::function<void(time_point)> act;
};

virtual_options plain_options() {
  virtual_options o;
  o.links[0] = {};
  o.links[0].latency = milliseconds{10};
  return o;
}

TEST(virtual_world, stands_still_until_told_and_then_shows_the_horizon) {
  virtual_world w;
  EXPECT_EQ(w.now(), time_point{});
  EXPECT_EQ(w.home().wall_ms(), 1'700'000'000'000);
  EXPECT_FALSE(w.step());
  w.run_for(seconds{7});
  EXPECT_EQ(w.now(), at(seconds{7}));
  EXPECT_EQ(w.home().wall_ms(), 1'700'000'007'000);
  w.run_until(at(seconds{3})); // the past changes nothing
  EXPECT_EQ(w.now(), at(seconds{7}));
}

TEST(virtual_world, runs_what_is_due_at_the_horizon_and_nothing_after_it) {
  virtual_world w;
  std::vector<time_point> woken;
  alarm early{[&](time_point now) { woken.push_back(now); }};
  alarm late{[&](time_point now) { woken.push_back(now); }};
  w.home().arm(early, at(seconds{1}));
  w.home().arm(late, at(seconds{1} + duration{1}));
  w.run_until(at(seconds{1}));
  EXPECT_EQ(woken, (std::vector<time_point>{at(seconds{1})}));
  EXPECT_EQ(w.home().meters().wakes.load(), 1U);
  w.home().disarm(late);
}

TEST(virtual_world, wakes_a_timer_armed_in_the_past_at_once_and_never_turns_back) {
  virtual_world w;
  w.run_for(seconds{5});
  time_point woken{};
  alarm a{[&](time_point now) { woken = now; }};
  w.home().arm(a, at(seconds{1}));
  EXPECT_TRUE(w.step());
  EXPECT_EQ(woken, at(seconds{5}));
  EXPECT_EQ(w.now(), at(seconds{5}));
}

TEST(virtual_world, runs_jobs_in_order_before_the_clock_moves) {
  virtual_world w;
  std::vector<int> log;
  alarm a{[&](time_point) { log.push_back(9); }};
  w.home().arm(a, time_point{});
  w.home().post([&] {
    log.push_back(1);
    w.home().post([&] { log.push_back(3); });
  });
  w.home().post([&] { log.push_back(2); });
  w.run_until(time_point{});
  EXPECT_EQ(log, (std::vector<int>{1, 2, 3, 9}));
}

TEST(virtual_world, breaks_ties_between_timers_and_the_network_by_the_order_of_arming) {
  for (const bool timer_first : {true, false}) {
    virtual_world w{plain_options()};
    host cloud{w.home()};
    recorder device;
    connect(device, cloud);
    w.run_until(at(seconds{1}));
    std::string log;
    cloud.guests[0]->when_received = [&](recorder&, std::string_view text) { log += text; };
    alarm a{[&](time_point) { log += 't'; }};
    const time_point due = at(seconds{1} + milliseconds{10});
    if (timer_first) {
      w.home().arm(a, due);
    }
    device.write("n");
    w.home().post([] {});
    w.run_until(at(seconds{1})); // flushed: now on its way
    if (!timer_first) {
      w.home().arm(a, due);
    }
    w.run_until(due);
    EXPECT_EQ(log, timer_first ? "tn" : "nt");
  }
}

/// An actor pinned to a home, as device actors are (design, part 4).
class pinned_actor : public caf::event_based_actor {
public:
  pinned_actor(caf::actor_config& cfg, home& h) : caf::event_based_actor(cfg), home_(h) {}

  void enqueue(caf::mailbox_element_ptr what, caf::execution_unit*) override {
    caf::scheduled_actor::enqueue(std::move(what), &home_);
  }
  void launch(caf::execution_unit*, bool lazy, bool hide) override {
    caf::event_based_actor::launch(&home_, lazy, hide);
  }

protected:
  home& home_;
};

/// Answers each number with its successor and counts; connects a stream on its first message.
class counting_actor final : public pinned_actor {
public:
  counting_actor(caf::actor_config& cfg, home& h, std::vector<int>& log)
      : pinned_actor(cfg, h), log_(log) {}

  caf::behavior make_behavior() override {
    return {[this](int number) {
      log_.push_back(number);
      if (number < 10) {
        send(caf::actor_cast<caf::actor>(current_sender()), number + 1);
      } else {
        quit();
      }
    }};
  }

private:
  std::vector<int>& log_;
};

TEST(virtual_world, runs_real_actors_on_its_home_alone) {
  std::vector<int> log;
  caf::actor_system_config cfg;
  cfg.set("scheduler.policy", caf::atom("sharing"));
  cfg.set("scheduler.max-threads", 1);
  caf::actor_system system{cfg};
  {
    virtual_world w;
    w.home().attach(system);
    auto one = system.spawn<counting_actor>(std::ref<home>(w.home()), std::ref(log));
    auto two = system.spawn<counting_actor>(std::ref<home>(w.home()), std::ref(log));
    caf::anon_send(one, 0);
    EXPECT_TRUE(log.empty()); // only the home runs it
    alarm a{[&](time_point) { caf::send_as(two, one, 1); }};
    w.home().arm(a, at(seconds{5}));
    w.run_for(seconds{10});
    EXPECT_EQ(w.now(), at(seconds{10}));
    caf::anon_send_exit(one, caf::exit_reason::kill);
    caf::anon_send_exit(two, caf::exit_reason::kill);
    w.run_for(seconds{1});
  }
  EXPECT_EQ(log, (std::vector<int>{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
}

/// Owns a stream as a device does, and is still queued when its world ends.
class owner_actor final : public pinned_actor {
public:
  owner_actor(caf::actor_config& cfg, home& h, host& cloud) : pinned_actor(cfg, h) {
    connect(recorder_, cloud);
  }
  caf::behavior make_behavior() override {
    return {[](int) {}};
  }

private:
  recorder recorder_;
};

TEST(virtual_world, frees_an_actor_that_is_queued_when_it_ends_with_its_stream) {
  caf::actor_system_config cfg;
  cfg.set("scheduler.max-threads", 1);
  caf::actor_system system{cfg};
  {
    virtual_world w;
    w.home().attach(system);
    host cloud{w.home()};
    auto owner = system.spawn<owner_actor, caf::hidden>(std::ref<home>(w.home()), std::ref(cloud));
    w.run_for(seconds{1});
    caf::anon_send_exit(owner, caf::exit_reason::kill);
  }
  SUCCEED(); // the address sanitizer is the judge
}

TEST(virtual_world, tells_a_watcher_before_anything_leaves_and_sends_nothing_that_it_resets) {
  virtual_world w{plain_options()};
  host there{w.home()};
  recorder here;
  connect(here, there);
  w.run_for(seconds{1});
  ASSERT_EQ(there.guests.size(), 1U);
  auto& guest = *there.guests[0];
  int told = 0;
  bool refuse = false;
  const support::sending_hook hook{w.home(), [&] {
                                     ++told;
                                     if (refuse && guest.stream != nullptr) {
                                       guest.stream->reset();
                                     }
                                   }};
  guest.write("answer");
  w.run_for(seconds{1});
  EXPECT_GE(told, 1);
  EXPECT_EQ(here.received, "answer");
  {
    // Each store that is kept on a home has its own, and one leaving does not silence the others.
    const int before = told;
    int also = 0;
    const support::sending_hook second{w.home(), [&] { ++also; }};
    guest.write("more");
    w.run_for(seconds{1});
    EXPECT_GE(also, 1);
    EXPECT_GT(told, before);
  }
  refuse = true;
  guest.write("promise");
  w.run_for(seconds{1});
  EXPECT_EQ(here.received, "answermore");
  EXPECT_EQ(here.reason, close_reason::reset);
}

} // namespace
} // namespace fleet::hal
