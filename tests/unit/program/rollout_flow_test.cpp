// A rollout of a scenario against a console by hand: when it begins, how its image gets there, and
// what it says of one that never did.
#include "fleet/run/rollout_flow.hpp"

#include <functional>
#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;

/// One firmware, ready from a moment on, and one campaign of it. Some questions have no answer.
class slow_console final : public cloud::firmware_operations {
public:
  slow_console(hal::virtual_world& world, duration until_ready)
      : world_(world), ready_at_(later(world.now(), until_ready)) {}

  firmware_result add_firmware(const cloud::firmware_order& what) override {
    if (silent()) {
      return nobody();
    }
    orders.push_back(what);
    if (refusal) {
      return fail(*refusal);
    }
    size_ = what.generate ? 0 : what.size;
    return shown();
  }
  firmware_result put_content(std::uint32_t, std::uint64_t offset, bytes_view octets) override {
    pieces.push_back(octets.size());
    world_.home().post([this] { between.push_back(pieces.size()); });
    const bool lost = pieces_lost != 0 && pieces_lost-- != 0;
    if (!lost || carries_out) {
      image.resize(std::min<std::size_t>(offset, image.size()));
      image += as_text(octets);
    }
    return lost ? firmware_result{nobody()} : firmware_result{shown()};
  }
  [[nodiscard]] std::vector<cloud::firmware_view> firmwares() const override { return {}; }
  [[nodiscard]] firmware_result firmware(std::uint32_t) const override {
    return image_unknown || silent() ? firmware_result{nobody()} : firmware_result{shown()};
  }
  cloud::operation_result delete_firmware(std::uint32_t) override { return std::string{"{}"}; }
  campaign_result add_campaign(const cloud::campaign_order& what) override {
    campaigns_asked.push_back(what);
    if (silent()) {
      return nobody();
    }
    if (world_.now() < ready_at_) {
      return fail(cloud::operation_failure{cloud::operation_error::refused, "not whole yet"});
    }
    return campaign(1);
  }
  [[nodiscard]] std::vector<cloud::campaign_view> campaigns() const override { return {}; }
  [[nodiscard]] campaign_result campaign(std::uint32_t id) const override {
    if (silent()) {
      return nobody();
    }
    cloud::campaign_view out;
    out.id = id;
    out.sums.state = state;
    out.sums.devices = 7;
    return out;
  }
  [[nodiscard]] result<std::vector<cloud::campaign_device_view>, cloud::operation_failure>
  campaign_devices(std::uint32_t, std::optional<cloud::rollout_state>, std::uint32_t,
                   std::uint32_t) const override {
    return std::vector<cloud::campaign_device_view>{};
  }
  campaign_result change_campaign(std::uint32_t id, cloud::campaign_change) override {
    return campaign(id);
  }
  cloud::operation_result delete_campaign(std::uint32_t) override { return std::string{"{}"}; }

  std::vector<cloud::firmware_order> orders;
  std::vector<cloud::campaign_order> campaigns_asked;
  std::vector<std::size_t> pieces;  ///< octets of each that came
  std::vector<std::size_t> between; ///< pieces by then, of jobs that each of them queued
  std::string image;
  mutable unsigned silences = 0; ///< of the next questions
  bool image_unknown = false;    ///< of it alone no question is answered
  unsigned pieces_lost = 0;      ///< of the next: their answers
  bool carries_out = true;       ///< what they bring is there all the same
  std::optional<cloud::operation_failure> refusal;
  cloud::campaign_state state = cloud::campaign_state::finished;

private:
  [[nodiscard]] bool silent() const { return silences != 0 && silences-- != 0; }
  static failure<cloud::operation_failure> nobody() {
    return fail(cloud::operation_failure{cloud::operation_error::timed_out, "nobody is there"});
  }
  [[nodiscard]] cloud::firmware_view shown() const {
    cloud::firmware_view out;
    out.id = 1;
    out.size = size_;
    out.received = image.size();
    out.ready = out.received >= size_ && world_.now() >= ready_at_;
    return out;
  }

  hal::virtual_world& world_;
  time_point ready_at_;
  std::uint64_t size_ = 0;
};

struct rollout_begin : testing::Test {
  rollout_begin() { give(0s); }

  void give(duration until_ready) { console.emplace(world, until_ready); }
  void bring(std::size_t octets) {
    planned.rollout.image = "image";
    planned.content.resize(octets);
    planned.octets = octets;
    for (std::size_t i = 0; i < octets; ++i) {
      planned.content[i] = static_cast<char>(i * 7 + i / 1000);
    }
    content = planned.content;
  }
  report::rollout_fact run(duration span) {
    rollout_flow flow{world.home(), *console, planned, product};
    flow.start(7);
    world.run_for(span);
    flow.stop();
    return flow.fact();
  }
  /// Of one whose campaign runs when it is stopped; `before` is done then.
  report::rollout_fact stopped(const std::function<void(slow_console&)>& before) {
    console->state = cloud::campaign_state::running;
    rollout_flow flow{world.home(), *console, planned, product};
    flow.start(7);
    world.run_for(10s);
    before(*console);
    flow.stop();
    return flow.fact();
  }
  report::rollout_fact run(duration until_ready, duration span) {
    give(until_ready);
    return run(span);
  }

