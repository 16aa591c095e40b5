// The CoAP front door (aliyun-iot.md §17): codes, options, duplicates, separate answers, DTLS, and
// what a peer costs. Clients are the house's own machine over the virtual world's datagrams.
#include "protocol/coap/codec.hpp"
#include "protocol/tls/dtls_model.hpp"
#include "tests/support/coap_guest.hpp"
#include "tests/support/datagram_peers.hpp"
#include "tests/support/file_bound.hpp"
#include "tests/support/lasting_twin.hpp"
#include "tests/support/post_rig.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using namespace support;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;
using testing::UnorderedElementsAre;

using option = std::pair<std::uint16_t, std::string>;
const option json{coap::option::content_format, "\x32"};

cloud::twin_options heard(cloud::coap_desk_options o = {}) {
  cloud::twin_options out;
  o.at = hal::parse_address("127.0.0.1:5683").value();
  out.coap_listeners.push_back(o);
  return out;
}

struct coap_rig : post_rig {
  explicit coap_rig(cloud::twin_options o = heard()) : post_rig(std::move(o)) {}

  coap_guest& meet(coap_guest::settings o = {}) {
    o.peer = bench.twin->coap_addresses().front();
    o.origin = ++met_;
    guests.push_back(std::make_unique<coap_guest>(bench.world.home(), o));
    bench.settle(2s);
    return *guests.back();
  }
  /// What came of it.
  std::string ask(coap_guest& g, std::string_view path, std::string_view payload,
                  const std::vector<option>& more = {}, coap::code method = coap::code::post) {
    g.take();
    g.ask(method, path, payload, more);
    bench.settle(500ms);
    const auto got = g.take();
    return got.size() == 1 ? got.front() : "nothing";
  }
  std::string body(std::uint32_t index, const alink::post_logon_manner& manner = {}) {
    byte_buffer out;
    alink::append_coap_logon(out, source.at(index), manner);
    return std::string{as_text(out.view())};
  }
  alink::coap_grant log_on_over(coap_guest& g, std::uint32_t index,
                                const alink::post_logon_manner& manner = {}) {
    const auto got = ask(g, "/auth", body(index, manner), {json});
    EXPECT_THAT(got, StartsWith("2.05 ={")) << got;
    json_reader reader;
    const auto grant = alink::read_coap_grant(reader, as_bytes(std::string_view{got}.substr(6)));
    return grant.value_or(alink::coap_grant{});
  }
  std::string say(coap_guest& g, const std::string& token, std::uint32_t index,
                  std::uint16_t number = alink::coap_option_token) {
    return ask(g, "/topic" + report(index), R"({"id":"1","params":{}})", {json, {number, token}});
  }

  std::vector<std::unique_ptr<coap_guest>> guests;

private:
  std::uint64_t met_ = 0;
};

struct coap_desk : testing::Test, coap_rig {};

TEST_F(coap_desk, logs_a_device_on_and_answers_its_posts) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  EXPECT_THAT(g.answer_options, HasSubstr(" 12:50"));
  for (const auto number : {alink::coap_option_token, alink::coap_option_token_sdk}) {
    const auto got = say(g, token, plain, number);
    EXPECT_THAT(got, StartsWith("2.05 ={\"id\":\"1\""));
    EXPECT_THAT(got, HasSubstr(R"("code":200)"));
    EXPECT_THAT(g.answer_options, HasSubstr(" 2090:"));
  }
  EXPECT_EQ(ask(g, "/topic" + topic(plain, "", "update"), "octets", {{2088, token}}), "2.05")
      << "and an empty last level is none";
  EXPECT_EQ(view(plain).protocol, "coap");
}

