// Peers by address and by silence: long random comparisons with the standard library's containers,
// and that advice about a crowd finds whom it should.
#include "hal_sim/world/peer_table.hpp"

#include <list>
#include <map>
#include <memory>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/world/silence_order.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {
namespace {

/// One of many that differ in address, port or family.
address number(std::uint64_t n) {
  address a;
  a.v6 = n % 3 == 0;
  a.ip[a.v6 ? 15 : 3] = static_cast<std::uint8_t>(n);
  a.ip[2] = static_cast<std::uint8_t>(n >> 8);
  a.port = static_cast<std::uint16_t>(n % 7);
  return a;
}

struct peer {
  peer(const address& who, int& alive) : at(who), counted(alive) { ++counted; }
  ~peer() { --counted; }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;
  const address at;
  int& counted;
};

TEST(peer_table, finds_who_is_there_and_nobody_else_however_they_come_and_go) {
  int alive = 0;
  random_stream chance{1, 2, "peers"};
  {
    peer_table<peer> table;
    std::map<std::uint64_t, peer*> model;
    // Grows, lives for a while, and shrinks to a few: arrivals of a hundred.
    for (const std::uint64_t arrivals : {90U, 50U, 10U}) {
      for (int i = 0; i < 4000; ++i) {
        const std::uint64_t n = chance.next() % 3000;
        const auto known = model.find(n);
        peer* const found = table.find(number(n));
        ASSERT_EQ(found, known == model.end() ? nullptr : known->second) << n;
        if (found == nullptr && chance.next() % 100 < arrivals) {
          model[n] = &table.add(std::make_unique<peer>(number(n), alive));
          ASSERT_EQ(table.find(number(n)), model[n]);
        } else if (found != nullptr && chance.next() % 100 >= arrivals) {
          EXPECT_EQ(table.take(*found).get(), found);
          model.erase(known);
          ASSERT_EQ(table.find(number(n)), nullptr) << "it was found last, too";
        }
        ASSERT_EQ(table.size(), model.size());
      }
      for (const auto& [n, what] : model) {
        ASSERT_EQ(table.find(number(n)), what);
      }
    }
    EXPECT_EQ(static_cast<std::size_t>(alive), model.size());
    EXPECT_GT(alive, 0);
  }
  EXPECT_EQ(alive, 0) << "it owns them";
}

TEST(peer_table, gathers_those_of_a_crowd_whom_it_knows) {
  int alive = 0;
  peer_table<peer> table;
  std::array<peer*, crowd_max> found{};
  const std::vector<address> nobody{number(1)};
  EXPECT_TRUE(table.expect(nobody, 1, found).empty()) << "it knows nobody at all";
  std::vector<address> crowd;
  std::vector<peer*> known;
  for (std::uint64_t n = 0; n < 2 * crowd_max; ++n) {
    crowd.push_back(number(n));
    if (n % 2 == 0) {
      peer* const made = &table.add(std::make_unique<peer>(number(n), alive));
      if (n < crowd_max) {
        known.push_back(made);
      }
    }
  }
  const auto gathered = table.expect(crowd, 1, found);
  EXPECT_EQ((std::vector<peer*>{gathered.begin(), gathered.end()}), known)
      << "of the first crowd_max of them";
}

TEST(silence_order, tells_who_was_silent_longest_as_a_list_would) {
  random_stream chance{3, 4, "silence"};
  struct somebody {
    silence_place place = 0;
    std::list<somebody*>::iterator model;
    bool there = false;
  };
  std::vector<somebody> all(50);
  silence_order<somebody> order;
  std::list<somebody*> model;
  EXPECT_TRUE(order.empty());
  EXPECT_EQ(order.front(), nullptr);
  for (int i = 0; i < 20'000; ++i) {
    somebody& s = all[chance.next() % all.size()];
    if (!s.there) {
      s.place = order.add(s);
      s.model = model.insert(model.end(), &s);
      s.there = true;
    } else if (chance.next() % 3 == 0) {
      order.remove(s.place);
      model.erase(s.model);
      s.there = false;
    } else {
      order.touch(s.place);
      model.splice(model.end(), model, s.model);
    }
    ASSERT_EQ(order.empty(), model.empty());
    ASSERT_EQ(order.front(), model.empty() ? nullptr : model.front());
  }
  for (; !model.empty(); model.pop_front()) {
    ASSERT_EQ(order.front(), model.front());
    order.remove(model.front()->place);
  }
  EXPECT_TRUE(order.empty());
}

} // namespace
} // namespace fleet::hal
