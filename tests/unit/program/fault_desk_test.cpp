// The director's list of faults: who is told to carry each out, and how far it says they are.
#include "fleet/run/fault_desk.hpp"

#include <gtest/gtest.h>

namespace fleet::program {

using namespace std::chrono_literals;
using faults::effect;
using state = faults::timeline::state;

namespace {

class noting_hand final : public fault_hand {
public:
  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) override {
    said.push_back("add " + f->name);
    return refusal;
  }
  std::optional<std::string> remove(const std::string& name) override {
    said.push_back("remove " + name);
    return goes_on;
  }
  void let_go(const std::string& name) override { said.push_back("let go " + name); }
  std::optional<fault_figures> figures(const std::string&) const override { return counted; }

  std::vector<std::string> said;
  std::optional<fault_figures> counted;
  std::optional<fault_refusal> refusal;
  std::optional<std::string> goes_on;
};

faults::fault named(effect what, std::string name, duration at = 0s) {
  auto f = faults::default_fault(what);
  f.name = std::move(name);
  f.at = at;
  return f;
}

class fault_desk_of_a_run : public testing::Test {
protected:
  fault_desk_of_a_run() { desk.work_with({&devices, &cloud}); }
  noting_hand devices;
  noting_hand cloud;
  fault_desk desk;
};

using said = std::vector<std::string>;

} // namespace

TEST_F(fault_desk_of_a_run, gives_each_fault_to_whoever_carries_it_out) {
  EXPECT_FALSE(desk.add(named(effect::latency, "a"), 5, 0s));
  EXPECT_FALSE(desk.add(named(effect::power_loss, "b"), 5, 0s));
  EXPECT_FALSE(desk.add(named(effect::firmware_slow, "c"), 5, 0s));
  EXPECT_FALSE(desk.add(named(effect::cloud_restart, "d"), 5, 0s));
  EXPECT_EQ(devices.said, (said{"add a", "add b"}));
  EXPECT_EQ(cloud.said, (said{"add c", "add d"}));
}

TEST_F(fault_desk_of_a_run, refuses_what_nobody_carries_out_and_names_that_are_taken) {
  desk.work_with({&devices, nullptr});
  EXPECT_EQ(desk.add(named(effect::kick, "k"), 5, 0s),
            "kick is for the twin, and this run has none");
  EXPECT_FALSE(desk.add(named(effect::stall, "s"), 5, 0s));
  EXPECT_EQ(desk.add(named(effect::reset, "s"), 5, 0s), "there is a fault s already");
  EXPECT_EQ(devices.said, said{"add s"});
}

TEST_F(fault_desk_of_a_run, forgets_what_the_hand_does_not_take) {
  cloud.refusal = fault_refusal{"the twin cannot"};
  EXPECT_EQ(desk.add(named(effect::kick, "k"), 5, 0s), "the twin cannot");
  EXPECT_TRUE(desk.empty());
  cloud.refusal.reset();
  EXPECT_FALSE(desk.add(named(effect::kick, "k"), 5, 0s));
}

TEST_F(fault_desk_of_a_run, tells_how_far_faults_are_and_what_was_counted) {
  ASSERT_FALSE(desk.add(named(effect::latency, "a", 10s), 7, 0s));
  desk.advance(9s);
  EXPECT_EQ(desk.rows()[0].state, state::waiting);
  EXPECT_EQ(desk.rows()[0].figures.selected, 7U);
  EXPECT_EQ(desk.rows()[0].figures.hit, 0U);
  devices.counted = fault_figures{6, 4, 9};
  desk.advance(10s);
  EXPECT_EQ(desk.rows()[0].state, state::in_force);
  EXPECT_EQ(desk.rows()[0].begins, 10s);
  EXPECT_EQ(desk.rows()[0].figures.selected, 7U); // drawn by the desk, which sees all shards
  EXPECT_EQ(desk.rows()[0].figures.hit, 4U);
  EXPECT_EQ(desk.rows()[0].figures.strikes, 9U);
  desk.advance(41s);
  EXPECT_EQ(desk.rows()[0].state, state::over);
  EXPECT_EQ(desk.rows()[0].ended, 41s);
  EXPECT_FALSE(desk.rows()[0].live);
}

TEST_F(fault_desk_of_a_run,
       tells_of_no_more_devices_than_are_selected_though_each_twin_counts_them) {
  ASSERT_FALSE(desk.add(named(effect::cloud_restart, "c"), 150, 0s));
  cloud.counted = fault_figures{450, 450, 3};
  desk.advance(1s);
  EXPECT_EQ(desk.rows()[0].figures.hit, 150U);
  EXPECT_EQ(desk.rows()[0].figures.strikes, 3U);
}