TEST_F(coap_desk, says_each_refusal_with_its_code) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  const std::string on = "/topic" + report(plain);
  const option right{2088, token};
  EXPECT_EQ(ask(g, "/auth", "{", {json}), "4.00");
  EXPECT_EQ(ask(g, "/auth", R"({"productKey":"a1PlainPk01"})", {json}), "4.00");
  auto wrong = body(plain);
  wrong[wrong.find("\"sign\":\"") + 9] ^= 1;
  EXPECT_EQ(ask(g, "/auth", wrong, {json}), "4.01");
  EXPECT_EQ(ask(g, on, "{}", {json, {2088, "nonsense"}}), "4.01");
  EXPECT_EQ(ask(g, on, "{}", {json}), "4.01") << "no token at all";
  EXPECT_EQ(ask(g, "/topic" + report(lamp), "{}", {json, right}), "4.03");
  EXPECT_EQ(ask(g, "/topic", "{}", {json, right}), "4.04");
  EXPECT_EQ(ask(g, "/elsewhere", "{}", {json, right}), "4.04");
  EXPECT_EQ(ask(g, on, "", {right}, coap::code::get), "4.05");
  EXPECT_EQ(ask(g, "/auth", body(plain), {json, {coap::option::accept, "\x29"}}), "4.06");
  EXPECT_EQ(ask(g, on, "{}", {json, right, {coap::option::accept, "\x29"}}), "4.06");
  EXPECT_EQ(ask(g, on + "/" + std::string(130, 'x'), "{}", {json, right}), "4.14");
  EXPECT_EQ(ask(g, on, "{}", {{coap::option::content_format, "\x29"}, right}), "4.15");
  EXPECT_EQ(ask(g, "/auth", body(plain), {{coap::option::content_format, "\x2a"}}), "4.15");
  const option cbor{coap::option::content_format, "\x3c"};
  EXPECT_EQ(ask(g, on, "\xa0", {cbor, right}), "4.15") << "what is not read is not taken";
  EXPECT_EQ(ask(g, "/topic" + topic(plain, "", "update"), "\xa0", {cbor, right}), "2.05")
      << "the product's own business";
  EXPECT_EQ(ask(g, on, "{}", {json, right, {coap::option::accept, "\x3c"}}), "4.06");
  EXPECT_THAT(ask(g, on, "{}", {json, right, {9, "x"}}), StartsWith("4.02")) << "critical";
  ASSERT_TRUE(console().disable(name(plain)).ok());
  EXPECT_EQ(ask(g, "/auth", body(plain), {json}), "4.03");
  EXPECT_EQ(ask(g, on, "{}", {json, right}), "4.01");
  door().sign_with("");
  EXPECT_EQ(ask(g, "/auth", body(lamp), {json}), "5.00");
}

TEST_F(coap_desk, answers_in_the_form_that_is_asked_for) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  for (const auto& [accept, form] : {std::pair{"\x2a", " 12:42"}, std::pair{"\x32", " 12:50"}}) {
    EXPECT_THAT(ask(g, "/topic" + report(plain), R"({"id":"1","params":{}})",
                    {json, {coap::option::accept, accept}, {2088, token}}),
                StartsWith("2.05 ={"));
    EXPECT_THAT(g.answer_options, HasSubstr(form));
  }
}

TEST(coap_desk_rate, slows_whoever_tries_secrets_and_nobody_else) {
  cloud::coap_desk_options o;
  o.wrong_signs = {.per_second = 1, .burst = 20};
  coap_rig rig{heard(o)};
  auto& g = rig.meet();
  const auto token = rig.log_on_over(g, lamp).token;
  auto wrong = rig.body(plain);
  wrong[wrong.find("\"sign\":\"") + 9] ^= 1;
  EXPECT_EQ(rig.ask(g, "/auth", wrong, {json}), "4.01");
  EXPECT_EQ(rig.ask(g, "/auth", rig.body(plain), {json}), "5.03") << "right or not";
  EXPECT_EQ(rig.counts().unjudged, 1U);
  EXPECT_THAT(rig.say(g, token, lamp), StartsWith("2.05"));
  EXPECT_THAT(rig.log_on_over(rig.meet(), plain).token, testing::SizeIs(40)) << "from elsewhere";
  rig.bench.settle(30s);
  EXPECT_THAT(rig.log_on_over(g, plain).token, testing::SizeIs(40));
}

TEST_F(coap_desk, takes_a_level_for_what_it_is) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  coap::option_list options;
  const std::string on = report(plain).substr(1);
  EXPECT_EQ(ask(g, "/topic", "{}", {{coap::option::uri_path, on}, {2088, token}}), "4.04")
      << "one level with slashes in it is not several";
  EXPECT_THAT(ask(g, "/topic" + report(plain) + "/", "{\"id\":1}", {{2088, token}}),
              StartsWith("2.05"))
      << "an empty last level is none";
}

TEST_F(coap_desk, takes_a_whole_payload_behind_a_long_path_and_no_larger_one) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  std::string path = "/topic" + topic(plain, "", "user/");
  path += std::string(alink::max_post_path - path.size(), 'x');
  EXPECT_EQ(ask(g, path, std::string(1024, 'x'), {{2088, token}}), "2.05");
  EXPECT_EQ(g.wire.size(), 2U) << "in one piece";
  EXPECT_EQ(ask(g, path, std::string(1025, 'x'), {{2088, token}}), "4.13");
  EXPECT_EQ(ask(g, path, std::string(4000, 'x'), {{2088, token}}), "4.13");
  EXPECT_EQ(ask(g, path + "x", "x", {{2088, token}}), "4.14");
}

