// Tables of scenarios: shared, held against models and payloads, told by their places.
#include "fleet/run/replays.hpp"

#include <fstream>

#include <gtest/gtest.h>

#include "fleet/scenario/reader.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/support/temp_folder.hpp"

namespace fleet::program {

namespace {

const tsl::model& sensor() {
  static const auto one = tsl::load_model(R"({"properties":[
    {"identifier":"Temperature","name":"t","accessMode":"r","required":true,
     "dataType":{"type":"float","specs":{"min":"-40","max":"60","step":"0.1"}}},
    {"identifier":"Place","name":"p","accessMode":"r","required":true,
     "dataType":{"type":"text","specs":{"length":"8"}}}],"events":[],"services":[]})",
                                          "sensor.json");
  return one.value();
}

class replays : public testing::Test {
protected:
  std::string wrong(const std::string& table, const std::string& report,
                    const std::string& product = "") {
    const auto got = read(table, report, product);
    std::string out = got ? "taken" : "";
    for (const auto& line : got ? mistakes{} : got.error()) {
      std::string bare = line;
      for (auto at = bare.find(folder); at != std::string::npos; at = bare.find(folder)) {
        bare.erase(at, folder.size());
      }
      out += (out.empty() ? "" : "; ") + bare;
    }
    return out;
  }
  result<replay_list, mistakes> read(const std::string& table, const std::string& report,
                                     const std::string& product = "") {
    std::ofstream{dir / "t.csv", std::ios::binary} << table;
    const auto text =
        "products: [{name: p" + product + ", report: [{" + report + "replay: {file: t.csv}}]}]\n";
    const auto file = read_scenario(text, {folder, [](const std::string&) { return true; }});
    EXPECT_TRUE(file.ok()) << text << (file ? "" : file.error().front().message);
    table_shelf tables;
    return file ? read_replays("s.yaml", file.value().products.front(), &sensor(), tables)
                : replay_list{};
  }
  support::temp_folder dir;
  std::string folder = dir / "";
};

} // namespace

TEST_F(replays, find_the_columns_that_are_properties) {
  const auto got = read("at,Place,Temperature\n7,yard,12.5\n8,,-3\n", "").value();
  ASSERT_EQ(got.size(), 1U);
  ASSERT_EQ(got[0]->properties.size(), 2U);
  EXPECT_EQ(got[0]->properties[0].column, 1U);
  EXPECT_TRUE(got[0]->properties[0].as_text);
  EXPECT_EQ(got[0]->properties[1].identifier, "Temperature");
  EXPECT_FALSE(got[0]->properties[1].as_text);
  EXPECT_EQ(longest_row(got[0].get())[1], "yard");
  EXPECT_TRUE(longest_row(nullptr).empty());
}

TEST_F(replays, tell_cells_that_fit_no_property) {
  EXPECT_EQ(wrong("at,Temperature\n7,12.5\n8,hot\n9,99\n", ""),
            "t.csv:3:3: this cell is no value of property Temperature; "
            "t.csv:4:3: this cell is no value of property Temperature");
  EXPECT_EQ(wrong("Place\nyard\nin the yard behind\n", ""),
            "t.csv:3:1: this cell is no value of property Place");
  EXPECT_EQ(wrong("at,temp\n7,12.5\n", ""),
            "s.yaml:1:47: no column of t.csv is a property of product p; it has Temperature or "
            "Place");
}

TEST_F(replays, tell_columns_that_the_table_does_not_have) {
  EXPECT_EQ(wrong("at,temp\n7,12.5\n", "what: custom, payload: '{column tmp}', "),
            "s.yaml:1:55: payload has {column tmp}, and t.csv has no such column; the nearest is "
            "temp");
  EXPECT_EQ(wrong("at,temp\n7,12.5\n", "payload: '{seq}', ", ", profile: mqtt").substr(0, 8),
            "s.yaml:1");
  EXPECT_EQ(wrong("at,temp\n7,12.5\n", "payload: '{column at}', ", ", profile: mqtt"), "taken");
}

TEST_F(replays, tell_what_is_wrong_with_the_table) {
  EXPECT_EQ(wrong("a,b\n1\n\"x\n", ""), "t.csv:2:1: this row has 1 cell, and the table 2 columns; "
                                        "t.csv:3:1: this quote is not closed");
}

} // namespace fleet::program
