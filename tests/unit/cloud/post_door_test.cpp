// Devices that only post, at the door behind CoAP and HTTP (aliyun-iot.md §14.4, §17, §18): tokens,
// answers, presence, the ledger, firmware, and what is refused.
#include "protocol/ledger/ledger.hpp"
#include "protocol/ledger/reconcile.hpp"
#include "tests/support/lasting_twin.hpp"
#include "tests/support/post_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using cloud::logon_denial;
using cloud::post_protocol;
using cloud::post_result;
using testing::HasSubstr;
using testing::IsEmpty;

struct post_door : testing::Test, post_rig {
  /// A report of `index` that bears a tag of the ledger.
  std::string tagged(std::uint32_t index, std::uint32_t sequence) {
    byte_buffer out;
    out.append(std::string_view{R"({"id":"1","params":{"t":")"});
    const auto at = ledger::append_tag(out, {index, 1, sequence});
    out.append(std::string_view{R"("},"method":"thing.event.property.post"})"});
    ledger::seal({&out[0], out.size()}, at);
    return std::string{as_text(out.view())};
  }
  [[nodiscard]] std::string_view state(std::uint32_t index) { return view(index).state; }
  [[nodiscard]] std::uint64_t online() {
    return cloud::value(bench.twin->counters().devices_online);
  }
  static constexpr std::string_view good = R"({"id":"1","params":{"LightSwitch":1}})";
};

TEST_F(post_door, answers_a_post_with_what_mqtt_would_have_sent) {
  const auto token = log_on(lamp);
  ASSERT_EQ(token.size(), 40U) << token;
  EXPECT_EQ(post(token, report(lamp), good), post_result::taken);
  EXPECT_THAT(answer, HasSubstr(R"("id":"1")"));
  EXPECT_THAT(answer, HasSubstr(R"("code":200)"));
  EXPECT_THAT(view(lamp).properties, HasSubstr(R"("LightSwitch":{"value":1)"));
  const auto first = message_id;
  EXPECT_EQ(post(token, shadow_update(lamp), R"({"method":"get"})"), post_result::taken);
  EXPECT_THAT(answer, HasSubstr(R"("method":"reply")"));
  EXPECT_GT(message_id, first);
  EXPECT_EQ(
      post(token, sys(lamp, "thing/event/Error/post"), R"({"id":"2","params":{"ErrorCode":7}})"),
      post_result::taken);
  EXPECT_THAT(answer, HasSubstr(R"("code":6309)"));
  EXPECT_EQ(post(token, topic(lamp, "", "update"), "plain octets"), post_result::taken);
  EXPECT_THAT(answer, IsEmpty()) << "nothing is said to it";
  EXPECT_EQ(bench.count(counts().posts), 4U);
}

TEST_F(post_door, gives_no_token_without_the_secret_and_says_disabled_to_the_device_alone) {
  EXPECT_EQ(door().authenticate(question(lamp, {}, "guessed"), post_protocol::coap).error(),
            logon_denial::unauthorized);
  auto nobody = question(lamp);
  nobody.device_name = "nobody";
  EXPECT_EQ(door().authenticate(nobody, post_protocol::coap).error(), logon_denial::unauthorized);
  ASSERT_TRUE(console().disable(name(lamp)).ok());
  EXPECT_EQ(door().authenticate(question(lamp, {}, "guessed"), post_protocol::coap).error(),
            logon_denial::unauthorized);
  EXPECT_EQ(log_on(lamp), "disabled");
  EXPECT_EQ(bench.count(counts().logons_refused), 4U);
  EXPECT_EQ(bench.count(counts().tokens), 0U);
}

TEST_F(post_door, takes_no_token_that_is_old_replaced_foreign_or_of_another_protocol) {
  const auto first = log_on(lamp);
  const auto second = log_on(lamp);
  EXPECT_NE(first, second);
  EXPECT_EQ(post(second, report(lamp), good), post_result::taken);
  EXPECT_EQ(post(first, report(lamp), good), post_result::unknown_token);
  EXPECT_EQ(post(second, report(lamp), good, post_protocol::http), post_result::unknown_token);
  EXPECT_EQ(post("", report(lamp), good), post_result::no_token);
  auto changed = second;
  changed.back() = changed.back() == 'a' ? 'b' : 'a';
  EXPECT_EQ(post(changed, report(lamp), good), post_result::unknown_token);
  EXPECT_EQ(post("00000001" + second.substr(8), report(lamp + 1), good),
            post_result::unknown_token);
  bench.settle(7 * 24h);
  EXPECT_EQ(post(second, report(lamp), good), post_result::expired_token);
  EXPECT_EQ(bench.count(counts().tokens_refused)
                + bench.count(counts(post_protocol::http).tokens_refused),
            6U);
}