TEST_F(coap_desk, takes_a_repeated_request_once_and_repeats_its_answer) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  EXPECT_THAT(say(g, token, plain), StartsWith("2.05"));
  const auto before = bench.count(counts().posts);
  const auto last = g.sent.back();
  g.wire.clear();
  g.say(last);
  g.say(last);
  bench.settle(500ms);
  EXPECT_EQ(bench.count(counts().posts), before);
  ASSERT_EQ(g.wire.size(), 2U);
  EXPECT_THAT(g.wire[0], StartsWith("ACK 2.05"));
  EXPECT_EQ(g.wire[0], g.wire[1]);
}

TEST_F(coap_desk, answers_in_a_message_of_its_own_where_that_is_asked_for) {
  auto& g = meet();
  alink::post_logon_manner manner;
  manner.separate = true;
  const auto token = log_on_over(g, plain, manner).token;
  g.wire.clear();
  EXPECT_THAT(say(g, token, plain), StartsWith("2.05"));
  EXPECT_THAT(g.wire, UnorderedElementsAre(StartsWith("ACK 0.00"), StartsWith("CON 2.05")));
}

// Who acknowledges none of them gets the next with its acknowledgement, and is forgotten in time.
TEST_F(coap_desk, owes_nobody_an_answer_that_has_no_room_for_itself) {
  cloud::coap_desk_options o;
  o.at = hal::parse_address("127.0.0.1:5702").value();
  const auto desk = cloud::coap_desk::open(bench.world.home(), door(), o);
  ASSERT_TRUE(desk.ok());
  datagram_recorder deaf;
  deaf.open(bench.world.home(), desk.value()->at(), 78);
  alink::post_logon_manner manner;
  manner.separate = true;
  const auto question = body(plain, manner);
  const coap::option_view path[] = {{coap::option::uri_path, as_bytes("auth")}};
  const coap::peer_limits limits;
  for (std::uint16_t id = 1; id <= limits.waiting_max + 1; ++id) {
    byte_buffer out;
    coap::encode({coap::message_type::confirmable, coap::code::post, id, as_bytes("t"), path,
                  as_bytes(question)},
                 out);
    deaf.say(as_text(out.view()));
    bench.settle(20ms);
  }
  coap::message_view last;
  ASSERT_FALSE(coap::decode(as_bytes(deaf.received.back()), 1280, last));
  EXPECT_EQ(last.type, coap::message_type::acknowledgement);
  EXPECT_EQ(last.code, coap::code::content) << "piggy-backed";
  const coap::transmission t;
  bench.settle(t.max_transmit_wait() * (limits.waiting_max + 1) + t.exchange_lifetime());
  EXPECT_EQ(desk.value()->peers(), 0U);
}

TEST_F(coap_desk, answers_pings_and_refuses_groups) {
  auto& g = meet();
  g.ping();
  bench.settle(500ms);
  EXPECT_THAT(g.take(), ElementsAre("pong"));
  for (const auto* const at : {"224.0.1.187:5683", "239.255.0.1:5683", "[ff02::fd]:5683"}) {
    cloud::coap_desk_options o;
    o.at = hal::parse_address(at).value();
    const auto got = cloud::coap_desk::open(bench.world.home(), door(), o);
    ASSERT_FALSE(got.ok()) << at;
    EXPECT_EQ(got.error(), hal::listen_error::bad_address);
  }
}

TEST_F(coap_desk, encrypts_both_ways_in_the_aes_mode) {
  auto& g = meet();
  alink::post_logon_manner manner;
  manner.sequence = "1790";
  const auto grant = log_on_over(g, plain, manner);
  ASSERT_EQ(grant.random.size(), 16U);
  const alink::post_cipher cipher{source.at(plain).device_secret, grant.random};
  const auto sealed = [&](std::string_view text) {
    byte_buffer out;
    cipher.encrypt(as_bytes(text), out);
    return std::string{as_text(out.view())};
  };
  const auto number = std::to_string(grant.sequence_offset);
  const std::vector<option> options{
      json, {alink::coap_option_token, grant.token}, {alink::coap_option_sequence, sealed(number)}};
  const auto got = ask(g, "/topic" + report(plain), sealed(R"({"id":"1","params":{}})"), options);
  ASSERT_THAT(got, StartsWith("2.05 ="));
  byte_buffer plain_text;
  ASSERT_TRUE(cipher.decrypt(as_bytes(std::string_view{got}.substr(6)), plain_text));
  EXPECT_THAT(std::string{as_text(plain_text.view())}, HasSubstr(R"("code":200)"));
  EXPECT_EQ(ask(g, "/topic" + report(plain), sealed("{}"), options), "4.01") << "used";
  EXPECT_EQ(say(g, grant.token, plain), "4.00") << "in the clear";
}

