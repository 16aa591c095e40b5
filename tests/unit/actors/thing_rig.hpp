// A device with a thing model before the scripted cloud, and the topics that tests of things use.
// The cloud answers nothing of Alink unless a test makes it.
#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "actors/device/device_extras.hpp"
#include "protocol/tsl/load.hpp"
#include "tests/unit/actors/driven_device.hpp"

namespace fleet::actors::test {

inline constexpr std::string_view own = "a1FleetDemo/dev_000000";

inline std::string sys(std::string_view tail, std::string_view who = own) {
  return "/sys/" + std::string{who} + "/" + std::string{tail};
}

/// A lamp with a thermometer: one of each kind of feature.
inline std::shared_ptr<const tsl::model> lamp_model() {
  static const auto one = [] {
    auto loaded = tsl::load_model(R"({"properties":[
      {"identifier":"LightSwitch","name":"l","accessMode":"rw","required":true,
       "dataType":{"type":"bool","specs":{"0":"off","1":"on"}}},
      {"identifier":"Level","name":"v","accessMode":"rw","required":false,
       "dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}},
      {"identifier":"Temperature","name":"t","accessMode":"r","required":true,
       "dataType":{"type":"float","specs":{"min":"-40","max":"60","step":"0.1"}}},
      {"identifier":"Noise","name":"n","accessMode":"r","required":true,
       "dataType":{"type":"int","specs":{"min":"30","max":"90","step":"1"}}}],
      "events":[{"identifier":"Error","name":"e","type":"error","required":true,
       "method":"thing.event.Error.post","outputData":[{"identifier":"ErrorCode","name":"c",
       "dataType":{"type":"enum","specs":{"0":"ok","7":"hot"}}}]}],
      "services":[{"identifier":"Dim","name":"d","callType":"async","required":false,
       "method":"thing.service.Dim","inputData":[{"identifier":"Level","name":"v",
       "dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}}],
       "outputData":[{"identifier":"Level","name":"v",
       "dataType":{"type":"int","specs":{"min":"0","max":"100","step":"1"}}},
       {"identifier":"Contrast","name":"c",
       "dataType":{"type":"int","specs":{"min":"0","max":"5","step":"1"}}}]}]})",
                                  "lamp.json");
    return std::make_shared<const tsl::model>(std::move(loaded).value());
  }();
  return one;
}

/// A template that must be right.
inline alink::payload_template filled(std::string_view text) {
  return alink::payload_template::compile(text).value();
}

/// A lamp without reports of its own accord, unless a test adds some.
struct lamp : driven_device {
  lamp() {
    product.features.model = lamp_model();
    product.interval = {};
  }
  report_plan& report(report_kind what) {
    auto& plans = product.features.reports;
    plans.push_back({});
    plans.back().what = what;
    plans.back().interval = std::chrono::seconds{1};
    return plans.back();
  }
  const tsl::thing_state& state() {
    return const_cast<device_extras*>(it().extras())->it().state();
  }
  /// Answers each publish that awaits it with 200 and no data.
  void answer_all() {
    cloud.when_said = [this](const heard& h) {
      const auto id = raw_field(h.payload, "id");
      if (!id.empty() && raw_field(h.payload, "code").empty()) {
        cloud.say(h.topic + "_reply", R"({"id":)" + id + R"(,"code":200,"data":{}})");
      }
    };
  }
};

} // namespace fleet::actors::test