TEST_F(post_door, keeps_a_token_until_a_later_one_is_used) {
  const auto own = log_on(lamp);
  ASSERT_EQ(post(own, report(lamp), good), post_result::taken);
  const auto heard = log_on(lamp); // its log-on, which anybody may repeat
  const auto heard_again = log_on(lamp);
  EXPECT_EQ(post(own, report(lamp), good), post_result::taken);
  EXPECT_EQ(post(heard, report(lamp), good), post_result::unknown_token);
  EXPECT_EQ(log_on(lamp, post_protocol::http).size(), 40U);
  EXPECT_EQ(post(heard_again, report(lamp), good), post_result::unknown_token);
  EXPECT_EQ(post(own, report(lamp), good), post_result::taken);
  EXPECT_EQ(door().tokens(), 1U);
  bench.settle(6 * 24h);
  const auto late = log_on(lamp);
  bench.settle(24h);
  EXPECT_EQ(post(own, report(lamp), good), post_result::expired_token);
  EXPECT_EQ(post(late, report(lamp), good), post_result::taken);
  EXPECT_EQ(post(own, report(lamp), good), post_result::unknown_token);
}

TEST_F(post_door, ends_the_token_of_a_device_that_is_disabled_deleted_or_kicked) {
  for (const int how : {0, 1, 2}) {
    const std::uint32_t device = lamp + 1;
    const auto token = log_on(device);
    ASSERT_EQ(post(token, report(device), good), post_result::taken);
    EXPECT_EQ(state(device), "online");
    if (how == 0) {
      ASSERT_TRUE(console().kick(name(device)).ok());
    } else if (how == 1) {
      ASSERT_TRUE(console().disable(name(device)).ok());
      ASSERT_TRUE(console().enable(name(device)).ok());
    } else {
      ASSERT_TRUE(console().delete_device(name(device)).ok());
    }
    EXPECT_EQ(online(), 0U);
    EXPECT_EQ(post(token, report(device), good), post_result::unknown_token) << how;
  }
}

TEST_F(post_door, lets_nobody_post_on_topics_of_others_or_for_sub_devices) {
  const auto token = log_on(gateway_device);
  EXPECT_EQ(post(token, report(lamp), good), post_result::forbidden);
  EXPECT_EQ(post(token, sys(gateway_device, "thing/topo/get"), R"({"id":1,"params":{}})"),
            post_result::forbidden);
  EXPECT_EQ(post(token, sys(gateway_device, "thing/event/+/post"), good), post_result::forbidden);
  auto login = topic(gateway_device, "/ext/session", "combine/login");
  EXPECT_EQ(post(token, login, R"({"id":1,"params":{}})"), post_result::forbidden);
  EXPECT_EQ(bench.count(counts().refused), 4U);
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 4U);
}

TEST_F(post_door, keeps_the_bounds_of_each_protocol_and_of_the_platform) {
  const auto coap = log_on(plain);
  EXPECT_EQ(post(coap, topic(plain, "", "update"), std::string(1024, 'x')), post_result::taken);
  EXPECT_EQ(post(coap, topic(plain, "", "update"), std::string(1025, 'x')), post_result::too_large);
  const auto http = log_on(plain + 1, post_protocol::http);
  EXPECT_EQ(
      post(http, topic(plain + 1, "", "update"), std::string(128 * 1024, 'x'), post_protocol::http),
      post_result::taken);
  EXPECT_EQ(post(http, topic(plain + 1, "", "update"), std::string(128 * 1024 + 1, 'x'),
                 post_protocol::http),
            post_result::too_large);
}

struct strict_posts : testing::Test, post_rig {
  static cloud::twin_options strict() {
    cloud::twin_options o;
    o.platform.bounds.up_qos1.most = 2;
    o.platform.bounds.connects.most = 3;
    o.platform.posts.tokens_max = 2;
    o.platform.posts.coap_token_life = 1h;
    return o;
  }
  strict_posts() : post_rig(strict()) {}
};

TEST_F(strict_posts, are_bound_in_their_rate_and_in_their_log_ons) {
  auto token = log_on(lamp);
  for (const auto wanted : {post_result::taken, post_result::taken, post_result::over_bound}) {
    EXPECT_EQ(post(token, report(lamp), "{}"), wanted);
  }
  bench.settle(1s);
  EXPECT_EQ(post(token, report(lamp), "{}"), post_result::taken);
  EXPECT_EQ(log_on(lamp).size(), 40U);
  EXPECT_EQ(log_on(lamp).size(), 40U);
  EXPECT_EQ(log_on(lamp), "too many");
}

