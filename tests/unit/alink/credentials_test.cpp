// Where triples come from: computed ones and the CSV file with all its mistakes.
#include <gtest/gtest.h>

#include <set>

#include "protocol/alink/identity.hpp"

namespace fleet::alink {
namespace {

TEST(generated_credentials, are_the_same_in_every_process) {
  const generated_credentials source;
  const identity first = source.at(0);
  EXPECT_EQ(first.product_key, "a1FleetDemo");
  EXPECT_EQ(first.device_name, "dev_000000");
  EXPECT_EQ(first.device_secret, "d351939d40423f6b16fd4034feb77667");
  EXPECT_EQ(source.at(1'234'567).device_name, "dev_1234567");
  EXPECT_EQ(source.at(1'234'567).device_secret, "bf1018c4b7d126dc00dcccb5bde9686f");
}

TEST(generated_credentials, have_a_secret_each) {
  const generated_credentials source;
  const generated_credentials other{"a1Other"};
  std::set<std::string> secrets;
  for (std::uint32_t i = 0; i < 10'000; ++i) {
    const identity who = source.at(i);
    ASSERT_EQ(who.device_secret.size(), 32U);
    ASSERT_TRUE(secrets.insert(who.device_secret).second);
    ASSERT_TRUE(secrets.insert(other.at(i).device_secret).second);
  }
}

TEST(generated_credentials, come_with_a_secret_for_each_product) {
  EXPECT_EQ(generated_product_secret("a1FleetDemo"), generated_product_secret("a1FleetDemo"));
  EXPECT_NE(generated_product_secret("a1FleetDemo"), generated_product_secret("a1FleetDemo2"));
  EXPECT_TRUE(valid_secret(generated_product_secret("k")));
  EXPECT_EQ(generated_product_secret("k").size(), 16U);
  EXPECT_NE(generated_product_secret("a1FleetDemo"),
            generated_credentials{}.at(0).device_secret.substr(0, 16));
}

TEST(generated_credentials, are_found_by_their_name_and_no_other) {
  const generated_credentials source;
  for (const std::uint32_t i : {0U, 1U, 999'999U, 1'000'000U, 123'456'789U, UINT32_MAX - 1}) {
    EXPECT_EQ(source.find("a1FleetDemo", source.at(i).device_name), i);
  }
  for (const std::string_view name :
       {"", "dev_", "dev_0", "dev_00000", "dev_0000000", "dev_01000000", "dev_4294967295",
        "dev_99999999999", "dev_00000x", "dev_-00001", "dev_+00001", "Dev_000000", "dev_000000 "}) {
    EXPECT_EQ(source.find("a1FleetDemo", name), std::nullopt) << name;
  }
  EXPECT_EQ(source.find("a1fleetdemo", "dev_000000"), std::nullopt);
}

std::vector<credential_error> errors_of(std::string_view csv) {
  const auto got = credential_table::parse(csv);
  return got ? std::vector<credential_error>{} : got.error();
}

std::string told(std::string_view csv) {
  std::string out;
  for (const credential_error& e : errors_of(csv)) {
    out += std::to_string(e.line) + ":" + std::to_string(e.column) + ": " + e.message + "\n";
  }
  return out;
}

TEST(credential_table, reads_rows_in_the_order_of_the_file) {
  const auto got = credential_table::parse("ProductKey,DeviceName,DeviceSecret\n"
                                           "a1,dev1,s1\na1,dev2,s2\nb2,dev1,s3\n");
  ASSERT_TRUE(got);
  const credential_table& table = got.value();
  ASSERT_EQ(table.count(), 3U);
  EXPECT_EQ(table.at(1).product_key, "a1");
  EXPECT_EQ(table.at(1).device_name, "dev2");
  EXPECT_EQ(table.at(1).device_secret, "s2");
  EXPECT_EQ(table.find("b2", "dev1"), 2U);
  EXPECT_EQ(table.find("a1", "dev1"), 0U);
  EXPECT_EQ(table.find("b2", "dev2"), std::nullopt);
  EXPECT_EQ(table.find("", ""), std::nullopt);
}

TEST(credential_table, takes_columns_in_any_order_and_case_and_ignores_others) {
  const auto got = credential_table::parse("note,DEVICESECRET,devicename,extra,productkey\n"
                                           "\"a, \"\"b\"\"\",s1,dev1,,a1\n");
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().at(0).product_key, "a1");
  EXPECT_EQ(got.value().at(0).device_name, "dev1");
  EXPECT_EQ(got.value().at(0).device_secret, "s1");
}

TEST(credential_table, tolerates_mark_line_ends_blanks_empty_lines_and_quotes) {
  for (const std::string_view csv : {
           "\xef\xbb\xbfProductKey,DeviceName,DeviceSecret\r\na1,dev1,s1\r\n",
           "ProductKey,DeviceName,DeviceSecret\ra1,dev1,s1",
           "\n\nProductKey , DeviceName,\tDeviceSecret\n \n  a1 ,\tdev1 , s1 \n\r\n\n",
           "\"ProductKey\",\"DeviceName\",\"DeviceSecret\"\n\"a1\" , \"dev1\",\"s1\"  \n",
       }) {
    const auto got = credential_table::parse(csv);
    ASSERT_TRUE(got) << csv;
    ASSERT_EQ(got.value().count(), 1U);
    EXPECT_EQ(got.value().at(0).device_name, "dev1");
    EXPECT_EQ(got.value().at(0).device_secret, "s1");
  }
}

TEST(credential_table, keeps_quotes_and_any_visible_character_in_a_secret) {
  const auto got = credential_table::parse("ProductKey,DeviceName,DeviceSecret\n"
                                           "a1,dev1,\"a\"\"b,/+#&|~\"\n");
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().at(0).device_secret, "a\"b,/+#&|~");
}

TEST(credential_table, holds_the_longest_of_everything) {
  const std::string key(20, 'k'), name(32, 'n'), secret(64, 's');
  const auto got = credential_table::parse("ProductKey,DeviceName,DeviceSecret\n" + key + "," + name
                                           + "," + secret);
  ASSERT_TRUE(got);
  EXPECT_EQ(got.value().at(0).device_secret, secret);
  EXPECT_EQ(got.value().find(key, name), 0U);
}

TEST(credential_table, finds_every_one_of_many) {
  std::string csv = "ProductKey,DeviceName,DeviceSecret\n";
  for (int i = 0; i < 20'000; ++i) {
    csv +=
        "pk" + std::to_string(i % 7) + ",d" + std::to_string(i) + ",s" + std::to_string(i) + "\n";
  }
  const auto got = credential_table::parse(csv);
  ASSERT_TRUE(got);
  for (std::uint32_t i = 0; i < 20'000; ++i) {
    const identity who = got.value().at(i);
    ASSERT_EQ(who.device_name, "d" + std::to_string(i));
    ASSERT_EQ(who.device_secret, "s" + std::to_string(i));
    ASSERT_EQ(got.value().find(who.product_key, who.device_name), i);
  }
  EXPECT_EQ(got.value().find("pk0", "d1"), std::nullopt);
}

TEST(credential_table, refuses_an_empty_file) {
  constexpr std::string_view sentence = "1:1: the file is empty; a header with ProductKey, "
                                        "DeviceName and DeviceSecret was expected\n";
  EXPECT_EQ(told(""), sentence);
  EXPECT_EQ(told("\xef\xbb\xbf\r\n \n"), sentence);
}

TEST(credential_table, refuses_a_header_without_devices) {
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\n\n"),
            "1:1: the file holds a header and no devices\n");
}

