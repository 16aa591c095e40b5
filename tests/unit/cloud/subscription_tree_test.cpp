// The open broker's subscription tree by itself.
#include "cloud_sim/subscription_tree.hpp"

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {
namespace {

struct party final : subscriber {
  explicit party(std::string n) : name(std::move(n)) {}
  std::string name;
};

std::string found(subscription_tree& tree, std::string_view topic) {
  std::vector<subscription_tree::match> matches;
  tree.find(topic, matches);
  std::string out;
  for (const auto& m : matches) {
    out += static_cast<party*>(m.who)->name + std::to_string(static_cast<int>(m.qos)) + " ";
  }
  return out;
}

constexpr auto q0 = mqtt::qos::at_most_once;
constexpr auto q1 = mqtt::qos::at_least_once;
constexpr auto q2 = mqtt::qos::exactly_once;
using outcome = subscription_tree::outcome;

TEST(subscription_tree, finds_whoever_the_filter_rules_select) {
  const std::vector<std::string> filters{
    "#", "+", "a", "a/#", "a/+", "a/b", "a/+/c", "+/b", "+/+", "/+", "/#", "a//b", "a/b/#",
    "+/b/#", "a/b/c", "/", "+/", "$SYS/#", "$SYS/+", "+/x", "a/b/c/d", "//", "#",
  };
  const std::vector<std::string> topics{
    "a", "b", "a/b", "a/b/c", "/", "/a", "//", "a//b", "a/", "$SYS/x", "$SYS", "a/b/c/d", "x/b/c",
  };
  for (const auto& f : filters) {
    subscription_tree tree{{}};
    party p{"p"};
    ASSERT_EQ(tree.subscribe(p, f, q1), outcome::added);
    for (const auto& t : topics) {
      EXPECT_EQ(!found(tree, t).empty(), mqtt::matches(f, t)) << f << " against " << t;
    }
  }
}

TEST(subscription_tree, answers_an_overlapped_subscriber_once_with_the_highest_qos) {
  subscription_tree tree{{}};
  party p{"p"};
  party o{"o"};
  tree.subscribe(p, "a/#", q0);
  tree.subscribe(o, "a/b", q0);
  tree.subscribe(p, "a/b", q2);
  tree.subscribe(p, "+/b", q1);
  EXPECT_EQ(found(tree, "a/b"), "p2 o0 ");
}

TEST(subscription_tree, replaces_the_qos_of_the_same_filter) {
  subscription_tree tree{{}};
  party p{"p"};
  tree.subscribe(p, "a/#", q2);
  EXPECT_EQ(tree.subscribe(p, "a/#", q0), outcome::replaced);
  EXPECT_EQ(found(tree, "a/b"), "p0 ");
  EXPECT_EQ(p.subscription_count(), 1U);
  EXPECT_EQ(tree.subscribe(p, "a", q1), outcome::added); // not the same as a/#
}

TEST(subscription_tree, gives_all_its_nodes_back) {
  subscription_tree tree{{}};
  std::vector<std::unique_ptr<party>> all;
  for (int i = 0; i < 200; ++i) {
    all.push_back(std::make_unique<party>(std::to_string(i)));
    tree.subscribe(*all.back(), "fleet/" + std::to_string(i % 7) + "/down", q1);
    tree.subscribe(*all.back(), "fleet/+/" + std::to_string(i), q1);
    tree.subscribe(*all.back(), "common/#", q0);
  }
  EXPECT_GT(tree.node_count(), 200U);
  for (int i = 0; i < 200; i += 2) {
    EXPECT_TRUE(tree.unsubscribe(*all[i], "common/#"));
    EXPECT_FALSE(tree.unsubscribe(*all[i], "common/#"));
  }
  std::vector<subscription_tree::match> matches;
  tree.find("common/x", matches);
  EXPECT_EQ(matches.size(), 100U);
  for (int i = 0; i < 200; ++i) {
    tree.remove_all(*all[(i * 37) % 200]);
  }
  EXPECT_EQ(tree.node_count(), 1U);
}

TEST(subscription_tree, survives_a_random_history_against_a_plain_list) {
  const std::vector<std::string> filters{"a", "a/#", "+", "a/+", "#", "a/b", "+/b", "b/#"};
  subscription_tree tree{{}};
  std::vector<std::unique_ptr<party>> parties;
  std::vector<std::vector<int>> model(20, std::vector<int>(filters.size(), -1));
  for (int i = 0; i < 20; ++i) {
    parties.push_back(std::make_unique<party>(std::to_string(i)));
  }
  random_stream random{1, 2, "history"};
  for (int step = 0; step < 5000; ++step) {
    const auto p = random.below(20);
    const auto f = random.below(filters.size());
    switch (random.below(5)) {
      case 0: {
        tree.remove_all(*parties[p]);
        model[p].assign(filters.size(), -1);
        break;
      }
      case 1: {
        EXPECT_EQ(tree.unsubscribe(*parties[p], filters[f]), model[p][f] >= 0);
        model[p][f] = -1;
        break;
      }
      default: {
        const auto q = static_cast<int>(random.below(3));
        tree.subscribe(*parties[p], filters[f], static_cast<mqtt::qos>(q));
        model[p][f] = q;
      }
    }
    std::vector<subscription_tree::match> matches;
    tree.find("a/b", matches);
    std::vector<int> got(20, -1);
    for (const auto& m : matches) {
      got[std::stoul(static_cast<party*>(m.who)->name)] = static_cast<int>(m.qos);
    }
    for (std::size_t i = 0; i < 20; ++i) {
      int expected = -1;
      for (std::size_t k = 0; k < filters.size(); ++k) {
        if (mqtt::matches(filters[k], "a/b")) {
          expected = std::max(expected, model[i][k]);
        }
      }
      ASSERT_EQ(got[i], expected) << "step " << step;
    }
  }
}

TEST(subscription_tree, refuses_what_passes_its_limits) {
  subscription_tree tree{{.nodes_max = 10, .levels_max = 4, .per_subscriber_max = 3}};
  party p{"p"};
  EXPECT_EQ(tree.subscribe(p, "a/b/c/d/e", q0), outcome::too_deep);
  EXPECT_EQ(tree.subscribe(p, "a/b/c/d", q0), outcome::added);
  EXPECT_EQ(tree.subscribe(p, "e", q0), outcome::added);
  EXPECT_EQ(tree.subscribe(p, "f", q0), outcome::added);
  EXPECT_EQ(tree.subscribe(p, "g", q0), outcome::too_many);
  EXPECT_EQ(tree.subscribe(p, "f", q1), outcome::replaced);
  party o{"o"};
  EXPECT_EQ(tree.subscribe(o, "h/i/j/k", q0), outcome::too_many); // nodes
  EXPECT_EQ(found(tree, "h/i/j/k"), "");
}

TEST(subscription_tree, takes_a_topic_of_sixty_thousand_levels) {
  subscription_tree tree{{}};
  party p{"p"};
  tree.subscribe(p, "#", q0);
  tree.subscribe(p, "+/+/+", q0);
  EXPECT_EQ(found(tree, std::string(60'000, '/')), "p0 ");
}

} // namespace
} // namespace fleet::cloud