TEST_F(strict_posts, have_so_many_tokens_and_make_room_by_those_that_expired) {
  EXPECT_EQ(log_on(lamp).size(), 40U);
  bench.settle(30min);
  EXPECT_EQ(log_on(plain).size(), 40U);
  EXPECT_EQ(log_on(gateway_device), "no room");
  EXPECT_EQ(log_on(plain).size(), 40U) << "who has one gets another";
  bench.settle(30min);
  EXPECT_EQ(log_on(gateway_device).size(), 40U);
  EXPECT_EQ(door().tokens(), 2U);
}

TEST_F(post_door, counts_a_device_as_online_for_ten_minutes_after_its_last_post) {
  const auto token = log_on(lamp);
  EXPECT_EQ(state(lamp), "unactivated") << "a log-on is no post";
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  EXPECT_EQ(state(lamp), "online");
  EXPECT_EQ(view(lamp).protocol, "coap");
  EXPECT_EQ(online(), 1U);
  EXPECT_EQ(bench.count(counts().online), 1U);
  bench.settle(9min);
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  bench.settle(9min);
  EXPECT_EQ(online(), 1U);
  bench.settle(61s);
  EXPECT_EQ(state(lamp), "offline");
  EXPECT_EQ(view(lamp).protocol, "");
  EXPECT_EQ(online(), 0U);
  EXPECT_EQ(bench.count(counts().online), 0U);
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  EXPECT_EQ(online(), 1U) << "its token is good still";
}

TEST_F(post_door, forgets_the_silent_in_the_order_of_their_last_posts) {
  std::vector<std::string> tokens;
  for (const std::uint32_t device : {lamp, plain, gateway_device}) {
    tokens.push_back(log_on(device, device == plain ? post_protocol::http : post_protocol::coap));
  }
  const auto say = [&](std::size_t which, std::uint32_t device) {
    return post(tokens[which], topic(device, "", "update"), "x",
                device == plain ? post_protocol::http : post_protocol::coap);
  };
  ASSERT_EQ(say(0, lamp), post_result::taken);
  bench.settle(1min);
  ASSERT_EQ(say(1, plain), post_result::taken);
  bench.settle(1min);
  ASSERT_EQ(say(2, gateway_device), post_result::taken);
  bench.settle(1min);
  ASSERT_EQ(say(0, lamp), post_result::taken);
  bench.settle(8min + 30s);
  EXPECT_EQ(state(plain), "offline");
  EXPECT_EQ(state(gateway_device), "online");
  bench.settle(1min);
  EXPECT_EQ(state(gateway_device), "offline");
  EXPECT_EQ(state(lamp), "online");
  bench.settle(1min);
  EXPECT_EQ(online(), 0U);
}

TEST_F(post_door, counts_a_device_once_that_has_a_session_too) {
  const auto token = log_on(lamp);
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  auto& g = arrive(lamp);
  EXPECT_EQ(online(), 1U);
  EXPECT_EQ(view(lamp).protocol, "mqtt");
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  EXPECT_EQ(online(), 1U);
  g.disconnect();
  bench.settle();
  EXPECT_EQ(online(), 0U);
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  EXPECT_EQ(online(), 1U);
  EXPECT_EQ(console().products().front().online, 0U) << "of another product";
}

TEST_F(post_door, has_no_way_to_a_device_but_its_answers) {
  const auto token = log_on(lamp);
  ASSERT_EQ(post(token, report(lamp), good), post_result::taken);
  std::optional<cloud::operation_error> why;
  console().set_properties(name(lamp), R"({"LightSwitch":0})",
                           [&](const cloud::call_result& r) { why = r.error().why; });
  EXPECT_EQ(why, cloud::operation_error::offline);
  ASSERT_TRUE(console()
                  .update_shadow(name(lamp), R"({"method":"update","state":{"desired":{"t":1}}})")
                  .ok());
  EXPECT_EQ(post(token, shadow_update(lamp), R"({"method":"get"})"), post_result::taken);
  EXPECT_THAT(answer, HasSubstr(R"("desired":{"t":1})"));
}

