// A device with a thing model against a cloud played by hand: reports, commands, calls
// (aliyun-iot.md §11, §15). What it asks of its own accord is thing_questions_test.cpp's.
#include <cmath>

#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::seconds;
using test::filled;
using test::lamp;
using test::raw_field;
using test::sys;

/// The members of params or data, as a model judges them.
tsl::finding judge(const std::string& payload, std::string_view part) {
  json_reader json;
  const auto params = raw_field(payload, part);
  EXPECT_EQ(json_error::none, json.read(as_bytes(params))) << payload;
  return tsl::check_properties(*test::lamp_model(), json.top(), tsl::access_right::report);
}

TEST(thing, subscribes_what_it_uses_and_nothing_else) {
  lamp d;
  d.boot();
  EXPECT_EQ((std::vector<std::string>{
                sys("thing/service/property/set"), sys("thing/event/+/post_reply"),
                sys("thing/service/property/get"), sys("thing/service/+"), sys("rrpc/request/+"),
                "/ext/rrpc/+" + sys("#"), "/ext/rrpc/+/a1FleetDemo/dev_000000/#"}),
            d.cloud.filters);
  EXPECT_TRUE(d.cloud.said.empty());
}

TEST(thing, posts_values_that_its_model_allows_under_the_ledgers_tag) {
  lamp d;
  d.report(report_kind::properties);
  d.answer_all();
  d.boot(seconds{20});
  const auto posts = d.cloud.on("property/post");
  ASSERT_GE(posts.size(), 18U);
  std::uint32_t sequence = 0;
  for (const auto& p : posts) {
    EXPECT_TRUE(judge(p.payload, "params").ok()) << p.payload;
    const auto tag = ledger::find_tag(as_bytes(p.payload));
    ASSERT_EQ(ledger::tag_state::intact, tag.state) << p.payload;
    EXPECT_EQ(++sequence, tag.what.sequence);
    EXPECT_EQ("\"thing.event.property.post\"", raw_field(p.payload, "method"));
  }
  EXPECT_NE(raw_field(posts[0].payload, "params"), raw_field(posts[1].payload, "params"));
  EXPECT_EQ(posts.size(), d.slot->uplink.acknowledged());
  EXPECT_EQ(posts.size(), d.counts.replies.load());
  EXPECT_EQ(0U, d.counts.request_timeouts.load());
}

TEST(thing, reports_only_what_a_plan_names) {
  lamp d;
  d.report(report_kind::properties).identifiers = {"Noise"};
  d.boot(seconds{3});
  EXPECT_TRUE(d.cloud.last_on("property/post").find(R"("params":{"Noise":)") != std::string::npos)
      << d.cloud.last_on("property/post");
  EXPECT_EQ(std::string::npos, d.cloud.last_on("property/post").find("Temperature"));
}

TEST(thing, pads_its_reports_to_the_size_asked_for) {
  lamp d;
  d.product.payload_bytes = 400;
  d.report(report_kind::properties);
  d.report(report_kind::raw);
  d.boot(seconds{3});
  EXPECT_EQ(400U, d.cloud.last_on("property/post").size());
  EXPECT_EQ(400U, d.cloud.last_on("model/up_raw").size());
  EXPECT_EQ(ledger::tag_state::intact,
            ledger::find_tag(as_bytes(d.cloud.last_on("property/post"))).state);
}

TEST(thing, applies_a_good_property_set_answers_and_reports_it) {
  lamp d;
  d.boot();
  d.say(
      sys("thing/service/property/set"),
      R"({"method":"thing.service.property.set","id":"36","params":{"LightSwitch":1,"Level":40}})",
      1);
  ASSERT_EQ(2U, d.cloud.said.size());
  EXPECT_EQ(sys("thing/service/property/set_reply"), d.cloud.said[0].topic);
  EXPECT_EQ(R"({"id":"36","code":200,"data":{}})", d.cloud.said[0].payload);
  EXPECT_EQ(1U, d.cloud.said[0].qos);
  EXPECT_EQ(R"({"LightSwitch":1,"Level":40})", raw_field(d.cloud.said[1].payload, "params"));
  EXPECT_EQ(40, d.state().number("Level"));
  EXPECT_EQ(1U, d.counts.commands.load());
}

