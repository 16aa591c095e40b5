// Both accounts and their reconciliation, one sentence for each total.
#include <gtest/gtest.h>

#include "protocol/ledger/reconcile.hpp"

namespace fleet::ledger {
namespace {

constexpr bool reliable = true;
constexpr bool qos0 = false;
constexpr bool dup = true;
constexpr bool fresh = false;

/// One device and its far end.
struct exchange {
  sender_account sender;
  receiver_account receiver;

  exchange() { sender.boot(); }
  tag attempt(bool is_reliable = reliable) { return sender.attempt(4, is_reliable); }
  void acknowledge(const tag& t) { sender.acknowledge(t.epoch, t.sequence); }
  acceptance accept(const tag& t, bool with_dup = fresh, std::uint32_t connection = 1) {
    return receiver.accept(t, with_dup, connection);
  }
  totals sum() const { return reconcile(&sender, &receiver); }
  std::string lines() const {
    std::string out;
    append_lines(out, "uplink", 4, &sender, &receiver);
    return out;
  }
};

TEST(ledger, a_message_that_arrives_and_is_acknowledged_counts_thrice_and_nowhere_else) {
  exchange x;
  const tag t = x.attempt();
  EXPECT_EQ(t, (tag{4, 1, 1}));
  EXPECT_EQ(x.accept(t), acceptance::first);
  x.acknowledge(t);
  const totals sum = x.sum();
  EXPECT_EQ(sum.attempted, 1U);
  EXPECT_EQ(sum.acknowledged, 1U);
  EXPECT_EQ(sum.accepted, 1U);
  EXPECT_EQ(sum.lost + sum.duplicated + sum.unexplained + sum.unexpected + sum.corrupted
                + sum.out_of_order + sum.recovered + sum.unfinished + sum.missing_qos0,
            0U);
}

TEST(ledger, acknowledged_and_never_accepted_is_lost) {
  exchange x;
  const tag first = x.attempt();
  const tag second = x.attempt();
  x.acknowledge(first);
  x.acknowledge(second);
  x.accept(first);
  EXPECT_EQ(x.sum().lost, 1U);
  EXPECT_EQ(x.sum().unfinished, 0U);
}

TEST(ledger, accepted_and_never_acknowledged_is_recovered) {
  exchange x;
  x.accept(x.attempt());
  EXPECT_EQ(x.sum().recovered, 1U);
  EXPECT_EQ(x.sum().lost + x.sum().unfinished, 0U);
}

TEST(ledger, neither_accepted_nor_acknowledged_is_unfinished) {
  exchange x;
  x.attempt();
  EXPECT_EQ(x.sum().unfinished, 1U);
  EXPECT_EQ(x.sum().lost + x.sum().recovered, 0U);
}

TEST(ledger, accepted_and_never_attempted_is_unexpected) {
  exchange x;
  x.attempt();
  x.accept({4, 1, 2});
  x.accept({4, 9, 1});
  EXPECT_EQ(x.sum().unexpected, 2U);
  EXPECT_EQ(x.sum().accepted, 2U);
  EXPECT_EQ(x.sum().recovered, 0U);
}

TEST(ledger, a_resend_with_dup_is_a_duplicate_and_explained) {
  exchange x;
  const tag t = x.attempt();
  x.accept(t);
  EXPECT_EQ(x.accept(t, dup), acceptance::duplicate);
  EXPECT_EQ(x.sum().duplicated, 1U);
  EXPECT_EQ(x.sum().unexplained, 0U);
  EXPECT_EQ(x.sum().accepted, 1U);
}

TEST(ledger, a_resend_without_dup_on_the_same_connection_is_unexplained) {
  exchange x;
  const tag t = x.attempt();
  x.accept(t);
  EXPECT_EQ(x.accept(t), acceptance::unexplained_duplicate);
  EXPECT_EQ(x.sum().duplicated, 1U);
  EXPECT_EQ(x.sum().unexplained, 1U);
}

TEST(ledger, as_many_resends_without_dup_are_explained_as_the_sender_owns_up_to) {
  exchange x;
  const tag t = x.attempt();
  x.acknowledge(t);
  for (int i = 0; i < 4; ++i) {
    x.accept(t);
  }
  for (const std::uint64_t own : {0U, 1U, 2U, 3U, 4U}) {
    totals sum = x.sum();
    sum.explain(own);
    EXPECT_EQ(sum.unexplained, own < 3 ? 3 - own : 0);
    EXPECT_EQ(sum.duplicated, 3U);
    EXPECT_EQ(sum.lost + sum.unexpected, 0U);
  }
}

TEST(ledger, the_first_repeat_on_a_new_connection_is_explained_without_dup) {
  exchange x;
  const tag t = x.attempt();
  x.accept(t, fresh, 1);
  EXPECT_EQ(x.accept(t, fresh, 2), acceptance::duplicate);
  EXPECT_EQ(x.sum().unexplained, 0U);
}

TEST(ledger, the_second_repeat_without_dup_on_that_connection_is_not) {
  exchange x;
  const tag t = x.attempt();
  x.accept(t, fresh, 1);
  x.accept(t, dup, 2);
  EXPECT_EQ(x.accept(t, fresh, 2), acceptance::unexplained_duplicate);
  EXPECT_EQ(x.accept(t, fresh, 3), acceptance::duplicate);
}

TEST(ledger, a_message_first_delivered_on_the_new_connection_needs_dup_there) {
  exchange x;
  const tag first = x.attempt();
  const tag second = x.attempt();
  const tag third = x.attempt();
  x.accept(first, fresh, 1);
  x.accept(third, fresh, 1);
  x.accept(second, fresh, 2);
  EXPECT_EQ(x.accept(second, fresh, 2), acceptance::unexplained_duplicate);
}

TEST(ledger, first_deliveries_must_rise_within_an_epoch) {
  exchange x;
  const tag first = x.attempt();
  const tag second = x.attempt();
  const tag third = x.attempt();
  EXPECT_EQ(x.accept(second), acceptance::first);
  EXPECT_EQ(x.accept(first), acceptance::out_of_order);
  EXPECT_EQ(x.accept(third), acceptance::first);
  EXPECT_EQ(x.sum().out_of_order, 1U);
  EXPECT_EQ(x.sum().accepted, 3U);
}

TEST(ledger, repeats_are_not_judged_by_order) {
  exchange x;
  const tag first = x.attempt();
  const tag second = x.attempt();
  x.accept(first);
  x.accept(second);
  x.accept(first, dup);
  EXPECT_EQ(x.sum().out_of_order, 0U);
}

TEST(ledger, sequences_begin_anew_with_each_epoch_and_do_not_mix) {
  exchange x;
  const tag old = x.attempt();
  x.sender.boot();
  const tag young = x.attempt();
  EXPECT_EQ(old, (tag{4, 1, 1}));
  EXPECT_EQ(young, (tag{4, 2, 1}));
  EXPECT_EQ(x.accept(old), acceptance::first);
  EXPECT_EQ(x.accept(young, fresh, 2), acceptance::first);
  x.acknowledge(young);
  const totals sum = x.sum();
  EXPECT_EQ(sum.attempted, 2U);
  EXPECT_EQ(sum.accepted, 2U);
  EXPECT_EQ(sum.recovered, 1U);
  EXPECT_EQ(sum.acknowledged, 1U);
}

TEST(ledger, a_message_of_a_former_epoch_may_arrive_and_be_acknowledged_after_the_boot) {
  exchange x;
  const tag old = x.attempt();
  x.sender.boot();
  const tag young = x.attempt();
  x.accept(young, fresh, 2);
  EXPECT_EQ(x.accept(old, dup, 2), acceptance::first);
  EXPECT_EQ(x.accept(old, fresh, 2), acceptance::unexplained_duplicate);
  EXPECT_TRUE(x.sender.acknowledge(old.epoch, old.sequence));
  EXPECT_FALSE(x.sender.acknowledge(old.epoch, old.sequence));
  EXPECT_EQ(x.sum().acknowledged, 1U);
  EXPECT_EQ(x.sum().lost, 0U);
  EXPECT_EQ(x.sum().out_of_order, 0U);
}

TEST(ledger, boots_that_send_nothing_count_but_cost_nothing) {
  exchange x;
  for (int i = 0; i < 1'000; ++i) {
    x.sender.boot();
  }
  EXPECT_EQ(x.attempt(), (tag{4, 1'001, 1}));
  EXPECT_EQ(x.lines(), "uplink 4 1001 attempted 1 acknowledged - accepted -\n");
}

TEST(ledger, qos0_that_does_not_arrive_is_missing_and_never_lost_or_unfinished) {
  exchange x;
  x.attempt(qos0);
  x.accept(x.attempt(qos0));
  const totals sum = x.sum();
  EXPECT_EQ(sum.attempted, 2U);
  EXPECT_EQ(sum.missing_qos0, 1U);
  EXPECT_EQ(sum.accepted, 1U);
  EXPECT_EQ(sum.lost + sum.unfinished + sum.recovered + sum.acknowledged, 0U);
}

TEST(ledger, qos0_is_never_acknowledged) {
  exchange x;
  const tag t = x.attempt(qos0);
  EXPECT_FALSE(x.sender.acknowledge(t.epoch, t.sequence));
  EXPECT_EQ(x.sender.acknowledged(), 0U);
}

TEST(ledger, qos2_done_right_arrives_once_and_leaves_no_trace) {
  exchange x;
  for (int i = 0; i < 10; ++i) {
    const tag t = x.attempt(reliable);
    EXPECT_EQ(x.accept(t), acceptance::first);
    x.acknowledge(t);
  }
  EXPECT_EQ(x.sum().duplicated + x.sum().unfinished + x.sum().lost, 0U);
  EXPECT_EQ(x.sum().acknowledged, 10U);
}

TEST(ledger, qos2_delivered_twice_shows_as_a_duplicate) {
  exchange x;
  const tag t = x.attempt(reliable);
  x.accept(t);
  x.accept(t, dup);
  EXPECT_EQ(x.sum().duplicated, 1U);
}

TEST(ledger, acknowledgements_of_what_was_never_attempted_are_not_counted) {
  exchange x;
  x.attempt();
  EXPECT_FALSE(x.sender.acknowledge(1, 2));
  EXPECT_FALSE(x.sender.acknowledge(1, 0));
  EXPECT_FALSE(x.sender.acknowledge(2, 1));
  EXPECT_FALSE(x.sender.acknowledge(0, 0));
  EXPECT_EQ(x.sender.acknowledged(), 0U);
}

TEST(ledger, a_missing_receiver_makes_what_was_acknowledged_lost) {
  exchange x;
  x.acknowledge(x.attempt());
  x.attempt();
  x.attempt(qos0);
  const totals sum = reconcile(&x.sender, nullptr);
  EXPECT_EQ(sum.lost, 1U);
  EXPECT_EQ(sum.unfinished, 1U);
  EXPECT_EQ(sum.missing_qos0, 1U);
}

TEST(ledger, what_the_receiver_had_no_buffer_for_is_not_lost_and_no_more_than_that) {
  exchange x;
  for (int i = 0; i < 5; ++i) {
    x.acknowledge(x.attempt());
  }
  totals sum = x.sum();
  EXPECT_EQ(explain_oversized(sum, 3), 3U);
  EXPECT_EQ(sum.lost, 2U);
  EXPECT_EQ(sum.oversized, 3U);
  EXPECT_EQ(explain_oversized(sum, 9), 2U) << "no more than were lost";
  EXPECT_EQ(sum.lost, 0U);
  EXPECT_EQ(sum.oversized, 5U);
}

TEST(ledger, a_missing_sender_makes_what_arrived_unexpected) {
  exchange x;
  x.accept({4, 1, 1});
  x.accept({4, 2, 1}, fresh, 2);
  EXPECT_EQ(reconcile(nullptr, &x.receiver).unexpected, 2U);
  EXPECT_EQ(reconcile(nullptr, nullptr).accepted, 0U);
}

TEST(ledger, an_account_that_takes_anothers_place_repeats_none_of_its_tags) {
  sender_account next;
  next.boot_after(6);
  EXPECT_EQ(next.attempt(4, reliable), (tag{4, 7, 1}));
  next.boot_after(3);
  EXPECT_EQ(next.attempt(4, reliable), (tag{4, 8, 1}));
  EXPECT_EQ(next.attempted(), 2U);
}

TEST(ledger, epochs_of_an_earlier_sender_can_be_left_out) {
  exchange x;
  x.sender = {};
  x.sender.boot_after(1);
  x.accept({4, 1, 9});
  x.accept(x.attempt());
  EXPECT_EQ(x.sum().unexpected, 1U);
  const totals sum = reconcile(&x.sender, &x.receiver, 2);
  EXPECT_EQ(sum.unexpected, 0U);
  EXPECT_EQ(sum.accepted, 1U);
  std::string lines;
  append_lines(lines, "downlink", 4, &x.sender, &x.receiver, 2);
  EXPECT_EQ(lines, "downlink 4 2 attempted 1 acknowledged - accepted 1\n");
}

TEST(ledger, totals_add_up_over_a_mixture_of_everything) {
  exchange x;
  for (std::uint32_t i = 1; i <= 1'000; ++i) {
    const tag t = x.attempt(i % 3 != 0);
    if (i % 5 != 0) {
      x.accept(t);
    }
    if (i % 7 != 0) {
      x.acknowledge(t);
    }
  }
  const totals sum = x.sum();
  std::uint64_t lost = 0, recovered = 0, unfinished = 0, missing = 0;
  for (std::uint32_t i = 1; i <= 1'000; ++i) {
    const bool is_reliable = i % 3 != 0, accepted = i % 5 != 0, acknowledged = i % 7 != 0;
    lost += is_reliable && acknowledged && !accepted;
    recovered += is_reliable && !acknowledged && accepted;
    unfinished += is_reliable && !acknowledged && !accepted;
    missing += !is_reliable && !accepted;
  }
  EXPECT_EQ(sum.lost, lost);
  EXPECT_EQ(sum.recovered, recovered);
  EXPECT_EQ(sum.unfinished, unfinished);
  EXPECT_EQ(sum.missing_qos0, missing);
  EXPECT_EQ(sum.attempted, sum.acknowledged + sum.recovered + sum.unfinished + (1'000 / 3));
}

TEST(ledger, totals_of_devices_are_summed_member_by_member) {
  totals a;
  a.attempted = 1;
  a.acknowledged = 2;
  a.accepted = 3;
  a.lost = 4;
  a.duplicated = 5;
  a.unexplained = 6;
  a.unexpected = 7;
  a.corrupted = 8;
  a.out_of_order = 9;
  a.recovered = 10;
  a.unfinished = 11;
  a.missing_qos0 = 12;
  totals b = a;
  b += a;
  EXPECT_EQ(b.attempted, 2U);
  EXPECT_EQ(b.acknowledged, 4U);
  EXPECT_EQ(b.accepted, 6U);
  EXPECT_EQ(b.lost, 8U);
  EXPECT_EQ(b.duplicated, 10U);
  EXPECT_EQ(b.unexplained, 12U);
  EXPECT_EQ(b.unexpected, 14U);
  EXPECT_EQ(b.corrupted, 16U);
  EXPECT_EQ(b.out_of_order, 18U);
  EXPECT_EQ(b.recovered, 20U);
  EXPECT_EQ(b.unfinished, 22U);
  EXPECT_EQ(b.missing_qos0, 24U);
}

TEST(ledger, lines_name_direction_device_epoch_and_ranges) {
  exchange x;
  for (std::uint32_t i = 1; i <= 20; ++i) {
    const tag t = x.attempt(i != 3);
    if (i != 18) {
      x.accept(t);
      x.acknowledge(t);
    }
  }
  x.sender.boot();
  x.attempt();
  x.accept({4, 9, 2}, fresh, 2);
  EXPECT_EQ(x.lines(), "uplink 4 1 attempted 20 acknowledged 1-2,4-17,19-20 accepted 1-17,19-20\n"
                       "uplink 4 2 attempted 1 acknowledged - accepted -\n"
                       "uplink 4 9 attempted 0 acknowledged - accepted 2\n");
}

TEST(ledger, lines_do_not_depend_on_the_order_of_arrival) {
  exchange forward;
  exchange backward;
  for (int i = 0; i < 50; ++i) {
    forward.attempt();
    backward.attempt();
  }
  for (std::uint32_t i = 1; i <= 50; ++i) {
    forward.accept({4, 1 + i % 3, i});
    forward.sender.acknowledge(1, i);
    backward.accept({4, 1 + (51 - i) % 3, 51 - i}, fresh, i);
    backward.sender.acknowledge(1, 51 - i);
  }
  EXPECT_EQ(forward.lines(), backward.lines());
}

TEST(ledger, acknowledged_lines_leave_out_qos0_at_every_edge) {
  exchange x;
  for (std::uint32_t i = 1; i <= 8; ++i) {
    const tag t = x.attempt(i == 2 || i == 3 || i == 5 || i == 7);
    x.acknowledge(t);
  }
  EXPECT_EQ(x.lines(), "uplink 4 1 attempted 8 acknowledged 2-3,5,7 accepted -\n");
}

TEST(ledger, accounts_are_small_while_nothing_goes_wrong) {
  EXPECT_LE(sizeof(sender_account), 64U);
  EXPECT_LE(sizeof(receiver_account), 64U);
}

TEST(ledger, what_was_refused_there_by_its_number_is_not_lost_and_the_rest_is) {
  exchange x;
  receiver_account refused;
  std::vector<tag> sent;
  for (int i = 0; i < 6; ++i) {
    sent.push_back(x.attempt(i == 5 ? qos0 : reliable));
  }
  for (int i = 0; i < 4; ++i) {
    x.acknowledge(sent[i]); // 1 to 4; 5 never is
  }
  x.accept(sent[0]);
  for (const int i : {1, 2, 4, 5}) {
    refused.accept(sent[i], dup, 0);
  }
  x.accept(sent[2], dup); // sent again, and taken then
  const totals sum = reconcile(&x.sender, &x.receiver, 0, &refused);
  EXPECT_EQ(sum.refused, 2U) << "the second, and that of QoS 0";
  EXPECT_EQ(sum.lost, 1U) << "the fourth: nobody refused it";
  EXPECT_EQ(sum.missing_qos0, 0U);
  EXPECT_EQ(sum.unfinished, 1U);
  EXPECT_EQ(x.sum().lost, 2U) << "without those books";
  std::string lines;
  append_lines(lines, "uplink", 4, &x.sender, &x.receiver, 0, &refused);
  EXPECT_EQ(lines, "uplink 4 1 attempted 6 acknowledged 1-4 accepted 1,3 refused 2-3,5-6\n");
}

TEST(ledger, what_was_refused_is_told_by_epoch) {
  exchange x;
  receiver_account refused;
  const tag former = x.attempt();
  x.acknowledge(former);
  x.sender.boot();
  const tag now = x.attempt();
  x.acknowledge(now);
  refused.accept(now, dup, 0);
  EXPECT_EQ(reconcile(&x.sender, &x.receiver, 0, &refused).lost, 1U);
  refused.accept(former, dup, 0);
  EXPECT_EQ(reconcile(&x.sender, &x.receiver, 0, &refused).lost, 0U);
  EXPECT_EQ(reconcile(&x.sender, &x.receiver, 0, &refused).refused, 2U);
  refused.accept({4, 9, 1}, dup, 0);
  EXPECT_EQ(reconcile(&x.sender, &x.receiver, 0, &refused).refused, 2U) << "never sent";
}

} // namespace
} // namespace fleet::ledger
