// `fleet device` as a command line: what is taken, refused and explained.
#include <fstream>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/hand/hand_plan.hpp"
#include "fleet/options.hpp"
#include "protocol/alink/id2_model.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {

using namespace std::chrono_literals;

namespace {

using words = std::vector<std::string_view>;

device_options taken(words more, std::string_view sample = "mqtt") {
  words all{"device", sample, "start"};
  all.insert(all.end(), more.begin(), more.end());
  auto answer = parse_options(all);
  if (!answer || !std::holds_alternative<device_options>(answer.value())) {
    ADD_FAILURE() << (answer ? "another subcommand" : answer.error().message);
    return {};
  }
  return std::get<device_options>(std::move(answer).value());
}

/// What is said of the line, without the hint where to read on.
std::string refused(const words& line) {
  words all{"device"};
  all.insert(all.end(), line.begin(), line.end());
  const auto answer = parse_options(all);
  return answer ? "accepted" : answer.error().message.substr(0, answer.error().message.find('\n'));
}

std::string start_refused(const words& line, std::string_view sample = "mqtt") {
  words all{sample, "start"};
  all.insert(all.end(), line.begin(), line.end());
  const std::string said = refused(all);
  const std::string before = "fleet device " + std::string{sample} + " start: ";
  return said.starts_with(before) ? said.substr(before.size()) : said;
}

std::string text_of(const words& line) {
  auto answer = parse_options(line);
  return answer && std::holds_alternative<text_answer>(answer.value())
             ? std::get<text_answer>(answer.value()).text
             : std::string{"no text"};
}

/// A file in a folder of the test's own; its path.
std::string write(const support::temp_folder& folder, const std::string& name,
                  std::string_view text) {
  const std::string path = folder / name;
  std::ofstream{path} << text;
  return path;
}

/// What a plan came to, or why there is none.
std::string why_not(const words& line, std::string_view sample = "mqtt") {
  const auto plan = plan_hand(taken(line, sample));
  return plan ? "planned" : plan.error().message;
}

} // namespace

TEST(device_flags, have_defaults_that_need_nothing_else) {
  const auto o = taken({});
  EXPECT_EQ(o.run.target.scheme, text::scheme::embedded);
  EXPECT_EQ(o.run.profile, profile::linkdevelop);
  EXPECT_EQ(o.run.security, security::plain);
  EXPECT_EQ(o.run.keep_alive, 60s);
  EXPECT_FALSE(o.run.clean_session);
  EXPECT_FALSE(o.scripted);
  EXPECT_FALSE(o.verbose);
  EXPECT_FALSE(o.admin.asked_for);
}

TEST(device_flags, say_who_the_device_is_and_where_its_cloud) {
  const auto o = taken({"--target", "mqtts://cloud.lan", "--cafile", "ca.pem", "--product-key",
                        "a1", "--device-name", "d1", "--device-secret-file", "s", "--verbose"});
  EXPECT_EQ(o.run.security, security::tls);
  EXPECT_EQ(o.run.target.port, 8883);
  EXPECT_EQ(o.run.product_key, "a1");
  EXPECT_TRUE(o.product_given);
  EXPECT_EQ(o.device_name, "d1");
  EXPECT_EQ(o.secret_file, "s");
  EXPECT_TRUE(o.verbose);
  EXPECT_EQ(taken({"--credentials", "f.csv", "--device", "d2"}).device_name, "d2");
}

TEST(device_flags, take_a_script_that_is_read_before_anything_starts) {
  const auto o = taken({"--run", "pub open; wait 3s; stop"});
  EXPECT_TRUE(o.scripted);
  EXPECT_EQ(o.script, "pub open; wait 3s; stop");
  EXPECT_TRUE(taken({"--run", "# nothing"}).scripted);
  EXPECT_EQ(start_refused({"--run", "pub opne"}),
            "--run \"pub opne\" has a mistake: pub opne is unknown; the nearest is pub open");
}