TEST(thing, refuses_a_bad_property_set_and_changes_nothing) {
  for (const std::string params :
       {R"({"Nothing":1})", R"({"Temperature":5})", R"({"Level":101})", R"({"Level":"1"})",
        R"({"LightSwitch":1,"Level":-1})", R"({"Level":1,"Level":2})", R"([1])", "7"}) {
    lamp d;
    d.boot();
    d.say(sys("thing/service/property/set"), R"({"id":9,"params":)" + params + "}");
    ASSERT_EQ(1U, d.cloud.said.size()) << params;
    EXPECT_EQ(R"({"id":9,"code":460,"data":{}})", d.cloud.said[0].payload) << params;
    EXPECT_EQ(0U, d.cloud.said[0].qos);
    EXPECT_EQ(0, d.state().number("LightSwitch"));
    EXPECT_EQ(0, d.state().number("Level"));
    EXPECT_EQ(1U, d.counts.commands_refused.load());
    EXPECT_EQ(0U, d.counts.commands.load());
  }
}

TEST(thing, answers_broken_json_only_if_it_can_tell_which_request_it_was) {
  lamp d;
  d.boot();
  d.say(sys("thing/service/property/set"), R"({"id":"9","params":{"Level":)");
  ASSERT_EQ(1U, d.cloud.said.size());
  EXPECT_EQ(R"({"id":"9","code":460,"data":{}})", d.cloud.said[0].payload);
  for (const auto* hopeless : {"", "{", "[]", "\xff\xfe", R"({"params":{"Level":1000}})"}) {
    d.say(sys("thing/service/property/set"), hopeless);
  }
  EXPECT_EQ(1U, d.cloud.said.size());
}

TEST(thing, enters_tagged_commands_into_the_ledger_and_drops_damaged_ones) {
  lamp d;
  d.boot();
  byte_buffer text;
  text.append(std::string_view{R"({"id":"1","params":{"Level":5},"tag":")"});
  const auto at = ledger::append_tag(text, {0, 1, 1});
  text.append(std::string_view{"\"}"});
  ledger::seal({&text[0], text.size()}, at);
  std::string good{as_text(text.view())};
  d.say(sys("thing/service/property/set"), good);
  EXPECT_EQ(1U, d.slot->downlink.accepted());
  d.say(sys("thing/service/property/set"), good);
  d.say(sys("thing/service/property/set"), R"({"id":"2","params":{"Level":5}})");
  EXPECT_EQ(3U, d.counts.commands.load());
  EXPECT_EQ(1U, d.counts.ledger_commands.load()) << "a repeat and one without a tag are none";
  good[good.find(":5") + 1] = '6';
  d.say(sys("thing/service/property/set"), good);
  EXPECT_EQ(1U, d.counts.downlink_corrupted.load());
  EXPECT_EQ(5, d.state().number("Level"));
}

TEST(thing, answers_a_property_get_with_its_values) {
  lamp d;
  d.boot();
  d.say(sys("thing/service/property/get"), R"({"id":"2","params":["LightSwitch","Level"]})");
  EXPECT_EQ(R"({"id":"2","code":200,"data":{"LightSwitch":0,"Level":0}})",
            d.cloud.last_on("property/get_reply"));
  d.say(sys("thing/service/property/get"), R"({"id":"3","params":["Nothing"]})");
  EXPECT_EQ(R"({"id":"3","code":460,"data":{}})", d.cloud.last_on("property/get_reply"));
  d.say(sys("thing/service/property/get"), R"({"id":"4","params":{}})");
  EXPECT_EQ(R"({"id":"4","code":460,"data":{}})", d.cloud.last_on("property/get_reply"));
}

TEST(thing, reads_its_sensors_when_a_property_is_got) {
  lamp d;
  d.boot();
  const auto got = [&](const std::string& name) {
    d.say(sys("thing/service/property/get"), R"({"id":"2","params":[")" + name + R"("]})");
    return std::stod(raw_field(raw_field(d.cloud.last_on("property/get_reply"), "data"), name));
  };
  d.run(seconds{100});
  const auto measured = [&] {
    return static_cast<double>(d.slot->board.temperature.value(d.world.now())) / 1000;
  };
  EXPECT_NEAR(measured(), got("Temperature"), 0.06) << "it has reported nothing yet";
  const auto before = got("Temperature");
  d.run(std::chrono::minutes{47});
  EXPECT_NEAR(measured(), got("Temperature"), 0.06);
  EXPECT_NE(before, got("Temperature"));
  auto noise = got("Noise");
  for (int i = 0; i < 20; ++i) {
    const auto next = got("Noise");
    EXPECT_GE(next, 30);
    EXPECT_LE(std::abs(next - noise), 1) << "a sixtieth of its range is a step";
    noise = next;
  }
}

TEST(thing, reports_a_meter_that_never_falls_not_even_over_a_reboot) {
  lamp d;
  auto loaded = tsl::load_model(R"({"properties":[
      {"identifier":"Energy","name":"e","accessMode":"r","required":true,
       "dataType":{"type":"double","specs":{"min":"0","max":"99999999.99","step":"0.01"}}}],
      "events":[],"services":[]})",
                                "meter.json");
  d.product.features.model = std::make_shared<const tsl::model>(std::move(loaded).value());
  d.report(report_kind::properties);
  d.answer_all();
  double last = 0;
  std::vector<std::vector<long>> steps;
  for (int boot = 0; boot < 3; ++boot) {
    d.cloud.said.clear();
    d.boot(seconds{60});
    const auto posts = d.cloud.on("property/post");
    ASSERT_GE(posts.size(), 50U);
    steps.emplace_back();
    for (const auto& p : posts) {
      const auto energy = std::stod(raw_field(raw_field(p.payload, "params"), "Energy"));
      EXPECT_GT(energy, last);
      EXPECT_TRUE(last == 0 || energy - last < 0.11) << energy << " after " << last;
      steps.back().push_back(last == 0 ? 0 : std::lround((energy - last) * 100));
      last = energy;
    }
    steps.back().resize(50);
    d.crash();
  }
  EXPECT_NE(steps[1], steps[2]) << "each boot has values of its own";
}