TEST(coap_desk_dtls, takes_devices_by_certificate_and_by_their_own_keys) {
  cloud::post_door* keys = nullptr;
  tls::dtls_model_options model;
  model.key_of = [&keys](std::string_view identity) { return keys->psk_key(identity); };
  tls::modelled_dtls cloud_side{model};
  tls::modelled_dtls device_side;
  cloud::coap_desk_options o;
  o.security = &cloud_side;
  coap_rig rig{heard(o)};
  keys = &rig.door();
  auto& plain_one = rig.meet();
  plain_one.ping();
  auto& by_certificate = rig.meet({.security = &device_side});
  EXPECT_EQ(by_certificate.state, filter_state::open);
  const auto token = rig.log_on_over(by_certificate, plain).token;
  EXPECT_THAT(rig.say(by_certificate, token, plain), StartsWith("2.05"));
  EXPECT_THAT(plain_one.take(), IsEmpty()) << "nobody hears it in the clear";

  const auto who = rig.source.at(lamp);
  const auto identity = alink::make_psk_identity(who, alink::sign_method::hmacsha256, "1");
  auto& by_key =
      rig.meet({.security = &device_side,
                .psk_identity = identity,
                .psk_key = alink::make_psk_key(who, alink::sign_method::hmacsha256, "1")});
  EXPECT_EQ(by_key.state, filter_state::open);
  const auto own = rig.log_on_over(by_key, lamp).token;
  EXPECT_THAT(rig.say(by_key, own, lamp), StartsWith("2.05"));
  EXPECT_EQ(rig.ask(by_key, "/auth", rig.body(plain), {json}), "4.01") << "whose key is another's";
  EXPECT_EQ(rig.say(by_key, token, plain), "4.03") << "likewise";
  auto& thief =
      rig.meet({.security = &device_side, .psk_identity = identity, .psk_key = "guessed"});
  EXPECT_NE(thief.state, filter_state::open);
  auto& nobody = rig.meet({.security = &device_side,
                           .psk_identity = "devicename|hmacsha256|a1LampPk001&nobody|1",
                           .psk_key = "guessed"});
  EXPECT_EQ(nobody.state, thief.state);

  auto& again = rig.meet({.security = &device_side});
  const auto fresh = rig.log_on_over(again, plain).token;
  EXPECT_EQ(by_certificate.state, filter_state::open) << "anybody may repeat a log-on";
  EXPECT_THAT(rig.say(again, fresh, plain), StartsWith("2.05"));
  EXPECT_NE(by_certificate.state, filter_state::open) << "its former session";
  const auto& dtls = rig.bench.twin->counters().dtls;
  EXPECT_EQ(dtls.opened, 3U);
  EXPECT_GE(dtls.hellos, 2U * 5U);
  rig.bench.settle(3min);
  EXPECT_EQ(dtls.refused, 2U) << "whoever had no key";
  EXPECT_THAT(rig.say(again, fresh, plain), StartsWith("2.05"));
}

TEST(coap_desk_peers, are_forgotten_when_silent_and_no_more_than_so_many_at_once) {
  cloud::coap_desk_options o;
  o.peers_max = 2;
  coap_rig rig;
  o.at = hal::parse_address("127.0.0.1:5700").value();
  const auto desk = cloud::coap_desk::open(rig.bench.world.home(), rig.door(), o);
  ASSERT_TRUE(desk.ok());
  std::vector<std::unique_ptr<coap_guest>> guests;
  for (std::uint64_t i = 1; i <= 3; ++i) {
    guests.push_back(std::make_unique<coap_guest>(
        rig.bench.world.home(),
        coap_guest::settings{.peer = desk.value()->at(), .origin = 100 + i}));
    guests.back()->post("/elsewhere", "");
    rig.bench.settle(500ms);
  }
  EXPECT_EQ(desk.value()->peers(), 2U);
  EXPECT_THAT(guests[1]->take(), ElementsAre("4.04"));
  EXPECT_THAT(guests[2]->take(), ElementsAre("4.04")) << "in the place of the first";
  auto& counts = rig.bench.twin->counters();
  EXPECT_EQ(counts.coap_peers_displaced, 1U);
  const auto before = cloud::value(counts.coap_requests);
  for (const std::size_t who : {1U, 0U}) {
    guests[who]->say(guests[who]->sent.back());
    rig.bench.settle(500ms);
  }
  EXPECT_EQ(counts.coap_requests, before + 1) << "the second is remembered";
  rig.bench.settle(10min);
  EXPECT_EQ(desk.value()->peers(), 0U);
}