TEST(device_plan, of_each_tier_has_its_log_on_and_its_key) {
  struct expected {
    std::string_view tier;
    std::string_view mode;
    bool hidden;
    bool tls;
  };
  for (const auto& e : {expected{"plain", "securemode=3,", false, false},
                        expected{"tls", "securemode=2,", false, true},
                        expected{"id2", "securemode=4,", true, false},
                        expected{"id2-tls", "securemode=7,", true, true},
                        expected{"itls", "securemode=8,", false, true}}) {
    const auto plan = plan_hand(taken({"--security", e.tier}));
    ASSERT_TRUE(plan.ok()) << e.tier;
    const auto& setup = plan.value().setup;
    EXPECT_NE(setup.login.client_id.find(e.mode), std::string::npos) << setup.login.client_id;
    EXPECT_EQ(alink::id2_encrypts(setup.id2_mode), e.hidden) << e.tier;
    EXPECT_EQ(setup.security != nullptr, e.tls) << e.tier;
    EXPECT_EQ(setup.login.username.starts_with("id2model."), e.tier.starts_with('i')) << e.tier;
  }
}

TEST(device_plan, finds_the_auth_host_that_is_asked_first) {
  const auto plan = plan_hand(taken({"--logon", "pre-auth", "--target", "mqtt://127.0.0.1:2883",
                                     "--auth-host", "https://localhost:9", "--insecure"}));
  ASSERT_TRUE(plan.ok()) << plan.error().message;
  const auto& setup = plan.value().setup;
  EXPECT_EQ(setup.logon.by, actors::logon_way::pre_auth);
  EXPECT_EQ(setup.logon.auth_host.port, 9);
  EXPECT_NE(setup.logon.security, nullptr);
  EXPECT_EQ(setup.security, nullptr) << "MQTT stays plain";
  EXPECT_EQ(plan_hand(taken({})).value().setup.logon.by, actors::logon_way::direct);
}