TEST(credential_table, names_missing_columns_and_lists_the_ones_found) {
  EXPECT_EQ(told("Product Key,DeviceName,Secret\na,b,c\n"),
            "1:1: the header lacks ProductKey, DeviceSecret; found: Product Key, DeviceName, "
            "Secret\n");
  EXPECT_EQ(told("ProductKey;DeviceName;DeviceSecret\n"),
            "1:1: the header lacks ProductKey, DeviceName, DeviceSecret; found: "
            "ProductKey;DeviceName;DeviceSecret\n");
  EXPECT_EQ(told("a\x1b[31m,b\n"), "1:1: the header lacks ProductKey, DeviceName, DeviceSecret; "
                                   "found: a?[31m, b\n");
}

TEST(credential_table, refuses_a_column_that_appears_twice) {
  EXPECT_EQ(told("ProductKey,DeviceName,devicename,DeviceSecret\n"),
            "1:23: column DeviceName appears twice\n");
}

TEST(credential_table, names_the_line_of_a_devices_first_appearance) {
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\n\na1,dev1,s1\na1,dev2,s2\na1,dev1,s3\n"),
            "5:4: device dev1 of product a1 is listed already, on line 3\n");
}

TEST(credential_table, tells_each_mistake_of_a_value_by_its_place) {
  const std::string long_key(21, 'k'), long_name(33, 'n'), long_secret(65, 's');
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\n,dev1,s\na1,,s\na1,dev1,\n" + long_key
                 + ",dev1,s\na1," + long_name + ",s\na1,dev1," + long_secret + "\n"),
            "2:1: ProductKey is empty\n"
            "3:4: DeviceName is empty\n"
            "4:9: DeviceSecret is empty\n"
            "5:1: ProductKey has 21 characters, at most 20 are allowed\n"
            "6:4: DeviceName has 33 characters, at most 32 are allowed\n"
            "7:9: DeviceSecret has 65 characters, at most 64 are allowed\n");
}

