// Every table of the store: what is put comes back after reopening, replaced and erased by its key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>

#include "cloud_sim/store/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::cloud {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::int64_t lowest = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t highest = std::numeric_limits<std::int64_t>::max();

std::string line(const product_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.product_secret} + "|"
         + std::string{r.name} + "|" + std::string{r.model} + "|" + std::to_string(r.flags) + "|"
         + std::string{r.config} + "|" + std::to_string(r.config_count) + "|"
         + std::string{r.topics};
}
std::string line(const device_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.device_name} + "|"
         + std::string{r.device_secret} + "|" + std::to_string(static_cast<int>(r.status)) + "|"
         + std::string{r.firmware} + "|" + std::string{r.tags} + "|"
         + std::to_string(r.first_online_ms) + "|" + std::to_string(r.last_online_ms);
}
std::string line(const shadow_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.device_name} + "|"
         + std::string{r.document};
}
std::string line(const desired_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.device_name} + "|"
         + std::string{r.identifier} + "|" + std::string{r.value} + "|" + std::to_string(r.version);
}
std::string line(const reported_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.device_name} + "|"
         + std::string{r.identifier} + "|" + std::string{r.value} + "|" + std::to_string(r.time_ms);
}
std::string line(const topology_row& r) {
  return std::string{r.product_key} + "|" + std::string{r.device_name} + "|"
         + std::string{r.gateway_product_key} + "|" + std::string{r.gateway_device_name} + "|"
         + std::to_string(static_cast<int>(r.state));
}
std::string line(const session_row& r) {
  return std::string{r.client_id} + "|" + std::string{as_text(r.head)};
}
std::string line(const session_message_row& r) {
  return std::string{r.client_id} + "|" + std::to_string(r.place) + "|"
         + std::string{as_text(r.message)};
}
std::string line(const retained_row& r) {
  return std::string{r.topic} + "|" + std::string{as_text(r.message)};
}
std::string line(const ledger_row& r) {
  return std::to_string(r.device) + "|" + std::to_string(static_cast<int>(r.way)) + "|"
         + std::string{as_text(r.account)};
}

std::string line(const firmware_row& r) {
  return std::to_string(r.firmware) + "|" + std::string{r.product_key} + "|" + std::string{r.target}
         + "|" + std::string{r.module} + "|" + std::to_string(r.size) + "|"
         + std::to_string(r.received) + "|" + std::to_string(r.traits) + "|"
         + std::to_string(r.seed) + "|" + std::string{r.md5} + "|" + std::string{r.sha256};
}
std::string line(const firmware_block_row& r) {
  return std::to_string(r.firmware) + "|" + std::to_string(r.block) + "|"
         + std::string{as_text(r.octets)};
}
std::string line(const campaign_row& r) {
  std::string out =
      std::to_string(r.campaign) + "|" + std::to_string(r.firmware) + "|" + std::string{r.rules};
  for (const std::uint32_t n : std::initializer_list<std::uint32_t>{
           r.state, r.halted_by, r.wave, r.already, r.attempts_failed, r.attempts_succeeded,
           r.judged_failed, r.judged}) {
    out += "|" + std::to_string(n);
  }
  return out;
}
std::string line(const rollout_row& r) {
  std::string out = std::to_string(r.campaign) + "|" + std::string{r.device_name};
  for (const int n :
       std::initializer_list<int>{r.state, r.cause, r.step, r.attempts, r.wave, r.offers}) {
    out += "|" + std::to_string(n);
  }
  return out;
}

std::string line(const number_row& r) {
  return std::string{r.kind} + "|" + std::to_string(r.last);
}

struct store_table : testing::Test {
  store_table() : kept(open()) {}
  [[nodiscard]] store open() const {
    auto opened = store::open(folder / "data");
    FLEET_CHECK(opened.ok());
    return std::move(opened).value();
  }
  /// Commits, reopens and answers the whole table.
  template <class Row>
  std::vector<std::string> after_reopening() {
    EXPECT_FALSE(kept.commit().has_value());
    EXPECT_FALSE(kept.dirty());
    kept = store::in_memory(); // lets go of the file first
    kept = open();
    std::vector<std::string> lines;
    const auto count = kept.read<Row>([&](const Row& row) { lines.push_back(line(row)); });
    EXPECT_TRUE(count.ok());
    EXPECT_EQ(count.value(), lines.size());
    return lines;
  }
  support::temp_folder folder;
  store kept;
};

