// The faults of a run in its director's hands: what it begins with, and what is ordered meanwhile.
#include "fleet/run/fault_session.hpp"

#include <algorithm>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

/// A twin that has names of its own.
class picky_hand final : public fault_hand {
public:
  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) override {
    asked.push_back(f->name);
    if (std::find(taken.begin(), taken.end(), f->name) != taken.end()) {
      return fault_refusal{"there is a fault called " + f->name + " already, ordered by hand",
                           true};
    }
    return refusal;
  }
  std::optional<std::string> remove(const std::string& name) override {
    removed.push_back(name);
    return goes_on;
  }
  std::optional<fault_figures> figures(const std::string&) const override { return std::nullopt; }

  std::vector<std::string> taken;
  std::vector<std::string> asked;
  std::vector<std::string> removed;
  std::optional<fault_refusal> refusal;
  std::optional<std::string> goes_on;
};

class fault_session_of_a_run : public testing::Test {
protected:
  fault_session_of_a_run() {
    ready.products.emplace_back().plan.devices = {0, 9};
    session.cloud_by(&cloud);
    session.also_take(orders);
  }
  std::string ask(control_order order) {
    std::string out;
    EXPECT_TRUE(orders.put(std::move(order), [&out](const std::string& answer) { out = answer; }));
    session.turn(1s);
    return out;
  }
  std::string add(std::string words) { return ask({control_verb::add, std::move(words), {}}); }

  run_options options;
  prepared ready;
  std::vector<actors::shard*> shards;
  picky_hand cloud;
  order_box orders;
  fault_session session{options, ready, shards};
};

TEST_F(fault_session_of_a_run, does_not_begin_with_more_once_one_was_refused) {
  for (const auto* const name : {"a", "b", "c"}) {
    auto& planned = ready.faults.emplace_back();
    planned.fault = faults::default_fault(faults::effect::kick);
    planned.fault.name = name;
  }
  cloud.refusal = fault_refusal{"nobody answers", false, true};
  EXPECT_EQ(session.begin({}), "fault a was not to be: nobody answers");
  EXPECT_THAT(cloud.asked, ElementsAre("a")) << "each may take its time";
}

TEST_F(fault_session_of_a_run, gives_the_next_name_that_is_free_at_the_twin_to_who_has_none) {
  ASSERT_EQ(session.begin({}), std::nullopt);
  cloud.taken = {"kick", "kick_2"};
  EXPECT_THAT(add("kick"), StartsWith(R"({"ok":true)"));
  EXPECT_THAT(cloud.asked, ElementsAre("kick", "kick_2", "kick_3"));
  EXPECT_THAT(session.desk().names(), ElementsAre("kick_3"));
  EXPECT_THAT(add("kick name=kick_2"),
              HasSubstr("there is a fault called kick_2 already, ordered by hand"));
  EXPECT_THAT(session.desk().names(), ElementsAre("kick_3"));
}

TEST_F(fault_session_of_a_run, tells_who_removes_a_fault_that_it_goes_on) {
  ASSERT_EQ(session.begin({}), std::nullopt);
  ASSERT_THAT(add("kick"), StartsWith(R"({"ok":true)"));
  cloud.goes_on = "fault kick goes on: nobody answers";
  EXPECT_THAT(ask({control_verb::remove, {}, {"kick"}}),
              StartsWith(R"({"ok":false,"error":"fault kick goes on: nobody answers")"));
  EXPECT_THAT(cloud.removed, ElementsAre("kick"));
}

TEST_F(fault_session_of_a_run, tells_who_else_does_not_have_an_order) {
  ASSERT_EQ(session.begin({}), std::nullopt);
  std::vector<control_order> relayed;
  std::vector<std::string> without;
  session.relay_by([&](const control_order& order) {
    relayed.push_back(order);
    return without;
  });
  EXPECT_THAT(add("kick"), StartsWith(R"({"ok":true)"));
  without = {"worker 2: it is about to end", "worker 3 does not answer"};
  EXPECT_THAT(add("kick name=again"),
              HasSubstr("done, but not everywhere: worker 2: it is about to end; worker 3 does not "
                        "answer"));
  EXPECT_THAT(session.desk().names(), ElementsAre("kick", "again")) << "the others have it";
  EXPECT_THAT(ask({control_verb::remove, {}, {"again"}}), HasSubstr("worker 3 does not answer"));
  ASSERT_EQ(relayed.size(), 3U);
  EXPECT_EQ(relayed[1].words, "kick name=again");
}

TEST_F(fault_session_of_a_run, relays_of_a_removal_what_is_done_and_nothing_else) {
  ASSERT_EQ(session.begin({}), std::nullopt);
  std::vector<std::vector<std::string>> relayed;
  session.relay_by([&](const control_order& order) {
    relayed.push_back(order.names);
    return std::vector<std::string>{};
  });
  ASSERT_THAT(add("kick name=a"), StartsWith(R"({"ok":true)"));
  ASSERT_THAT(add("kick name=b"), StartsWith(R"({"ok":true)"));
  relayed.clear();
  cloud.goes_on = "fault a goes on: nobody answers"; // for a while; here it is gone all the same
  EXPECT_THAT(ask({control_verb::remove, {}, {"a", "b", "a"}}), StartsWith(R"({"ok":false)"));
  EXPECT_THAT(relayed, ElementsAre(ElementsAre("a", "b")));
  relayed.clear();
  EXPECT_THAT(ask({control_verb::remove, {}, {"c"}}), HasSubstr("there is no fault c"));
  EXPECT_TRUE(relayed.empty());
}

TEST_F(fault_session_of_a_run, says_why_it_does_not_carry_out_what_it_was_given) {
  ASSERT_EQ(session.begin({}), std::nullopt);
  EXPECT_EQ(session.carry_out({control_verb::add, "kick name=a", {}}, 0s), "");
  EXPECT_THAT(session.carry_out({control_verb::add, "kick name=a", {}}, 0s), HasSubstr("a"));
  EXPECT_EQ(session.carry_out({control_verb::remove, {}, {"a"}}, 0s), "");
  EXPECT_THAT(session.carry_out({control_verb::remove, {}, {"a"}}, 0s),
              StartsWith("there is no fault a"));
}

} // namespace
} // namespace fleet::program