TEST(thing, carries_out_a_service_and_answers_what_its_model_says) {
  lamp d;
  d.boot();
  d.say(sys("thing/service/Dim"),
        R"({"id":"5","method":"thing.service.Dim","params":{"Level":33}})");
  const auto reply = d.cloud.last_on("service/Dim_reply");
  EXPECT_EQ("200", raw_field(reply, "code"));
  const auto data = raw_field(reply, "data");
  EXPECT_EQ("33", raw_field(data, "Level"));
  json_reader json;
  ASSERT_EQ(json_error::none, json.read(as_bytes(data)));
  EXPECT_TRUE(tsl::check_service_output(*test::lamp_model(), "Dim", json.top()).ok()) << data;
  EXPECT_EQ(33, d.state().number("Level"));
  EXPECT_EQ(1U, d.counts.services_answered.load());
}

TEST(thing, refuses_services_it_does_not_have_or_understand) {
  lamp d;
  d.boot();
  d.say(sys("thing/service/Fly"), R"({"id":"6","params":{}})");
  EXPECT_EQ("460", raw_field(d.cloud.last_on("service/Fly_reply"), "code"));
  d.say(sys("thing/service/Dim"), R"({"id":"7","params":{"Level":1000}})");
  EXPECT_EQ("460", raw_field(d.cloud.last_on("service/Dim_reply"), "code"));
  d.say(sys("thing/service/Dim"), R"({"id":"8","params":{}})");
  EXPECT_EQ("460", raw_field(d.cloud.last_on("service/Dim_reply"), "code"));
  EXPECT_EQ(0U, d.counts.services_answered.load());
  EXPECT_EQ(3U, d.counts.commands_refused.load());
}

TEST(thing, posts_events_that_its_model_allows_and_counts_the_answers) {
  lamp d;
  d.report(report_kind::event);
  d.answer_all();
  d.boot(seconds{5});
  const auto events = d.cloud.on("thing/event/Error/post");
  ASSERT_GE(events.size(), 3U);
  json_reader json;
  for (const auto& e : events) {
    const auto params = raw_field(e.payload, "params");
    ASSERT_EQ(json_error::none, json.read(as_bytes(params)));
    EXPECT_TRUE(tsl::check_event(*test::lamp_model(), "Error", json.top()).ok()) << params;
    EXPECT_EQ(ledger::tag_state::intact, ledger::find_tag(as_bytes(e.payload)).state);
  }
  EXPECT_EQ(events.size(), d.counts.events_posted.load());
  EXPECT_EQ(events.size(), d.counts.replies.load());
}

TEST(thing, posts_two_moments_of_each_property_in_a_batch) {
  lamp d;
  d.report(report_kind::batch);
  d.boot(seconds{2});
  json_reader json;
  const auto payload = d.cloud.last_on("property/batch/post");
  const auto request = alink::parse_message(json, as_bytes(payload));
  const auto batch = alink::read_property_batch(request);
  EXPECT_EQ(200, batch.code) << payload;
  EXPECT_EQ(8U, batch.property_count.good);
  EXPECT_EQ(0U, batch.property_count.dropped);
  EXPECT_TRUE(d.cloud.subscribed(sys("thing/event/property/batch/post_reply")));
}

