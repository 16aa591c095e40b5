// One device by hand that posts, against the twin in the virtual world: what may be typed, what is
// told of each message, refusals in words, tokens that are over, ends.
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/post_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "fleet/hand/post_hand.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/hmac.hpp"
#include "protocol/tls/dtls_model.hpp"

namespace fleet::program {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

namespace {

constexpr std::string_view own = "/a1FleetDemo/dev_000000/";

class post_rig final : public hand_watcher {
public:
  explicit post_rig(device_protocol spoken, bool aes = false) {
    cloud::twin_options o;
    o.credentials = &credentials;
    o.logon_key = sha256_hex("log-on");
    o.coap_listeners.emplace_back().at = hal::parse_address("127.0.0.1:5683").value();
    o.coap_listeners.emplace_back().at = hal::parse_address("127.0.0.1:5684").value();
    o.coap_listeners.back().security = &secure;
    twin = std::make_unique<cloud::twin>(std::move(o));
    FLEET_CHECK(twin->start(world.home()).ok());
    desk = std::make_unique<cloud::post_desk>(
        world.home(), *twin->posts(), cloud::rate_rules{.per_second = 1'000, .burst = 1'000});
    service = std::make_unique<cloud::web_service>(world.home(), *desk, cloud::web_limits{});
    hal::listen_options listen;
    listen.at = hal::parse_address("127.0.0.1:80").value();
    const auto http = service->listen(listen).value();
    const bool coap = spoken == device_protocol::coap;
    auto& post = product.post.emplace();
    post.protocol = coap ? actors::post_protocol::coap : actors::post_protocol::http;
    post.coap.aes = aes;
    product.seed = 7;
    setup.posts = &product;
    setup.who = credentials.at(0);
    setup.names = {profile::linkdevelop, setup.who.product_key, setup.who.device_name, {}, {}};
    setup.secrets = {setup.who.device_secret};
    setup.peers = {coap ? twin->coap_addresses().front() : http};
    setup.seed = 7;
  }
  ~post_rig() {
    device.reset();
    service->stop();
    service.reset();
    desk.reset();
    twin->stop();
  }
  post_rig(const post_rig&) = delete;
  post_rig& operator=(const post_rig&) = delete;

  /// Over DTLS with a key of its own.
  void use_key() {
    product.post->coap.security = &secure_clients;
    product.post->coap.shared_key = true;
    setup.peers = {twin->coap_addresses().back()};
  }
  void boot() {
    device = std::make_unique<post_hand>(world.home(), setup, *this);
    device->boot();
    world.run_for(1s);
  }
  void type(std::string line, duration span = 1s) {
    device->take(std::move(line));
    world.run_for(span);
  }
  /// The whole of a script, and its end.
  void script(std::string text, duration span = 2min) {
    setup.scripted = true;
    device = std::make_unique<post_hand>(world.home(), setup, *this);
    device->boot();
    device->take(std::move(text));
    device->end_of_input();
    world.run_for(span);
  }
  /// What passed, as `← ACK 2.05 content`, without payloads.
  [[nodiscard]] std::vector<std::string> messages() const {
    std::vector<std::string> out;
    for (const auto& line : lines) {
      const auto at = std::min(line.find("→"), line.find("←"));
      if (at < 12) {
        const auto text = line.substr(at);
        out.push_back(text.substr(0, text.find(" {")));
      }
    }
    return out;
  }
  [[nodiscard]] std::string all() const {
    std::string out;
    for (const auto& line : lines) {
      out += line + "\n";
    }
    return out;
  }

