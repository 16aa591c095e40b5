// Who takes part, in which wave; the same for everybody who asks.
#include "cloud_sim/campaigns/selector.hpp"

#include <gtest/gtest.h>

namespace fleet::cloud {
namespace {

constexpr std::uint32_t fleet_size = 20'000;

campaign_selector named(std::string name) {
  campaign_selector out;
  out.name = std::move(name);
  return out;
}

std::uint32_t count(const campaign_selector& s) {
  std::uint32_t out = 0;
  for (std::uint32_t d = 0; d < fleet_size; ++d) {
    out += chosen(s, d) ? 1 : 0;
  }
  return out;
}

TEST(campaign_selector, chooses_about_as_many_as_it_says_and_others_by_another_name) {
  campaign_selector a = named("a");
  EXPECT_EQ(count(a), fleet_size);
  a.permille = 0;
  EXPECT_EQ(count(a), 0U);
  a.permille = 100;
  EXPECT_NEAR(count(a), fleet_size / 10, 150);
  campaign_selector b = a;
  b.name = "b";
  std::uint32_t both = 0;
  for (std::uint32_t d = 0; d < fleet_size; ++d) {
    both += chosen(a, d) && chosen(b, d) ? 1 : 0;
    EXPECT_EQ(chosen(a, d), chosen(campaign_selector{a}, d));
  }
  EXPECT_NEAR(both, fleet_size / 100, 60);
}

TEST(campaign_selector, a_wider_one_of_the_same_name_keeps_whom_it_had) {
  campaign_selector narrow = named("a");
  narrow.permille = 50;
  campaign_selector wide = named("a");
  wide.permille = 300;
  for (std::uint32_t d = 0; d < fleet_size; ++d) {
    EXPECT_TRUE(!chosen(narrow, d) || chosen(wide, d));
  }
}

TEST(campaign_selector, takes_a_list_and_a_share_of_it) {
  campaign_selector s = named("a");
  s.devices = {3, 5, 900};
  EXPECT_EQ(count(s), 3U);
  EXPECT_TRUE(chosen(s, 5));
  EXPECT_FALSE(chosen(s, 4));
  s.permille = 0;
  EXPECT_EQ(count(s), 0U);
}

TEST(campaign_selector, knows_versions_and_gives_unknown_ones_a_chance) {
  campaign_selector s = named("a");
  EXPECT_TRUE(runs_chosen_version(s, "1.0"));
  s.from_versions = {"1.0", "1.1"};
  EXPECT_TRUE(runs_chosen_version(s, "1.1"));
  EXPECT_TRUE(runs_chosen_version(s, ""));
  EXPECT_FALSE(runs_chosen_version(s, "1.2"));
}

TEST(campaign_selector, sorts_into_waves_of_their_share) {
  campaign_selector s = named("a");
  EXPECT_EQ(wave_count(s), 1);
  EXPECT_EQ(wave_of(s, 7), 0);
  s.waves = {10, 250, 1000};
  ASSERT_EQ(wave_count(s), 3);
  std::array<std::uint32_t, 3> waves{};
  for (std::uint32_t d = 0; d < fleet_size; ++d) {
    ++waves.at(wave_of(s, d));
  }
  EXPECT_NEAR(waves[0], 200, 50);
  EXPECT_NEAR(waves[1], 4'800, 250);
  EXPECT_NEAR(waves[2], 15'000, 250);
}

TEST(campaign_selector, is_valid_within_its_bounds) {
  const auto with = [](auto change) {
    campaign_selector s = named("a");
    change(s);
    return valid(s);
  };
  EXPECT_TRUE(with([](auto&) {}));
  EXPECT_FALSE(with([](auto& s) { s.name.clear(); }));
  EXPECT_FALSE(with([](auto& s) { s.permille = 1001; }));
  EXPECT_FALSE(with([](auto& s) { s.devices = {2, 1}; }));
  EXPECT_FALSE(with([](auto& s) { s.devices = {1, 1}; }));
  EXPECT_FALSE(with([](auto& s) { s.waves = {0, 1000}; }));
  EXPECT_FALSE(with([](auto& s) { s.waves = {10, 999}; }));
  EXPECT_FALSE(with([](auto& s) { s.waves = {10, 10, 1000}; }));
  EXPECT_TRUE(with([](auto& s) {
    s.waves.clear();
    for (std::uint16_t i = 1; i < campaign_waves_max; ++i) {
      s.waves.push_back(i);
    }
    s.waves.push_back(1000);
  }));
  EXPECT_FALSE(with([](auto& s) {
    for (std::uint16_t i = 1; i <= campaign_waves_max; ++i) {
      s.waves.push_back(i);
    }
    s.waves.push_back(1000);
  }));
  EXPECT_TRUE(with([](auto& s) { s.from_versions.resize(campaign_versions_max); }));
  EXPECT_FALSE(with([](auto& s) { s.from_versions.resize(campaign_versions_max + 1); }));
}

} // namespace
} // namespace fleet::cloud
