// What a thing asks of its own accord, against a cloud played by hand: desired properties, tags,
// configuration, time, shadow (aliyun-iot.md §11.7 to §11.9, §13, §14.6); and what outlives a
// crash.
#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using test::lamp;
using test::raw_field;
using test::sys;

std::string reply_to(const std::string& request, std::string_view data, int code = 200) {
  return R"({"id":)" + raw_field(request, "id") + R"(,"code":)" + std::to_string(code)
         + R"(,"data":)" + std::string{data} + "}";
}

TEST(thing_desired, is_asked_applied_reported_and_cleared_at_its_version) {
  lamp d;
  d.product.features.desired = true;
  d.boot();
  const auto asked = d.cloud.last_on("desired/get");
  EXPECT_EQ(R"(["LightSwitch","Level"])", raw_field(asked, "params"));
  d.say(sys("thing/property/desired/get_reply"),
        reply_to(asked, R"({"Level":{"value":9,"version":4},"Temperature":{"value":1,"version":1},)"
                        R"("LightSwitch":{"value":7,"version":2}})"));
  EXPECT_EQ(R"({"Level":9})", raw_field(d.cloud.last_on("property/post"), "params"));
  EXPECT_EQ(R"({"Level":{"version":4}})", raw_field(d.cloud.last_on("desired/delete"), "params"));
  EXPECT_EQ(9, d.state().number("Level"));
  EXPECT_EQ(1U, d.counts.desired_applied.load());
}

TEST(thing_desired, converges_after_each_reconnect) {
  lamp d;
  d.product.features.desired = true;
  d.boot();
  d.say(sys("thing/property/desired/get_reply"), reply_to(d.cloud.last_on("desired/get"), "{}"));
  EXPECT_TRUE(d.cloud.on("desired/delete").empty());
  d.cloud.session = true;
  d.cloud.cut();
  d.run(seconds{5});
  ASSERT_EQ(2U, d.cloud.on("desired/get").size());
  d.say(sys("thing/property/desired/get_reply"),
        reply_to(d.cloud.last_on("desired/get"), R"({"Level":{"value":3,"version":8}})"));
  EXPECT_EQ(3, d.state().number("Level"));
}

TEST(thing_desired, passes_over_replies_that_are_malformed_or_not_to_its_question) {
  lamp d;
  d.product.features.desired = true;
  d.boot();
  const auto topic = sys("thing/property/desired/get_reply");
  d.say(topic, R"({"id":"99","code":200,"data":{"Level":{"value":3,"version":8}}})");
  EXPECT_EQ(0, d.state().number("Level"));
  d.say(topic, reply_to(d.cloud.last_on("desired/get"), "[1]"));
  EXPECT_EQ(1U, d.counts.replies_bad.load());
  EXPECT_TRUE(d.cloud.on("desired/delete").empty());
}

TEST(thing_questions, are_asked_three_times_and_then_let_be) {
  lamp d;
  d.product.features.desired = true;
  d.product.features.config_get = true;
  d.product.features.tags = {{"loc", "lab"}};
  d.boot(seconds{120});
  EXPECT_EQ(question_tries_max, d.cloud.on("desired/get").size());
  EXPECT_EQ(question_tries_max, d.cloud.on("config/get").size());
  EXPECT_EQ(question_tries_max, d.cloud.on("deviceinfo/update").size());
  EXPECT_EQ(3 * question_tries_max, d.counts.request_timeouts.load());
}

TEST(thing_questions, of_the_first_connection_are_not_asked_again) {
  lamp d;
  d.product.features.config_get = true;
  d.product.features.tags = {{"loc", "l\"b"}};
  d.answer_all();
  d.boot();
  EXPECT_EQ(R"([{"attrKey":"loc","attrValue":"l\"b"}])",
            raw_field(d.cloud.last_on("deviceinfo/update"), "params"));
  d.cloud.cut();
  d.run(seconds{30});
  EXPECT_EQ(2, d.cloud.connects);
  EXPECT_EQ(1U, d.cloud.on("deviceinfo/update").size());
  EXPECT_EQ(1U, d.cloud.on("config/get").size());
}

