// Tables: what they take, and each mistake with its place.
#include "protocol/base/csv_table.hpp"

#include <gtest/gtest.h>

namespace fleet {
namespace {

using rows = std::vector<std::vector<std::string>>;

rows rows_of(std::string_view text) {
  const auto got = csv_table::parse(text);
  rows out;
  if (!got) {
    ADD_FAILURE() << text << ": " << got.error().front().message;
    return out;
  }
  for (std::size_t i = 0; i < got.value().rows(); ++i) {
    const auto row = got.value().row(i);
    out.emplace_back(row.begin(), row.end());
  }
  return out;
}

std::string mistakes_of(std::string_view text) {
  const auto got = csv_table::parse(text);
  std::string out = got ? "taken" : "";
  for (const auto& wrong : got ? std::vector<csv_mistake>{} : got.error()) {
    out += (out.empty() ? "" : "; ") + std::to_string(wrong.at.line) + ":"
           + std::to_string(wrong.at.column) + " " + wrong.message;
  }
  return out;
}

TEST(csv_table, reads_what_spreadsheets_write) {
  const rows expected{{"1", "x"}, {"2", "y"}};
  EXPECT_EQ(rows_of("a,b\n1,x\n2,y\n"), expected);
  EXPECT_EQ(rows_of("a,b\r\n1,x\r\n2,y\r\n"), expected);
  EXPECT_EQ(rows_of("a,b\n1,x\n2,y"), expected) << "the last line has no end";
  EXPECT_EQ(rows_of("\xEF\xBB\xBF"
                    "a,b\n1,x\n2,y\n"),
            expected);
  EXPECT_EQ(rows_of("\n\na, b\n\n 1 ,\tx\n\r\n2,y\n\n"), expected) << "blanks and empty lines";
  EXPECT_EQ(rows_of("\"a\",\"b\"\n\"1\",\"x\"\n2,\"y\"\r\n"), expected);
  EXPECT_EQ(rows_of("a\n1\n"), (rows{{"1"}}));
  EXPECT_EQ(rows_of("a,b\n,\n"), (rows{{"", ""}}));
  EXPECT_EQ(rows_of("a,b\n1,"), (rows{{"1", ""}}));
}

TEST(csv_table, reads_quoted_cells_with_commas_line_ends_and_quotes) {
  EXPECT_EQ(rows_of("a,b\n\"1,5\",\"say \"\"x\"\"\"\n"), (rows{{"1,5", "say \"x\""}}));
  EXPECT_EQ(rows_of("a,b\n\"two\nlines\",\"\"\n"), (rows{{"two\nlines", ""}}));
  EXPECT_EQ(rows_of("a\n\" kept \"\n"), (rows{{" kept "}}));
  EXPECT_EQ(rows_of("a\n\"\"\"\"\n"), (rows{{"\""}}));
}

TEST(csv_table, knows_columns_and_where_each_cell_stands) {
  auto got = csv_table::parse("\xEF\xBB\xBF"
                              "time, temp\n\"a\nb\",2\n3,\"4\"\n")
                 .value();
  const csv_table table = std::move(got); // and a move leaves the cells where they are
  EXPECT_EQ(table.find_column("temp"), 1U);
  EXPECT_EQ(table.find_column("Temp"), std::nullopt);
  EXPECT_EQ(table.place_of(0, 0), (csv_place{2, 1}));
  EXPECT_EQ(table.place_of(0, 1), (csv_place{3, 4})) << "behind a cell of two lines";
  EXPECT_EQ(table.place_of(1, 1), (csv_place{4, 3}));
  EXPECT_EQ(table.row(1)[1], "4");
}

TEST(csv_table, tells_each_mistake_by_line_and_column) {
  EXPECT_EQ(mistakes_of(""),
            "1:1 the table is empty; its first line names the columns, each further one is a row");
  EXPECT_EQ(mistakes_of("a,b\n"), "2:1 the table has no row below the names of its columns");
  EXPECT_EQ(mistakes_of("a,,c\n1,2,3\n"), "1:3 a column without a name");
  EXPECT_EQ(mistakes_of("a,b,a\n1,2,3\n"), "1:5 two columns are called a");
  EXPECT_EQ(mistakes_of("a,{b}\n1,2\n"),
            "1:3 a column's name takes 1 to 64 octets, without braces and control characters");
  EXPECT_EQ(mistakes_of("a,b\n1\n1,2\n1,2,3\n"),
            "2:1 this row has 1 cell, and the table 2 columns; "
            "4:5 this row has 3 cells, and the table 2 columns");
  EXPECT_EQ(mistakes_of("a,b\n1,x\"y\"z\n"),
            "2:4 a quote within a cell; put the whole cell into quotes, and write \"\" for one in "
            "it");
  EXPECT_EQ(mistakes_of("a,b\n1,\"x\" y\n"),
            "2:6 after a closing quote comes a comma or the end of the line");
  EXPECT_EQ(mistakes_of("a,b\n1,2\n3,\"x\n5,6\n"), "3:3 this quote is not closed");
  EXPECT_EQ(mistakes_of("\xEF\xBB\xBF,b\n1,2\n"), "1:4 a column without a name");
}

TEST(csv_table, tells_so_many_mistakes_and_no_more) {
  std::string text = "a,b\n";
  for (int i = 0; i < 100; ++i) {
    text += "1\n";
  }
  EXPECT_EQ(csv_table::parse(text).error().size(), csv_mistakes_most);
}

TEST(csv_table, has_stated_limits) {
  EXPECT_EQ(mistakes_of(std::string(csv_octets_most + 1, 'x')),
            "1:1 the table is longer than 16 MiB");
  std::string wide = "c0";
  for (std::size_t i = 1; i <= csv_columns_most; ++i) {
    wide += ",c" + std::to_string(i);
  }
  EXPECT_NE(mistakes_of(wide + "\n").find("more than 200 columns"), std::string::npos);
  std::string long_one = "a\n";
  for (std::size_t i = 0; i <= csv_rows_most; ++i) {
    long_one += "1\n";
  }
  EXPECT_EQ(mistakes_of(long_one), "1000002:1 more than 1,000,000 rows, or 4,000,000 cells");
}

TEST(csv_table, takes_whatever_octets_come_without_harm) {
  // All short texts of what means something here, whole and with more behind.
  const std::string_view letters = "a,\"\r\n";
  for (std::uint32_t n = 0; n < 5U * 5 * 5 * 5 * 5 * 5; ++n) {
    std::string text = "h\n";
    for (std::uint32_t rest = n, i = 0; i < 6; ++i, rest /= 5) {
      text += letters[rest % 5];
    }
    const auto got = csv_table::parse(text);
    EXPECT_TRUE(got ? got.value().rows() > 0 : !got.error().empty()) << text;
  }
}

} // namespace
} // namespace fleet
