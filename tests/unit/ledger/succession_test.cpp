// Accounts that somebody else goes on with: what the former keeper did last is learned from the far
// side, and a real loss stays one.
#include <gtest/gtest.h>

#include "protocol/ledger/reconcile.hpp"
#include "protocol/ledger/succession.hpp"

namespace fleet::ledger {
namespace {

constexpr bool reliable = true;

sender_account copy_of(const sender_account& account) {
  byte_buffer saved;
  account.save(saved);
  return sender_account::load(saved.view()).value();
}

/// A sender whose keeper dies: `known` is as it was told last, `sender` as it was.
struct succession {
  sender_account sender;
  sender_account known;
  receiver_account receiver;

  succession() { sender.boot(); }
  /// It was sent, and both sides know; or the last step is missing.
  tag send(bool acknowledged = true) {
    const tag t = sender.attempt(4, reliable);
    receiver.accept(t, false, 1);
    if (acknowledged) {
      sender.acknowledge(t.epoch, t.sequence);
    }
    return t;
  }
  void tell() { known = copy_of(sender); }
  void die() {
    sender = copy_of(known);
    ASSERT_TRUE(begin_life(sender, 1));
    sender.boot();
  }
  totals sum() const { return reconcile(&sender, &receiver); }
};

TEST(succession, repeats_no_tag_of_a_former_life) {
  succession s;
  const tag before = s.send();
  s.tell();
  s.sender.boot(); // twice more, and nobody is told
  s.sender.boot();
  const tag last = s.send();
  s.die();
  const tag after = s.send();
  EXPECT_GT(after.epoch, last.epoch);
  EXPECT_GT(last.epoch, before.epoch);
  EXPECT_EQ(life_of(after.epoch), 1U);
}

TEST(succession, learns_what_the_former_keeper_did_not_tell) {
  succession s;
  s.send();
  s.tell();
  s.send();
  s.sender.boot();
  s.send(false);
  s.die();
  s.send();
  const totals sum = s.sum();
  EXPECT_EQ(sum.attempted, 4U);
  EXPECT_EQ(sum.accepted, 4U);
  EXPECT_EQ(sum.learned, 2U);
  EXPECT_EQ(sum.unexpected, 0U);
  EXPECT_EQ(sum.lost, 0U);
  EXPECT_EQ(sum.acknowledged, 2U);
}

TEST(succession, still_shows_a_loss_in_either_life) {
  succession s;
  const tag gone = s.sender.attempt(4, reliable);
  s.sender.acknowledge(gone.epoch, gone.sequence);
  s.tell();
  s.die();
  const tag gone_too = s.sender.attempt(4, reliable);
  s.sender.acknowledge(gone_too.epoch, gone_too.sequence);
  EXPECT_EQ(s.sum().lost, 2U);
}

TEST(succession, learns_nothing_of_epochs_that_were_over_when_it_was_told) {
  succession s;
  const tag first = s.send();
  s.sender.boot();
  s.send();
  s.tell();
  s.die();
  s.send();
  s.receiver.accept({4, first.epoch, 9}, false, 1);
  EXPECT_EQ(s.sum().unexpected, 1U);
  s.receiver.accept({4, s.sender.epoch(), 9}, false, 1);
  EXPECT_EQ(s.sum().unexpected, 2U) << "nor of its own";
}

TEST(succession, of_a_device_that_never_began_begins_a_life_of_its_own) {
  sender_account fresh;
  ASSERT_TRUE(begin_life(fresh, 0));
  EXPECT_EQ(fresh.epoch(), 0U);
  ASSERT_TRUE(begin_life(fresh, 1));
  fresh.boot();
  EXPECT_EQ(life_of(fresh.epoch()), 1U);
  ASSERT_TRUE(begin_life(fresh, 2));
  fresh.boot();
  EXPECT_EQ(life_of(fresh.epoch()), 2U);
  EXPECT_FALSE(begin_life(fresh, lives_most));
}

TEST(unheard_of, are_commands_beyond_the_newest_that_is_known) {
  sender_account cloud;
  receiver_account device;
  cloud.boot();
  const auto command = [&](bool acknowledged, bool told) {
    const tag t = cloud.attempt(4, reliable);
    if (acknowledged) {
      cloud.acknowledge(t.epoch, t.sequence);
    }
    if (told) {
      device.accept(t, false, 1);
    }
    return t;
  };
  command(true, false); // lost: a later one arrived
  command(true, true);
  command(true, false); // the device died before it told
  command(false, false);
  const auto unheard = unheard_of(cloud, device, 1);
  EXPECT_EQ(unheard.accepted(), 1U);
  const auto sum = reconcile(&cloud, &device, 1, &unheard);
  EXPECT_EQ(sum.lost, 1U);
  EXPECT_EQ(sum.refused, 1U) << "which whoever asks calls orphaned";
  EXPECT_EQ(unheard_of(cloud, device, 2).accepted(), 0U) << "of an earlier run";
}

} // namespace
} // namespace fleet::ledger