TEST_F(fault_desk_of_a_run, counts_the_time_of_live_faults_from_when_they_came) {
  ASSERT_FALSE(desk.add(named(effect::latency, "late", 5s), 1, 60s));
  desk.advance(64s);
  EXPECT_EQ(desk.rows()[0].state, state::waiting);
  desk.advance(65s);
  EXPECT_EQ(desk.rows()[0].state, state::in_force);
  EXPECT_TRUE(desk.rows()[0].live);
}

TEST_F(fault_desk_of_a_run, removes_one_or_all_parts_of_a_preset) {
  ASSERT_FALSE(desk.add(named(effect::latency, "wifi.latency"), 1, 0s));
  ASSERT_FALSE(desk.add(named(effect::jitter, "wifi.jitter"), 1, 0s));
  ASSERT_FALSE(desk.add(named(effect::stall, "wifi_2"), 1, 0s));
  EXPECT_TRUE(desk.has("wifi"));
  EXPECT_EQ(desk.remove("wif", 1s), "there is no fault wif");
  EXPECT_EQ(desk.remove("wifi", 1s), std::nullopt);
  EXPECT_EQ(desk.names(), said{"wifi_2"});
  EXPECT_EQ(devices.said, (said{"add wifi.latency", "add wifi.jitter", "add wifi_2",
                                "remove wifi.latency", "remove wifi.jitter"}));
  EXPECT_FALSE(desk.add(named(effect::latency, "wifi.latency"), 1, 2s)); // the name is free again
}

TEST_F(fault_desk_of_a_run, says_why_a_fault_goes_on_and_lists_it_no_more) {
  ASSERT_FALSE(desk.add(named(effect::kick, "k"), 1, 0s));
  cloud.goes_on = "nobody answers";
  EXPECT_EQ(desk.remove("k", 1s), "nobody answers");
  EXPECT_TRUE(desk.empty());
}

TEST_F(fault_desk_of_a_run, ends_what_is_in_force_or_to_come_when_the_run_drains) {
  ASSERT_FALSE(desk.add(named(effect::reset, "done"), 1, 0s));
  ASSERT_FALSE(desk.add(named(effect::latency, "on"), 1, 0s));
  ASSERT_FALSE(desk.add(named(effect::stall, "to come", 1h), 1, 0s));
  desk.advance(1s);
  devices.said.clear();
  desk.end_all(2s);
  EXPECT_EQ(devices.said, (said{"let go done", "let go on", "let go to come"}))
      << "a twin elsewhere keeps none of them";
  EXPECT_EQ(desk.rows()[0].ended, 1s);
  EXPECT_EQ(desk.rows()[1].state, state::over);
  EXPECT_EQ(desk.rows()[1].ended, 2s);
  EXPECT_EQ(state_text(desk.rows()[1]), "over");
  EXPECT_EQ(state_text(desk.rows()[2]), "dropped") << "it will not begin any more";
}

TEST_F(fault_desk_of_a_run, forgets_live_faults_that_are_over_when_there_are_too_many) {
  constexpr auto most = faults::timeline::faults_max;
  ASSERT_FALSE(desk.add(named(effect::reset, "of the run"), 1, 0s));
  for (std::size_t i = 1; i < most; ++i) {
    ASSERT_FALSE(desk.add(named(effect::reset, "r" + std::to_string(i)), 1, 1s));
  }
  EXPECT_EQ(desk.add(named(effect::reset, "more"), 1, 1s),
            "there are too many faults; remove some");
  desk.advance(2s); // all have struck
  EXPECT_FALSE(desk.add(named(effect::reset, "more"), 1, 3s));
  EXPECT_EQ(desk.rows().size(), most);
  EXPECT_TRUE(desk.has("of the run"));
  EXPECT_FALSE(desk.has("r1"));
}

TEST_F(fault_desk_of_a_run, takes_so_many_faults_in_a_run_and_says_when_that_is_reached) {
  for (std::size_t i = 0; i < fault_desk::added_most; ++i) {
    ASSERT_FALSE(desk.add(named(effect::latency, "a"), 5, 1s)) << i;
    ASSERT_FALSE(desk.remove("a", 2s));
  }
  EXPECT_EQ(desk.add(named(effect::latency, "a"), 5, 1s),
            "a run takes 10000 faults at most, removed ones included");
  EXPECT_TRUE(desk.empty());
}

} // namespace fleet::program
