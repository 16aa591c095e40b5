// What a run's report says of a ledger whose far side nobody knows: nothing that only that side
// could tell, and which half was judged.
#include <string>
#include <string_view>

#include <gtest/gtest.h>

#include "fleet/report/facts.hpp"
#include "fleet/report/figures.hpp"

namespace fleet::report {
namespace {

/// As two accounts of which one is missing are reconciled: all that was acknowledged counts as
/// lost, all that came as unexpected.
product_fact half_known(std::string name) {
  product_fact p;
  p.name = std::move(name);
  p.devices = 5;
  p.uplink.attempted = 70;
  p.uplink.acknowledged = p.uplink.lost = 60;
  p.uplink.unfinished = 10;
  p.downlink.accepted = p.downlink.unexpected = 8;
  p.downlink.duplicated = 3;
  return p;
}

product_fact known(std::string name) {
  product_fact p;
  p.name = std::move(name);
  p.devices = 5;
  p.ledger_known = true;
  p.uplink.attempted = p.uplink.acknowledged = p.uplink.accepted = 40;
  return p;
}

run_facts facts_of(std::vector<product_fact> products) {
  run_facts f;
  f.world = "real";
  f.products = std::move(products);
  add_up_ledger(f);
  judge(f);
  return f;
}

/// The JSON of the object that follows `key`, to its closing brace.
std::string object(const std::string& json, std::string_view key) {
  const auto begin = json.rfind("\"" + std::string{key} + "\": {");
  return begin == std::string::npos ? "" : json.substr(begin, json.find('}', begin) - begin);
}

/// The same of the run's ledger.
std::string of_ledger(const std::string& json, std::string_view key) {
  const auto begin = json.find("\"" + std::string{key} + "\": {", json.rfind("\"ledger\": {"));
  return begin == std::string::npos ? "" : json.substr(begin, json.find('}', begin) - begin);
}

bool has(const std::string& text, std::string_view what) {
  return text.find(what) != std::string::npos;
}

TEST(report, tells_no_number_that_only_an_unknown_far_side_could_tell) {
  const auto f = facts_of({half_known("a")});
  const auto json = to_json(f);
  const auto up = of_ledger(json, "uplink");
  EXPECT_TRUE(has(up, "\"attempted\": 70")) << up;
  EXPECT_TRUE(has(up, "\"acknowledged\": 60"));
  for (const auto key : {"accepted", "lost", "duplicated", "unexplained", "unexpected", "corrupted",
                         "out_of_order", "recovered", "unfinished", "missing_qos0"}) {
    EXPECT_TRUE(has(up, "\"" + std::string{key} + "\": null")) << key;
  }
  const auto down = of_ledger(json, "downlink");
  EXPECT_TRUE(has(down, "\"accepted\": 8")) << down;
  EXPECT_TRUE(has(down, "\"duplicated\": 3"));
  for (const auto key : {"attempted", "acknowledged", "lost", "unexpected", "recovered",
                         "unfinished", "missing_qos0"}) {
    EXPECT_TRUE(has(down, "\"" + std::string{key} + "\": null")) << key;
  }
  EXPECT_TRUE(has(object(json, "ledger"), "\"lost\": null"));
  EXPECT_TRUE(has(json, "\"judged\": \"devices_side\""));
  EXPECT_FALSE(has(json, "\"lost\": 0"));
}

TEST(report, shows_what_was_not_judged_and_says_so_in_the_verdict) {
  const auto text = to_text(facts_of({half_known("a")}));
  EXPECT_TRUE(has(text, "lost               not judged    not judged")) << text;
  EXPECT_TRUE(has(text, "attempted                  70    not judged"));
  EXPECT_TRUE(has(text, "accepted           not judged             8"));
  EXPECT_TRUE(has(text, "passed, judged by the devices' side alone"));
}

/// A side that had no room for some reports: what is missing there was not lost for it.
run_facts facts_with_no_room(std::vector<product_fact> products) {
  run_facts f;
  f.world = "real";
  f.products = std::move(products);
  f.products.front().uplink_whole = false;
  f.products.front().uplink.accepted = 30;
  f.products.front().uplink.lost = 10;
  f.products.front().downlink.lost = 0;
  f.unkept = 10;
  add_up_ledger(f);
  judge(f);
  return f;
}

TEST(report, does_not_judge_reports_that_the_twin_had_no_room_to_book) {
  const auto f = facts_with_no_room({known("a")});
  EXPECT_TRUE(f.passed()) << f.failures.front();
  const auto text = to_text(f);
  EXPECT_TRUE(has(text, "lost               not judged             0")) << text;
  EXPECT_TRUE(has(text, "passed, judged without the reports: 10 messages the twin had no room for"))
      << text;
  const auto json = to_json(f);
  EXPECT_TRUE(has(json, "\"unkept\": 10")) << json;
  EXPECT_TRUE(has(object(json, "uplink"), "\"lost\": null"));
  EXPECT_TRUE(has(json, "\"judged\": \"downlink\""));
  auto lost_command = known("a");
  lost_command.downlink.lost = 1;
  run_facts g;
  g.products = {lost_command};
  g.products.front().uplink_whole = false;
  add_up_ledger(g);
  judge(g);
  EXPECT_FALSE(g.passed()) << "the commands are judged all the same";
}

TEST(report, names_the_products_whose_reports_the_twin_had_no_room_for) {
  auto untagged = known("b");
  untagged.uplink_tagged = false;
  const auto text = to_text(facts_with_no_room({known("a"), untagged, half_known("c")}));
  EXPECT_TRUE(has(text, "passed, of a judged without the reports: 10 messages the twin had no room "
                        "for, of b judged without the reports, which carry no {ledger}, of c "
                        "judged by the devices' side alone"))
      << text;
}

TEST(report, judges_both_sides_of_the_products_that_have_them_and_names_the_others) {
  auto lossy = known("a");
  lossy.uplink.lost = 1;
  const auto f = facts_of({lossy, half_known("b")});
  EXPECT_FALSE(f.ledger_known);
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_EQ(f.failures.front(), "uplink: 1 messages acknowledged and lost: expected 0");
  const auto text = to_text(f);
  EXPECT_TRUE(has(text, "failed, of b judged by the devices' side alone")) << text;
  const auto json = to_json(f);
  EXPECT_TRUE(has(json, "\"judged\": \"some_products\""));
  EXPECT_TRUE(has(json, "\"lost\": 1")) << "of product a";
  EXPECT_TRUE(has(object(json, "ledger"), "\"lost\": null")) << "of all";
}

TEST(report, fails_a_run_for_what_the_devices_saw_themselves) {
  auto repeated = half_known("a");
  repeated.downlink.unexplained = 2;
  const auto f = facts_of({repeated});
  ASSERT_EQ(f.failures.size(), 1U);
  EXPECT_TRUE(has(f.failures.front(), "2 duplicates without DUP"));
}

TEST(report, tells_every_figure_where_both_sides_are_known) {
  auto quiet = half_known("nobody");
  quiet.devices = 0;
  quiet.uplink = quiet.downlink = {};
  const auto f = facts_of({known("a"), quiet});
  EXPECT_TRUE(f.ledger_known) << "a product without devices hides nothing";
  const auto json = to_json(f);
  EXPECT_TRUE(has(object(json, "ledger"), "\"lost\": 0"));
  EXPECT_TRUE(has(json, "\"judged\": \"both_sides\""));
  const auto text = to_text(f);
  EXPECT_TRUE(has(text, "passed\n")) << text;
}

TEST(report, says_what_the_handlers_of_scheduled_topics_got) {
  auto lamp = known("lamp");
  lamp.topics = {"user/get", "user/+"};
  lamp.counts.by_topic[0] = 12;
  lamp.counts.by_topic[1] = 3;
  const auto f = facts_of({lamp, known("plain")});
  const auto text = to_text(f);
  EXPECT_TRUE(has(text, "topics         12 messages by user/get of lamp\n")) << text;
  EXPECT_TRUE(has(text, "               3 messages by user/+ of lamp\n")) << text;
  EXPECT_FALSE(has(text, "of plain")) << text;
  const auto json = to_json(f);
  EXPECT_TRUE(has(json, "\"filter\": \"user/+\"")) << json;
  EXPECT_TRUE(has(json, "\"messages\": 12")) << json;
  EXPECT_TRUE(has(json, "\"topics\": []")) << json;
}

} // namespace
} // namespace fleet::report
