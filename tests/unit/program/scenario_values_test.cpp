// Malformed scenario files, each with all that is said about it: broken YAML, unknown keys, wrong
// values.
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "fleet/scenario/reader.hpp"

namespace fleet::program {

namespace {

struct malformed {
  std::string text;
  std::string said; ///< lines of `line:column: sentence`
};

/// What the reader says, where models/m.json is the only file that there is.
std::string said(const std::string& text) {
  const scenario_surroundings around{
      "here/", [](const std::string& path) { return path == "here/models/m.json"; }};
  const auto got = read_scenario(text, around);
  if (got) {
    return "taken";
  }
  std::string lines;
  for (const auto& wrong : got.error()) {
    lines += std::to_string(wrong.at.line) + ":" + std::to_string(wrong.at.column) + ": "
             + wrong.message + "\n";
  }
  return lines;
}

const std::string no_key = "broken YAML: a key cannot be here; keys of one map begin in one "
                           "column, and a text with a colon and a blank in it is quoted\n";

const std::vector<malformed>& broken_yaml() {
  static const std::vector<malformed> all{
      {"devices: [1", "1:10: broken YAML: the bracket that opens here has no end; close it\n"},
      {"devices: 'x\n", "1:10: broken YAML: the quotation that begins here has no end; close it\n"},
      {"devices: \"x\\",
       "1:12: broken YAML: no escape that YAML has; write \\\\ for a backslash in double "
       "quotes, or put the text in single ones\n"},
      {"a: b: c\n", "1:5: " + no_key},
      {"products:\n\t- name: x\n",
       "2:2: broken YAML: a tab where the indentation is counted; indent with blanks\n"},
      {"devices: 5\n  seed: 7\n", "2:7: " + no_key},
      {"{devices: 5\n", "1:1: broken YAML: the bracket that opens here has no end; close it\n"},
      {"]\n", "1:1: broken YAML: this bracket closes none that is open; ] goes with [ and } with "
              "{\n"},
      {"devices: *none\n", "1:10: broken YAML: no anchor of this name stands before; quote a text "
                           "that begins with *\n"},
      {"devices: 5\n---\ndevices: 6\n", "2:1: a second document begins here; a file holds one\n"},
      {"devices: 5\n...\nseed: 1\n", "3:1: a second document begins here; a file holds one\n"},
      {"? [a]\n: 1\n", "1:3: a key must be a word, as devices\n"},
      {"devices: !!int 5\n", "1:10: a tag is not read here; write the value alone\n"},
      {"devices: \"\\xZZ\"\n",
       "1:11: broken YAML: an escape without its digits; \\x takes two hexadecimal ones, \\u four "
       "and \\U eight\n"},
      {"devices: 5 \x01\n",
       "1:12: a control character, U+0001; in double quotes it is written \\x01\n"},
      {"name: \xff\n", "1:7: the octet 0xFF is no UTF-8 here; save the file as UTF-8\n"},
      {"a: &a [*a]\n", "1:8: an alias inside of what it stands for; write it out\n"},
      {"%YAML 9.9\n---\ndevices: 1\n",
       "1:1: broken YAML: a directive that is not read here; leave the line out\n"},
      {"- devices\n", "1:1: a scenario is a map of keys, as devices: 500\n"},
      {"devices\n", "1:1: a scenario is a map of keys, as devices: 500\n"},
      {"stages: [[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]\n",
       "1:24: lists and maps nest deeper than 16; write them flat\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_values() {
  static const std::vector<malformed> all{
      {"devcies: 5\n", "1:1: unknown key devcies; the nearest is devices\n"},
      {"xyzzy: 5\n", "1:1: unknown key xyzzy; a scenario takes name, seed, duration, devices, "
                     "products, stages, daily_curves, day, day_begins, cloud_traffic, rollouts, "
                     "firmware_server, expect, regions or faults\n"},
      {"devices: 5\ndevices: 6\n", "2:1: key devices comes twice; it is already in line 1\n"},
      {"<<: {devices: 5}\n", "1:1: unknown key <<; maps are not merged here; write the keys out\n"},
      {"Devices: 5\n", "1:1: unknown key Devices; the nearest is devices\n"},
      {"devices:\n", "1:1: devices has no value; it takes a count, as 5k\n"},
      {"devices: ~\n", "1:1: devices has no value; it takes a count, as 5k\n"},
      {"devices: [5]\n", "1:10: devices is a list; it takes a count, as 5k\n"},
      {"devices: {a: 5}\n", "1:10: devices is a map; it takes a count, as 5k\n"},
      {"devices: 0\n", "1:10: devices 0 is out of range; it takes 1 to 1,000,000\n"},
      {"devices: 1.5\n", "1:10: devices 1.5 is not a whole number; it takes 1 to 1,000,000\n"},
      {"devices: -3\n", "1:10: devices -3 is negative; it takes 1 to 1,000,000\n"},
      {"devices: 1000001\n", "1:10: devices 1000001 is out of range; it takes 1 to 1,000,000\n"},
      {"devices: ''\n", "1:10: devices \"\" is not a number; write 5000 or 5k\n"},
      {"seed: -1\n", "1:7: seed -1 is negative; it takes 0 to 18446744073709551615\n"},
      {"seed: 18446744073709551616\n",
       "1:7: seed 18446744073709551616 is too large; the largest is 18446744073709551615\n"},
      {"seed: soon\n",
       "1:7: seed soon is not a whole number; it takes 0 to 18446744073709551615\n"},
      {"duration: 10\n", "1:11: duration 10 has no unit; write 90s, 500ms, 2m or 1h30m\n"},
      {"duration: 10 minutes\n",
       "1:11: duration \"10 minutes\" has a blank in it; write 90s, 500ms, "
       "2m or 1h30m\n"},
      {"duration: 1ms\n", "1:11: duration 1ms is out of range; it takes 100ms to 365d\n"},
      {"duration: 400d\n", "1:11: duration 400d is out of range; it takes 100ms to 365d\n"},
      {"duration: 10m5h\n",
       "1:11: duration 10m5h is not a duration; its units go from large to small, as in 1h30m\n"},
      {"name: ''\n", "1:7: name \"\" is not a name; it takes 1 to 100 octets in one line\n"},
      {"name: \"a\\nb\"\n",
       "1:7: name \"a b\" is not a name; it takes 1 to 100 octets in one line\n"},
      {"name: "
       "nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn"
       "nnnnnnnnnn\n",
       "1:7: name nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn... is not a name; "
       "it takes 1 to 100 octets in one line\n"},
      {"products: led\n",
       "1:11: products is a single value; it takes a list of maps, as [{name: led, share: 60}]\n"},
      {"products: {name: led}\n",
       "1:11: products is a map; it takes a list of maps, as [{name: led, share: 60}]\n"},
      {"products: [led]\n", "1:12: an item of products is a map of keys, as name: led\n"},
      {"products:\n  -\n", "2:3: an item of products is a map of keys, as name: led\n"},
      {"stages: 5\n", "1:9: stages is a single value; it takes a list of maps, as [{ramp: {over: "
                      "5m}, hold: 30m}]\n"},
      {"cloud_traffic:\n", "1:1: cloud_traffic has no value; it takes a list of maps, as [{kind: "
                           "property_set, rate: 50/s}]\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_product_values() {
  static const std::vector<malformed> all{
      {"products: [{name: 'a b'}]\n",
       "1:19: name \"a b\" is not a name; it takes 1 to 64 letters, digits, _, - and .\n"},
      {"products: [{nmae: a}]\n", "1:13: unknown key nmae; the nearest is name\n"},
      {"products: [{product_key: a/b}]\n",
       "1:26: product_key a/b is not a product key; it takes 1 to 20 visible characters, none of / "
       "+ # & | , quotes or backslash\n"},
      {"products: [{product_key: kkkkkkkkkkkkkkkkkkkkk}]\n",
       "1:26: product_key kkkkkkkkkkkkkkkkkkkkk is not a product key; it takes 1 to 20 visible "
       "characters, none of / + # & | , quotes or backslash\n"},
      {"products: [{model: none.json}]\n",
       "1:20: model none.json is no file; it takes a path from the scenario file's folder\n"},
      {"products: [{model: models}]\n",
       "1:20: model models is no file; it takes a path from the scenario file's folder\n"},
      {"products: [{model: ''}]\n", "1:20: model \"\" is not a path; it takes 1 to 4,096 octets\n"},
      {"products: [{count: 0}]\n", "1:20: count 0 is out of range; it takes 1 to 1,000,000\n"},
      {"products: [{share: 0}]\n",
       "1:20: share 0 is out of range; it takes more than 0 to 100 percent\n"},
      {"products: [{share: 101}]\n",
       "1:20: share 101 is out of range; it takes more than 0 to 100 percent\n"},
      {"products: [{share: half}]\n",
       "1:20: share half is not a percentage; write 60, 12.5 or 60%\n"},
      {"products: [{share: -5%}]\n",
       "1:20: share -5% is negative; it takes more than 0 to 100 percent\n"},
      {"products: [{share: 1.23456}]\n",
       "1:20: share 1.23456 has more than four decimals; it takes 0.0001 at least\n"},
      {"products: [{share: 1.}]\n", "1:20: share 1. is not a percentage; write 60, 12.5 or 60%\n"},
      {"products: [{profile: mqttt}]\n", "1:22: profile mqttt is unknown; the nearest is mqtt (of "
                                         "linkdevelop, linkplatform or mqtt)\n"},
      {"products: [{profile: azure}]\n",
       "1:22: profile azure is unknown; it takes linkdevelop, linkplatform or mqtt\n"},
      {"products: [{protocol: htpp}]\n",
       "1:23: protocol htpp is unknown; the nearest is http (of mqtt, coap or http)\n"},
      {"products: [{security: ssl}]\n", "1:23: security ssl is unknown; it takes plain, tls, dtls, "
                                        "psk, aes, id2, id2-tls or itls\n"},
      {"products: [{security: id2-itls}]\n",
       "1:23: security id2-itls is unknown; the nearest is id2-tls (of plain, tls, dtls, psk, aes, "
       "id2, id2-tls or itls)\n"},
      {"products: [{behaviour: strikt}]\n",
       "1:24: behaviour strikt is unknown; the nearest is strict (of strict or sdk)\n"},
      {"products: [{link: 5g}]\n",
       "1:19: link 5g is unknown; the nearest is 4g (of ethernet, wifi, 4g, nbiot or lora)\n"},
      {"products: [{logon: preauth}]\n",
       "1:20: logon preauth is unknown; the nearest is pre-auth "
       "(of direct, pre-auth, bootstrap, register or register-https)\n"},
      {"products: [{qos: 3}]\n", "1:18: qos 3 is unknown; it takes 0, 1 or 2\n"},
      {"products: [{keep_alive: 60}]\n",
       "1:25: keep_alive 60 has no unit; write 90s, 500ms, 2m or 1h30m, or off\n"},
      {"products: [{keep_alive: 90000s}]\n",
       "1:25: keep_alive 90000s is out of range; it takes 1s to 18h12m15s, or off\n"},
      {"products: [{shadow: yes}]\n",
       "1:21: shadow yes is unknown; it takes on, off, true or false\n"},
      {"products: [{ntp: 1}]\n", "1:18: ntp 1 is unknown; it takes on, off, true or false\n"},
  };
  return all;
}

} // namespace

TEST(malformed_scenario, ends_at_the_first_mistake_of_its_yaml) {
  for (const auto& m : broken_yaml()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

TEST(malformed_scenario, names_unknown_keys_and_wrong_values) {
  for (const auto& m : wrong_values()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

TEST(malformed_scenario, names_wrong_values_of_a_product) {
  for (const auto& m : wrong_product_values()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

} // namespace fleet::program