TEST(device_flags, that_contradict_each_other_are_refused) {
  EXPECT_EQ(start_refused({"--logon", "register"}),
            "--logon register is unknown; it takes direct, pre-auth or bootstrap");
  EXPECT_EQ(start_refused({"--logon", "pre-auth", "--auth-host", "http://h"}),
            "--auth-host needs a target; the embedded twin brings its own");
  EXPECT_EQ(start_refused({"--target", "mqtt://h", "--auth-host", "http://h"}),
            "--auth-host is for a device that asks there; add --logon pre-auth or bootstrap");
  EXPECT_EQ(start_refused({"--logon", "pre-auth", "--security", "itls"}),
            "the device would have logon pre-auth, which does not go with security itls; write "
            "id2-tls, or logon: direct");
  EXPECT_EQ(start_refused({"--profile", "mqtt", "--logon", "bootstrap"}),
            "--logon belongs to the profiles linkdevelop and linkplatform; --profile mqtt logs on "
            "with --username and --password-file");
  EXPECT_EQ(start_refused({"--target", "mqtt://h", "--security", "tls"}),
            "--security tls contradicts the mqtt:// target; write mqtts:// for TLS");
  EXPECT_EQ(start_refused({"--target", "mqtts://h", "--security", "plain"}),
            "--security plain contradicts the mqtts:// target");
  EXPECT_EQ(start_refused({"--target", "mqtts://h", "--security", "id2"}),
            "--security id2 contradicts the mqtts:// target");
  EXPECT_EQ(start_refused({"--target", "mqtt://h", "--security", "itls"}),
            "--security itls contradicts the mqtt:// target; write mqtts:// for TLS");
  EXPECT_EQ(start_refused({"--profile", "mqtt", "--security", "id2"}),
            "--security id2 belongs to the profiles linkdevelop and linkplatform; --profile mqtt "
            "knows plain and tls");
  EXPECT_EQ(taken({"--target", "mqtts://h", "--security", "id2-tls"}).run.security,
            security::id2_tls);
  EXPECT_EQ(start_refused({"--cafile", "f"}), "--cafile needs an mqtts:// target");
  EXPECT_EQ(start_refused({"--target", "mqtts://h", "--insecure", "--cafile", "f"}),
            "--insecure looks at no certificate and so contradicts --cafile");
  EXPECT_EQ(start_refused({"--target", "mqtt://h", "--admin", "off"}),
            "--admin is the embedded twin's and contradicts --target");
  EXPECT_EQ(start_refused({"--keep-alive", "10s"}),
            "--keep-alive must be 30s to 1200s with profile linkdevelop; the platform refuses "
            "others");
  EXPECT_EQ(start_refused({"--profile", "mqtt", "--keep-alive", "1500ms"}),
            "--keep-alive is in whole seconds; 1s500ms is not");
  EXPECT_EQ(start_refused({"--profile", "mqtt", "--sign", "hmacmd5"}),
            "--sign belongs to the profiles linkdevelop and linkplatform; --profile mqtt logs on "
            "with --username and --password-file");
  EXPECT_EQ(start_refused({"--topic", "t"}), "--topic needs --profile mqtt");
  EXPECT_EQ(start_refused({"--profile", "mqtt", "--password-file", "f"}),
            "a password needs a user name in MQTT; add --username");
  EXPECT_EQ(start_refused({"--device-secret-file", "f"}),
            "--device-secret-file needs --product-key and --device-name beside it");
  EXPECT_EQ(start_refused({"--device-secret-file", "f", "--credentials", "c"}),
            "--device-secret-file and --credentials contradict each other; give one");
  EXPECT_EQ(start_refused({"--device-name", "a/b"}), "--device-name a/b is no DeviceName");
  EXPECT_EQ(start_refused({"--devcie", "x"}), "unknown flag --devcie; the nearest is --device");
}

TEST(device_words, name_what_exists) {
  EXPECT_EQ(refused({}),
            "fleet device: needs a subcommand: mqtt start, ota start, coap start or http start");
  EXPECT_EQ(refused({"mqqt"}),
            "fleet device: subcommand mqqt is unknown; the nearest is mqtt (of mqtt, ota, coap or "
            "http)");
  EXPECT_EQ(refused({"coap", "report"}),
            "fleet device coap: report is typed at the prompt of fleet device coap start, or given "
            "to its --run");
  EXPECT_EQ(refused({"http", "strat"}),
            "fleet device http: subcommand strat is unknown; the nearest is start");
  EXPECT_EQ(refused({"mqtt"}), "fleet device mqtt: needs a command: start");
  EXPECT_EQ(refused({"mqtt", "strat"}),
            "fleet device mqtt: subcommand strat is unknown; the nearest is start");
  EXPECT_EQ(refused({"mqtt", "pub", "open"}),
            "fleet device mqtt: pub is typed at the prompt of fleet device mqtt start, or given to "
            "its --run");
  EXPECT_EQ(refused({"ota"}), "fleet device ota: needs a command: start");
  EXPECT_EQ(refused({"ota", "stop"}),
            "fleet device ota: stop is typed at the prompt of fleet device ota start");
  EXPECT_EQ(refused({"ota", "stat"}),
            "fleet device ota: subcommand stat is unknown; the nearest is start");
}

TEST(device_post_flags, say_how_it_posts_and_where) {
  EXPECT_EQ(taken({}, "coap").run.protocol, device_protocol::coap);
  EXPECT_EQ(taken({}, "http").run.security, security::plain);
  EXPECT_EQ(taken({"--security", "psk"}, "coap").run.security, security::psk);
  const auto o = taken({"--target", "coap-psk://h", "--run", "report; ping", "--verbose"}, "coap");
  EXPECT_EQ(o.run.security, security::aes);
  EXPECT_EQ(o.run.target.port, 5682);
  EXPECT_TRUE(o.scripted);
  EXPECT_TRUE(o.verbose);
  EXPECT_EQ(taken({"--target", "https://h", "--cafile", "ca"}, "http").run.security, security::tls);
}