TEST(credential_table, refuses_names_that_would_break_topics_and_user_names) {
  for (const char c : std::string_view{"/+#&|\\"}) {
    EXPECT_EQ(told(std::string{"ProductKey,DeviceName,DeviceSecret\na1,dev"} + c + ",s\n"),
              std::string{"2:4: DeviceName holds '"} + c + "', which no device name may\n");
    EXPECT_EQ(told(std::string{"ProductKey,DeviceName,DeviceSecret\na"} + c + ",dev,s\n"),
              std::string{"2:1: ProductKey holds '"} + c + "', which no product key may\n");
  }
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,de v,s\n"),
            "2:4: DeviceName holds a blank, which no device name may\n");
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,de\x01v,s\n"),
            "2:4: DeviceName holds a control character, which no device name may\n");
  EXPECT_EQ(told(std::string_view{"ProductKey,DeviceName,DeviceSecret\na1,d\0v,s\n", 43}),
            "2:4: DeviceName holds a control character, which no device name may\n");
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,d\xc3\xbcv,s\n"),
            "2:4: DeviceName holds a character outside ASCII, which no device name may\n");
}

TEST(credential_table, never_prints_a_secret) {
  for (const std::string_view row :
       {"a1,dev1,geheim geheim", "a1,dev1,geheim\x01", "a1,dev1,geheim,geheim", "a1,geheim"}) {
    const std::string text = told("ProductKey,DeviceName,DeviceSecret\n" + std::string{row} + "\n");
    EXPECT_FALSE(text.empty());
    EXPECT_EQ(text.find("geheim"), std::string::npos) << text;
  }
}

TEST(credential_table, refuses_ragged_rows_where_they_end_or_go_on) {
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,dev1\na1,dev2,s,more,evenmore\n"),
            "2:4: the row has 2 columns, the header has 3\n"
            "3:11: the row has 5 columns, the header has 3\n");
}

TEST(credential_table, refuses_broken_quotes) {
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,\"dev1,s\na1,dev2,s\n"),
            "2:4: this quote is never closed\n");
  EXPECT_EQ(told("ProductKey,DeviceName,DeviceSecret\na1,\"dev1\"x,s\n,dev2,s\n"),
            "2:10: text after a closing quote; a quote inside a value is written twice\n"
            "3:1: ProductKey is empty\n");
}

TEST(credential_table, counts_lines_inside_quotes) {
  EXPECT_EQ(told("note,ProductKey,DeviceName,DeviceSecret\n\"two\nlines\",a1,dev1,s\nx,,dev2,s\n"),
            "4:3: ProductKey is empty\n");
}

TEST(credential_table, stops_after_twenty_mistakes) {
  std::string csv = "ProductKey,DeviceName,DeviceSecret\n";
  for (int i = 0; i < 50; ++i) {
    csv += ",,\n";
  }
  EXPECT_EQ(errors_of(csv).size(), credential_table::max_errors);
}

} // namespace
} // namespace fleet::alink
