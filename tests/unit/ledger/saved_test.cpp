// Accounts that are saved and loaded: nothing is lost, a damaged one is refused.
#include <gtest/gtest.h>

#include "protocol/base/random.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::ledger {
namespace {

using octets = std::vector<std::uint8_t>;

template <class Account>
octets saved(const Account& a) {
  byte_buffer out;
  a.save(out);
  return {out.view().begin(), out.view().end()};
}

std::string lines(const sender_account* sender, const receiver_account* receiver) {
  std::string out;
  append_lines(out, "up", 7, sender, receiver);
  return out;
}

/// A sender and its receiver after three boots, with losses, repeats and messages that overtook.
struct worn_accounts {
  worn_accounts() {
    random_stream chance{1, 2, "saved"};
    std::uint32_t connection = 0;
    for (int boot = 0; boot < 3; ++boot) {
      sender.boot();
      for (int i = 0; i < 400; ++i) {
        connection += chance.below(20) == 0 ? 1 : 0;
        const auto t = sender.attempt(7, chance.below(4) != 0);
        if (i != 2 && chance.below(10) != 0) {
          receiver.accept(t, false, connection);
        }
        if (i != 2 && chance.below(10) == 0) {
          receiver.accept(t, chance.below(2) == 0, connection);
        }
        if (chance.below(3) != 0) {
          sender.acknowledge(t.epoch, t.sequence);
        }
      }
      receiver.accept({7, sender.epoch(), 3}, false, connection); // overtaken by all others
    }
  }
  sender_account sender;
  receiver_account receiver;
};

TEST(saved_account, comes_back_as_it_was) {
  const worn_accounts worn;
  const auto sender = sender_account::load(saved(worn.sender));
  const auto receiver = receiver_account::load(saved(worn.receiver));
  ASSERT_TRUE(sender && receiver);
  EXPECT_EQ(lines(&*sender, &*receiver), lines(&worn.sender, &worn.receiver));
  const auto before = reconcile(&worn.sender, &worn.receiver);
  const auto after = reconcile(&*sender, &*receiver);
  EXPECT_EQ(after.acknowledged, before.acknowledged);
  EXPECT_EQ(after.duplicated, before.duplicated);
  EXPECT_EQ(after.unexplained, before.unexplained);
  EXPECT_EQ(after.out_of_order, before.out_of_order);
  EXPECT_EQ(after.recovered, before.recovered);
  EXPECT_GT(before.duplicated, 0U);
  EXPECT_GT(before.out_of_order, 0U);
  EXPECT_EQ(sender->epoch(), 3U);
}

TEST(saved_account, comes_back_when_nothing_ever_happened) {
  EXPECT_EQ(sender_account::load(saved(sender_account{}))->epoch(), 0U);
  EXPECT_EQ(receiver_account::load(saved(receiver_account{}))->accepted(), 0U);
  sender_account booted;
  booted.boot();
  booted.boot();
  EXPECT_EQ(sender_account::load(saved(booted))->epoch(), 2U);
}

TEST(saved_account, goes_on_where_it_stopped) {
  sender_account first;
  first.boot();
  for (int i = 0; i < 10; ++i) {
    first.attempt(7, true);
  }
  auto sender = sender_account::load(saved(first));
  ASSERT_TRUE(sender);
  EXPECT_EQ(sender->attempt(7, true), (tag{7, 1, 11}));
  EXPECT_TRUE(sender->acknowledge(1, 4));
  EXPECT_FALSE(sender->acknowledge(1, 12));

  receiver_account arrived;
  arrived.accept({7, 1, 1}, false, 9);
  auto receiver = receiver_account::load(saved(arrived));
  ASSERT_TRUE(receiver);
  // The first repeat after a restart is explained: its acknowledgement may have died with it.
  EXPECT_EQ(receiver->accept({7, 1, 1}, false, 1), acceptance::duplicate);
  EXPECT_EQ(receiver->accept({7, 1, 1}, false, 1), acceptance::unexplained_duplicate);
  EXPECT_EQ(receiver->accept({7, 1, 2}, false, 1), acceptance::first);
}

TEST(saved_account, takes_some_ten_octets_while_nothing_is_out_of_the_ordinary) {
  sender_account sender;
  receiver_account receiver;
  sender.boot();
  for (int i = 0; i < 100'000; ++i) {
    const auto t = sender.attempt(7, true);
    sender.acknowledge(t.epoch, t.sequence);
    receiver.accept(t, false, 1);
  }
  EXPECT_LE(saved(sender).size(), 12U);
  EXPECT_LE(saved(receiver).size(), 12U);
}

TEST(saved_account, keeps_a_set_of_many_pages) {
  receiver_account scattered;
  for (std::uint32_t n = 2; n < 6000; n += 2) {
    scattered.accept({7, 1, n}, false, 1);
  }
  scattered.accept({7, 1, UINT32_MAX}, false, 1);
  auto back = receiver_account::load(saved(scattered));
  ASSERT_TRUE(back);
  EXPECT_EQ(lines(nullptr, &*back), lines(nullptr, &scattered));
  // What was loaded can be changed at every place.
  for (std::uint32_t n = 1; n < 6000; n += 2) {
    back->accept({7, 1, n}, false, 2);
  }
  EXPECT_EQ(back->accepted(), 6000U);
}

TEST(saved_account, is_refused_when_cut_or_followed_by_something) {
  const worn_accounts worn;
  for (const auto& whole : {saved(worn.sender), saved(worn.receiver)}) {
    for (std::size_t size = 0; size < whole.size(); ++size) {
      const bytes_view cut{whole.data(), size};
      EXPECT_FALSE(sender_account::load(cut) || receiver_account::load(cut)) << size;
    }
    auto more = whole;
    more.push_back(0);
    EXPECT_FALSE(sender_account::load(more) || receiver_account::load(more));
  }
  EXPECT_FALSE(sender_account::load(saved(worn.receiver)));
  EXPECT_FALSE(receiver_account::load(saved(worn.sender)));
}

TEST(saved_account, is_refused_or_saved_alike_whatever_octet_is_damaged) {
  const worn_accounts worn;
  auto sender = saved(worn.sender);
  auto receiver = saved(worn.receiver);
  for (auto* const whole : {&sender, &receiver}) {
    for (auto& octet : *whole) {
      for (const int bit : {1, 2, 8, 64, 128}) {
        octet = static_cast<std::uint8_t>(octet ^ bit);
        if (const auto loaded = sender_account::load(*whole)) {
          EXPECT_EQ(saved(*loaded), *whole);
          EXPECT_LE(loaded->acknowledged(), loaded->attempted());
        }
        if (const auto loaded = receiver_account::load(*whole)) {
          EXPECT_EQ(saved(*loaded), *whole);
        }
        octet = static_cast<std::uint8_t>(octet ^ bit);
      }
    }
  }
}

TEST(saved_account, is_refused_when_it_contradicts_itself) {
  const auto sender = [](octets o) { return sender_account::load(o).has_value(); };
  const auto receiver = [](octets o) { return receiver_account::load(o).has_value(); };
  // layout, former; epoch, attempted, unreliable, settled
  EXPECT_TRUE(sender({1, 0, 1, 5, 0, 1, 1, 4}));
  EXPECT_FALSE(sender({1, 0, 1, 4, 0, 1, 1, 4})) << "settled beyond what was attempted";
  EXPECT_FALSE(sender({1, 0, 1, 5, 1, 3, 0, 1, 1, 1})) << "unreliable and not settled";
  EXPECT_FALSE(sender({1, 0, 0, 5, 0, 1, 1, 4})) << "attempted before the first boot";
  EXPECT_FALSE(sender({1, 1, 2, 1, 0, 0, 2, 1, 0, 0})) << "the same epoch twice";
  EXPECT_FALSE(sender({1, 1, 1, 0, 0, 0, 2, 1, 0, 0})) << "a former epoch without attempts";
  EXPECT_FALSE(sender({1, 0x7f, 1, 1, 0, 0})) << "more epochs than octets";
  EXPECT_FALSE(sender({1, 0, 1, 9, 0, 2, 2, 0, 1, 0})) << "ranges without a gap";
  // layout, duplicates, unexplained, out of order, former; epoch, accepted
  EXPECT_TRUE(receiver({2, 0, 0, 0, 0, 1, 1, 1, 4}));
  EXPECT_FALSE(receiver({2, 0, 0, 0, 0, 0, 1, 1, 4})) << "accepted in no epoch";
  EXPECT_FALSE(receiver({2, 0, 0, 0, 0, 1, 1, 0, 4})) << "the number 0";
  EXPECT_FALSE(receiver({2, 0, 0, 0, 0, 1, 1, 2, 0xff, 0xff, 0xff, 0xff, 0x0f}))
      << "beyond 32 bits";
}

} // namespace
} // namespace fleet::ledger
