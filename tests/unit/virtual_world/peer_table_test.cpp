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

/// Addresses, of any family and port, that stand in one place of a table of `places` under `key`.
std::vector<address> hostile_set(const hash_key& key, std::size_t count, std::size_t places) {
  std::vector<address> out;
  random_stream chance{5, 6, "hostile"};
  while (out.size() < count) {
    address a;
    a.v6 = true;
    for (auto& octet : a.ip) {
      octet = static_cast<std::uint8_t>(chance.next());
    }
    a.port = static_cast<std::uint16_t>(chance.next());
    if (hash_of(a, key) % places == 0) {
      out.push_back(a);
    }
  }
  return out;
}

TEST(peer_table, is_spread_by_its_key_so_that_nobody_can_crowd_it_who_does_not_know_it) {
  int alive = 0;
  const hash_key guessed{};
  const hash_key secret{0x1234, 0x5678};
  const auto hostile = hostile_set(guessed, 300, 1024);
  const auto longest = [&](const hash_key& key) {
    peer_table<peer> table{key};
    std::size_t most = 0;
    for (const auto& a : hostile) {
      table.add(std::make_unique<peer>(a, alive));
    }
    for (const auto& a : hostile) {
      EXPECT_NE(table.find(a), nullptr);
      most = std::max(most, table.passed(a));
    }
    return most;
  };
  EXPECT_EQ(longest(guessed), hostile.size() - 1) << "all of them in one run";
  EXPECT_LT(longest(secret), 40U);
}

TEST(peer_table, hashes_each_part_of_an_address_under_each_half_of_the_key) {
  const hash_key key{1, 2};
  const address a = number(3);
  address port = a;
  ++port.port;
  address family = a;
  family.v6 = !family.v6;
  for (const auto& other : {port, family, number(4)}) {
    EXPECT_NE(hash_of(a, key), hash_of(other, key));
  }
  for (const hash_key& other : {hash_key{3, 2}, hash_key{1, 3}}) {
    EXPECT_NE(hash_of(a, key), hash_of(a, other));
    EXPECT_NE(address_hash{key}(a), address_hash{other}(a));
  }
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
