// Reports whose payload and topic are the user's templates, at the device.
#include <set>

#include "tests/unit/actors/thing_rig.hpp"

namespace fleet::actors {
namespace {

using std::chrono::milliseconds;
using test::filled;
using test::lamp;
using test::raw_field;

TEST(thing_texts, fills_in_what_the_user_wrote_for_each_message) {
  lamp d;
  auto& words = d.report(report_kind::custom);
  words.topic = filled("{device}/{seq}");
  words.text = filled(R"({{"i":{index},"n":{seq},"at":{timestamp},"r":{random 7..7},)"
                      R"("by":"{device}","tag":"{ledger}"}})");
  d.product.payload_bytes = 200;
  d.boot(milliseconds{3500});
  const auto first = d.cloud.last_on("/a1FleetDemo/dev_000000/dev_000000/1");
  const auto payload = d.cloud.last_on("/a1FleetDemo/dev_000000/dev_000000/3");
  EXPECT_EQ("0", raw_field(payload, "i")) << payload;
  EXPECT_EQ("1", raw_field(first, "n"));
  EXPECT_EQ("3", raw_field(payload, "n"));
  EXPECT_EQ("7", raw_field(payload, "r"));
  EXPECT_EQ("\"dev_000000\"", raw_field(payload, "by"));
  EXPECT_GT(raw_field(payload, "at").size(), 3U);
  EXPECT_EQ(200U, payload.size());
  const auto found = ledger::find_tag(as_bytes(payload));
  EXPECT_EQ(ledger::tag_state::intact, found.state) << payload;
  EXPECT_EQ((ledger::tag{0, 1, 3}), found.what);
  EXPECT_EQ(3U, d.slot->uplink.attempted());
  EXPECT_EQ(3U, d.slot->uplink.acknowledged());
}

TEST(thing_texts, sends_texts_without_a_tag_as_they_are_and_keeps_them_out_of_the_ledger) {
  lamp d;
  auto& words = d.report(report_kind::custom);
  words.topic = filled("user/update");
  words.text = filled("n={seq}");
  auto& octets = d.report(report_kind::raw);
  octets.text = filled("\x02{seq}");
  d.report(report_kind::properties);
  d.boot(milliseconds{3500});
  const auto texts = d.cloud.on("user/update");
  ASSERT_EQ(3U, texts.size());
  const auto frame = d.cloud.last_on("model/up_raw");
  EXPECT_EQ('\x02', frame.at(0));
  // Both count among those without a tag, in turn.
  EXPECT_EQ(d.cloud.on("property/post").size(), d.slot->uplink.attempted());
  EXPECT_EQ(d.slot->uplink.attempted(), d.slot->uplink.acknowledged());
  EXPECT_EQ(d.counts.published[1].load(), d.slot->uplink.attempted() + 6);
  std::vector<std::string> numbers;
  for (const auto& h : d.cloud.said) {
    if (h.topic.ends_with("user/update") || h.topic.ends_with("model/up_raw")) {
      numbers.push_back(h.payload.substr(h.payload.find_first_of("123456")));
    }
  }
  EXPECT_EQ((std::vector<std::string>{"1", "2", "3", "4", "5", "6"}), numbers);
}

std::shared_ptr<replay_plan> replay_of(std::string_view text) {
  auto plan = std::make_shared<replay_plan>();
  plan->rows = std::make_shared<const csv_table>(csv_table::parse(text).value());
  plan->from_first = true;
  return plan;
}

TEST(thing_replay, fills_columns_into_the_users_text_row_by_row_and_begins_again) {
  lamp d;
  auto& words = d.report(report_kind::custom);
  words.topic = filled("user/update");
  words.text = filled("{column t}@{column at}");
  const auto replay = replay_of("at,t\n7:00,12.5\n8:00,13\n9:00,\n");
  ASSERT_EQ(words.text->bind(replay->rows->columns()), std::nullopt);
  words.replay = replay;
  d.boot(milliseconds{5500});
  std::vector<std::string> told;
  for (const auto& h : d.cloud.on("user/update")) {
    told.push_back(h.payload);
  }
  EXPECT_EQ((std::vector<std::string>{"12.5@7:00", "13@8:00", "@9:00", "12.5@7:00", "13@8:00"}),
            told);
}

TEST(thing_replay, sets_properties_of_the_model_and_ends_where_it_is_told_to) {
  lamp d;
  auto& all = d.report(report_kind::properties);
  const auto replay = replay_of("Noise,at,Temperature\n33,7:00,12.5\n,8:00,13\n40,9:00,-1.5\n");
  replay->properties = {{0, "Noise", false}, {2, "Temperature", false}};
  replay->ends = true;
  all.replay = replay;
  d.boot(milliseconds{9500});
  std::vector<std::string> told;
  for (const auto& h : d.cloud.on("property/post")) {
    told.push_back(raw_field(raw_field(h.payload, "params"), "Temperature"));
  }
  EXPECT_EQ((std::vector<std::string>{"12.5", "13", "-1.5"}), told);
  EXPECT_EQ(d.state().number("Noise"), 40.0);
  EXPECT_EQ(3U, d.slot->uplink.attempted());
  EXPECT_EQ(3U, d.slot->uplink.acknowledged());
}

TEST(thing_replay, leaves_a_property_as_it_is_where_its_cell_is_empty) {
  lamp d;
  d.report(report_kind::properties);
  d.report(report_kind::batch); // which reads sensors as well
  const auto replay = replay_of("Noise,Temperature\n,\n33,12.5\n,\n,13\n,\n77,\n,\n");
  replay->properties = {{0, "Noise", false}, {1, "Temperature", false}};
  replay->ends = true;
  d.product.features.reports.front().replay = replay;
  d.boot(milliseconds{9500});
  std::vector<std::string> noise;
  std::vector<std::string> heat;
  for (const auto& h : d.cloud.on("property/post")) {
    noise.push_back(raw_field(raw_field(h.payload, "params"), "Noise"));
    heat.push_back(raw_field(raw_field(h.payload, "params"), "Temperature"));
  }
  ASSERT_EQ(7U, noise.size());
  EXPECT_GE(std::stoi(noise[0]), 30) << "the board's, until the table says one";
  EXPECT_EQ((std::vector<std::string>{"33", "33", "33", "33", "77", "77"}),
            (std::vector<std::string>{noise.begin() + 1, noise.end()}));
  EXPECT_EQ((std::vector<std::string>{"12.5", "12.5", "13", "13", "13", "13"}),
            (std::vector<std::string>{heat.begin() + 1, heat.end()}));
}

TEST(thing_replay, leaves_members_of_a_structure_as_they_are_likewise) {
  lamp d;
  d.product.features.model = std::make_shared<const tsl::model>(tsl::load_model(R"({"properties":[
    {"identifier":"Place","name":"p","accessMode":"r","required":true,"dataType":{"type":"struct",
     "specs":[{"identifier":"X","name":"x","dataType":{"type":"int",
                "specs":{"min":"-100000","max":"100000","step":"1"}}},
              {"identifier":"Y","name":"y","dataType":{"type":"int",
                "specs":{"min":"-100000","max":"100000","step":"1"}}}]}}],
    "events":[],"services":[]})",
                                                                                "place.json")
                                                                    .value());
  const auto replay = replay_of("Place.X\n7\n\"\"\n\"\"\n\"\"\n\"\"\n");
  replay->properties = {{0, "Place.X", false}};
  replay->ends = true;
  d.report(report_kind::properties).replay = replay;
  d.boot(milliseconds{9500});
  std::set<std::string> others;
  const auto told = d.cloud.on("property/post");
  ASSERT_EQ(5U, told.size());
  for (const auto& h : told) {
    const auto place = raw_field(raw_field(h.payload, "params"), "Place");
    EXPECT_EQ("7", raw_field(place, "X")) << h.payload;
    others.insert(raw_field(place, "Y"));
  }
  EXPECT_GT(others.size(), 1U) << "what no column has walks";
}

TEST(thing_replay, begins_at_a_row_that_seed_and_device_say) {
  const auto replay = replay_of("n\n0\n1\n2\n3\n4\n5\n6\n7\n8\n9\n");
  replay->from_first = false;
  std::vector<int> begins(10);
  for (std::uint32_t device = 0; device < 1000; ++device) {
    const auto first = replay->row_of(7, device, 0);
    ++begins[*first];
    EXPECT_EQ(replay->row_of(7, device, 3), (*first + 3) % 10);
    EXPECT_EQ(replay->row_of(7, device, 10), first);
  }
  for (const int n : begins) {
    EXPECT_NEAR(n, 100, 40);
  }
  replay->ends = true;
  const auto first = *replay->row_of(7, 3, 0);
  EXPECT_EQ(replay->row_of(7, 3, static_cast<std::uint32_t>(9 - first)), 9U);
  EXPECT_EQ(replay->row_of(7, 3, static_cast<std::uint32_t>(10 - first)), std::nullopt);
}

} // namespace
} // namespace fleet::actors
