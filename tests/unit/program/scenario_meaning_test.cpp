// Malformed scenario files whose keys are right one by one and wrong together, each with all that
// is said.
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

const std::vector<malformed>& contradictions() {
  static const std::vector<malformed> all{
      {"products: [{count: 5, share: 5}]\n",
       "1:30: count and share contradict each other; give one\n"},
      {"products: [{qos: 2}]\n",
       "1:18: qos 2 needs profile mqtt; the platform of profile linkdevelop refuses it\n"},
      {"products: [{keep_alive: 10s}]\n", "1:25: keep_alive must be 30s to 1200s with profile "
                                          "linkdevelop; the platform refuses others\n"},
      {"products: [{keep_alive: off}]\n", "1:25: keep_alive must be 30s to 1200s with profile "
                                          "linkdevelop; the platform refuses others\n"},
      {"products: [{profile: mqtt, keep_alive: 1.5s}]\n",
       "1:40: keep_alive is in whole seconds; 1s500ms is not\n"},
      {"products: [{profile: mqtt, product_key: k, model: models/m.json, logon: direct, shadow: "
       "on, ntp: true}]\n",
       "1:41: product_key belongs to the profiles linkdevelop and linkplatform\n1:51: model "
       "belongs to the profiles linkdevelop and linkplatform\n1:73: logon belongs to the profiles "
       "linkdevelop and linkplatform\n1:89: shadow belongs to the profiles linkdevelop and "
       "linkplatform\n1:98: ntp belongs to the profiles linkdevelop and linkplatform\n"},
      {"products: [{desired: on, model_get: on}]\n",
       "1:22: desired: on is about a thing model; add model\n1:37: model_get: on asks for a thing "
       "model; add model\n"},
      {"products: [{profile: mqtt, tags: [a=b], config: on}]\n",
       "1:34: tags belongs to the profiles linkdevelop and linkplatform\n1:49: config belongs to "
       "the profiles linkdevelop and linkplatform\n"},
      {"products: [{tags: [1x=2]}]\n",
       "1:20: tags 1x=2 is not a tag; it takes KEY=VALUE, the key a letter or _ and then letters, "
       "digits and _, the value 1 to 128 octets\n"},
      {"products: [{name: g, gateways: {children: {product: m}, register_by: product}}, "
       "{name: m}]\n",
       "1:70: register_by product needs children that register; give m logon: register\n"},
      {"cloud_traffic: [{kind: config_push}, {kind: desired_set}, {kind: disable}]\n",
       "1:24: kind config_push needs a product with config: on\n1:45: kind desired_set needs a "
       "product with desired: on\n1:66: kind disable is for devices behind gateways; the "
       "connection of another would be refused\n"},
      {"products: [{name: a}, {name: a}]\n", "1:30: two products are called a; rename one\n"},
      {"products: [{product_key: k}, {product_key: k}]\n",
       "1:44: product_key k is that of product product_1 already; leave one out, or write "
       "another\n"},
      {"products: [{share: 60}, {share: 50}, {share: 10}]\n",
       "1:33: the shares make more than 100% from here on; make them smaller\n"},
      {"products: [{report: properties}]\n",
       "1:21: report is a single value; it takes a list of maps, as [{what: properties, every: "
       "30s}]\n"},
      {"products: [{report: [properties]}]\n",
       "1:22: an item of report is a map of keys, as what: event\n"},
      {"products: [{report: [{what: propertys}]}]\n",
       "1:29: what propertys is unknown; the nearest is properties (of properties, event, custom, "
       "raw, shadow, batch, shadow_async or shadow_delete)\n"},
      {"products: [{report: [{every: 0s}]}]\n",
       "1:30: every 0s is out of range; it takes 1ms to 30d\n"},
      {"products: [{report: [{evry: 1s}]}]\n", "1:23: unknown key evry; the nearest is every\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_reports() {
  static const std::vector<malformed> all{
      {"products: [{report: [{identifiers: [a, b, a]}]}]\n",
       "1:36: identifiers are of a thing model; add model\n1:43: identifiers a comes twice; write "
       "it once\n"},
      {"products: [{report: [{identifiers: a-b}]}]\n",
       "1:36: identifiers a-b is not an identifier; it takes 1 to 64 letters, digits, _ and :\n"},
      {"products: [{report: [{identifiers: [[a]]}]}]\n",
       "1:37: an item of identifiers is a single word, as [power, colour]\n"},
      {"products: [{report: [{identifiers: [a]}]}]\n",
       "1:36: identifiers are of a thing model; add model\n"},
      {"products: [{report: [{what: event}]}]\n",
       "1:29: what event needs a thing model; add model\n"},
      {"products: [{report: [{what: shadow}]}]\n", "1:29: what shadow needs shadow: on\n"},
      {"products: [{report: [{what: shadow_async}]}]\n",
       "1:29: what shadow_async needs shadow: on\n"},
      {"products: [{report: [{what: shadow_delete}]}]\n",
       "1:29: what shadow_delete needs shadow: on\n"},
      {"products: [{report: [{topic: a}]}]\n", "1:30: topic goes with what custom only\n"},
      {"products: [{report: [{payload: a}]}]\n",
       "1:32: payload goes with what custom and raw only\n"},
      {"products: [{report: [{what: raw, identifiers: a}]}]\n",
       "1:47: identifiers does not go with what raw\n"},
      {"products: [{report: [{what: custom, topic: a/+}]}]\n",
       "1:44: topic a/+ has a wildcard; messages go to one topic\n"},
      {"products: [{report: [{what: custom, topic: \"a\\0b\"}]}]\n",
       "1:44: topic \"a b\" holds U+0000, which no topic may\n"},
      {"products: [{report: [{what: custom, topic: /a}]}]\n",
       "1:44: topic /a begins with a slash; it takes what follows /PK/DN/, as user/update\n"},
      {"products: [{report: [{what: custom, topic: a/b/c/d/e/f}]}]\n",
       "1:44: topic a/b/c/d/e/f has more than four slashes, seven with /PK/DN/\n"},
      {"products: [{report: [{what: custom, topic: '{ledger}'}]}]\n",
       "1:44: topic {ledger} must not hold {ledger}, which belongs into payload\n"},
      {"products: [{report: [{what: custom, payload: '{devcie}'}]}]\n",
       "1:46: payload {devcie} has a mistake at its column 1: unknown placeholder {devcie}, the "
       "nearest is {device}; write {{ for a brace\n"},
      {"products: [{profile: mqtt, report: [{what: properties}]}]\n",
       "1:44: what properties belongs to the profiles linkdevelop and linkplatform; with profile "
       "mqtt it takes custom\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_topics() {
  static const std::vector<malformed> all{
      {"products: [{topics: [{at: 5s}]}]\n", "1:22: a topic needs filter, as filter: user/get\n"},
      {"products: [{topics: [{filter: a, fr: 5s}]}]\n",
       "1:34: unknown key fr; the nearest is for\n"},
      {"products: [{topics: [{filter: a/#/b}]}]\n",
       "1:31: filter a/#/b is no filter; + stands for a level and # for all that follow\n"},
      {"products: [{topics: [{filter: /a}]}]\n",
       "1:31: filter /a begins with a slash; it takes what follows the device's name, as "
       "user/get\n"},
      {"products: [{topics: [{filter: 'a/{seq}'}]}]\n",
       "1:31: filter a/{seq} changes from message to message; a filter takes {device}, {client} "
       "and {index}\n"},
      {"products: [{topics: [{filter: a, type: syss}]}]\n",
       "1:40: type syss is unknown; the nearest is sys (of own, sys, ext or undefine)\n"},
      {"products: [{topics: [{filter: a, qos: 2}]}]\n",
       "1:39: qos 2 needs profile mqtt; the platform of profile linkdevelop grants no more than "
       "1\n"},
      {"products: [{profile: mqtt, topics: [{filter: a, type: own, qos: 2}]}]\n",
       "1:55: type belongs to the profiles linkdevelop and linkplatform; with profile mqtt the "
       "filter is the whole one\n"},
      {"products: [{profile: mqtt, behaviour: sdk, topics: [{filter: a/b}]}]\n",
       "1:62: filter a/b begins without a slash, which behaviour sdk refuses as the SDK does\n"},
      {"products: [{topics: [{filter: a, every: 5s}]}]\n",
       "1:41: every needs for, which says when it is unregistered\n"},
      {"products: [{topics: [{filter: a, for: 5s, every: 5s}]}]\n",
       "1:50: every must be longer than for, 5s\n"},
      {"products: [{topics: [{filter: a}, {filter: b}, {filter: a, at: 5s}]}]\n",
       "1:57: filter a comes twice; write it once\n"},
      {"products: [{topics: [{filter: a}, {filter: a, type: sys}]}]\n", "taken"},
      {"products: [{topics: [{filter: a}, {filter: b}, {filter: c}, {filter: d}, {filter: e}, "
       "{filter: f}, {filter: g}, {filter: h}, {filter: i}]}]\n",
       "1:126: topics has more than 8 items; leave some out\n"},
      {"products: [{name: g, gateways: {children: {product: m}}}, {name: m, topics: [{filter: "
       "a}]}]\n",
       "1:77: topics is about a connection, and m has none: it is behind the gateways of g\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_sums() {
  static const std::vector<malformed> all{
      {"products: [{gateways: {}}]\n",
       "1:23: gateways need children, as children: {product: meter, each: 25}\n"},
      {"products: [{gateways: {children: {each: 5}}}]\n",
       "1:34: children need a product, as product: meter\n"},
      {"products: [{name: g, gateways: {children: {product: metre}}}, {name: meter}]\n",
       "1:53: there is no product metre; the nearest is meter\n"},
      {"products: [{name: g, gateways: {children: {product: xyz, each: 0}}}, {name: meter}]\n",
       "1:53: there is no product xyz; it takes g or meter\n1:64: each 0 is out of range; it takes "
       "1 to 2,000\n"},
      {"products: [{name: g, gateways: {children: {product: g}}}]\n",
       "1:53: gateways go in a circle: g -> g; put a product without gateways behind them\n"},
      {"products: [{name: a, gateways: {children: {product: b}}}, {name: b, gateways: {children: "
       "{product: a}}}]\n",
       "1:53: gateways go in a circle: a -> b -> a; put a product without gateways behind them\n"},
      {"products: [{name: a, gateways: {children: {product: b}}}, {name: b, gateways: {children: "
       "{product: c}}}, {name: c}]\n",
       "1:53: b has gateways of its own; a gateway cannot be behind another\n"},
      {"products: [{name: g, count: 5, gateways: {children: {product: m}}}, {name: m}]\n",
       "1:29: count contradicts gateways, whose own count says how many there are\n"},
      {"products: [{name: g, gateways: {children: {product: m}}}, {name: m, count: 5, security: "
       "tls, logon: pre-auth}]\n",
       "1:76: count contradicts the gateways of g, which say how many m there are\n1:89: security "
       "is about a connection, and m has none: it is behind the gateways of g\n1:101: logon "
       "pre-auth is about a connection, and m has none: it is behind the gateways of g\n"},
      {"products: [{name: g, gateways: {children: {product: m}}}, {name: m, profile: "
       "linkplatform}]\n",
       "1:53: m has profile linkplatform, and its gateways linkdevelop; they share a connection\n"},
      {"products: [{name: g, profile: mqtt, gateways: {children: {product: m}}}, {name: m}]\n",
       "1:47: gateways belongs to the profiles linkdevelop and linkplatform\n1:68: m has profile "
       "linkdevelop, and its gateways mqtt; they share a connection\n"},
      {"products: [{name: g, gateways: {count: 1M, children: {product: m}}}, {name: m}]\n",
       "1:11: the products count 2,000,000 devices; at most 1,000,000\n"},
      {"stages: [{}]\n", "1:10: a stage needs ramp, step, spike or hold, as hold: 10m\n"},
      {"stages: [{hold: 5}]\n", "1:17: hold 5 has no unit; write 90s, 500ms, 2m or 1h30m\n"},
      {"stages: [{ramp: {to: all}}]\n",
       "1:22: to all is not a number; write 5000 or 5k, or a part as 50%\n"},
      {"stages: [{ramp: {to: 101%}}]\n",
       "1:22: to 101% is out of range; it takes 0 to 100 percent\n"},
      {"stages: [{ramp: {to: 2M}}]\n",
       "1:22: to 2M is out of range; it takes 0 to 1,000,000, or a part as 50%\n"},
      {"stages: [{ramp: {over: 1m, rate: 5}}]\n",
       "1:34: over and rate contradict each other; give one\n"},
      {"stages: [{ramp: {rate: 0/s}}]\n",
       "1:24: rate 0/s is out of range; it takes 0.1/s to 100,000/s\n"},
      {"stages: [{ramp: {rate: quick}}]\n",
       "1:24: rate quick is not a rate; write 200/s or 90/min\n"},
      {"stages: [{ramp: {}}, {ramp: {to: 500}}]\n",
       "1:34: a ramp goes to 500 devices, and 100 connect; write at most that, or a percentage\n"},
      {"duration: 1m\nstages: [{hold: 2m}]\n",
       "1:11: the stages take 2m and would not end within duration 1m; make it longer\n"},
      {"stages: [{hold: 365d}, {hold: 1s}]\n",
       "1:24: the stages take longer than 365d; make them shorter\n"},
      {"devices: 10\nproducts: [{count: 5}]\n",
       "1:10: the products count 5 devices, and devices is 10; write shares instead of counts\n"},
      {"devices: 10\nproducts: [{count: 11}, {}]\n",
       "1:10: the products count 11 devices, and devices is 10\n"},
      {"devices: 10\nproducts: [{count: 5}, {share: 60}]\n",
       "1:10: counts and shares make 11 devices, and devices is 10\n"},
      {"devices: 10\nproducts: [{count: 10}, {}]\n",
       "2:25: counts and shares leave 0 devices of 10 for products that have neither; make one "
       "smaller\n"},
      {"products: [{count: 1M}, {count: 1}]\n",
       "1:11: the products count 1,000,001 devices; at most 1,000,000\n"},
  };
  return all;
}

const std::vector<malformed>& wrong_traffic() {
  static const std::vector<malformed> all{
      {"cloud_traffic: [{kind: property}]\n",
       "1:24: kind property is unknown; the nearest is property_set (of property_set, "
       "property_get, service, rrpc, shadow_desired, desired_set, config_push, disable, broadcast "
       "or custom)\n"},
      {"cloud_traffic: [{rate: 0}]\n",
       "1:24: rate 0 is out of range; it takes 0.001/s to 100,000/s\n"},
      {"cloud_traffic: [{product: led}]\n", "1:27: there is no product led; it takes product_1\n"},
      {"products: [{name: a}, {name: b}]\ncloud_traffic: [{}]\n",
       "2:17: cloud traffic needs a product where there are several, as product: led\n"},
      {"products: [{name: led}, {name: b}]\ncloud_traffic: [{product: let}]\n",
       "2:27: there is no product let; the nearest is led\n"},
      {"cloud_traffic: [{kind: service}]\n",
       "1:17: kind service needs service, the identifier of one\n"},
      {"cloud_traffic: [{service: reset}]\n", "1:27: service goes with kind service only\n"},
      {"cloud_traffic: [{kind: rrpc, identifiers: a, topic: b}]\n",
       "1:43: identifiers does not go with kind rrpc\n1:53: topic goes with the kinds broadcast "
       "and custom only\n"},
      {"products: [{model: models/m.json}]\ncloud_traffic: [{kind: property_get, payload: x}]\n",
       "2:47: payload does not go with kind property_get\n"},
      {"cloud_traffic: [{kind: shadow_desired}]\n",
       "1:24: kind shadow_desired needs a product with shadow: on\n"},
      {"products: [{name: p, profile: mqtt}]\ncloud_traffic: [{kind: rrpc}]\n",
       "2:24: kind rrpc belongs to the profiles linkdevelop and linkplatform, and product p has "
       "profile mqtt; it takes custom\n"},
      {"cloud_traffic: [{kind: broadcast, topic: '#'}]\n",
       "1:42: topic # has a wildcard; messages go to one topic\n"},
      {"cloud_traffic: [{kind: custom, topic: get, payload: '{random 5}'}]\n",
       "1:53: payload \"{random 5}\" has a mistake at its column 1: {random} needs a range like "
       "{random 0..100} or {random hex 8}\n"},
      {"cloud_traffic: [{kind: property_get}]\n",
       "1:24: kind property_get needs a product with a model\n"},
      {"products: [{name: a, model: models/m.json}, {name: b}]\ncloud_traffic: [{kind: "
       "property_get, "
       "product: b}]\n",
       "2:24: kind property_get needs a product with a model, and b has none\n"},
      {"cloud_traffic: [{kind: custom}]\n",
       "1:24: kind custom needs topic, as topic: user/get; its product's devices listen to no "
       "custom topic but by the product's topics\n"},
      {"products: [{topics: [{filter: get}]}]\ncloud_traffic: [{kind: custom}]\n",
       "2:24: kind custom needs topic, as topic: user/get; its product's devices listen to no "
       "custom topic but by the product's topics\n"},
      {"products: [{profile: linkplatform, model: models/m.json}]\ncloud_traffic: [{kind: "
       "custom}]\n",
       "2:24: kind custom needs topic, as topic: user/get; its product's devices listen to no "
       "custom topic but by the product's topics\n"},
  };
  return all;
}

const std::vector<malformed>& several() {
  static const std::vector<malformed> all{
      {"name: \"x\n", "1:7: broken YAML: the quotation that begins here has no end; close it\n"},
      {"{a: [1, {b: 2}\n", "1:5: broken YAML: the bracket that opens here has no end; close it\n"},
      {"stages:\n  -\n  - hold: 1m\n",
       "2:3: an item of stages is a map of keys, as ramp: {to: 100%, over: 5m}\n"},
      {"products:\n  - name:\n    count: 5\n", "2:5: name has no value; it takes a text, as led\n"},
      {"products: [{name: led, &x qos: \"1}]\n",
       "1:32: broken YAML: the quotation that begins here has no end; close it\n"},
      {"products: [{nmae: led}]\ncloud_traffic: [{product: led}]\n",
       "1:13: unknown key nmae; the nearest is name\n"},
      {"products: [{profile: mqttt, qos: 2, report: [{what: custom, topic: a/b/c/d/e/f/g/h}]}]\n",
       "1:22: profile mqttt is unknown; the nearest is mqtt (of linkdevelop, linkplatform or "
       "mqtt)\n"},
      {"products: [{shadow: no, report: [{what: shadow}]}]\ncloud_traffic: [{kind: "
       "shadow_desired}]\n",
       "1:21: shadow no is unknown; the nearest is on (of on, off, true or false)\n"},
      {"products: [{model: ''}]\ncloud_traffic: [{kind: property_get}]\n",
       "1:20: model \"\" is not a path; it takes 1 to 4,096 octets\n"},
      {"products: [{gateways: {children: {product: '?'}}}]\n",
       "1:44: product ? is not a name; it takes 1 to 64 letters, digits, _, - and .\n"},
      {"products: 5\ncloud_traffic: [{product: led}]\n",
       "1:11: products is a single value; it takes a list of maps, as [{name: led, share: 60}]\n"},
  };
  return all;
}

} // namespace

TEST(malformed_scenario, names_what_contradicts_in_a_product) {
  for (const auto& m : contradictions()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
  for (const auto& m : wrong_reports()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

TEST(malformed_scenario, names_what_topics_cannot_be) {
  for (const auto& m : wrong_topics()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}
TEST(malformed_scenario, names_what_gateways_stages_and_sums_cannot_be) {
  for (const auto& m : wrong_sums()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

TEST(malformed_scenario, names_what_cloud_traffic_cannot_be) {
  for (const auto& m : wrong_traffic()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

TEST(malformed_scenario, tells_several_mistakes_by_place_and_none_that_follows_from_another) {
  for (const auto& m : several()) {
    EXPECT_EQ(said(m.text), m.said) << m.text;
  }
}

} // namespace fleet::program