// Nothing may leave that acknowledges what the store did not take, not even when it is asked again.
TEST(coap_desk_peers, are_forgotten_a_lifetime_behind_their_last_word_and_no_later) {
  const duration lifetime = coap::transmission{}.exchange_lifetime();
  coap_rig rig;
  cloud::coap_desk_options o;
  o.at = hal::parse_address("127.0.0.1:5700").value();
  const auto desk = cloud::coap_desk::open(rig.bench.world.home(), rig.door(), o);
  ASSERT_TRUE(desk.ok());
  coap_guest guest{rig.bench.world.home(),
                   coap_guest::settings{.peer = desk.value()->at(), .origin = 101}};
  // Its timer is not moved by a word: when it comes it is set to what is true by then.
  for (int word = 0; word < 3; ++word) {
    guest.post("/elsewhere", "");
    rig.bench.settle(lifetime * 2 / 3);
    EXPECT_EQ(desk.value()->peers(), 1U) << word;
  }
  rig.bench.settle(lifetime / 3 - 2s);
  EXPECT_EQ(desk.value()->peers(), 1U);
  rig.bench.settle(5s);
  EXPECT_EQ(desk.value()->peers(), 0U);
}

TEST_F(coap_desk, judges_anew_what_was_answered_and_did_not_leave) {
  cloud::coap_desk_options o;
  o.at = hal::parse_address("127.0.0.1:5701").value();
  const auto desk = cloud::coap_desk::open(bench.world.home(), door(), o);
  ASSERT_TRUE(desk.ok());
  coap_guest g{bench.world.home(), {.peer = desk.value()->at(), .origin = 77}};
  g.post("/elsewhere", "");
  bench.settle(500ms);
  ASSERT_THAT(g.take(), ElementsAre("4.04"));
  const auto before = bench.count(bench.twin->counters().coap_requests);
  desk.value()->reset_all();
  EXPECT_EQ(desk.value()->peers(), 0U);
  g.say(g.sent.back());
  bench.settle(500ms);
  EXPECT_EQ(bench.twin->counters().coap_requests, before + 1);
}

TEST_F(coap_desk, lives_through_any_octets) {
  auto& g = meet();
  const auto token = log_on_over(g, plain).token;
  ASSERT_THAT(say(g, token, plain), StartsWith("2.05"));
  const auto seeds = g.sent;
  random_stream chance{7, 0, "hostile"};
  for (int i = 0; i < 20'000; ++i) {
    auto octets = seeds[chance.below(seeds.size())];
    for (auto changes = chance.below(6); changes-- > 0 && !octets.empty();) {
      octets[chance.below(octets.size())] = static_cast<std::uint8_t>(chance.next());
    }
    octets.resize(chance.below(4) == 0 ? chance.below(octets.size() + 20) : octets.size());
    g.say(octets);
    if (i % 100 == 0) {
      bench.settle(1ms);
    }
  }
  bench.settle(10min);
  auto& another = meet();
  EXPECT_THAT(say(another, log_on_over(another, plain).token, plain), StartsWith("2.05"));
}

TEST(coap_desk_store, lets_no_answer_leave_before_what_it_acknowledges_is_kept) {
  lasting_platform life{heard()};
  auto& twin = *life.rig.bench.twin;
  post_rig questions;
  coap_guest g{life.rig.bench.world.home(), {.peer = twin.coap_addresses().front()}};
  const auto token =
      twin.posts()->authenticate(questions.question(lamp), cloud::post_protocol::coap);
  ASSERT_TRUE(token.ok());
  const auto say = [&] {
    g.wire.clear();
    g.post("/topic" + life.rig.sys(lamp, "thing/event/property/post"),
           R"({"id":"1","params":{"LightSwitch":1}})", {{2088, token.value().token}});
    life.rig.bench.settle(1s);
  };
  say();
  EXPECT_THAT(g.take(), ElementsAre(StartsWith("2.05")));
  {
    const file_bound tight{1000};
    say();
    EXPECT_THAT(g.wire, IsEmpty());
    EXPECT_GE(cloud::value(twin.counters().commits_failed), 1U);
    life.rig.bench.settle(3s); // it asks again
    EXPECT_THAT(g.wire, IsEmpty());
  }
  life.rig.bench.settle(30s);
  EXPECT_THAT(g.take(), ElementsAre(StartsWith("2.05")));
}

} // namespace
} // namespace fleet