TEST(device_post_flags, that_contradict_each_other_are_refused) {
  EXPECT_EQ(start_refused({"--target", "https://h"}, "coap"),
            "--target https://h:443 is for fleet device http start");
  EXPECT_EQ(start_refused({"--target", "coap://h"}),
            "--target coap://h:5683 is for fleet device coap start");
  EXPECT_EQ(start_refused({"--target", "coap://h", "--security", "dtls"}, "coap"),
            "--security dtls contradicts the coap:// target; write coaps:// for that");
  EXPECT_EQ(start_refused({"--target", "https://h", "--security", "plain"}, "http"),
            "--security plain contradicts the https:// target; write http:// for that");
  EXPECT_EQ(start_refused({"--security", "tls"}, "coap"),
            "--security tls is unknown; the nearest is dtls (of plain, dtls, psk or aes)");
  EXPECT_EQ(start_refused({"--security", "dtls", "--insecure"}, "coap"),
            "--insecure needs a target whose certificate is looked at: coaps://");
  EXPECT_EQ(start_refused({"--target", "http://h", "--admin", "off"}, "http"),
            "--admin is the embedded twin's and contradicts --target");
  EXPECT_EQ(start_refused({"--profile", "mqtt"}, "http").substr(0, 25),
            "--profile mqtt is unknown");
  EXPECT_EQ(start_refused({"--run", "ping"}, "http"),
            "--run ping has a mistake: unknown command ping; help shows them all");
}

TEST(device_plan, of_each_way_to_post_has_what_its_channel_needs) {
  for (const auto tier : {"plain", "dtls", "psk", "aes"}) {
    const auto plan = plan_hand(taken({"--security", tier}, "coap"));
    ASSERT_TRUE(plan.ok()) << tier;
    const auto* const posts = plan.value().setup.posts;
    ASSERT_NE(posts, nullptr);
    const auto& coap = posts->post->coap;
    const std::string name{tier};
    EXPECT_EQ(coap.security != nullptr, name == "dtls" || name == "psk");
    EXPECT_EQ(coap.shared_key, name == "psk");
    EXPECT_EQ(coap.aes, name == "aes");
    EXPECT_FALSE(posts->post->sign) << "as the SDK";
  }
  const auto http = plan_hand(
      taken({"--target", "https://127.0.0.1:8443", "--insecure", "--sign", "hmacsha1"}, "http"));
  ASSERT_TRUE(http.ok()) << http.error().message;
  const auto& setup = http.value().setup;
  EXPECT_EQ(setup.posts->post->http_host, "127.0.0.1:8443");
  EXPECT_EQ(setup.posts->post->sign, alink::sign_method::hmacsha1);
  EXPECT_NE(setup.posts->security, nullptr);
  EXPECT_FALSE(setup.verified);
  EXPECT_EQ(plan_hand(taken({})).value().setup.posts, nullptr);
}

