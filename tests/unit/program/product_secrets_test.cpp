// Files of product secrets: what they may hold, and every mistake with its line and no secret.
#include <gtest/gtest.h>

#include "fleet/cloud/product_secrets.hpp"

namespace fleet::program {
namespace {

std::string mistake(std::string_view text) {
  const auto read = parse_product_secrets("f.csv", text);
  return read ? std::string{"none"} : read.error().message;
}

TEST(product_secrets, are_read_whatever_the_order_of_their_columns) {
  const auto read = parse_product_secrets(
      "f.csv", "\xef\xbb\xbfname,productsecret,PRODUCTKEY\r\nx,s1,pk1\r\n\r\n\"y,z\",\"s2\",pk2");
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read.value().size(), 2U);
  EXPECT_EQ(read.value()[0].product_key, "pk1");
  EXPECT_EQ(read.value()[0].secret, "s1");
  EXPECT_EQ(read.value()[1].secret, "s2");
}

TEST(product_secrets, name_the_line_of_a_mistake_and_no_secret) {
  const std::string heading = "ProductKey,ProductSecret\n";
  EXPECT_EQ(mistake(""),
            "f.csv:1: has no heading; it needs the columns ProductKey and ProductSecret");
  EXPECT_EQ(mistake("ProductKey,Secret\n"),
            "f.csv:1: needs the columns ProductKey and ProductSecret");
  EXPECT_EQ(mistake(heading + "pk1\n"), "f.csv:2: has fewer values than the heading");
  EXPECT_EQ(mistake(heading + "pk/1,s3cr3t\n"),
            "f.csv:2: the ProductKey is none: 1 to 20 visible characters");
  EXPECT_EQ(mistake(heading + "pk1,s3 cr3t\n"),
            "f.csv:2: the ProductSecret is none: 1 to 64 visible characters");
  EXPECT_EQ(mistake(heading + "pk1,s\npk1,t\n"), "f.csv:3: the ProductKey is there twice");
  EXPECT_EQ(mistake(heading + "pk1,\"s3cr3t\n"), "f.csv:2: quotes do not close a value");
}

TEST(product_secrets, are_bounded) {
  std::string text = "ProductKey,ProductSecret\n";
  for (std::size_t i = 0; i < max_product_secrets; ++i) {
    text += "p" + std::to_string(i) + ",s\n";
  }
  EXPECT_EQ(mistake(text), "none");
  EXPECT_EQ(mistake(text + "q,s\n"), "f.csv:100002: is the end; at most 100000 products");
}

} // namespace
} // namespace fleet::program