TEST(thing, sends_raw_octets_and_answers_raw_octets) {
  lamp d;
  d.report(report_kind::raw);
  d.boot(seconds{2});
  const auto frame = d.cloud.last_on("model/up_raw");
  ASSERT_GT(frame.size(), 3U);
  EXPECT_EQ('\x01', frame[0]);
  EXPECT_EQ('\x04', frame[2]);
  EXPECT_EQ(ledger::tag_state::intact, ledger::find_tag(as_bytes(frame)).state);
  d.say(sys("thing/model/down_raw"), std::string_view{"\x02{\"id\"\0:", 8});
  EXPECT_EQ((std::string{"\x81\x00\x08", 3}), d.cloud.last_on("model/down_raw_reply"));
  d.say(sys("thing/model/up_raw_reply"), R"({"id":"1","code":6200,"data":{}})");
  EXPECT_EQ(1U, d.counts.replies_bad.load());
  d.say(sys("thing/model/up_raw_reply"), "\x01\x02");
  EXPECT_EQ(1U, d.counts.replies.load());
}

TEST(thing, sends_custom_reports_to_topics_of_its_product) {
  lamp d;
  d.report(report_kind::custom).topic = filled("user/update");
  auto& words = d.report(report_kind::custom);
  words.topic = filled("update");
  words.text = filled("hello{ledger}");
  d.boot(seconds{2});
  const auto values = d.cloud.last_on("/a1FleetDemo/dev_000000/user/update");
  EXPECT_EQ("0", raw_field(values, "LightSwitch")) << values;
  EXPECT_TRUE(d.cloud.last_on("dev_000000/update").starts_with("hello~L0.1.")) << values;
}

TEST(thing, counts_replies_that_are_bad_and_passes_over_those_nobody_awaits) {
  lamp d;
  d.report(report_kind::properties);
  d.boot(seconds{2});
  const auto reply = sys("thing/event/property/post_reply");
  d.say(reply, R"({"id":"1","code":6106,"data":{}})");
  EXPECT_EQ(1U, d.counts.replies_bad.load());
  d.say(reply, R"({"id":"1","code":200,"data":{}})");
  d.say(reply, R"({"id":"77","code":200,"data":{}})");
  EXPECT_EQ(0U, d.counts.replies.load());
  d.say(reply, "{");
  d.say(reply, R"({"code":200})");
  EXPECT_EQ(3U, d.counts.replies_bad.load());
}

TEST(thing, tells_errors_to_reports_that_may_fail_from_others) {
  lamp d;
  d.report(report_kind::properties).may_fail = true;
  d.report(report_kind::batch);
  d.boot(seconds{2});
  const auto answer = [&d](const std::string& topic, const std::string& code) {
    const auto id = raw_field(d.cloud.last_on(topic), "id");
    d.say(sys("thing/event/" + topic + "_reply"),
          R"({"id":)" + id + R"(,"code":)" + code + R"(,"data":{}})");
  };
  answer("property/post", "6106");
  EXPECT_EQ(1U, d.counts.replies_bad.load());
  EXPECT_EQ(0U, d.counts.replies_unexcused.load());
  answer("property/batch/post", "6106");
  EXPECT_EQ(2U, d.counts.replies_bad.load());
  EXPECT_EQ(1U, d.counts.replies_unexcused.load());
  d.run(seconds{1});
  answer("property/post", "200");
  histogram_snapshot took;
  d.counts.latencies[static_cast<std::size_t>(latency::publish_reply)].read(took);
  EXPECT_EQ(1U, took.count);
  EXPECT_LE(took.max_us, 3'000'000U) << "of a report that may fail as of any other";
}

TEST(thing, gives_up_the_oldest_request_when_a_hundred_are_unanswered) {
  lamp d;
  d.report(report_kind::properties).interval = std::chrono::milliseconds{20};
  d.boot(seconds{8});
  EXPECT_GT(d.cloud.on("property/post").size(), 300U);
  EXPECT_GE(d.counts.request_timeouts.load() + 100, d.cloud.on("property/post").size());
  EXPECT_EQ(0U, d.counts.skipped_for(skip::window));
}

TEST(thing, skips_reports_while_the_window_is_full_or_the_link_is_down) {
  lamp d;
  d.product.client.in_flight_max = 5;
  d.report(report_kind::properties);
  d.cloud.acknowledges = false;
  d.boot(seconds{10});
  EXPECT_EQ(5U, d.slot->uplink.attempted());
  EXPECT_GT(d.counts.skipped_for(skip::window), 2U);
  d.cloud.door.refuse = true;
  d.cloud.cut();
  d.run(seconds{5});
  EXPECT_GE(d.counts.skipped_for(skip::offline), 4U);
}

