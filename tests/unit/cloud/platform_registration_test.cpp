// Dynamic registration over MQTT at the platform (aliyun-iot.md §5.5): who is told its secret or
// token, who is not, and that nobody is online by it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/alink/registration.hpp"
#include "tests/support/listed_credentials.hpp"
#include "tests/support/twin_peers.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace support;
using alink::sign_method;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr std::string_view secret = "PsAbCdEfGhIjKlMn";

struct registration : testing::Test {
  explicit registration(cloud::twin_options o = {}) : bench(prepared(std::move(o))) {}

  cloud::twin_options prepared(cloud::twin_options o) {
    o.credentials = &source;
    o.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
    o.listeners.push_back(
        {.at = hal::parse_address("127.0.0.1:8883").value(), .security = &security});
    o.products.push_back({.product_key = "a1SubPk0001", .secret = std::string{secret}});
    o.products.push_back({.product_key = "a1Open00001",
                          .flags = cloud::product_admits_unlisted,
                          .secret = std::string{secret}});
    o.products.push_back({.product_key = "a1Off000001"});
    return o;
  }
  /// A connection over TLS, or a plain one, with CONNECT of these strings.
  guest& arrive(const alink::direct_login& login, bool tls = true) {
    bench.guests.push_back(std::make_unique<guest>(bench.world.home(), bench.at[tls ? 1 : 0]));
    auto& g = *bench.guests.back();
    g.security = tls ? &security : nullptr;
    texts.push_back(std::make_unique<alink::direct_login>(login));
    mqtt::connect_view fields;
    fields.clean_session = true;
    fields.keep_alive_s = 60;
    fields.client_id = texts.back()->client_id;
    fields.has_username = fields.has_password = true;
    fields.username = texts.back()->username;
    fields.password = as_bytes(texts.back()->password);
    g.open(fields);
    bench.settle();
    return g;
  }
  alink::registrant asker(std::string_view name = "sub_0000",
                          std::string_view product = "a1SubPk0001") {
    return {std::string{product}, std::string{name}, std::string{secret}};
  }
  guest& enroll(const alink::registrant& who, bool tls = true, bool listed = true) {
    return arrive(alink::make_registration_login(who, "0a1b2c3d", sign_method::hmacsha256, listed),
                  tls);
  }
  std::string verdict(guest& g) { return g.events.empty() ? "nothing" : g.events.front(); }

  listed_credentials source{3};
  modelled_security security;
  std::vector<std::unique_ptr<alink::direct_login>> texts; ///< what CONNECTs point to
  twin_bench bench;
};

TEST_F(registration, tells_a_listed_device_its_secret_and_closes) {
  auto& g = enroll(asker());
  EXPECT_THAT(g.events,
              ElementsAre("connected", R"(arrived /ext/register={"productKey":"a1SubPk0001",)"
                                       R"("deviceName":"sub_0000","deviceSecret":)"
                                       R"("secret_of_sub_0000"} q0)"));
  EXPECT_TRUE(g.closed);
  EXPECT_EQ(bench.twin->devices_online(), 0U);
  EXPECT_EQ(bench.count(bench.twin->counters().sessions), 0U);
  EXPECT_EQ(
      bench.count(
          bench.twin->counters().ends[static_cast<std::size_t>(cloud::end_reason::dispatched)]),
      1U);
  const auto seen = bench.twin->console()->device({"a1SubPk0001", "sub_0000"});
  EXPECT_EQ(seen.value().state, "unactivated");
  auto& own = arrive(alink::make_direct_login(source.at(0), sign_method::hmacsha1, 2));
  EXPECT_EQ(verdict(own), "connected");
}

TEST_F(registration, may_be_asked_for_again_until_the_device_was_online) {
  enroll(asker());
  EXPECT_EQ(verdict(enroll(asker())), "connected");
  arrive(alink::make_direct_login(source.at(0), sign_method::hmacsha1, 2));
  EXPECT_EQ(verdict(enroll(asker())), "refused 5");
}

TEST_F(registration, what_is_told_is_heard_by_nobody_else) {
  auto& spy = arrive(alink::make_direct_login(source.at(1), sign_method::hmacsha1, 2));
  spy.take();
  for (const std::string_view filter :
       {"/ext/register", "/ext/regnwl", "/ext/+", "/ext/register/#", "/ext/#", "/#", "#"}) {
    spy.subscribe(filter, 1);
    bench.settle();
    EXPECT_THAT(spy.take(), ElementsAre(testing::EndsWith("[80]"))) << filter;
  }
  enroll(asker());
  enroll(asker("fresh_1", "a1Open00001"), true, false);
  EXPECT_THAT(spy.messages(), IsEmpty());
  // Nor can anybody speak there.
  auto& other = arrive(alink::make_direct_login(source.at(2), sign_method::hmacsha1, 2));
  other.take();
  spy.publish("/ext/register", R"({"deviceSecret":"forged"})", 0);
  spy.publish("/ext/regnwl", "{}", 0);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 2U);
  EXPECT_THAT(other.messages(), IsEmpty());
}

TEST_F(registration, takes_every_method_of_signing) {
  for (const auto m : {sign_method::hmacmd5, sign_method::hmacsha1, sign_method::hmacsha256}) {
    EXPECT_EQ(verdict(arrive(alink::make_registration_login(asker(), "0a1b2c3d", m))), "connected");
  }
}

