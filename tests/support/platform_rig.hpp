// The vendor's platform with devices of four products: lamps with a thing model, plain ones,
// gateways and their sub-devices. For tests of what the platform says; knows no fleet.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "protocol/alink/gateway_messages.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/support/listed_credentials.hpp"
#include "tests/support/twin_peers.hpp"

namespace fleet::support {

inline constexpr std::string_view lamp_model = R"({
  "properties":[
    {"identifier":"LightSwitch","name":"switch","accessMode":"rw","required":true,
     "dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
    {"identifier":"Level","name":"level","accessMode":"rw","required":false,
     "dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}},
    {"identifier":"Heat","name":"heat","accessMode":"r","required":false,
     "dataType":{"type":"int","specs":{"min":"-50","max":"150","step":"1"}}}],
  "events":[
    {"identifier":"Error","name":"fault","type":"error","required":false,
     "method":"thing.event.Error.post","outputData":[
       {"identifier":"ErrorCode","name":"code",
        "dataType":{"type":"enum","specs":{"0":"ok","1":"hot"}}}]}],
  "services":[
    {"identifier":"Blink","name":"blink","callType":"async","required":false,
     "method":"thing.service.Blink","inputData":[
       {"identifier":"times","name":"times",
        "dataType":{"type":"int","specs":{"min":"1","max":"9","step":"1"}}}],"outputData":[]},
    {"identifier":"Measure","name":"measure","callType":"sync","required":false,
     "method":"thing.service.Measure","inputData":[],"outputData":[
       {"identifier":"v","name":"value",
        "dataType":{"type":"int","specs":{"min":"0","max":"9","step":"1"}}}]}]})";

/// The index of the first device of each kind; there are two lamps, plain ones and gateways, and
/// three sub-devices.
inline constexpr std::uint32_t lamp = 0;
inline constexpr std::uint32_t plain = 2;
inline constexpr std::uint32_t gateway_device = 4;
inline constexpr std::uint32_t sub = 6;

struct platform_rig {
  explicit platform_rig(cloud::twin_options o = {}) : bench(prepared(std::move(o))) {}

  cloud::twin_options prepared(cloud::twin_options o) {
    const auto add = [this](std::string_view key, std::string name) {
      source.rows.push_back({std::string{key}, name, "secret_of_" + name});
    };
    for (const std::string n : {"0", "1"}) {
      add("a1LampPk001", "lamp_" + n);
    }
    for (const std::string n : {"0", "1"}) {
      add("a1PlainPk01", "plain_" + n);
    }
    for (const std::string n : {"0", "1"}) {
      add("a1GatePk001", "gate_" + n);
    }
    for (const std::string n : {"0", "1", "2"}) {
      add("a1SubPk0001", "sub_" + n);
    }
    o.credentials = &source;
    o.logon_key = "key of the rig";
    auto read = tsl::load_model(lamp_model, "lamp");
    FLEET_CHECK(read.ok());
    o.products.push_back({.product_key = "a1LampPk001",
                          .name = "Lamp",
                          .model = std::make_shared<const tsl::model>(std::move(read).value())});
    return o;
  }

  guest& arrive(std::uint32_t index, bool clean = true) {
    device_login login{source.at(index), clean};
    return bench.arrive(login.view());
  }
  /// The same with a subscription to all that the platform may say below thing/ and rrpc/.
  guest& arrive_listening(std::uint32_t index, bool clean = true) {
    auto& g = arrive(index, clean);
    listen(g, index);
    return g;
  }
  void listen(guest& g, std::uint32_t index) {
    const std::vector<std::string> filters{sys(index, "thing/#"),
                                           sys(index, "_thing/#"),
                                           sys(index, "rrpc/#"),
                                           shadow_get(index),
                                           topic(index, "/ext/ntp", "response"),
                                           error(index)};
    for (const auto& f : filters) {
      g.subscribe(f, 1);
    }
    bench.settle();
    g.take();
  }
  [[nodiscard]] std::string topic(std::uint32_t index, std::string_view head,
                                  std::string_view tail) const {
    return own_topic(source, index, head, tail);
  }
  [[nodiscard]] std::string sys(std::uint32_t index, std::string_view tail) const {
    return topic(index, "/sys", tail);
  }
  [[nodiscard]] std::string shadow_get(std::uint32_t index) const {
    return bare(topic(index, "/shadow/get", ""));
  }
  [[nodiscard]] std::string shadow_update(std::uint32_t index) const {
    return bare(topic(index, "/shadow/update", ""));
  }
  [[nodiscard]] std::string error(std::uint32_t index) const {
    return bare(topic(index, "/ext/error", ""));
  }
  [[nodiscard]] cloud::device_name_view name(std::uint32_t index) const {
    return {source.rows[index].product_key, source.rows[index].device_name};
  }
  [[nodiscard]] cloud::device_view view(std::uint32_t index) {
    return console().device(name(index)).value();
  }
  cloud::operations& console() { return *bench.twin->console(); }

  /// Publishes and answers what came of it.
  lines ask(guest& g, std::string_view on, std::string_view payload, int q = 1) {
    g.take();
    g.publish(on, payload, q);
    bench.settle();
    return g.messages();
  }
  /// The code of the only reply, 0 if there is not exactly one.
  int code(guest& g, std::string_view on, std::string_view payload, int q = 1) {
    const auto got = ask(g, on, payload, q);
    return got.size() == 1 ? code_in(got.front()) : 0;
  }
  static int code_in(const std::string& line) {
    const auto at = line.find(R"("code":)");
    return at == std::string::npos ? 0 : std::stoi(line.substr(at + (line[at + 7] == '"' ? 8 : 7)));
  }
  /// A gateway's request about sub-devices.
  int manage(guest& g, std::uint32_t gateway, alink::topic_kind kind,
             const std::vector<std::uint32_t>& devices) {
    byte_buffer out;
    alink::gateway_request_writer w{out, kind, alink::gateway_dialect::sdk_2_10, 7};
    for (const auto d : devices) {
      w.add(source.at(d));
    }
    w.end();
    alink::topic on;
    on.kind = kind;
    const auto who = source.at(gateway);
    on.product_key = who.product_key;
    on.device_name = who.device_name;
    const auto request = alink::make_topic(on);
    g.subscribe(request + "_reply", 0);
    bench.settle();
    g.take();
    g.publish(request, as_text(out.view()), 0);
    bench.settle();
    int code = 0;
    managed = g.messages();
    for (const auto& line : managed) {
      code = line.starts_with(request + "_reply=") ? code_in(line) : code;
    }
    return code;
  }
  /// A gateway with one sub-device logged in.
  guest& arrive_gateway(std::uint32_t gateway, std::uint32_t device) {
    auto& g = arrive_listening(gateway);
    EXPECT_EQ(manage(g, gateway, alink::topic_kind::topo_add, {device}), 200);
    EXPECT_EQ(manage(g, gateway, alink::topic_kind::session_login, {device}), 200);
    return g;
  }

  listed_credentials source{0};
  twin_bench bench;
  lines managed;

private:
  static std::string bare(std::string text) {
    text.pop_back();
    return text;
  }
};

} // namespace fleet::support