  static constexpr std::size_t mib = std::size_t{1} << 20;
  hal::virtual_world world;
  rollout_plan planned;
  product_plan product;
  std::string content;
  std::optional<slow_console> console;
};

TEST_F(rollout_begin, begins_at_once_when_its_image_is_ready_at_once) {
  const auto fact = run(0s, 100ms);
  EXPECT_TRUE(fact.began);
  EXPECT_EQ(fact.trouble, "");
  EXPECT_EQ(fact.state, "finished");
}

TEST_F(rollout_begin, waits_for_the_digests_of_a_large_image) {
  const auto fact = run(3s, 10s);
  EXPECT_TRUE(fact.began) << fact.trouble;
  EXPECT_EQ(fact.state, "finished");
  EXPECT_EQ(console->orders.size(), 1U) << "one image";
  EXPECT_EQ(console->campaigns_asked.size(), 1U);
}

TEST_F(rollout_begin, says_so_when_the_run_ends_before_that) {
  const auto fact = run(1h, 10s);
  EXPECT_FALSE(fact.began);
  EXPECT_EQ(fact.trouble, "the run ended before the twin had its image's digests");
  EXPECT_TRUE(console->campaigns_asked.empty());
}

TEST_F(rollout_begin, puts_an_image_piece_by_piece_and_lets_others_work_in_between) {
  bring(2 * mib + 5);
  const auto fact = run(1s);
  EXPECT_EQ(fact.state, "finished");
  EXPECT_EQ(fact.image_bytes, 2 * mib + 5);
  EXPECT_TRUE(console->image == content);
  EXPECT_EQ(console->pieces, (std::vector<std::size_t>{mib, mib, 5}));
  EXPECT_EQ(console->between, (std::vector<std::size_t>{1, 2, 3}));
}

TEST_F(rollout_begin, waits_for_a_twin_that_does_not_answer) {
  for (unsigned silences = 1; silences < 8; ++silences) {
    console->silences = silences;
    const auto fact = run(10s);
    EXPECT_EQ(fact.state, "finished") << fact.trouble;
    EXPECT_EQ(fact.trouble, "");
  }
}

TEST_F(rollout_begin, goes_on_with_an_image_where_the_twin_has_it) {
  for (const bool taken : {true, false}) {
    give(0s);
    bring(2 * mib);
    console->carries_out = taken;
    console->pieces_lost = 1;
    EXPECT_EQ(run(10s).state, "finished") << taken;
    EXPECT_TRUE(console->image == content) << taken;
    EXPECT_EQ(console->pieces.at(1), mib / 2);
    EXPECT_EQ(console->pieces.size(), taken ? 3U : 5U);
    EXPECT_EQ(console->orders.size(), 1U);
  }
}

TEST_F(rollout_begin, sends_less_at_a_time_where_a_piece_does_not_get_through) {
  bring(mib);
  console->carries_out = false;
  console->pieces_lost = 2;
  EXPECT_EQ(run(10s).state, "finished");
  EXPECT_TRUE(console->image == content);
  console->pieces.resize(4);
  EXPECT_EQ(console->pieces, (std::vector<std::size_t>{mib, mib / 2, mib / 4, mib / 4}));
}

TEST_F(rollout_begin, does_not_ask_again_for_what_was_refused) {
  console->refusal = {cloud::operation_error::refused, "there are too many"};
  const auto fact = run(10s);
  EXPECT_FALSE(fact.began);
  EXPECT_EQ(fact.trouble, "there are too many");
  EXPECT_EQ(console->orders.size(), 1U);
}

TEST_F(rollout_begin, says_of_a_twin_that_never_answered_what_it_said) {
  console->silences = 1'000'000;
  const auto fact = run(10s);
  EXPECT_FALSE(fact.began);
  EXPECT_EQ(fact.trouble, "nobody is there");
}

TEST_F(rollout_begin, keeps_what_it_saw_last_where_the_twin_does_not_answer_at_the_end) {
  const auto fact = stopped([](slow_console& twin) { twin.silences = 1'000'000; });
  EXPECT_TRUE(fact.began);
  EXPECT_EQ(fact.state, "running");
  EXPECT_EQ(fact.devices, 7U);
  EXPECT_EQ(fact.trouble, "nobody is there");
}

TEST_F(rollout_begin, knows_its_campaign_without_what_was_downloaded) {
  const auto fact = stopped([](slow_console& twin) { twin.image_unknown = true; });
  EXPECT_EQ(fact.state, "running");
  EXPECT_EQ(fact.trouble, "");
}

} // namespace
} // namespace fleet::program
