// Relations and sessions of sub-devices: who may have whom, who is told, and every bound reached.
#include <gtest/gtest.h>

#include "cloud_sim/topology.hpp"

namespace fleet::cloud {
namespace {

using namespace std::chrono_literals;
using alink::topology_change;
using form = topology_notice::form;
constexpr auto good = device_standing::good;

constexpr device_index gw1 = 100;
constexpr device_index gw2 = 200;
constexpr gateway_link link1{gw1, 1};
constexpr gateway_link link2{gw2, 2};
constexpr time_point start{};

int login(topology& t, const gateway_link& through, device_index sub, time_point now = start) {
  return t.login(through, sub, good, false, now).code;
}

/// `form gateway sub change/code` of each notice.
std::vector<std::string> told(const topology_decision& d) {
  std::vector<std::string> out;
  for (const topology_notice& n : d.notices()) {
    const std::string to = std::to_string(n.gateway) + " " + std::to_string(n.sub_device) + " ";
    const std::string change = std::to_string(static_cast<int>(n.change));
    switch (n.what) {
      case form::change: out.push_back("change " + to + change); break;
      case form::error: out.push_back("error " + to + std::to_string(n.code)); break;
      case form::order: out.push_back("order " + to + change); break;
    }
  }
  return out;
}

using lines = std::vector<std::string>;

std::vector<std::pair<device_index, device_index>> relations(const topology& t) {
  std::vector<std::pair<device_index, device_index>> all;
  t.for_each_relation([&](device_index g, device_index s) { all.emplace_back(g, s); });
  return all;
}

TEST(topology, adds_again_without_effect_and_deletes_only_ones_own) {
  topology t;
  EXPECT_EQ(t.add(gw1, 1, good).code, 200);
  EXPECT_EQ(t.add(gw1, 1, good).code, 200);
  EXPECT_EQ(t.relation_count(), 1U);
  EXPECT_EQ(t.gateway_of(1), gw1);
  EXPECT_EQ(t.remove(gw2, 1).code, 6401);
  EXPECT_EQ(t.remove(gw1, 2).code, 6401);
  EXPECT_EQ(t.remove(gw1, 1).code, 200);
  EXPECT_EQ(t.gateway_of(1), std::nullopt);
  EXPECT_EQ(t.remove(gw1, 1).code, 6401);
}

TEST(topology, refuses_to_add_what_may_not_be_added) {
  topology t;
  EXPECT_EQ(t.add(gw1, gw1, good).code, 6402);
  EXPECT_EQ(t.add(gw1, 1, device_standing::unknown).code, 6100);
  EXPECT_EQ(t.add(gw1, 1, device_standing::deleted).code, 6100);
  EXPECT_EQ(t.add(gw1, 1, device_standing::disabled).code, 6204);
  EXPECT_EQ(t.relation_count(), 0U);
}

TEST(topology, has_so_many_sub_devices_a_gateway_and_no_more) {
  topology t{{.sub_devices_max = 3}};
  for (device_index i = 0; i < 3; ++i) {
    EXPECT_EQ(t.add(gw1, i, good).code, 200);
  }
  EXPECT_EQ(t.add(gw1, 3, good).code, 6400);
  EXPECT_EQ(t.add(gw1, 2, good).code, 200) << "it has that one";
  EXPECT_EQ(t.add(gw2, 3, good).code, 200);
  EXPECT_EQ(t.add(gw1, 3, good).code, 6400) << "not even from another gateway";
  EXPECT_EQ(t.gateway_of(3), gw2);
  t.remove(gw1, 0);
  EXPECT_EQ(t.may_add(gw1, 4, good), 200);
  EXPECT_EQ(t.may_add(gw1, 4, good, 1), 6400) << "behind another of the same request";
}

TEST(topology, has_so_many_relations_in_all_and_no_more) {
  topology t{{.relations_max = 2}};
  EXPECT_EQ(t.add(gw1, 1, good).code, 200);
  EXPECT_EQ(t.add(gw2, 2, good).code, 200);
  EXPECT_EQ(t.add(gw1, 3, good).code, 6400);
  EXPECT_EQ(t.add(gw1, 2, good).code, 200) << "a move adds none";
  EXPECT_FALSE(t.load(gw1, 3));
}

TEST(topology, a_sub_device_that_moves_is_taken_from_its_former_gateway) {
  topology t;
  t.add(gw1, 1, good);
  EXPECT_EQ(told(t.add(gw2, 1, good)), (lines{"change 100 1 1"}));
  EXPECT_EQ(t.gateway_of(1), gw2);
  EXPECT_TRUE(t.sub_devices_of(gw1).empty());
  EXPECT_EQ(login(t, link1, 1), 6401);
}

TEST(topology, a_move_ends_the_session_and_says_so) {
  topology t;
  t.add(gw1, 1, good);
  login(t, link1, 1);
  const auto d = t.add(gw2, 1, good);
  EXPECT_EQ(told(d), (lines{"change 100 1 1", "error 100 1 6401"}));
  EXPECT_TRUE(d.session_closed);
  EXPECT_FALSE(t.may_speak(link1, 1));
  EXPECT_EQ(t.online_count(gw1), 0U);
}

TEST(topology, by_rule_a_moved_session_lasts_until_the_new_gateway_logs_in) {
  topology t{{.move_ends_session = false}};
  t.add(gw1, 1, good);
  login(t, link1, 1);
  EXPECT_EQ(told(t.add(gw2, 1, good)), (lines{"change 100 1 1"}));
  EXPECT_TRUE(t.may_speak(link1, 1));
  const auto d = t.login(link2, 1, good, false, start);
  EXPECT_EQ(told(d), (lines{"error 100 1 427"}));
  EXPECT_TRUE(d.session_closed && d.session_opened);
  EXPECT_FALSE(t.may_speak(link1, 1));
  EXPECT_TRUE(t.may_speak(link2, 1));
  EXPECT_EQ(t.online_count(gw1), 0U);
  EXPECT_EQ(t.online_count(gw2), 1U);
}

TEST(topology, by_rule_a_moved_session_also_ends_with_its_link_or_by_deletion) {
  topology t{{.move_ends_session = false}};
  t.add(gw1, 1, good);
  login(t, link1, 1);
  t.add(gw2, 1, good);
  std::vector<device_index> offline;
  t.link_ended(link1, offline);
  EXPECT_EQ(offline, std::vector<device_index>{1});
  t.add(gw1, 1, good);
  login(t, link1, 1);
  t.add(gw2, 1, good);
  EXPECT_EQ(told(t.remove(gw2, 1)), (lines{"error 100 1 6401"}));
  t.add(gw1, 1, good);
  login(t, link1, 1);
  t.add(gw2, 1, good);
  offline.clear();
  t.erase(gw2, offline);
  EXPECT_EQ(offline, std::vector<device_index>{1});
  EXPECT_EQ(t.relation_count(), 0U);
}

TEST(topology, registration_is_refused_for_the_unknown_and_those_bound_elsewhere) {
  topology t;
  EXPECT_EQ(t.registration(gw1, 1, good, false), 200);
  EXPECT_EQ(t.registration(gw1, 1, device_standing::unknown, false), 6100);
  EXPECT_EQ(t.registration(gw1, 1, device_standing::deleted, false), 6100);
  t.add(gw1, 1, good);
  EXPECT_EQ(t.registration(gw1, 1, good, false), 200);
  EXPECT_EQ(t.registration(gw1, 1, device_standing::disabled, true), 200) << "it has it anyway";
  EXPECT_EQ(t.registration(gw2, 1, good, false), 6619);
  EXPECT_EQ(t.registration(gw2, 1, good, true), 6619);
}

TEST(topology, an_active_device_registers_again_at_its_last_gateway_alone) {
  topology t;
  EXPECT_EQ(t.registration(gw1, 1, good, true), 6289);
  t.add(gw1, 1, good);
  t.remove(gw1, 1);
  EXPECT_EQ(t.registration(gw1, 1, good, true), 200) << "it comes back";
  EXPECT_EQ(t.registration(gw2, 1, good, true), 6289);
  t.add(gw2, 1, good);
  t.detach(1);
  EXPECT_EQ(t.registration(gw1, 1, good, true), 6289) << "that was long ago";
  EXPECT_EQ(t.registration(gw2, 1, good, true), 200);
  std::vector<device_index> offline;
  t.erase(1, offline);
  EXPECT_EQ(t.registration(gw2, 1, good, true), 6289) << "nothing is remembered of it";
}

TEST(topology, an_erased_gateway_is_nobodys_last) {
  topology t;
  for (const device_index s : {3U, 1U, 2U}) {
    t.add(gw1, s, good);
  }
  t.add(gw2, 4, good);
  t.remove(gw1, 1);
  t.remove(gw1, 3);
  t.remove(gw2, 4);
  EXPECT_EQ(t.past_and_present_of(gw1), (std::vector<device_index>{1, 2, 3}));
  std::vector<device_index> offline;
  t.erase(gw1, offline);
  EXPECT_TRUE(t.past_and_present_of(gw1).empty());
  for (const device_index s : {1U, 2U, 3U}) {
    EXPECT_EQ(t.former_gateway_of(s), std::nullopt) << s;
  }
  EXPECT_EQ(t.former_gateway_of(4), gw2);
  t.erase(gw2, offline); // which has no sub-device left
  EXPECT_EQ(t.former_gateway_of(4), std::nullopt);
}

TEST(topology, is_loaded_with_whom_sub_devices_belonged_to_last) {
  topology t;
  ASSERT_TRUE(t.load(gw1, 1));
  EXPECT_FALSE(t.load_former(gw2, 1)) << "it has a gateway";
  EXPECT_FALSE(t.load_former(2, 2));
  EXPECT_TRUE(t.load_former(gw1, 2));
  EXPECT_FALSE(t.load_former(gw2, 2)) << "twice";
  EXPECT_EQ(t.gateway_of(2), std::nullopt);
  EXPECT_EQ(t.registration(gw1, 2, good, true), 200);
  EXPECT_EQ(t.registration(gw2, 2, good, true), 6289);
}

TEST(topology, a_login_opens_a_session_once) {
  topology t;
  t.add(gw1, 1, good);
  EXPECT_FALSE(t.may_speak(link1, 1));
  const auto first = t.login(link1, 1, good, false, start);
  EXPECT_TRUE(first.session_opened);
  EXPECT_FALSE(first.session_closed);
  EXPECT_TRUE(first.notices().empty());
  const auto second = t.login(link1, 1, good, false, start);
  EXPECT_EQ(second.code, 200);
  EXPECT_FALSE(second.session_opened || second.session_closed);
  EXPECT_EQ(t.session_of(1), link1);
  EXPECT_EQ(t.online_count(gw1), 1U);
}

TEST(topology, a_login_is_refused_by_standing_and_relation) {
  topology t;
  t.add(gw1, 1, good);
  EXPECT_EQ(t.login(link1, 1, device_standing::unknown, false, start).code, 6100);
  EXPECT_EQ(t.login(link1, 1, device_standing::deleted, false, start).code, 521);
  EXPECT_EQ(t.login(link1, 1, device_standing::disabled, false, start).code, 522);
  EXPECT_EQ(login(t, link2, 1), 6401);
  EXPECT_EQ(login(t, link1, 2), 6401);
  EXPECT_EQ(t.session_of(1), std::nullopt);
}

TEST(topology, a_gateway_has_so_many_online_and_no_more) {
  topology t{{.online_max = 2}};
  for (device_index i = 1; i <= 3; ++i) {
    t.add(gw1, i, good);
  }
  EXPECT_EQ(login(t, link1, 1), 200);
  EXPECT_EQ(t.may_login(link1, 2, good, start, 1), 428);
  EXPECT_EQ(login(t, link1, 2), 200);
  EXPECT_EQ(login(t, link1, 3), 428);
  EXPECT_EQ(login(t, link1, 2), 200) << "it has that session";
  t.logout(link1, 1);
  EXPECT_EQ(login(t, link1, 3), 200);
}

TEST(topology, a_gateway_has_so_many_logins_a_minute_and_no_more) {
  topology t{{.logins_per_minute = 2}};
  t.add(gw1, 1, good);
  EXPECT_EQ(login(t, link1, 1), 200);
  EXPECT_EQ(t.may_login(link1, 1, good, start, 1), 429);
  EXPECT_EQ(login(t, link1, 1), 200);
  EXPECT_EQ(login(t, link1, 1, start + 59s), 429);
  EXPECT_EQ(login(t, link1, 1, start + 60s), 200);
  t.add(gw2, 2, good);
  EXPECT_EQ(login(t, link2, 2), 200) << "another gateway's are counted apart";
}

TEST(topology, a_login_sends_the_sub_devices_own_connection_away_and_the_other_way_round) {
  topology t;
  t.add(gw1, 1, good);
  EXPECT_TRUE(t.login(link1, 1, good, true, start).kick_direct);
  const auto d = t.direct_connected(1);
  EXPECT_EQ(told(d), (lines{"error 100 1 427"}));
  EXPECT_TRUE(d.session_closed);
  EXPECT_EQ(t.session_of(1), std::nullopt);
  EXPECT_TRUE(told(t.direct_connected(1)).empty());
  EXPECT_TRUE(told(t.direct_connected(77)).empty());
}

TEST(topology, a_logout_needs_a_session_through_this_very_link) {
  topology t;
  t.add(gw1, 1, good);
  EXPECT_EQ(t.logout(link1, 1).code, 520);
  login(t, link1, 1);
  EXPECT_EQ(t.logout(link2, 1).code, 520);
  EXPECT_EQ(t.logout({gw1, 9}, 1).code, 520);
  EXPECT_TRUE(t.logout(link1, 1).session_closed);
  EXPECT_EQ(t.logout(link1, 1).code, 520);
}

TEST(topology, a_links_end_takes_its_sessions_and_not_those_of_its_successor) {
  topology t;
  for (device_index i = 1; i <= 3; ++i) {
    t.add(gw1, i, good);
    login(t, link1, i);
  }
  const gateway_link next{gw1, 5};
  const auto again = t.login(next, 2, good, false, start);
  EXPECT_TRUE(again.session_closed && again.session_opened);
  EXPECT_TRUE(again.notices().empty()) << "it is the same gateway";
  std::vector<device_index> offline{77};
  t.link_ended(link1, offline);
  EXPECT_EQ(offline, (std::vector<device_index>{77, 1, 3}));
  EXPECT_TRUE(t.may_speak(next, 2));
  EXPECT_EQ(t.online_count(gw1), 1U);
  t.link_ended(link1, offline);
  t.link_ended({999, 1}, offline);
  EXPECT_EQ(offline.size(), 3U);
}

TEST(topology, the_console_disables_and_enables) {
  topology t;
  t.add(gw1, 1, good);
  login(t, link1, 1);
  const auto d = t.disable(1);
  EXPECT_EQ(told(d), (lines{"order 100 1 8", "change 100 1 8", "error 100 1 522"}));
  EXPECT_TRUE(d.session_closed);
  EXPECT_EQ(told(t.disable(1)), (lines{"order 100 1 8", "change 100 1 8"}));
  EXPECT_EQ(told(t.enable(1)), (lines{"order 100 1 2", "change 100 1 2"}));
  EXPECT_TRUE(told(t.disable(2)).empty());
  EXPECT_TRUE(told(t.enable(2)).empty());
}

TEST(topology, the_console_attaches_and_detaches) {
  topology t;
  EXPECT_EQ(told(t.attach(gw1, 1)), (lines{"change 100 1 0"}));
  EXPECT_TRUE(told(t.attach(gw1, 1)).empty());
  login(t, link1, 1);
  EXPECT_EQ(told(t.attach(gw2, 1)),
            (lines{"change 100 1 1", "error 100 1 6401", "change 200 1 0"}));
  login(t, link2, 1);
  EXPECT_EQ(told(t.detach(1)), (lines{"change 200 1 1", "error 200 1 6401"}));
  EXPECT_EQ(t.detach(1).code, 6401);
  EXPECT_EQ(t.attach(gw1, gw1).code, 6402);
}

TEST(topology, an_erased_sub_device_leaves_and_an_erased_gateway_lets_go) {
  topology t;
  for (device_index i = 1; i <= 4; ++i) {
    t.add(gw1, i, good);
  }
  login(t, link1, 3);
  login(t, link1, 1);
  std::vector<device_index> offline;
  EXPECT_EQ(told(t.erase(3, offline)),
            (lines{"order 100 3 1", "change 100 3 1", "error 100 3 521"}));
  EXPECT_TRUE(offline.empty()) << "the decision says it";
  login(t, link1, 4);
  EXPECT_TRUE(told(t.erase(gw1, offline)).empty());
  EXPECT_EQ(offline, (std::vector<device_index>{1, 4}));
  EXPECT_EQ(t.relation_count(), 0U);
  EXPECT_EQ(t.session_of(1), std::nullopt);
}

TEST(topology, is_visited_in_order_and_loaded_again) {
  topology t;
  t.add(gw2, 5, good);
  t.add(gw1, 9, good);
  t.add(gw1, 2, good);
  t.add(gw1, 7, good);
  const auto stored = relations(t);
  EXPECT_EQ(stored, (std::vector<std::pair<device_index, device_index>>{
                        {gw1, 2}, {gw1, 7}, {gw1, 9}, {gw2, 5}}));
  topology again;
  for (auto i = stored.rbegin(); i != stored.rend(); ++i) {
    EXPECT_TRUE(again.load(i->first, i->second));
  }
  EXPECT_EQ(relations(again), stored);
  EXPECT_FALSE(again.load(gw2, 2)) << "it has a gateway";
  EXPECT_FALSE(again.load(gw1, 2)) << "twice";
  EXPECT_FALSE(again.load(gw1, gw1));
}

TEST(topology, knows_whose_session_the_cloud_ended_and_through_which_link) {
  topology t;
  for (const device_index s : {1U, 2U, 3U, 4U}) {
    t.add(gw1, s, good);
    EXPECT_EQ(login(t, link1, s), 200);
  }
  t.logout(link1, 1);
  EXPECT_FALSE(t.withdrawn(link1, 1)) << "it asked for it";
  t.disable(2);
  EXPECT_EQ(told(t.kick(3)), (lines{"error 100 3 520"}));
  t.add(gw2, 4, good);
  for (const device_index s : {2U, 3U, 4U}) {
    EXPECT_TRUE(t.withdrawn(link1, s)) << s;
    EXPECT_FALSE(t.withdrawn(link2, s)) << s;
    EXPECT_FALSE(t.withdrawn({gw1, 9}, s)) << "a later link knows better: " << s;
  }
  EXPECT_EQ(login(t, link1, 3), 200);
  EXPECT_FALSE(t.withdrawn(link1, 3));
  EXPECT_EQ(login(t, link2, 4), 200);
  EXPECT_TRUE(t.withdrawn(link1, 4)) << "it is logged in elsewhere";
  std::vector<device_index> offline;
  t.link_ended(link2, offline);
  EXPECT_FALSE(t.withdrawn(link2, 4));
}

} // namespace
} // namespace fleet::cloud