TEST_F(post_door, books_a_report_once_and_explains_it_when_it_comes_again) {
  auto token = log_on(lamp);
  ASSERT_EQ(post(token, report(lamp), tagged(lamp, 1)), post_result::taken);
  token = log_on(lamp); // its answer was lost
  ASSERT_EQ(post(token, report(lamp), tagged(lamp, 1)), post_result::taken);
  ASSERT_EQ(post(token, report(lamp), tagged(lamp, 2)), post_result::taken);
  const auto* const account = bench.twin->account_of(lamp);
  ASSERT_NE(account, nullptr);
  const auto unexplained = [&] {
    return ledger::reconcile(nullptr, &account->uplink, 0).unexplained;
  };
  EXPECT_EQ(account->uplink.accepted(), 2U);
  EXPECT_EQ(unexplained(), 0U);
  const auto say_by = [&](std::uint64_t way) {
    cloud::post_request what;
    what.token = token;
    const auto on = report(lamp);
    what.topic = on;
    const auto payload = tagged(lamp, 2);
    what.payload = as_bytes(payload);
    what.way = way;
    EXPECT_EQ(door().post(what).what, post_result::taken);
  };
  say_by(7);
  EXPECT_EQ(unexplained(), 0U) << "over another connection";
  say_by(7);
  EXPECT_EQ(unexplained(), 1U) << "no device does that: something has doubled it";
  EXPECT_EQ(post(token, report(lamp), tagged(lamp + 1, 1)), post_result::taken);
  EXPECT_EQ(bench.count(bench.twin->counters().tags_foreign), 1U);
  EXPECT_EQ(bench.twin->account_of(lamp + 1), nullptr);
}