TEST_F(store_table, keeps_products) {
  kept.put(
      product_row{"b", "secret", "lamp", R"({"properties":[]})", UINT32_MAX, "{}", 7, "c1 pub\n"});
  kept.put(product_row{"a", "", "", "", 0});
  EXPECT_THAT(
      after_reopening<product_row>(),
      ElementsAre("a||||0||0|", "b|secret|lamp|{\"properties\":[]}|4294967295|{}|7|c1 pub\n"));
  kept.put(product_row{"b", "other", "lamp", "", 1});
  kept.erase_product("a");
  kept.erase_product("nobody");
  EXPECT_THAT(after_reopening<product_row>(), ElementsAre("b|other|lamp||1||0|"));
}

TEST_F(store_table, keeps_devices) {
  kept.put(device_row{"pk", "2", "s", device_status::active, "1.0.0", R"({"loc":"lab"})",
                      1'700'000'000'000, highest});
  kept.put(device_row{"pk", "1", "s", device_status::deleted, "", "", 0, lowest});
  kept.put(device_row{"pk", "1", "s", device_status::disabled, "", "", 0, lowest});
  EXPECT_THAT(after_reopening<device_row>(),
              ElementsAre("pk|1|s|2|||0|-9223372036854775808",
                          R"(pk|2|s|1|1.0.0|{"loc":"lab"}|1700000000000|9223372036854775807)"));
}

TEST_F(store_table, keeps_shadows) {
  const std::string large(16 * 1024, 'x');
  kept.put(shadow_row{"pk", "1", R"({"state":{}})"});
  kept.put(shadow_row{"pk", "2", "{}"});
  kept.put(shadow_row{"pk", "2", large});
  EXPECT_THAT(after_reopening<shadow_row>(), ElementsAre(R"(pk|1|{"state":{}})", "pk|2|" + large));
  kept.erase_shadow("pk", "2");
  EXPECT_THAT(after_reopening<shadow_row>(), ElementsAre(R"(pk|1|{"state":{}})"));
}

TEST_F(store_table, keeps_desired_properties) {
  kept.put(desired_row{"pk", "1", "power", R"("on")", 2});
  kept.put(desired_row{"pk", "1", "level", "3.50", highest});
  kept.put(desired_row{"pk", "1", "speed", "", 7});
  kept.put(desired_row{"pk", "2", "power", "1", 1});
  EXPECT_THAT(after_reopening<desired_row>(),
              ElementsAre("pk|1|level|3.50|9223372036854775807", R"(pk|1|power|"on"|2)",
                          "pk|1|speed||7", "pk|2|power|1|1"));
  kept.erase_desired("pk", "1", "power");
  EXPECT_EQ(after_reopening<desired_row>().size(), 3U);
  kept.erase_desired("pk", "1");
  EXPECT_THAT(after_reopening<desired_row>(), ElementsAre("pk|2|power|1|1"));
}

TEST_F(store_table, keeps_reported_properties) {
  kept.put(reported_row{"pk", "1", "power", "0", 5});
  kept.put(reported_row{"pk", "1", "power", "1", 6});
  kept.put(reported_row{"pk", "1", "level", "1e3", 0});
  kept.put(reported_row{"pk", "2", "level", "2", 0});
  EXPECT_THAT(after_reopening<reported_row>(),
              ElementsAre("pk|1|level|1e3|0", "pk|1|power|1|6", "pk|2|level|2|0"));
  kept.erase_reported("pk", "1", "level");
  EXPECT_EQ(after_reopening<reported_row>().size(), 2U);
  kept.erase_reported("pk", "1");
  EXPECT_THAT(after_reopening<reported_row>(), ElementsAre("pk|2|level|2|0"));
}

