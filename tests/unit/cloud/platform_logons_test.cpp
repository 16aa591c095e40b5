// Tokens of pre-auth, and a twin that takes them at CONNECT.
#include <gtest/gtest.h>

#include "cloud_sim/logon_tokens.hpp"
#include "cloud_sim/secrets.hpp"
#include "protocol/alink/logon.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet::cloud {
namespace {

using support::twin_bench;

constexpr std::int64_t now_s = 1'700'000'000;

TEST(logon_tokens, are_recognized_until_they_expire_and_by_their_key_alone) {
  const logon_tokens mint{"key"};
  const auto given = mint.issue(7, "id7", now_s);
  EXPECT_EQ(mint.recognize(given.iot_id, given.iot_token, now_s), 7U);
  EXPECT_EQ(mint.recognize(given.iot_id, given.iot_token, now_s + logon_token_life_s - 1), 7U);
  EXPECT_FALSE(mint.recognize(given.iot_id, given.iot_token, now_s + logon_token_life_s));
  EXPECT_FALSE(logon_tokens{"another"}.recognize(given.iot_id, given.iot_token, now_s));
  EXPECT_LE(given.iot_id.size(), alink::max_iot_id);
  EXPECT_LE(given.iot_token.size(), alink::max_iot_token);
}

TEST(logon_tokens, are_refused_for_another_device_or_with_any_character_changed) {
  const logon_tokens mint{"key"};
  const auto given = mint.issue(7, "id7", now_s);
  EXPECT_FALSE(mint.recognize(mint.issue(8, "id8", now_s).iot_id, given.iot_token, now_s));
  for (std::size_t i = 0; i < given.iot_token.size(); ++i) {
    auto changed = given.iot_token;
    changed[i] = changed[i] == '0' ? '1' : '0';
    EXPECT_FALSE(mint.recognize(given.iot_id, changed, now_s)) << i;
    EXPECT_FALSE(mint.recognize(given.iot_id, given.iot_token.substr(0, i), now_s)) << i;
  }
  for (const std::string_view id : {"", "id", "id77", "ID7"}) {
    EXPECT_FALSE(mint.recognize(id, given.iot_token, now_s)) << id;
  }
}

/// A CONNECT with a token, with the strings it points to.
struct token_login {
  token_login(twin_bench& bench, const logon_token& token) {
    alink::preauth_grant grant;
    grant.iot_id = token.iot_id;
    grant.iot_token = token.iot_token;
    grant.host = "h";
    grant.port = 1;
    text = alink::make_preauth_login(bench.credentials.at(3), grant, {.secure_mode = 0});
    fields.client_id = text.client_id;
    fields.has_username = fields.has_password = true;
    fields.username = text.username;
    fields.password = as_bytes(text.password);
    fields.clean_session = true;
    fields.keep_alive_s = 60;
  }
  token_login(const token_login&) = delete;
  token_login& operator=(const token_login&) = delete;
  alink::direct_login text;
  mqtt::connect_view fields;
};

twin_options with_key(std::string key) {
  twin_options o;
  o.logon_key = std::move(key);
  return o;
}

TEST(platform_logons, admit_a_device_by_its_token_with_its_own_rights) {
  twin_bench bench{with_key("key")};
  auto& logons = *bench.twin->logons();
  const auto who = bench.credentials.at(3);
  const device_name_view name{who.product_key, who.device_name};
  ASSERT_TRUE(logons.find(name).has_value());
  EXPECT_FALSE(logons.find(name)->activated);
  const auto token = logons.grant(name);
  ASSERT_TRUE(token.has_value());
  EXPECT_EQ(token->iot_id, iot_id_of(who.product_key, who.device_name))
      << "one identity, however a device comes by it";
  const token_login login{bench, *token};
  auto& device = bench.arrive(login.fields);
  EXPECT_EQ(bench.twin->devices_online(), 1U);
  EXPECT_TRUE(logons.find(name)->activated);
  device.subscribe(support::own_topic(bench.credentials, 3, "", "user/get"), 1);
  device.subscribe(support::own_topic(bench.credentials, 4, "", "user/get"), 1);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().subscribes_granted), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().subscribes_refused), 1U);
}

TEST(platform_logons, refuse_tokens_of_others_and_devices_that_are_disabled) {
  twin_bench bench{with_key("key")};
  const auto who = bench.credentials.at(3);
  const auto iot_id = iot_id_of(who.product_key, who.device_name);
  const auto forged = logon_tokens{"another"}.issue(3, iot_id, 0);
  const token_login wrong{bench, forged};
  bench.arrive(wrong.fields);
  EXPECT_EQ(bench.count(bench.twin->counters().connects[4]), 1U);
  const auto elsewhere = logon_tokens{"key"}.issue(4, iot_id, 0);
  const token_login moved{bench, elsewhere};
  bench.arrive(moved.fields);
  EXPECT_EQ(bench.count(bench.twin->counters().connects[4]), 2U) << "the index is another's";
  const device_name_view name{who.product_key, who.device_name};
  const auto token = bench.twin->logons()->grant(name);
  bench.twin->set_disabled(3, true);
  EXPECT_FALSE(bench.twin->logons()->find(name).has_value());
  const token_login disabled{bench, *token};
  bench.arrive(disabled.fields);
  EXPECT_EQ(bench.count(bench.twin->counters().connects[5]), 1U);
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST(platform_logons, give_no_tokens_without_a_key) {
  twin_bench bench;
  const auto who = bench.credentials.at(3);
  EXPECT_FALSE(bench.twin->logons()->grant({who.product_key, who.device_name}).has_value());
  const auto guessed = logon_tokens{""}.issue(3, iot_id_of(who.product_key, who.device_name), 0);
  const token_login login{bench, guessed};
  bench.arrive(login.fields);
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST(platform_logons, know_products_and_whether_they_register) {
  twin_options o;
  product_options lamp;
  lamp.product_key = "lamp";
  lamp.secret = "ps";
  product_options fan;
  fan.product_key = "fan";
  o.products = {lamp, fan};
  twin_bench bench{std::move(o)};
  auto& logons = *bench.twin->logons();
  EXPECT_TRUE(logons.product("lamp")->registers);
  EXPECT_EQ(logons.product("lamp")->secret, "ps");
  EXPECT_FALSE(logons.product("fan")->registers);
  EXPECT_FALSE(logons.product("other").has_value());
}

} // namespace
} // namespace fleet::cloud