// §14.4: no offer is sent; it is the answer to the question.
TEST(post_door_firmware, is_offered_in_the_answer_to_a_request) {
  cloud::twin_options o;
  o.platform.firmware.url = "https://cloud/firmware/";
  post_rig rig{std::move(o)};
  auto& firmware = *rig.bench.twin->firmware();
  cloud::firmware_order order;
  order.product_key = "a1LampPk001";
  order.version = "2.0";
  order.size = 1000;
  order.generate = 3;
  const auto made = firmware.add_firmware(order);
  ASSERT_TRUE(made.ok());
  cloud::campaign_order campaign;
  campaign.firmware = made.value().id;
  ASSERT_TRUE(firmware.add_campaign(campaign).ok());
  rig.bench.settle();
  const auto token = rig.log_on(lamp);
  const auto say = [&](std::string_view what, std::string_view params) {
    EXPECT_EQ(
        rig.post(token, rig.ota(lamp, what), R"({"id":0,"params":{)" + std::string{params} + "}}"),
        post_result::taken);
    return rig.answer;
  };
  EXPECT_EQ(say("inform", R"("version":"1.0")"), "");
  EXPECT_EQ(rig.view(lamp).firmware_version, "1.0");
  const auto offer = say("request", R"("version":"1.0")");
  EXPECT_TRUE(offer.starts_with(R"({"code":"1000","data":{)")) << offer;
  EXPECT_THAT(offer, HasSubstr(R"("version":"2.0","url":"https://cloud/firmware/1?token=)"));
  EXPECT_EQ(say("progress", R"("step":"24","desc":"")"), "");
  const auto sums = [&] { return firmware.campaign(1).value().sums; };
  EXPECT_EQ(sums().of(cloud::rollout_state::upgrading), 1U);
  EXPECT_EQ(say("inform", R"("version":"2.0")"), "");
  EXPECT_EQ(sums().of(cloud::rollout_state::succeeded), 1U);
  EXPECT_EQ(say("request", R"("version":"2.0")").find("url"), std::string::npos);
  EXPECT_EQ(rig.bench.count(rig.bench.twin->counters().firmware_offers), 1U);
  EXPECT_EQ(rig.bench.count(rig.bench.twin->counters().firmware_offers_unsent), 0U);
}

// §17.4 with the numbers of §4, V7.
TEST_F(post_door, takes_each_number_of_the_aes_mode_once_and_none_below_its_offset) {
  alink::post_logon_manner manner;
  manner.sequence = "1790";
  const auto got = door().authenticate(question(lamp, manner), post_protocol::coap);
  ASSERT_TRUE(got.ok());
  const auto grant = got.value();
  EXPECT_EQ(grant.random.size(), 16U);
  const alink::post_cipher cipher{source.at(lamp).device_secret, grant.random};
  const auto sealed = [&](std::string_view text) {
    byte_buffer out;
    cipher.encrypt(as_bytes(text), out);
    return std::string{as_text(out.view())};
  };
  const auto say = [&](std::uint32_t number, const std::string& payload) {
    const auto option = sealed(std::to_string(number));
    cloud::post_request what;
    what.token = grant.token;
    const auto on = report(lamp);
    what.topic = on;
    what.payload = as_bytes(payload);
    what.sequence = as_bytes(option);
    const auto out = door().post(what);
    byte_buffer plain;
    answer = cipher.decrypt(out.answer, plain) ? std::string{as_text(plain.view())} : "";
    return out.what;
  };
  const auto n = grant.sequence_offset;
  EXPECT_EQ(say(n - 1, sealed(good)), post_result::bad_sequence);
  EXPECT_EQ(say(n, sealed(good)), post_result::taken) << "the SDK's first";
  EXPECT_THAT(answer, HasSubstr(R"("code":200)"));
  EXPECT_EQ(say(n, sealed(good)), post_result::bad_sequence);
  EXPECT_EQ(say(n + 5, sealed(good)), post_result::taken);
  EXPECT_EQ(say(n + 3, sealed(good)), post_result::taken) << "late, and not used yet";
  EXPECT_EQ(say(n + 3, sealed(good)), post_result::bad_sequence);
  EXPECT_EQ(say(n + 100, sealed(good)), post_result::taken);
  EXPECT_EQ(say(n + 36, sealed(good)), post_result::bad_sequence) << "too late";
  EXPECT_EQ(say(n + 37, sealed(good)), post_result::taken);
  EXPECT_EQ(say(n + 101, "in the clear"), post_result::undecipherable);
  EXPECT_EQ(say(n + 101, sealed(good)), post_result::taken)
      << "what was no message used nothing up";
  EXPECT_EQ(post(grant.token, report(lamp), good), post_result::undecipherable) << "in the clear";
}

TEST_F(post_door, makes_no_tokens_without_a_key) {
  door().sign_with("");
  EXPECT_EQ(log_on(lamp), "no room");
}

TEST_F(post_door, makes_the_same_tokens_in_each_run_and_others_with_another_key) {
  post_rig again;
  EXPECT_EQ(log_on(lamp), again.log_on(lamp));
  door().sign_with("another key");
  again.door().sign_with("a third");
  EXPECT_NE(log_on(lamp), again.log_on(lamp));
}

TEST_F(post_door, knows_the_keys_of_dtls_clients) {
  const auto who = source.at(lamp);
  const auto identity =
      alink::make_psk_identity(who, alink::sign_method::hmacsha256, "1581417203000");
  EXPECT_EQ(door().psk_key(identity),
            alink::make_psk_key(who, alink::sign_method::hmacsha256, "1581417203000"));
  EXPECT_EQ(door().psk_owner(identity), lamp);
  const auto right = door().psk_key(identity);
  const auto nobodys = door().psk_key("devicename|hmacsha256|a1LampPk001&nobody|1581417203000");
  EXPECT_EQ(nobodys.size(), 64U) << "none at all would tell that there is no such device";
  EXPECT_NE(nobodys, door().psk_key("whatever"));
  EXPECT_EQ(nobodys, door().psk_key("devicename|hmacsha256|a1LampPk001&nobody|1581417203000"));
  ASSERT_TRUE(console().disable(name(lamp)).ok());
  EXPECT_EQ(door().psk_key(identity).size(), 64U);
  EXPECT_NE(door().psk_key(identity), right);
}

TEST(post_door_life, tokens_do_not_outlive_the_twin_and_what_was_posted_does) {
  lasting_platform life;
  const auto door = [&]() -> cloud::post_door& { return *life.rig.bench.twin->posts(); };
  post_rig questions;
  const auto log_on = [&] {
    const auto got = door().authenticate(questions.question(lamp), post_protocol::http);
    EXPECT_TRUE(got.ok());
    return got.value().token;
  };
  const auto topic = life.rig.sys(lamp, "thing/event/property/post");
  cloud::post_request what;
  what.by = post_protocol::http;
  what.topic = topic;
  what.payload = as_bytes(R"({"id":"1","params":{"LightSwitch":1}})");
  const auto token = log_on();
  what.token = token;
  ASSERT_EQ(door().post(what).what, post_result::taken);
  life.rig.bench.settle(200ms);
  life.die_and_live();
  EXPECT_EQ(life.rig.view(lamp).state, "offline");
  EXPECT_EQ(door().post(what).what, post_result::unknown_token);
  const auto again = log_on();
  EXPECT_NE(again, token);
  what.token = again;
  EXPECT_EQ(door().post(what).what, post_result::taken);
  EXPECT_EQ(life.rig.view(lamp).state, "online");
  EXPECT_THAT(life.rig.view(lamp).properties, HasSubstr("LightSwitch"));
}

TEST_F(post_door, leaves_nobody_online_when_the_twin_stops) {
  ASSERT_EQ(post(log_on(lamp), report(lamp), good), post_result::taken);
  bench.twin->stop();
  EXPECT_EQ(online(), 0U);
  EXPECT_EQ(bench.count(counts().online), 0U);
}

} // namespace
} // namespace fleet