TEST(thing_questions, about_its_tags_and_its_model_count_what_was_answered) {
  lamp d;
  d.product.features.tags = {{"loc", "lab"}};
  d.product.features.model_get = true;
  d.product.features.config_get = true;
  d.boot();
  d.say(sys("thing/deviceinfo/update_reply"), reply_to(d.cloud.last_on("deviceinfo/update"), "{}"));
  d.say(sys("thing/dsltemplate/get_reply"),
        reply_to(d.cloud.last_on("dsltemplate/get"), R"({"properties":[]})"));
  d.say(sys("thing/config/get_reply"), reply_to(d.cloud.last_on("config/get"), "{}", 6710));
  EXPECT_EQ(1U, d.counts.tags_told.load());
  EXPECT_EQ(1U, d.counts.models_received.load());
  EXPECT_EQ(0U, d.counts.replies_bad.load()) << "no configuration is no error";
  EXPECT_TRUE(d.cloud.subscribed(sys("thing/dsltemplate/get_reply")));
}

TEST(thing_questions, about_a_model_that_the_platform_has_not_are_errors) {
  lamp d;
  d.product.features.model_get = true;
  d.boot();
  d.say(sys("thing/dsltemplate/get_reply"), reply_to(d.cloud.last_on("dsltemplate/get"), "{}"));
  EXPECT_EQ(0U, d.counts.models_received.load());
  EXPECT_EQ(1U, d.counts.replies_bad.load());
}

const std::string config = R"({"configId":"c1","configSize":64,"sign":)"
                           R"("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",)"
                           R"("signMethod":"Sha256","url":"https://h/x","getType":"file"})";

TEST(thing_config, is_taken_when_asked_for_and_when_pushed) {
  lamp d;
  d.product.features.config_get = true;
  d.product.features.config_push = true;
  d.boot();
  d.say(sys("thing/config/get_reply"), reply_to(d.cloud.last_on("config/get"), config));
  EXPECT_EQ(1U, d.counts.configs_received.load());
  d.say(sys("thing/config/push"),
        R"({"id":"7","method":"thing.config.push","params":)" + config + "}");
  EXPECT_EQ(R"({"id":"7","code":200,"data":{}})", d.cloud.last_on("config/push_reply"));
  EXPECT_EQ(2U, d.counts.configs_received.load());
  EXPECT_EQ("c1", as_text(*d.slot->board.kv.get("config.id")));
}

TEST(thing_config, that_is_malformed_is_refused) {
  lamp d;
  d.product.features.config_push = true;
  d.boot();
  d.say(sys("thing/config/push"), R"({"id":"7","params":{"configId":"c2"}})");
  EXPECT_EQ(R"({"id":"7","code":460,"data":{}})", d.cloud.last_on("config/push_reply"));
  EXPECT_EQ(0U, d.counts.configs_received.load());
}

TEST(thing_config, that_is_malformed_is_refused_by_the_sdk_in_its_own_way) {
  lamp d;
  d.product.features.config_push = true;
  d.product.behaviour = behaviour::sdk;
  d.boot();
  d.say(sys("thing/config/push"), R"({"id":"7","params":{"configId":"c2"}})");
  EXPECT_EQ(R"("id":"7","code":"400","data":{})", d.cloud.last_on("config/push_reply"));
  d.say(sys("thing/config/push"), R"({"id":"8","params":)" + config + "}");
  EXPECT_EQ(R"({"id":"8","code":200,"data":{}})", d.cloud.last_on("config/push_reply"));
}

TEST(thing_time, sets_the_boards_clock_right) {
  lamp d;
  d.product.features.ntp_interval = seconds{60};
  d.cloud.when_said = [&d](const test::heard& h) {
    const auto wall = std::to_string(d.world.home().wall_ms());
    d.cloud.say("/ext/ntp/a1FleetDemo/dev_000000/response",
                R"({"deviceSendTime":)" + raw_field(h.payload, "deviceSendTime")
                    + R"(,"serverRecvTime":")" + wall + R"(","serverSendTime":")" + wall + "\"}");
  };
  d.boot();
  d.slot->board.clock.jump(5000);
  EXPECT_EQ(5000, d.slot->board.clock.offset_ms(d.world.now()));
  d.run(seconds{60});
  EXPECT_EQ(2U, d.counts.ntp_syncs.load());
  EXPECT_LE(std::abs(d.slot->board.clock.offset_ms(d.world.now())), 5);
}

