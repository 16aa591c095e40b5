// A target that is a twin: its faults are kept there as long as the run goes on, ordered again
// where the twin has lost them, and nobody waits for it when the run is over.
#include "fleet/run/far_hand.hpp"

#include <atomic>
#include <future>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/run/run_mark.hpp"
#include "protocol/base/json.hpp"
#include "tests/support/scripted_admin.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

constexpr far_pace by_itself_once{.often = 1'000'000s};
constexpr far_pace at_once{.often = 1ms};

/// An API that somebody else has.
class passing_on final : public admin_api {
public:
  explicit passing_on(admin_api& to) : to_(to) {}
  result<admin_answer, std::string> ask(const admin_request& what) override {
    return to_.ask(what);
  }

private:
  admin_api& to_;
};

/// An API that answers what is ordered of it, and lists nothing until nobody waits any longer.
class silent final : public admin_api {
public:
  result<admin_answer, std::string> ask(const admin_request& what) override {
    if (what.path != "/v1/faults/renew") {
      return admin_answer{200, R"({"name":"kick"})"};
    }
    asked.set_value();
    given_up_.wait(false);
    left = true;
    return fail(std::string{"nobody waits"});
  }
  void give_up() override {
    given_up_ = true;
    given_up_.notify_all();
  }

  std::promise<void> asked;
  std::atomic<bool> left{false};

private:
  std::atomic<bool> given_up_{false};
};

/// The faults of a twin, by their names alone: it may forget them, and be away.
class small_twin final : public admin_api {
public:
  result<admin_answer, std::string> ask(const admin_request& what) override {
    const std::lock_guard held{lock_};
    if (away_) {
      return fail(std::string{"nobody is there"});
    }
    asked_.push_back(what);
    if (what.path == "/v1/faults/renew") {
      return admin_answer{200, list()};
    }
    if (what.method == "POST") {
      json_reader body;
      std::string name;
      EXPECT_EQ(body.read(as_bytes(what.body)), json_error::none);
      EXPECT_TRUE(append_json_string(name, body.find("name")->value));
      if (refusal_) {
        return *refusal_;
      }
      there_.push_back(name);
      return admin_answer{200, "{}"};
    }
    const auto name = what.path.substr(11, what.path.find('?') - 11);
    const bool was = std::erase(there_, name) != 0;
    return was ? admin_answer{200, "{}"} : admin_answer{404, R"({"error":"unknown-fault"})"};
  }

  void forget() {
    const std::lock_guard held{lock_};
    there_.clear();
  }
  void refuse(admin_answer how) {
    const std::lock_guard held{lock_};
    refusal_ = std::move(how);
  }
  void be_away(bool away) {
    const std::lock_guard held{lock_};
    away_ = away;
  }
  [[nodiscard]] std::vector<std::string> there() const {
    const std::lock_guard held{lock_};
    return there_;
  }
  [[nodiscard]] std::vector<admin_request> asked() const {
    const std::lock_guard held{lock_};
    return asked_;
  }
  /// The last of those that were asked so.
  [[nodiscard]] std::string last(std::string_view path) const {
    std::string out;
    for (const auto& one : asked()) {
      out = one.path == path ? one.body : out;
    }
    return out;
  }

private:
  [[nodiscard]] std::string list() const {
    std::string out;
    for (const auto& name : there_) {
      out += (out.empty() ? "" : ",") + std::string{R"({"name":")"} + name + R"(","owner":")"
             + run_mark() + R"(","state":"in_force","selected":9,"hit":4,"strikes":2})";
    }
    return R"({"faults":[)" + out + "]}";
  }

  mutable std::mutex lock_;
  std::vector<std::string> there_;
  std::vector<admin_request> asked_;
  std::optional<admin_answer> refusal_;
  bool away_ = false;
};

template <class Condition>
void await(Condition condition) {
  while (!condition()) {
    std::this_thread::yield();
  }
}

prepared nine_devices() {
  prepared out;
  out.products.emplace_back().plan.devices = {0, 9};
  return out;
}

