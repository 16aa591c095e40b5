// The board's persistent store.
#include "hal_sim/board/kv_store.hpp"

#include <map>
#include <string>

#include <gtest/gtest.h>

#include "protocol/base/random.hpp"

namespace fleet::hal {
namespace {

std::string text_of(const kv_store& kv, std::string_view key) {
  const auto found = kv.get(key);
  return found ? std::string{as_text(*found)} : "(none)";
}

TEST(kv_store, holds_nothing_and_no_heap_at_first) {
  const kv_store kv;
  EXPECT_EQ(kv.entries(), 0U);
  EXPECT_EQ(kv.memory_bytes(), 0U);
  EXPECT_EQ(kv.capacity(), 4'096U);
  EXPECT_FALSE(kv.get("a"));
}

TEST(kv_store, stores_replaces_and_erases) {
  kv_store kv;
  ASSERT_TRUE(kv.put("a", as_bytes("one")).ok());
  ASSERT_TRUE(kv.put("ab", as_bytes("two")).ok());
  ASSERT_TRUE(kv.put("b", {}).ok());
  EXPECT_EQ(text_of(kv, "a"), "one");
  EXPECT_EQ(text_of(kv, "ab"), "two");
  EXPECT_EQ(text_of(kv, "b"), "");
  ASSERT_TRUE(kv.put("a", as_bytes("a longer one")).ok());
  EXPECT_EQ(text_of(kv, "a"), "a longer one");
  EXPECT_EQ(text_of(kv, "ab"), "two");
  EXPECT_EQ(kv.entries(), 3U);
  EXPECT_EQ(kv.used(), 3U * 3 + 1 + 12 + 2 + 3 + 1);
  EXPECT_TRUE(kv.erase("ab"));
  EXPECT_FALSE(kv.erase("ab"));
  EXPECT_EQ(text_of(kv, "ab"), "(none)");
  EXPECT_EQ(text_of(kv, "a"), "a longer one");
  EXPECT_TRUE(kv.erase("a"));
  EXPECT_TRUE(kv.erase("b"));
  EXPECT_EQ(kv.memory_bytes(), 0U);
}

TEST(kv_store, keeps_numbers_and_tells_them_from_other_values) {
  kv_store kv;
  ASSERT_TRUE(kv.put_number("n", 0x0102030405060708ULL).ok());
  ASSERT_TRUE(kv.put("s", as_bytes("short")).ok());
  EXPECT_EQ(kv.get_number("n"), 0x0102030405060708ULL);
  EXPECT_EQ(kv.get_number("s"), std::nullopt);
  EXPECT_EQ(kv.get_number("x"), std::nullopt);
}

TEST(kv_store, refuses_what_does_not_fit_and_keeps_what_it_has) {
  kv_store kv{20};
  ASSERT_TRUE(kv.put("key", as_bytes("0123456789")).ok()); // 16
  EXPECT_EQ(kv.put("k", as_bytes("1")).error(), kv_error::full);
  EXPECT_TRUE(kv.put("k", {}).ok()); // 20: to the last octet
  EXPECT_EQ(kv.used(), kv.capacity());
  EXPECT_EQ(kv.put("key", as_bytes("0123456789+")).error(), kv_error::full);
  EXPECT_EQ(text_of(kv, "key"), "0123456789");
  EXPECT_TRUE(kv.put("key", as_bytes("9876543210")).ok()); // a replacement needs no room beside
  EXPECT_EQ(text_of(kv, "key"), "9876543210");
}

TEST(kv_store, refuses_empty_and_overlong_keys_and_values) {
  kv_store kv{1'000'000};
  EXPECT_EQ(kv.put("", as_bytes("x")).error(), kv_error::bad_key);
  EXPECT_TRUE(kv.put(std::string(255, 'k'), as_bytes("x")).ok());
  EXPECT_EQ(kv.put(std::string(256, 'k'), as_bytes("x")).error(), kv_error::bad_key);
  EXPECT_TRUE(kv.put("v", as_bytes(std::string(65'535, 'v'))).ok());
  EXPECT_EQ(kv.put("v", as_bytes(std::string(65'536, 'v'))).error(), kv_error::too_large);
  EXPECT_EQ(kv.get("v")->size(), 65'535U);
  EXPECT_EQ(text_of(kv, std::string(255, 'k')), "x");
}

TEST(kv_store, takes_a_view_into_itself) {
  kv_store kv;
  ASSERT_TRUE(kv.put("a", as_bytes("value")).ok());
  ASSERT_TRUE(kv.put("a", *kv.get("a")).ok());
  ASSERT_TRUE(kv.put("b", *kv.get("a")).ok());
  EXPECT_EQ(text_of(kv, "a"), "value");
  EXPECT_EQ(text_of(kv, "b"), "value");
}

TEST(kv_store, agrees_with_a_map_over_many_random_steps) {
  kv_store kv{600};
  std::map<std::string, std::string> model;
  random_stream random{1, 0, "kv"};
  const auto size_of = [&] {
    std::size_t size = 0;
    for (const auto& [key, value] : model) {
      size += kv_store::entry_overhead_bytes + key.size() + value.size();
    }
    return size;
  };
  int refused = 0;
  for (int step = 0; step < 20'000; ++step) {
    const std::string key(1 + random.below(3), static_cast<char>('a' + random.below(6)));
    if (random.below(4) == 0) {
      EXPECT_EQ(kv.erase(key), model.erase(key) == 1);
    } else {
      const std::string value(random.below(120), static_cast<char>('A' + random.below(26)));
      const auto before = model;
      model[key] = value;
      if (size_of() > kv.capacity()) {
        model = before;
        ++refused;
        EXPECT_EQ(kv.put(key, as_bytes(value)).error(), kv_error::full);
      } else {
        EXPECT_TRUE(kv.put(key, as_bytes(value)).ok());
      }
    }
    ASSERT_EQ(kv.used(), size_of());
    ASSERT_EQ(kv.entries(), model.size());
    for (const auto& [k, v] : model) {
      ASSERT_EQ(text_of(kv, k), v);
    }
  }
  EXPECT_GT(refused, 100);
}

} // namespace
} // namespace fleet::hal