TEST(thing_time, is_not_believed_unless_it_answers_the_last_question) {
  lamp d;
  d.product.features.ntp_interval = seconds{60};
  d.boot();
  const auto asked = raw_field(d.cloud.last_on("request"), "deviceSendTime");
  const std::string topic = "/ext/ntp/a1FleetDemo/dev_000000/response";
  d.say(topic, R"({"deviceSendTime":"1","serverRecvTime":"5","serverSendTime":"6"})");
  d.say(topic, R"({"deviceSendTime":)" + asked + "}");
  EXPECT_EQ(0U, d.counts.ntp_syncs.load());
  const auto far = R"({"deviceSendTime":)" + asked
                   + R"(,"serverRecvTime":"1900000000000","serverSendTime":"1900000000000"})";
  d.slot->board.clock.jump(-60'000); // since it asked
  d.say(topic, far);
  EXPECT_EQ(0U, d.counts.ntp_syncs.load());
  d.slot->board.clock.jump(60'000);
  d.say(topic, far);
  d.say(topic, far);
  EXPECT_EQ(1U, d.counts.ntp_syncs.load());
}

/// Answers shadow requests as a platform without other writers does.
struct shadowed_lamp : lamp {
  shadowed_lamp() {
    product.features.shadow = true;
    cloud.when_said = [this](const test::heard& h) {
      if (!h.topic.starts_with("/shadow/update/")) {
        return;
      }
      const auto token = raw_field(h.payload, "clientToken");
      if (raw_field(h.payload, "method") == "\"get\"") {
        push("reply", token);
        return;
      }
      const auto state = raw_field(h.payload, "state");
      version = std::stoll(raw_field(h.payload, "version"));
      if (raw_field(state, "desired") == "\"null\"") {
        desired.clear();
      }
      cloud.say(topic, R"({"method":"reply","payload":{"status":"success","version":)"
                           + std::to_string(version) + R"(},"timestamp":1700000009,"clientToken":)"
                           + token + "}");
    };
  }
  void push(const std::string& method, const std::string& token) {
    const std::string part = desired.empty() ? "" : R"(,"desired":)" + desired;
    cloud.say(topic, R"({"method":")" + method
                         + R"(","payload":{"status":"success","state":{"reported":{})" + part
                         + R"(},"metadata":{"reported":{}}},"version":)" + std::to_string(version)
                         + R"(,"timestamp":1700000010)"
                         + (token.empty() ? "" : R"(,"clientToken":)" + token) + "}");
  }
  std::string topic = "/shadow/get/a1FleetDemo/dev_000000";
  std::string desired;
  long long version = 5;
};

TEST(thing_shadow, is_pulled_and_what_it_wants_is_applied_reported_and_cleared) {
  shadowed_lamp d;
  d.desired = R"({"Level":12,"Temperature":4})";
  d.boot();
  EXPECT_EQ(12, d.state().number("Level"));
  const auto update = d.cloud.last_on("/shadow/update/a1FleetDemo/dev_000000");
  EXPECT_EQ(R"({"Level":12})", raw_field(raw_field(update, "state"), "reported")) << update;
  EXPECT_EQ("\"null\"", raw_field(raw_field(update, "state"), "desired")) << update;
  EXPECT_TRUE(d.desired.empty());
  EXPECT_EQ(1U, d.counts.shadow_converged.load());
  d.desired = R"({"Level":13})";
  ++d.version;
  d.push("control", "");
  d.run(seconds{1});
  EXPECT_EQ(13, d.state().number("Level"));
  EXPECT_EQ(2U, d.counts.shadow_converged.load());
}

TEST(thing_shadow, passes_over_what_is_no_shadow_message) {
  shadowed_lamp d;
  d.boot();
  const auto said = d.cloud.said.size();
  for (const auto* odd :
       {"", "{", "[]", R"({"method":"control"})", R"({"method":3,"payload":{}})"}) {
    d.say(d.topic, odd);
  }
  EXPECT_EQ(said, d.cloud.said.size());
  EXPECT_EQ(0U, d.counts.shadow_updates.load());
}

TEST(thing_shadow, is_updated_by_reports_and_its_version_outlives_a_crash) {
  shadowed_lamp d;
  d.report(report_kind::shadow).identifiers = {"Noise"};
  d.boot(seconds{10});
  EXPECT_GE(d.counts.shadow_updates.load(), 8U);
  const auto version = d.slot->board.kv.get_number("shadow.version");
  ASSERT_TRUE(version.has_value());
  EXPECT_EQ(static_cast<std::uint64_t>(d.version), *version);
  const auto token = *d.slot->board.kv.get_number("shadow.token");
  d.crash();
  d.cloud.said.clear();
  d.boot(seconds{5});
  const auto again = d.cloud.on("/shadow/update/a1FleetDemo/dev_000000");
  ASSERT_GE(again.size(), 2U);
  EXPECT_EQ("\"a1FleetDemo.dev_000000-" + std::to_string(token) + "\"",
            raw_field(again[0].payload, "clientToken"));
  EXPECT_GT(std::stoull(raw_field(again[1].payload, "version")), *version);
}

TEST(thing_shadow, whose_update_is_refused_counts_an_error_unless_somebody_was_faster) {
  for (const std::string code : {"400", "409"}) {
    shadowed_lamp d;
    auto& plan = d.report(report_kind::shadow_async);
    plan.identifiers = {"Noise"};
    plan.interval = seconds{600};
    const auto others = d.cloud.when_said;
    std::size_t refused = 0;
    d.cloud.when_said = [&](const test::heard& h) {
      if (raw_field(h.payload, "method") != "\"update\"") {
        others(h);
        return;
      }
      ++refused;
      d.cloud.say(d.topic,
                  R"({"method":"reply","payload":{"status":"error","content":{"errorcode":")" + code
                      + R"(","errormessage":"no"}},"timestamp":1700000009,)" + R"("clientToken":)"
                      + raw_field(h.payload, "clientToken") + "}");
    };
    d.boot(seconds{600});
    EXPECT_EQ(1U, refused);
    EXPECT_EQ(code == "409" ? 0U : 1U, d.counts.replies_bad.load());
    EXPECT_EQ(0U, d.counts.shadow_updates.load());
  }
}