TEST_F(store_table, keeps_the_one_gateway_of_a_sub_device) {
  kept.put(topology_row{"spk", "s", "gpk", "first"});
  kept.put(topology_row{"spk", "s", "gpk", "second"});
  kept.put(topology_row{"spk", "t", "gpk", "first"});
  EXPECT_THAT(after_reopening<topology_row>(),
              ElementsAre("spk|s|gpk|second|1", "spk|t|gpk|first|1"));
  kept.put(topology_row{"spk", "t", "gpk", "first", relation_state::former});
  EXPECT_THAT(after_reopening<topology_row>(),
              ElementsAre("spk|s|gpk|second|1", "spk|t|gpk|first|0"));
  kept.erase_topology("spk", "t");
  EXPECT_THAT(after_reopening<topology_row>(), ElementsAre("spk|s|gpk|second|1"));
}

TEST_F(store_table, keeps_messages_of_sessions_in_their_places) {
  const std::string nought("a\0b", 3);
  kept.put(session_row{"c", as_bytes(nought)});
  kept.put(session_row{"d", {}});
  for (const std::int64_t place : {std::int64_t{300}, std::int64_t{-7}, std::int64_t{2}, highest}) {
    kept.put(session_message_row{"c", place, as_bytes("m" + std::to_string(place))});
  }
  kept.put(session_message_row{"d", 1, as_bytes("other")});
  EXPECT_THAT(after_reopening<session_row>(), ElementsAre("c|" + nought, "d|"));
  EXPECT_THAT(after_reopening<session_message_row>(),
              ElementsAre("c|-7|m-7", "c|2|m2", "c|300|m300",
                          "c|9223372036854775807|m9223372036854775807", "d|1|other"));
  kept.erase_session_message("c", 2);
  EXPECT_EQ(after_reopening<session_message_row>().size(), 4U);
  kept.erase_session("c");
  EXPECT_THAT(after_reopening<session_row>(), ElementsAre("d|"));
  EXPECT_THAT(after_reopening<session_message_row>(), ElementsAre("d|1|other"));
}

TEST_F(store_table, keeps_retained_messages) {
  kept.put(retained_row{"a/b", as_bytes("1")});
  kept.put(retained_row{"a/b", as_bytes("2")});
  kept.put(retained_row{"\xc3\xa4/'; DROP TABLE retained; --", as_bytes("3")});
  EXPECT_THAT(after_reopening<retained_row>(),
              ElementsAre("a/b|2", "\xc3\xa4/'; DROP TABLE retained; --|3"));
  kept.erase_retained("a/b");
  EXPECT_EQ(after_reopening<retained_row>().size(), 1U);
}

TEST_F(store_table, keeps_accounts_of_the_ledger) {
  kept.put(ledger_row{UINT32_MAX, ledger_way::uplink, as_bytes("u")});
  kept.put(ledger_row{7, ledger_way::downlink, as_bytes("d")});
  kept.put(ledger_row{7, ledger_way::uplink, as_bytes("u")});
  kept.put(ledger_row{7, ledger_way::refused, as_bytes("r")});
  EXPECT_THAT(after_reopening<ledger_row>(),
              ElementsAre("7|0|u", "7|1|d", "7|2|r", "4294967295|0|u"));
  kept.erase_ledger(7);
  EXPECT_THAT(after_reopening<ledger_row>(), ElementsAre("4294967295|0|u"));
}

