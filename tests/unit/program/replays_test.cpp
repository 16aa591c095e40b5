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
     "dataType":{"type":"text","specs":{"length":"8"}}},
    {"identifier":"Mode","name":"m","accessMode":"r","required":true,
     "dataType":{"type":"enum","specs":{"0":"off","1":"on"}}},
    {"identifier":"Spot","name":"s","accessMode":"r","required":true,"dataType":{"type":"struct",
     "specs":[{"identifier":"X","name":"x","dataType":{"type":"int",
               "specs":{"min":"0","max":"9","step":"1"}}}]}}],"events":[],"services":[]})",
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
    return file ? read_replays("s.yaml", file.value().products.front(), &sensor(), tables, &notes)
                : replay_list{};
  }
  /// The notes, one after the other.
  std::string noted(const std::string& table, const std::string& report,
                    const std::string& product = "") {
    notes.clear();
    EXPECT_EQ(wrong(table, report, product), "taken");
    std::string out;
    for (const auto& note : notes) {
      out += (out.empty() ? "" : "; ") + note;
    }
    return out;
  }
  std::vector<std::string> notes;
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
            "t.csv:3:3: this cell is no value of property Temperature: hot; it takes float from "
            "-40 to 60; "
            "t.csv:4:3: this cell is no value of property Temperature: 99; it takes float from "
            "-40 to 60");
  EXPECT_EQ(wrong("Place\nyard\nin the yard behind\n", ""),
            "t.csv:3:1: this cell is no value of property Place: \"in the yard behind\"; it takes "
            "text of at most 8 octets");
  EXPECT_EQ(wrong("Mode,Spot.X\n1,7\n3,seven\n", ""),
            "t.csv:3:1: this cell is no value of property Mode: 3; it takes enum of 0, 1; "
            "t.csv:3:3: this cell is no value of property Spot.X: seven; it takes int from 0 to 9");
  EXPECT_EQ(wrong("Spot.Z\n1\n", ""),
            "t.csv:1:1: column Spot.Z: property Spot has no such member; it has X");
  EXPECT_EQ(wrong("at,temp\n7,12.5\n", ""),
            "s.yaml:1:47: no column of t.csv is a property of product p; it has Temperature, "
            "Place, Mode or Spot");
}

TEST_F(replays, tell_what_a_file_is_that_is_no_such_table) {
  const std::string commas = "; its first line has ; between the names, and a table has commas";
  const auto other = wrong("Temperature;Place\n12;yard\n", "");
  EXPECT_TRUE(other.ends_with("Mode or Spot" + commas)) << other;
  EXPECT_EQ(wrong("Temperature;Place\n12,5;yard\n", ""),
            "t.csv:2:4: this row has 2 cells, and the table 1 column" + commas);
  const auto tabs = wrong("Temperature\tPlace\n12\tyard\n", "");
  EXPECT_TRUE(tabs.ends_with("first line has tabs between the names, and a table has commas"))
      << tabs;
  using namespace std::string_literals;
  for (const auto& text : {"\xFF\xFET\0"s, "\xFE\xFF\0T"s, "T\0e\0"s}) {
    EXPECT_EQ(wrong(text, ""), "t.csv:1:1: the table is UTF-16; save it as UTF-8");
  }
}

TEST_F(replays, note_what_they_take_and_what_they_leave) {
  EXPECT_EQ(noted("at,Place,Temprature\n7,yard,12\n8,,13\n", ""),
            "product p, report properties: replays Place of 2 rows; columns that are no property: "
            "at, Temprature (the nearest is Temperature)");
  EXPECT_EQ(noted("Place,Temperature\nyard,12\n", "identifiers: [Place], ", ", model: m"),
            "product p, report properties: replays Place of 1 row; columns that are not among its "
            "identifiers: Temperature");
  EXPECT_EQ(wrong("Place\nyard\n", "identifiers: [Temperature, Mode], ", ", model: m"),
            "s.yaml:1:91: replay changes nothing: no column of t.csv is among the identifiers of "
            "the report, Temperature, Mode");
  std::string names = "Place";
  std::string cells = "yard";
  for (int i = 0; i < 12; ++i) {
    names += ",q" + std::to_string(i) + "q";
    cells += ",1";
  }
  EXPECT_TRUE(noted(names + "\n" + cells + "\n", "").ends_with(", q9q and 2 more"));
}

TEST_F(replays, note_cells_that_make_no_json) {
  const auto json = [this](const std::string& table, const std::string& payload) {
    return noted(table, "what: custom, payload: '" + payload + "', ");
  };
  EXPECT_EQ(json("t,n\n12,a\n,b\n13,c\n", R"({{"t":{column t},"n":"{column n}"}})"),
            "product p, report custom: 1 of 3 cells of column t would make the payload no JSON: an "
            "empty one in line 3, column 1");
  EXPECT_EQ(json("t\n\"say \"\"hi\"\"\"\nb\\c\n\"\"\n", R"({{"t" : "{column t}"}})"),
            "product p, report custom: 2 of 3 cells of column t would make the payload no JSON: "
            "\"say \"hi\"\" in line 2, column 1, and others");
  EXPECT_EQ(
      json("t\nhot\n", "[ {column t} ]"),
      "product p, report custom: 1 of 1 cells of column t would make the payload no JSON: hot in "
      "line 2, column 1");
  EXPECT_EQ(json("t\n12\n-1.5e3\ntrue\n", R"({{"t":{column t},"u":[{column t},1]}})"), "");
  EXPECT_EQ(json("t\n.5\n", R"({{"t":1{column t}}})"), "") << "a part of a value";
  EXPECT_EQ(json("t\nhot\n", "t={column t}"), "") << "no JSON anyway";
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