TEST(thing_shadow, loses_what_a_device_deletes_of_it) {
  for (const bool all : {true, false}) {
    shadowed_lamp d;
    auto& plan = d.report(report_kind::shadow_delete);
    plan.identifiers = all ? std::vector<std::string>{} : std::vector<std::string>{"Noise"};
    d.boot(seconds{5});
    const auto last = d.cloud.last_on("/shadow/update/a1FleetDemo/dev_000000");
    EXPECT_EQ("\"delete\"", raw_field(last, "method")) << last;
    EXPECT_EQ(all ? R"("null")" : R"({"Noise":"null"})",
              raw_field(raw_field(last, "state"), "reported"))
        << last;
    EXPECT_GE(d.counts.shadow_updates.load(), 3U);
  }
}

TEST(thing_shadow, is_told_once_of_an_asynchronous_report) {
  for (const auto what : {report_kind::shadow, report_kind::shadow_async}) {
    shadowed_lamp d;
    auto& plan = d.report(what);
    plan.identifiers = {"Noise"};
    plan.interval = seconds{600};
    const auto pulls = d.cloud.when_said;
    d.cloud.when_said = [&](const test::heard& h) {
      if (raw_field(h.payload, "method") == "\"get\"") {
        pulls(h); // updates stay without an answer
      }
    };
    d.boot(seconds{590});
    std::size_t updates = 0;
    for (const auto& h : d.cloud.on("/shadow/update/a1FleetDemo/dev_000000")) {
      updates += raw_field(h.payload, "method") == "\"update\"" ? 1 : 0;
    }
    if (what == report_kind::shadow_async) {
      EXPECT_EQ(1U, updates);
    } else {
      EXPECT_GT(updates, 1U) << "repeated until it is acknowledged";
    }
  }
}

TEST(thing_shadow, converges_after_a_reconnect) {
  shadowed_lamp d;
  d.boot();
  EXPECT_EQ(0U, d.counts.shadow_converged.load());
  d.desired = R"({"LightSwitch":1})";
  ++d.version;
  d.cloud.session = true;
  d.cloud.cut();
  d.run(seconds{5});
  EXPECT_EQ(1, d.state().number("LightSwitch"));
  EXPECT_EQ(1U, d.counts.shadow_converged.load());
}

TEST(thing_crash, opens_the_next_epoch_and_reports_on) {
  lamp d;
  d.report(report_kind::properties);
  d.boot(seconds{3});
  d.crash();
  d.boot(seconds{3});
  const auto tag = ledger::find_tag(as_bytes(d.cloud.last_on("property/post")));
  EXPECT_EQ(2U, tag.what.epoch);
  EXPECT_EQ(d.slot->uplink.attempted(), d.slot->uplink.acknowledged());
}

TEST(thing_memory, is_counted_with_all_that_is_optional) {
  lamp d;
  d.boot();
  const auto bare = d.it().memory_bytes();
  EXPECT_GT(bare, sizeof(device) + sizeof(device_extras));
  shadowed_lamp e;
  e.boot();
  EXPECT_GT(e.it().memory_bytes(), bare + sizeof(shadow::client));
}

} // namespace
} // namespace fleet::actors