TEST(thing, says_nothing_of_its_own_accord_once_it_is_quiet) {
  lamp d;
  d.report(report_kind::properties);
  d.product.features.ntp_interval = seconds{1};
  d.boot(seconds{3});
  d.quiet();
  const auto before = d.cloud.said.size();
  d.run(seconds{10});
  EXPECT_EQ(before, d.cloud.said.size());
  d.say(sys("thing/service/property/get"), R"({"id":"2","params":["Level"]})");
  EXPECT_EQ(before + 1, d.cloud.said.size());
}

TEST(thing_rrpc, is_answered_in_both_forms_wherever_there_is_a_model) {
  lamp d;
  d.boot();
  EXPECT_TRUE(d.cloud.subscribed(sys("rrpc/request/+")));
  const std::string call = R"({"id":"11","method":"thing.service.Dim","params":{"Level":21}})";
  d.say(sys("rrpc/request/900"), call);
  EXPECT_EQ("200", raw_field(d.cloud.last_on("rrpc/response/900"), "code"));
  const std::string ext = "/ext/rrpc/901" + sys("thing/service/Dim");
  d.say(ext, R"({"id":"12","params":{"Level":22},"method":""})");
  EXPECT_EQ("22", raw_field(raw_field(d.cloud.last_on(ext), "data"), "Level"));
  d.say(sys("rrpc/request/902"), R"({"id":"13","method":"thing.service.property.set",)"
                                 R"("params":{"Level":23}})");
  EXPECT_EQ("200", raw_field(d.cloud.last_on("rrpc/response/902"), "code"));
  EXPECT_EQ(R"({"Level":23})", raw_field(d.cloud.last_on("property/post"), "params"));
  d.say(sys("rrpc/request/903"), R"({"id":"14","method":"thing.service.Fly","params":{}})");
  EXPECT_EQ("460", raw_field(d.cloud.last_on("rrpc/response/903"), "code"));
  EXPECT_EQ(4U, d.counts.rrpc_answered.load());
  EXPECT_EQ(2U, d.counts.services_answered.load());
}

TEST(thing_rrpc, of_any_octets_is_answered_with_their_number_and_digest) {
  lamp d;
  d.product.features.rrpc = true;
  d.boot();
  d.say("/ext/rrpc/77/a1FleetDemo/dev_000000/user/get", "\x01\x02\x03");
  const auto answer = d.cloud.last_on("/ext/rrpc/77/a1FleetDemo/dev_000000/user/get");
  EXPECT_EQ("\"77\"", raw_field(answer, "id"));
  EXPECT_EQ("3", raw_field(raw_field(answer, "data"), "octets"));
  // Our own answer, sent back by a broker, is no question.
  d.say("/ext/rrpc/77/a1FleetDemo/dev_000000/user/get", answer);
  d.say(sys("rrpc/request/notanumber"), "x");
  EXPECT_EQ(1U, d.cloud.said.size());
}

TEST(thing_rrpc, of_a_device_without_a_model_is_the_products_wish) {
  lamp asked;
  asked.product.features.model.reset();
  asked.product.features.rrpc = true;
  asked.boot();
  asked.say(sys("rrpc/request/900"), "x");
  EXPECT_EQ(1U, asked.counts.rrpc_answered.load());
  lamp d;
  d.product.features.model.reset();
  d.product.features.broadcasts = true; // something that the plain device does not do
  d.boot();
  d.say(sys("rrpc/request/900"), "x");
  EXPECT_TRUE(d.cloud.said.empty());
  EXPECT_FALSE(d.cloud.subscribed(sys("rrpc/request/+")));
}

TEST(thing, answers_orders_and_notifications) {
  lamp d;
  d.boot();
  for (const auto* order : {"thing/disable", "thing/enable", "thing/delete"}) {
    d.say(sys(order), R"({"id":"1","params":{}})");
    EXPECT_EQ("200", raw_field(d.cloud.last_on(std::string{order} + "_reply"), "code"));
    d.say(sys(order), R"({"id":"1","params":3})");
    EXPECT_EQ("460", raw_field(d.cloud.last_on(std::string{order} + "_reply"), "code"));
  }
}

TEST(thing, counts_its_products_broadcasts_and_no_others) {
  lamp d;
  d.product.features.broadcasts = true;
  d.boot();
  EXPECT_TRUE(d.cloud.subscribed("/broadcast/a1FleetDemo/#"));
  d.say("/broadcast/a1FleetDemo/news", "anything");
  d.say("/broadcast/other/news", "anything");
  EXPECT_EQ(1U, d.counts.broadcasts.load());
  EXPECT_TRUE(d.cloud.said.empty());
}

} // namespace
} // namespace fleet::actors