TEST_F(store_table, keeps_firmware_and_finds_its_blocks_one_by_one) {
  kept.put(firmware_row{2, "pk", "2.0.0", "MCU", highest, 7, UINT32_MAX, lowest, "aa", "bb"});
  kept.put(firmware_row{.firmware = 1, .product_key = "pk", .target = "1.0.0"});
  kept.put(firmware_block_row{2, 0, as_bytes("first")});
  kept.put(firmware_block_row{2, 1, as_bytes("sec")});
  kept.put(firmware_block_row{2, 1, as_bytes("second")});
  kept.put(firmware_block_row{1, 0, as_bytes("other")});
  EXPECT_THAT(after_reopening<firmware_row>(),
              ElementsAre("1|pk|1.0.0||0|0|0|0||",
                          "2|pk|2.0.0|MCU|9223372036854775807|7|4294967295|"
                          "-9223372036854775808|aa|bb"));
  EXPECT_THAT(after_reopening<firmware_block_row>(),
              ElementsAre("1|0|other", "2|0|first", "2|1|second"));
  byte_buffer out;
  EXPECT_TRUE(kept.read_block(2, 1, out).value());
  EXPECT_EQ(as_text(out.view()), "second");
  EXPECT_FALSE(kept.read_block(2, 2, out).value());
  EXPECT_FALSE(store::in_memory().read_block(2, 1, out).value());
  kept.erase_firmware(2);
  EXPECT_THAT(after_reopening<firmware_row>(), ElementsAre("1|pk|1.0.0||0|0|0|0||"));
  EXPECT_THAT(after_reopening<firmware_block_row>(), ElementsAre("1|0|other"));
}

TEST_F(store_table, keeps_campaigns_with_their_devices) {
  kept.put(campaign_row{3, 2, "{}", 1, 2, 15, 4, 5, 6, 7, UINT32_MAX});
  kept.put(rollout_row{3, "b", 4, 1, -4, 255, 15, UINT16_MAX});
  kept.put(rollout_row{3, "a"});
  kept.put(rollout_row{4, "a"});
  EXPECT_THAT(after_reopening<campaign_row>(), ElementsAre("3|2|{}|1|2|15|4|5|6|7|4294967295"));
  EXPECT_THAT(after_reopening<rollout_row>(),
              ElementsAre("3|a|0|0|0|0|0|0", "3|b|4|1|-4|255|15|65535", "4|a|0|0|0|0|0|0"));
  kept.erase_campaign(3);
  EXPECT_THAT(after_reopening<campaign_row>(), IsEmpty());
  EXPECT_THAT(after_reopening<rollout_row>(), ElementsAre("4|a|0|0|0|0|0|0"));
}

TEST_F(store_table, keeps_the_last_number_of_each_kind) {
  kept.put(number_row{"firmware", 7});
  kept.put(number_row{"campaign", 3});
  kept.put(number_row{"firmware", UINT32_MAX});
  EXPECT_THAT(after_reopening<number_row>(), ElementsAre("campaign|3", "firmware|4294967295"));
}

TEST_F(store_table, forgets_with_a_device_all_that_is_its_own) {
  for (const char* const name : {"gone", "stays"}) {
    kept.put(device_row{.product_key = "pk", .device_name = name});
    kept.put(shadow_row{"pk", name, "{}"});
    kept.put(desired_row{"pk", name, "p", "1", 1});
    kept.put(reported_row{"pk", name, "p", "1", 1});
    kept.put(topology_row{"pk", name, "gpk", "g"});
  }
  kept.erase_device("pk", "gone");
  EXPECT_THAT(after_reopening<device_row>(), ElementsAre("pk|stays||0|||0|0"));
  EXPECT_THAT(after_reopening<shadow_row>(), ElementsAre("pk|stays|{}"));
  EXPECT_THAT(after_reopening<desired_row>(), ElementsAre("pk|stays|p|1|1"));
  EXPECT_THAT(after_reopening<reported_row>(), ElementsAre("pk|stays|p|1|1"));
  EXPECT_THAT(after_reopening<topology_row>(), ElementsAre("pk|stays|gpk|g|1"));
}

TEST_F(store_table, lets_the_later_write_of_a_batch_win) {
  kept.put(shadow_row{"pk", "1", "first"});
  kept.erase_shadow("pk", "1");
  kept.put(shadow_row{"pk", "2", "x"});
  kept.put(shadow_row{"pk", "1", "last"});
  kept.erase_shadow("pk", "2");
  EXPECT_THAT(after_reopening<shadow_row>(), ElementsAre("pk|1|last"));
}

} // namespace
} // namespace fleet::cloud