std::shared_ptr<const faults::fault> dropping(std::string name, duration span) {
  auto f = faults::default_fault(faults::effect::drop_acks);
  f.name = std::move(name);
  f.span = span;
  return std::make_shared<const faults::fault>(std::move(f));
}

class far_hand_of : public testing::Test {
protected:
  far_hand hand(far_pace pace) { return {twin, "here", ready, pace}; }

  const prepared ready = nine_devices();
  const std::shared_ptr<small_twin> twin = std::make_shared<small_twin>();
};

TEST(far_hand, tells_what_a_far_twin_has_counted_and_keeps_it_when_it_is_over) {
  const auto api = std::make_shared<support::scripted_admin>();
  const auto ready = nine_devices();
  far_hand hand{std::make_shared<shared_admin>(std::make_unique<passing_on>(*api)), "here", ready,
                by_itself_once};
  auto f = std::make_shared<faults::fault>(faults::default_fault(faults::effect::kick));
  api->give(R"({"name":"kick"})");
  const auto kicked = [](const std::string& figures) {
    return R"({"faults":[{"name":"kick","owner":")" + run_mark() + R"(",)" + figures
           + R"(},{"name":"another's","owner":"x","state":"in_force","selected":1,"hit":1}]})";
  };
  api->give(kicked(R"("state":"in_force","selected":9,"hit":3,"strikes":1)"));
  EXPECT_FALSE(hand.figures("kick")) << "nobody has been asked";
  ASSERT_EQ(hand.add(f), std::nullopt);
  await([&] { return hand.figures("kick").has_value(); });
  EXPECT_EQ(hand.figures("kick")->hit, 3U);
  EXPECT_FALSE(hand.figures("another's"));
  api->give(kicked(R"("state":"over","selected":9,"hit":5,"strikes":2)"));
  api->give(R"({"name":"kick"})");
  EXPECT_EQ(hand.remove("kick"), std::nullopt);
  EXPECT_EQ(hand.figures("kick")->hit, 5U);
  EXPECT_EQ(hand.figures("kick")->strikes, 2U);
}

TEST(far_hand, leaves_no_thread_behind_where_the_twin_does_not_answer) {
  const auto api = std::make_shared<silent>();
  {
    const auto ready = nine_devices();
    far_hand hand{api, "here", ready, by_itself_once};
    const auto f = std::make_shared<faults::fault>(faults::default_fault(faults::effect::kick));
    ASSERT_EQ(hand.add(f), std::nullopt);
    EXPECT_FALSE(hand.figures("kick"));
    api->asked.get_future().wait();
    EXPECT_FALSE(api->left);
  }
  EXPECT_TRUE(api->left);
}

TEST_F(far_hand_of, a_twin_that_was_started_anew_orders_what_is_left_again) {
  auto h = hand(at_once);
  ASSERT_EQ(h.add(dropping("acks", 1h)), std::nullopt);
  await([&] { return h.figures("acks").has_value(); });
  EXPECT_EQ(h.figures("acks")->strikes, 2U);
  twin->be_away(true); // killed
  twin->forget();
  twin->be_away(false);
  await([&] { return h.figures("acks")->strikes == 4; }); // of both lives
  EXPECT_THAT(twin->there(), ElementsAre("acks"));
  EXPECT_EQ(h.figures("acks")->hit, 4U) << "it hits the same devices";
  EXPECT_THAT(twin->last("/v1/faults"), HasSubstr(R"("forMs":3)")) << "an hour, less what has been";
  EXPECT_THAT(twin->last("/v1/faults"), testing::Not(HasSubstr(R"("forMs":3600000)")));
  EXPECT_THAT(h.take_lost(), IsEmpty());
}

TEST_F(far_hand_of, a_twin_that_does_not_take_it_again_has_lost_it) {
  auto h = hand(at_once);
  ASSERT_EQ(h.add(dropping("acks", 1h)), std::nullopt);
  twin->refuse({409, R"({"error":"refused","detail":"there are too many faults"})"});
  twin->forget();
  std::vector<std::string> lost;
  await([&] {
    lost = h.take_lost();
    return !lost.empty();
  });
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_THAT(lost.front(), StartsWith("the twin at here has lost fault acks: "));
  EXPECT_THAT(lost.front(), HasSubstr("there are too many faults"));
  EXPECT_THAT(h.take_lost(), IsEmpty()) << "it was told";
}