  hal::virtual_world world;
  alink::generated_credentials credentials;
  tls::modelled_dtls secure_clients;
  tls::modelled_dtls secure{keys()};
  std::unique_ptr<cloud::twin> twin;
  std::unique_ptr<cloud::post_desk> desk;
  std::unique_ptr<cloud::web_service> service;
  actors::product_settings product;
  hand_setup setup;
  std::unique_ptr<post_hand> device;
  std::vector<std::string> lines;
  std::size_t taken = 0;
  std::optional<exit_code> ended;
  std::string why;

private:
  tls::dtls_model_options keys() {
    tls::dtls_model_options o;
    o.key_of = [this](std::string_view identity) { return twin->posts()->psk_key(identity); };
    return o;
  }
  void on_line(const std::string& line) override { lines.push_back(line); }
  void on_question(const std::string&) override {}
  void on_taken() override { ++taken; }
  void on_ended(exit_code code, const std::string& reason) override {
    ended = code;
    why = reason;
  }
};

std::string mistake(std::string_view text, device_protocol spoken = device_protocol::coap) {
  const auto parsed = parse_post_commands(text, spoken);
  return parsed ? "none" : parsed.error();
}

} // namespace

TEST(post_commands, are_read_with_their_topics_and_payloads) {
  const auto parsed = parse_post_commands(
      "post {\"a\": 1}; post update 'hello world'; post /x/y hex:00ff\nwait 3s; ping",
      device_protocol::coap);
  ASSERT_TRUE(parsed.ok()) << parsed.error();
  const auto& c = parsed.value();
  ASSERT_EQ(c.size(), 5U);
  EXPECT_EQ(c[0].topic + "|" + c[0].payload, "|{\"a\": 1}");
  EXPECT_EQ(c[1].topic + "|" + c[1].payload, "update|hello world");
  EXPECT_EQ(c[2].payload, (std::string{"\0\xff", 2}));
  EXPECT_EQ(c[3].time, 3s);
  EXPECT_EQ(c[4].verb, post_verb::ping);
}

TEST(post_commands, that_are_none_are_told_with_the_nearest) {
  EXPECT_EQ(mistake("reprot"), "unknown command reprot; the nearest is report");
  EXPECT_EQ(mistake("post"),
            "post needs a payload, or a topic and a payload; report sends one of its own");
  EXPECT_EQ(mistake("post a b c"), "unexpected word c; what holds blanks is written in quotes");
  EXPECT_EQ(mistake("post a/+ b"), "a/+ is no topic to post to; it must be UTF-8 without + and #, "
                                   "its levels not empty");
  EXPECT_EQ(mistake("post a//b c").substr(0, 16), "a//b is no topic");
  EXPECT_EQ(mistake("post hex:0"), "hex:0 is not hex: and pairs of hexadecimal digits");
  EXPECT_EQ(mistake("ping"), "none");
  EXPECT_EQ(mistake("ping", device_protocol::http), "unknown command ping; help shows them all");
  EXPECT_THAT(post_commands_help(device_protocol::http), Not(HasSubstr("ping")));
}

TEST(post_commands, complete_a_topic_as_it_is_meant) {
  EXPECT_EQ(whole_topic("/a/b", "pk", "dn"), "/a/b");
  EXPECT_EQ(whole_topic("update", "pk", "dn"), "/pk/dn/update");
  EXPECT_EQ(whole_topic("thing/event/x/post", "pk", "dn"), "/sys/pk/dn/thing/event/x/post");
}

TEST(post_hand, logs_on_and_posts_over_coap) {
  post_rig r{device_protocol::coap};
  r.script("report; post update hello; ping; stop");
  const std::string report =
      "→ CON POST /topic/sys" + std::string{own} + "thing/event/property/post";
  EXPECT_THAT(r.messages(),
              ElementsAre("→ CON POST /auth", "← ACK 2.05 content", report, "← ACK 2.05 content",
                          "→ CON POST /topic" + std::string{own} + "update hello",
                          "← ACK 2.05 content", "→ CON empty: a ping", "← RST empty"))
      << r.all();
  EXPECT_EQ(r.ended, exit_code::passed);
  EXPECT_THAT(r.all(), HasSubstr("report 1 is "));
  EXPECT_THAT(r.all(), HasSubstr("the post to " + std::string{own} + "update is taken"));
  EXPECT_THAT(r.all(), HasSubstr("the ping was answered in "));
  EXPECT_THAT(r.all(), HasSubstr(R"("sign":"***")"));
  EXPECT_THAT(r.all(), HasSubstr(R"({"token":"***"})"));
  EXPECT_EQ(cloud::value(r.twin->counters().posting[0].posts), 2U);
}

TEST(post_hand, logs_on_and_posts_over_http) {
  post_rig r{device_protocol::http};
  r.script("report; post update hello; stop");
  EXPECT_THAT(r.messages(),
              ElementsAre("→ POST /auth", "← status 200",
                          "→ POST /topic/sys" + std::string{own} + "thing/event/property/post",
                          "← status 200", "→ POST /topic" + std::string{own} + "update hello",
                          "← status 200"))
      << r.all();
  EXPECT_EQ(r.ended, exit_code::passed);
  EXPECT_THAT(r.all(), HasSubstr("the post to " + std::string{own} + "update is taken"));
  EXPECT_THAT(r.all(), HasSubstr(R"("token":"***")"));
  EXPECT_EQ(cloud::value(r.twin->counters().posting[1].posts), 2U);
}

TEST(post_hand, tells_all_of_each_message_when_it_is_asked_to) {
  post_rig coap{device_protocol::coap};
  coap.setup.verbose = true;
  coap.script("post update hello");
  EXPECT_THAT(coap.all(),
              HasSubstr(", Content-Format 50 (JSON), Accept 50 (JSON) {\"productKey\""));
  EXPECT_THAT(coap.all(), HasSubstr("Accept 42 (octets), option 61 (token) *** hello ["));
  post_rig http{device_protocol::http};
  http.setup.verbose = true;
  http.script("post update hello");
  EXPECT_THAT(http.all(), HasSubstr("→ POST /auth HTTP/1.1"));
  EXPECT_THAT(http.all(), HasSubstr("→   password: ***"));
  EXPECT_THAT(http.all(), HasSubstr("← HTTP/1.1 200"));
}

TEST(post_hand, shows_aes_mode_as_it_is_on_the_wire) {
  post_rig r{device_protocol::coap, true};
  r.setup.verbose = true;
  r.script("post update hello");
  EXPECT_EQ(r.ended, exit_code::passed) << r.all();
  EXPECT_THAT(r.all(), HasSubstr("payloads encrypted (AES mode)"));
  EXPECT_THAT(r.all(), HasSubstr("option 2089 (sequence, encrypted) 0x"));
  EXPECT_THAT(r.all(), Not(HasSubstr("hello [")));
}

TEST(post_hand, says_in_words_what_the_cloud_refuses) {
  for (const auto& [spoken, words] :
       {std::pair{device_protocol::coap, "4.03, forbidden: a topic the device may not post to"},
        {device_protocol::http, "code 30001, publish message error: a topic the device may not"}}) {
    post_rig r{spoken};
    r.script("post /a1FleetDemo/dev_000001/update x; post update y");
    EXPECT_THAT(r.all(), HasSubstr("! the cloud refuses the post to "
                                   "/a1FleetDemo/dev_000001/update: "
                                   + std::string{words}));
    EXPECT_THAT(r.all(), HasSubstr("dev_000000/update is taken"));
    EXPECT_EQ(r.ended, exit_code::expectation_failed);
  }
}

TEST(post_hand, ends_where_its_secret_is_wrong_or_nobody_listens) {
  for (const auto spoken : {device_protocol::coap, device_protocol::http}) {
    post_rig wrong{spoken};
    wrong.setup.who.device_secret = "0123456789abcdef";
    wrong.script("report");
    EXPECT_EQ(wrong.ended, exit_code::environment_failed) << wrong.all();
    EXPECT_THAT(wrong.why, HasSubstr("the cloud refused the log-on: /auth was answered "));
    EXPECT_THAT(wrong.why, HasSubstr(": a wrong secret, or a device it does not know"));
    EXPECT_THAT(wrong.all(), Not(HasSubstr("> report")));
    post_rig alone{spoken};
    alone.setup.peers = {hal::parse_address("127.0.0.1:9").value()};
    alone.script("report");
    EXPECT_EQ(alone.ended, exit_code::environment_failed) << alone.all();
    EXPECT_THAT(alone.why, HasSubstr("nobody listens there"));
  }
}

TEST(post_hand, says_what_a_wrong_key_looks_like_and_what_to_look_at) {
  post_rig right{device_protocol::coap};
  right.use_key();
  right.script("report");
  EXPECT_EQ(right.ended, exit_code::passed) << right.all();
  EXPECT_THAT(right.all(), Not(HasSubstr("check ProductKey")));
  post_rig wrong{device_protocol::coap};
  wrong.use_key();
  wrong.setup.who.device_secret = "0123456789abcdef";
  wrong.script("report", 3min);
  EXPECT_THAT(wrong.all(), HasSubstr("; a server that has another key, or none, for this device is "
                                     "silent or sends an alert: check ProductKey, DeviceName, "
                                     "DeviceSecret and --sign"));
}

TEST(post_hand, asks_for_another_token_when_it_is_over_and_posts_again) {
  for (const auto& [spoken, span] :
       {std::pair{device_protocol::coap, 8 * 24h}, {device_protocol::http, 3 * 24h}}) {
    post_rig r{spoken};
    r.script("report; wait " + std::to_string(span.count()) + "h; report; auth; report",
             span + 1min);
    EXPECT_EQ(r.ended, exit_code::passed) << r.all();
    EXPECT_THAT(r.all(), HasSubstr("the token is refused: asking for another"));
    EXPECT_THAT(r.all(), HasSubstr("report 3 is "));
    const auto& counts = r.twin->counters().posting[spoken == device_protocol::coap ? 0 : 1];
    EXPECT_EQ(cloud::value(counts.posts), 3U);
    EXPECT_EQ(cloud::value(counts.tokens), 3U);
  }
}

TEST(post_hand, ends_a_ping_with_the_session_that_it_was_to_go_in) {
  post_rig r{device_protocol::coap};
  r.use_key();
  r.boot();
  r.type("report");
  r.twin->kill();
  r.type("report", 100ms);
  r.type("ping", 100ms); // behind the report, of which one is on its way at a time
  FLEET_CHECK(r.twin->start(r.world.home()).ok());
  r.world.run_for(2min);
  EXPECT_THAT(r.all(), HasSubstr("the ping was not answered")) << "the server knows no session";
  r.type("ping; stop");
  EXPECT_THAT(r.all(), HasSubstr("the ping was answered in "));
  EXPECT_TRUE(r.ended.has_value()) << r.all();
}

TEST(post_hand, posts_no_more_than_it_can_at_a_prompt) {
  post_rig r{device_protocol::coap};
  r.boot();
  std::string line;
  for (std::size_t i = 0; i < hand_posts_max + 1; ++i) {
    line += "post update x;";
  }
  r.type(line, 1min);
  EXPECT_THAT(r.all(), HasSubstr("update is not posted: 100 wait for their answers already"));
  EXPECT_EQ(cloud::value(r.twin->counters().posting[0].posts), hand_posts_max);
  r.type("post update " + std::string(1025, 'x'));
  EXPECT_THAT(r.all(), HasSubstr("payloads have 1024 octets at most here, and paths 135"));
  r.type("help");
  EXPECT_THAT(r.lines.back(), HasSubstr("waits for what is unanswered, and ends"));
  EXPECT_EQ(r.taken, 3U);
  r.type("stop");
  EXPECT_EQ(r.ended, exit_code::passed) << "nobody's script failed";
}

TEST(post_hand, tells_a_line_that_is_none_and_goes_on) {
  post_rig r{device_protocol::http};
  r.script("reprot");
  EXPECT_THAT(r.all(), HasSubstr("! unknown command reprot; the nearest is report"));
  EXPECT_EQ(r.ended, exit_code::wrong_usage);
}

TEST(post_log, tells_what_is_no_message_and_what_nobody_documented) {
  const secret_mask mask;
  const std::string octets = "\xff\xff\xff\xff";
  EXPECT_THAT(coap_text(as_bytes(octets), false, mask), HasSubstr("4 octets that are no CoAP: "));
  EXPECT_EQ(refusal_text(device_protocol::coap, 409), "4.09");
  EXPECT_EQ(refusal_text(device_protocol::http, 12345), "code 12345");
  std::vector<std::string> told;
  post_log log{{device_protocol::http, false}, mask, [&told](line_kind, const std::string& text) {
                 told.push_back(text);
               }};
  log.passed(false, as_bytes("nonsense\r\n\r\n"));
  log.passed(false, as_bytes("more"));
  log.reset();
  log.passed(false, as_bytes("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\no"));
  log.passed(false, as_bytes("k"));
  ASSERT_EQ(told.size(), 2U);
  EXPECT_THAT(told[0], HasSubstr("what came is no HTTP: "));
  EXPECT_EQ(told[1], "status 200 ok");
}

} // namespace fleet::program
