// What products may have by what their devices speak, and what may be sent to them.
#include <array>
#include <string>

#include <gtest/gtest.h>

#include "fleet/scenario/plan.hpp"
#include "fleet/scenario/reader.hpp"

namespace fleet::program {

namespace {

const scenario_surroundings anywhere{"", [](const std::string&) { return true; }};

std::string said(const std::string& text, const scenario_overrides& flags = {}) {
  auto file = read_scenario(text, anywhere);
  if (!file) {
    return file.error().front().message;
  }
  const auto got = resolve(file.value(), flags);
  return got ? "taken" : got.error().message;
}

std::string product(const std::string& keys) {
  return "products: [{name: a, " + keys + "}]\n";
}

} // namespace

TEST(scenario_protocols, are_taken_with_the_security_of_each) {
  for (const auto* const keys :
       {"protocol: coap", "protocol: coap, security: dtls", "protocol: coap, security: psk",
        "protocol: coap, security: aes", "protocol: http", "protocol: http, security: tls",
        "protocol: coap, token_option: 2088", "protocol: coap, report: []",
        "protocol: mqtt, security: tls"}) {
    EXPECT_EQ(said(product(keys)), "taken") << keys;
  }
}

TEST(scenario_protocols, are_not_taken_with_the_security_of_others) {
  EXPECT_NE(said(product("protocol: coap, security: tls")).find("which is of streams"),
            std::string::npos);
  EXPECT_NE(said(product("protocol: http, security: dtls")).find("write plain or tls"),
            std::string::npos);
  EXPECT_NE(said(product("security: psk")).find("which is of CoAP"), std::string::npos);
  EXPECT_NE(said(product("protocol: coap, profile: mqtt")).find("which is for brokers"),
            std::string::npos);
}

TEST(scenario_protocols, that_only_post_have_nothing_that_needs_a_session) {
  const std::array<std::pair<const char*, const char*>, 7> keys{
      {{"shadow: on", "shadow"},
       {"ntp: on", "ntp"},
       {"model: m.json, desired: on", "desired"},
       {"config: on", "config"},
       {"tags: [a=b]", "tags"},
       {"logon: pre-auth", "another logon than direct"},
       {"report: [{what: raw}]", "another report than one of all properties"}}};
  for (const auto& [key, word] : keys) {
    EXPECT_NE(said(product("protocol: http, " + std::string{key}))
                  .find("product a has " + std::string{word}
                        + ", which needs protocol mqtt; with "
                          "http devices only post"),
              std::string::npos)
        << key << ": " << said(product("protocol: http, " + std::string{key}));
    EXPECT_EQ(said(product(key)), "taken") << key;
  }
}

TEST(scenario_protocols, without_options_have_none_for_a_token) {
  for (const auto* const keys : {"protocol: mqtt", "protocol: http"}) {
    EXPECT_EQ(said(product(std::string{keys} + ", token_option: 61")),
              "product a has token_option, which needs protocol coap; others have no options");
  }
}

TEST(scenario_protocols, that_only_post_are_told_nothing) {
  const std::string traffic = "cloud_traffic: [{kind: property_set, product: a}]\n";
  EXPECT_NE(said(product("protocol: coap") + traffic)
                .find("kind property_set goes to devices with protocol mqtt; those of a speak coap "
                      "and only post"),
            std::string::npos)
      << said(product("protocol: coap") + traffic);
}

TEST(scenario_protocols, are_those_of_the_target) {
  scenario_overrides flags;
  flags.target = text::scheme::mqtt;
  EXPECT_EQ(
      said(product("protocol: coap"), flags),
      "product a has protocol coap, which contradicts the mqtt:// target; products of several "
      "protocols need the embedded twin");
  flags.target = text::scheme::coaps;
  EXPECT_EQ(said(product("protocol: coap, security: psk"), flags), "taken");
  EXPECT_EQ(said(product("protocol: coap, security: aes"), flags),
            "product a has security aes, which contradicts the coaps:// target");
  auto file = read_scenario(product("protocol: coap"), anywhere);
  ASSERT_TRUE(file.ok());
  EXPECT_EQ(resolve(file.value(), flags).value().products[0].product.security, security::dtls);
}

} // namespace fleet::program