TEST(device_ota_flags, say_what_it_runs_and_where_an_image_goes) {
  EXPECT_FALSE(taken({}).ota);
  const auto o = taken({"--firmware-version", "2.0.0", "--version-file", "v", "--save", "f",
                        "--allow-http", "--verbose"},
                       "ota");
  ASSERT_TRUE(o.ota);
  EXPECT_EQ(o.ota->firmware_version, "2.0.0");
  EXPECT_EQ(o.ota->version_file, "v");
  EXPECT_EQ(o.ota->save_file, "f");
  EXPECT_TRUE(o.ota->allow_http);
  EXPECT_TRUE(o.verbose);
  // Downloads may be over TLS where the session is not.
  EXPECT_EQ(taken({"--target", "mqtt://h", "--cafile", "ca"}, "ota").run.ca_file, "ca");
  EXPECT_EQ(start_refused({"--cafile", "ca"}, "ota"), "--cafile needs an mqtts:// target");
  EXPECT_EQ(start_refused({"--target", "mqtt://h", "--server-name", "n"}, "ota"),
            "--server-name needs an mqtts:// target");
  EXPECT_EQ(start_refused({"--profile", "mqtt"}, "ota"),
            "--profile mqtt knows no firmware; it takes linkdevelop or linkplatform");
  EXPECT_EQ(start_refused({"--run", "stop"}, "ota"), "unknown flag --run");
  EXPECT_EQ(start_refused({"--sav", "f"}, "ota"), "unknown flag --sav; the nearest is --save");
  EXPECT_EQ(start_refused({"--firmware-version", ""}, "ota"),
            "--firmware-version \"\" must have 1 to 64 octets");
}

TEST(device_ota_plan, begins_with_the_version_that_was_kept) {
  const support::temp_folder folder;
  const auto begins_with = [&](const words& line) {
    return plan_hand(taken(line, "ota")).value().setup.ota->version;
  };
  const auto kept = write(folder, "version", "2.0.0\r\n");
  const auto none = folder / "none";
  EXPECT_EQ(begins_with({}), "iotx_ver_1.0.0");
  EXPECT_EQ(begins_with({"--version-file", none}), "iotx_ver_1.0.0");
  EXPECT_EQ(begins_with({"--version-file", kept}), "2.0.0");
  EXPECT_EQ(begins_with({"--version-file", kept, "--firmware-version", "3"}), "3");
  const auto two = write(folder, "two", "2.0.0\n3.0.0\n");
  EXPECT_EQ(why_not({"--version-file", two}, "ota"),
            two + " holds no version: one line of 1 to 64 octets");
}

TEST(device_ota_plan, takes_plain_http_where_the_session_is_plain_or_it_was_allowed) {
  const auto plan = [](const words& line) { return plan_hand(taken(line, "ota")).value(); };
  const auto plain = plan({});
  EXPECT_TRUE(plain.setup.ota->downloads.http_too);
  EXPECT_NE(plain.setup.ota->downloads.security, nullptr);
  EXPECT_EQ(plain.setup.security, nullptr);
  EXPECT_FALSE(plan({"--security", "tls"}).setup.ota->downloads.http_too);
  EXPECT_TRUE(plan({"--security", "tls", "--allow-http"}).setup.ota->downloads.http_too);
  EXPECT_FALSE(plan_hand(taken({})).value().setup.ota);
}

TEST(device_help, has_the_commands_and_the_flags_in_a_hundred_columns) {
  EXPECT_EQ(text_of({"help", "device"}), text_of({"device", "--help"}));
  EXPECT_EQ(text_of({"help", "device", "mqtt"}), text_of({"device", "mqtt", "--help"}));
  EXPECT_EQ(text_of({"help", "device", "mqtt", "start"}),
            text_of({"device", "mqtt", "start", "--help"}));
  EXPECT_NE(text_of({"device", "--help"}).find("pub open"), std::string::npos);
  EXPECT_NE(text_of({"device", "--help"}).find("post TOPIC PAYLOAD"), std::string::npos);
  EXPECT_NE(text_of({"device", "mqtt", "start", "--help"}).find("Examples"), std::string::npos);
  for (const words& line :
       {words{"device", "--help"}, words{"device", "mqtt", "start", "--help"},
        words{"device", "ota", "start", "--help"}, words{"device", "coap", "start", "--help"},
        words{"device", "http", "start", "--help"}}) {
    const std::string text = text_of(line);
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t end = text.find('\n', at);
      ASSERT_NE(end, std::string::npos);
      EXPECT_LE(end - at, 100U) << text.substr(at, end - at);
      at = end + 1;
    }
  }
}

