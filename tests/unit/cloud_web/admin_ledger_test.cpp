// The ledger's routes of the admin API over HTTP, against a desk of a few accounts.
#include <map>

#include <gtest/gtest.h>

#include "cloud_sim/web/admin.hpp"
#include "tests/support/web_rig.hpp"

namespace fleet::cloud {
namespace {

/// Accounts that are whatever octets a test puts there.
class few_accounts final : public ledger_desk {
public:
  struct octets {
    std::string uplink;
    std::string downlink;
  };
  std::map<std::uint32_t, octets> kept;
  std::map<std::uint32_t, std::string> turned_away;
  std::string begun;
  bool named = true;

  void begin(std::uint32_t first, std::uint32_t count) override {
    begun += std::to_string(first) + "+" + std::to_string(count) + ";";
  }
  std::optional<std::uint32_t> next(std::uint32_t from) const override {
    const auto at = kept.lower_bound(from);
    return at == kept.end() ? std::nullopt : std::optional{at->first};
  }
  void save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const override {
    uplink.append(kept.at(device).uplink);
    downlink.append(kept.at(device).downlink);
  }
  void save_refused(std::uint32_t device, byte_buffer& refused) const override {
    if (turned_away.contains(device)) {
      refused.append(turned_away.at(device));
    }
  }
  unbooked_tags unbooked() const override { return {3, 2, 1, 4}; }
  std::string name(std::uint32_t device) const override {
    return named ? "pk/d" + std::to_string(device) : std::string{};
  }
};

struct rig_parts {
  few_accounts desk;
  hal::virtual_world clock;
};

struct ledger_rig : rig_parts {
  explicit ledger_rig(bool with_desk = true)
      : api(clock.home(), nullptr, {"0", "mqtt", nullptr, with_desk ? &desk : nullptr}), web(api) {
    api.guard_with({"", web.at});
  }
  std::string ask(std::string_view method, std::string_view target, std::string_view body = {}) {
    const auto a = web.ask(method, target, body);
    return std::to_string(a.status) + " " + a.body;
  }

  admin_api api;
  support::web_rig web;
};

TEST(admin_ledger, shows_what_was_refused_beside_an_account) {
  ledger_rig rig;
  rig.desk.kept = {{7, {"u", "d"}}};
  rig.desk.turned_away = {{7, "r"}};
  EXPECT_NE(rig.ask("GET", "/v1/ledger").find(R"("downlink":"ZA==","refused":"cg=="})"),
            std::string::npos);
}

TEST(admin_ledger, shows_accounts_as_base64_page_by_page) {
  ledger_rig rig;
  rig.desk.kept = {{0, {"up", "down"}}, {7, {"", "x"}}, {9, {"y", ""}}};
  EXPECT_EQ(rig.ask("GET", "/v1/ledger?limit=2"),
            R"(200 {"accounts":[{"index":0,"uplink":"dXA=","downlink":"ZG93bg=="},)"
            R"({"index":7,"uplink":"","downlink":"eA=="}],"next":9,)"
            R"("unbooked":{"corrupted":3,"foreign":2,"unkept":1,"overBound":4}})");
  EXPECT_EQ(rig.ask("GET", "/v1/ledger?from=9"),
            R"(200 {"accounts":[{"index":9,"uplink":"eQ==","downlink":""}],"next":null,)"
            R"("unbooked":{"corrupted":3,"foreign":2,"unkept":1,"overBound":4}})");
  EXPECT_EQ(rig.ask("GET", "/v1/ledger?from=10").substr(0, 35),
            R"(200 {"accounts":[],"next":null,"unb)");
}

TEST(admin_ledger, ends_a_page_of_large_accounts_early) {
  ledger_rig rig;
  const std::string large(100'000, 'x');
  for (std::uint32_t i = 0; i < 5; ++i) {
    rig.desk.kept[i] = {large, large};
  }
  const auto first = rig.ask("GET", "/v1/ledger");
  EXPECT_NE(first.find("\"next\":1"), std::string::npos);
  EXPECT_LT(first.size(), json_reader::max_text);
}

TEST(admin_ledger, begins_anew_and_tells_whom_it_takes_for_the_first_and_the_last) {
  ledger_rig rig;
  EXPECT_EQ(rig.ask("POST", "/v1/ledger", R"({"first":5,"count":10})"),
            R"(200 {"first":"pk/d5","last":"pk/d14","corrupted":3,"foreign":2,"unkept":1,)"
            R"("overBound":4})");
  rig.desk.named = false;
  EXPECT_EQ(rig.ask("POST", "/v1/ledger", R"({"count":1})"),
            R"(200 {"first":null,"last":null,"corrupted":3,"foreign":2,"unkept":1,"overBound":4})");
  EXPECT_EQ(rig.desk.begun, "5+10;0+1;");
}

TEST(admin_ledger, forgets_nothing_of_devices_that_have_other_names) {
  ledger_rig rig;
  const auto post = [&rig](std::string_view names) {
    return rig.ask("POST", "/v1/ledger", R"({"first":5,"count":2,)" + std::string{names} + "}");
  };
  for (const auto names :
       {R"("firstName":"other/d5","lastName":"other/d6")", R"("firstName":"pk/d5","lastName":"")",
        R"("lastName":"pk/d7")", R"("firstName":"pk/d5x")"}) {
    EXPECT_EQ(post(names), R"(409 {"error":"other_devices","detail":"pk/d5 to pk/d6"})") << names;
  }
  EXPECT_EQ(post(R"("firstName":5)").substr(0, 3), "400");
  EXPECT_EQ(post(R"("begin":0)").substr(0, 3), "400");
  EXPECT_EQ(rig.desk.begun, "");
  const std::string good = R"("firstName":"pk/d5","lastName":"pk/d6")";
  EXPECT_EQ(post(good + R"(,"begin":false)").substr(0, 3), "200");
  EXPECT_EQ(rig.desk.begun, "") << "it was only asked";
  EXPECT_EQ(post(good).substr(0, 3), "200");
  EXPECT_EQ(rig.desk.begun, "5+2;");
  rig.desk.named = false;
  EXPECT_EQ(post(good), R"(409 {"error":"other_devices","detail":"nobody to nobody"})");
  EXPECT_EQ(rig.desk.begun, "5+2;");
}

TEST(admin_ledger, refuses_ranges_and_pages_that_are_none) {
  ledger_rig rig;
  for (const auto body : {"", "[]", "{}", R"({"first":5})", R"({"count":0})", R"({"count":-1})",
                          R"({"first":-1,"count":1})", R"({"first":4294967295,"count":1})",
                          R"({"first":1,"count":4294967295})", R"({"count":1,"all":true})"}) {
    EXPECT_EQ(rig.ask("POST", "/v1/ledger", body).substr(0, 3), "400") << body;
  }
  EXPECT_EQ(rig.desk.begun, "");
  for (const auto query : {"?limit=0", "?limit=1001", "?from=x", "?from=4294967296", "?a=1"}) {
    EXPECT_EQ(rig.ask("GET", "/v1/ledger" + std::string{query}).substr(0, 3), "400") << query;
  }
}

TEST(admin_ledger, is_unsupported_where_a_twin_shows_none) {
  ledger_rig rig{false};
  EXPECT_EQ(rig.ask("GET", "/v1/ledger").substr(0, 3), "501");
  EXPECT_EQ(rig.ask("POST", "/v1/ledger", R"({"count":1})").substr(0, 3), "501");
}

} // namespace
} // namespace fleet::cloud