TEST_F(registration, is_refused_with_the_code_of_the_reason_and_nothing_is_told) {
  auto wrong = asker();
  wrong.product_secret = "another";
  struct {
    guest* answer;
    const char* what;
  } const cases[]{
      {&enroll(asker(), false), "refused 5"},                   // plain TCP
      {&enroll(wrong), "refused 4"},                            // product secret
      {&enroll(asker("nobody")), "refused 4"},                  // unknown device
      {&enroll(asker("sub_0000", "a1Off000001")), "refused 5"}, // product switched off
      {&enroll(asker("sub_0000", "a1None00001")), "refused 5"}, // no such product
      {&enroll(asker(), true, false), "refused 5"},             // product wants a list
  };
  for (const auto& c : cases) {
    EXPECT_THAT(c.answer->events, ElementsAre(c.what));
    EXPECT_TRUE(c.answer->closed);
  }
  bench.twin->set_disabled(1, true);
  EXPECT_EQ(verdict(enroll(asker("sub_0001"))), "refused 5");
  auto strange = alink::make_registration_login(asker(), "0a1b2c3d", sign_method::hmacsha256);
  strange.client_id.replace(strange.client_id.find("register"), 8, "guesswork");
  EXPECT_EQ(verdict(arrive(strange)), "refused 5");
}

TEST_F(registration, a_signature_is_no_good_for_another_device_or_random) {
  auto login = alink::make_registration_login(asker(), "0a1b2c3d", sign_method::hmacsha256);
  login.username = "sub_0001&a1SubPk0001";
  EXPECT_EQ(verdict(arrive(login)), "refused 4");
  login = alink::make_registration_login(asker(), "0a1b2c3d", sign_method::hmacsha256);
  login.client_id.replace(login.client_id.find("0a1b2c3d"), 8, "0a1b2c3e");
  EXPECT_EQ(verdict(arrive(login)), "refused 4");
  // Nor is it good for logging on.
  login.client_id = "a1SubPk0001.sub_0000|securemode=2,signmethod=hmacsha256,random=0a1b2c3d|";
  EXPECT_EQ(verdict(arrive(login)), "refused 4");
}

struct unlisted : registration {
  using registration::registration;
  /// What the device is told; it is empty after a refusal.
  alink::device_token enlist(const alink::registrant& who) {
    for (const auto& line : enroll(who, true, false).messages()) {
      constexpr std::string_view head = "/ext/regnwl=";
      EXPECT_TRUE(line.starts_with(head));
      json_reader reader;
      const auto text = line.substr(head.size(), line.rfind('}') + 1 - head.size());
      const auto read = alink::read_token_push(reader, as_bytes(text), who);
      EXPECT_TRUE(read) << text;
      return read ? read.value() : alink::device_token{};
    }
    return {};
  }
};

TEST_F(unlisted, a_device_comes_into_being_and_logs_on_with_its_token) {
  const auto who = asker("fresh_1", "a1Open00001");
  const auto token = enlist(who);
  ASSERT_FALSE(token.token.empty());
  EXPECT_EQ(bench.twin->console()->device({"a1Open00001", "fresh_1"}).value().state, "unactivated");
  auto& g = arrive(alink::make_token_login(who, token));
  EXPECT_EQ(verdict(g), "connected");
  EXPECT_EQ(bench.twin->devices_online(), 1U);
  g.subscribe("/a1Open00001/fresh_1/user/get", 1);
  g.subscribe("/a1Open00001/fresh_2/user/get", 1);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().subscribes_granted), 1U);
  EXPECT_EQ(bench.count(bench.twin->counters().subscribes_refused), 1U);
  EXPECT_THAT(enroll(who, true, false).events, ElementsAre("refused 5")) << "it is active now";
}

TEST_F(unlisted, is_given_the_same_token_until_it_uses_it) {
  const auto who = asker("fresh_1", "a1Open00001");
  const auto first = enlist(who);
  const auto second = enlist(who);
  EXPECT_EQ(first.token, second.token);
  EXPECT_EQ(first.client_id, second.client_id);
}

TEST_F(unlisted, tokens_of_others_and_broken_ones_are_refused) {
  const auto who = asker("fresh_1", "a1Open00001");
  const auto other = asker("fresh_2", "a1Open00001");
  const auto token = enlist(who);
  const auto foreign = enlist(other);
  EXPECT_NE(token.token, foreign.token);
  EXPECT_EQ(verdict(arrive(alink::make_token_login(who, foreign))), "refused 4");
  EXPECT_EQ(verdict(arrive(alink::make_token_login(who, {foreign.client_id, token.token}))),
            "refused 4");
  auto cut = token;
  cut.token.pop_back();
  EXPECT_EQ(verdict(arrive(alink::make_token_login(who, cut))), "refused 4");
  EXPECT_EQ(verdict(arrive(alink::make_token_login(asker("nobody", "a1Open00001"), token))),
            "refused 4");
  EXPECT_EQ(bench.twin->devices_online(), 0U);
}

TEST_F(unlisted, is_refused_without_tls_or_with_a_wrong_signature) {
  auto who = asker("fresh_1", "a1Open00001");
  EXPECT_THAT(enroll(who, false, false).events, ElementsAre("refused 5"));
  who.product_secret = "another";
  EXPECT_THAT(enroll(who, true, false).events, ElementsAre("refused 4"));
  EXPECT_FALSE(bench.twin->console()->device({"a1Open00001", "fresh_1"}).ok());
}

struct few_devices : unlisted {
  few_devices() : unlisted(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.limits.devices_max = 3;
    return o;
  }
};

TEST_F(few_devices, are_no_more_than_the_platform_takes) {
  for (const std::string name : {"fresh_1", "fresh_2", "fresh_3"}) {
    EXPECT_EQ(verdict(enroll(asker(name, "a1Open00001"), true, false)), "connected");
  }
  EXPECT_THAT(enroll(asker("fresh_4", "a1Open00001"), true, false).events,
              ElementsAre("refused 3"));
  EXPECT_EQ(verdict(enroll(asker("fresh_3", "a1Open00001"), true, false)), "connected");
}

} // namespace
} // namespace fleet