TEST(device_plan, finds_a_device_by_each_of_its_sources) {
  const support::temp_folder folder;
  const auto file = write(folder, "devices.csv",
                          "ProductKey,DeviceName,DeviceSecret\n"
                          "a1,d1,s1\na1,d2,s2\na2,d2,s3\n");
  const auto secret = write(folder, "secret", "0123456789abcdef\r\n");
  const auto named = [](const hand_plan& plan) {
    return plan.setup.names.product_key + "/" + plan.setup.names.device_name + "/"
           + plan.setup.secrets.front();
  };
  EXPECT_EQ(named(plan_hand(taken({})).value()).substr(0, 23), "a1FleetDemo/dev_000000/");
  EXPECT_EQ(named(plan_hand(taken({"--device", "dev_000007"})).value()).substr(0, 23),
            "a1FleetDemo/dev_000007/");
  EXPECT_EQ(named(plan_hand(taken({"--credentials", file})).value()), "a1/d1/s1");
  EXPECT_EQ(named(plan_hand(taken({"--credentials", file, "--device", "d1"})).value()), "a1/d1/s1");
  EXPECT_EQ(named(plan_hand(taken({"--credentials", file, "--device", "d2", "--product-key", "a2"}))
                      .value()),
            "a2/d2/s3");
  const auto alone = plan_hand(
      taken({"--product-key", "a9", "--device-name", "d9", "--device-secret-file", secret}));
  EXPECT_EQ(named(alone.value()), "a9/d9/0123456789abcdef");
  // The embedded twin knows it, too.
  EXPECT_TRUE(alone.value().ready.credentials->find("a9", "d9").has_value());
  EXPECT_EQ(alone.value().setup.login.username, "d9&a9");
}

TEST(device_plan, says_who_cannot_be_found) {
  const support::temp_folder folder;
  const auto file = write(folder, "devices.csv",
                          "ProductKey,DeviceName,DeviceSecret\n"
                          "a1,d2,s2\na2,d2,s3\n");
  const auto empty = write(folder, "empty", "\n");
  EXPECT_EQ(why_not({"--device", "lamp"}),
            "lamp has no generated secret, as dev_000000 has one; give its own with "
            "--device-secret-file");
  EXPECT_EQ(why_not({"--credentials", file, "--device", "d3"}), file + " has no device d3");
  EXPECT_EQ(why_not({"--credentials", file, "--device", "d2"}),
            file + " has a device d2 of several products; name one with --product-key, such as a1");
  EXPECT_EQ(why_not({"--credentials", file, "--device", "d2", "--product-key", "a3"}),
            file + " has no device d2 of product a3");
  EXPECT_EQ(why_not({"--product-key", "a", "--device", "d", "--device-secret-file", empty}),
            empty + " holds no secret of 1 to 64 visible characters");
}

TEST(device_plan, logs_on_to_any_broker_with_what_it_was_given) {
  const support::temp_folder folder;
  const auto password = write(folder, "password", "correct horse\n");
  const auto plan =
      plan_hand(taken({"--profile", "mqtt", "--username", "u-{device}", "--password-file", password,
                       "--device-name", "lamp", "--topic", "a/{device}"}))
          .value();
  EXPECT_EQ(plan.setup.login.client_id, "lamp");
  EXPECT_EQ(plan.setup.login.username, "u-lamp");
  EXPECT_EQ(plan.setup.login.password, "correct horse");
  EXPECT_EQ(plan.setup.names.report_topic, "a/lamp");
  EXPECT_EQ(plan.setup.names.command_topic, "fleet/lamp/down");
}

TEST(device_plan, tells_a_target_without_address) {
  const auto plan = plan_hand(taken({"--target", "mqtt://nowhere.invalid"}));
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().code, exit_code::environment_failed);
  EXPECT_NE(plan.error().message.find("nowhere.invalid"), std::string::npos);
}

} // namespace fleet::program