TEST_F(far_hand_of, a_twin_that_was_away_for_all_of_a_fault_has_lost_it) {
  auto h = hand(at_once);
  twin->refuse({200, "{}"}); // takes it, and forgets it at once
  ASSERT_EQ(h.add(dropping("acks", 1ms)), std::nullopt);
  std::vector<std::string> lost;
  await([&] {
    lost = h.take_lost();
    return !lost.empty();
  });
  EXPECT_THAT(lost.front(), HasSubstr("its time was over before the twin knew of it again"));
}

TEST_F(far_hand_of, a_run_renews_what_it_has_not_removed_and_nothing_else) {
  auto h = hand(at_once);
  ASSERT_EQ(h.add(dropping("kept", 1h)), std::nullopt);
  ASSERT_EQ(h.add(dropping("left", 1h)), std::nullopt);
  await([&] { return h.figures("left").has_value(); });
  EXPECT_EQ(h.remove("left"), std::nullopt);
  const auto before = twin->asked().size();
  await([&] { return twin->asked().size() > before; });
  EXPECT_THAT(twin->last("/v1/faults/renew"), HasSubstr(R"("names":["kept"])"));
}

TEST_F(far_hand_of, a_twin_that_was_away_is_told_of_a_removal_once_it_is_back) {
  auto h = hand(at_once);
  ASSERT_EQ(h.add(dropping("acks", 1h)), std::nullopt);
  twin->be_away(true);
  EXPECT_THAT(h.remove("acks").value_or(""),
              StartsWith("fault acks goes on: nobody is there; the twin is told again"));
  EXPECT_THAT(twin->there(), ElementsAre("acks"));
  twin->be_away(false);
  await([&] { return twin->there().empty(); });
  EXPECT_THAT(h.take_lost(), IsEmpty());
}

TEST_F(far_hand_of, a_name_that_was_to_be_removed_is_free_for_the_next) {
  auto h = hand(by_itself_once);
  ASSERT_EQ(h.add(dropping("acks", 1h)), std::nullopt);
  await([&] { return h.figures("acks").has_value(); });
  twin->be_away(true);
  EXPECT_TRUE(h.remove("acks"));
  EXPECT_TRUE(h.add(dropping("acks", 1h))) << "it is there still";
  twin->be_away(false);
  ASSERT_EQ(h.add(dropping("acks", 1h)), std::nullopt);
  EXPECT_THAT(twin->there(), ElementsAre("acks")) << "one of them";
}

TEST_F(far_hand_of, a_slow_twin_is_told_of_every_removal_while_the_run_goes_on) {
  auto h = hand({.often = 1'000'000s, .patience = duration{-1}}); // all takes too long
  for (const auto* const name : {"a", "b", "c", "d"}) {
    ASSERT_EQ(h.add(dropping(name, 1h)), std::nullopt);
  }
  EXPECT_EQ(h.remove("a"), std::nullopt);
  EXPECT_EQ(h.remove("b"), std::nullopt);
  EXPECT_THAT(twin->there(), ElementsAre("c", "d"));
  h.let_go("c");
  h.let_go("d"); // a run that drains has no time for each
  EXPECT_THAT(twin->there(), testing::Not(testing::Contains("c")));
}

TEST_F(far_hand_of, a_slow_twin_is_told_by_the_thread_of_what_a_run_that_drains_has_no_time_for) {
  auto h = hand({.often = 1ms, .patience = duration{-1}});
  for (const auto* const name : {"a", "b", "c"}) {
    ASSERT_EQ(h.add(dropping(name, 1h)), std::nullopt);
  }
  for (const auto* const name : {"a", "b", "c"}) {
    h.let_go(name);
  }
  await([&] { return twin->there().empty(); });
}

} // namespace
} // namespace fleet::program
