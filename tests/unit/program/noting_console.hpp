// A console and a cloud that note what the traffic of a scenario asks of them, for its tests.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "fleet/run/cloud_traffic.hpp"

namespace fleet::program {

/// A console that notes every call and answers calls as it is told to.
class noting_console final : public cloud::operations {
public:
  std::vector<std::string> calls;
  std::vector<duration> patiences;               ///< of the calls that wait for an answer
  std::optional<cloud::operation_error> failure; ///< of every call
  int code = 200;                                ///< what devices answer
  bool answers = true;
  std::vector<cloud::call_done> unanswered;
  std::optional<cloud::device_view> seen; ///< of every device; none: it knows none

  std::vector<cloud::product_view> products() const override { return {}; }
  std::vector<cloud::device_view> devices(std::string_view, std::string_view, std::uint32_t,
                                          std::uint32_t) const override {
    return {};
  }
  result<cloud::device_view, cloud::operation_failure>
  device(cloud::device_name_view) const override {
    if (seen) {
      return *seen;
    }
    return fail(cloud::operation_failure{cloud::operation_error::unknown_device, ""});
  }
  cloud::operation_result put_product(std::string_view, const cloud::product_change&) override {
    return said();
  }
  cloud::operation_result add_device(cloud::device_name_view, std::string_view) override {
    return said();
  }
  cloud::operation_result delete_device(cloud::device_name_view) override { return said(); }
  cloud::operation_result disable(cloud::device_name_view who) override {
    note("disable", who, "");
    return said();
  }
  cloud::operation_result enable(cloud::device_name_view who) override {
    note("enable", who, "");
    return said();
  }
  cloud::operation_result kick(cloud::device_name_view) override { return said(); }
  void set_properties(cloud::device_name_view who, std::string_view properties, duration patience,
                      cloud::call_done done) override {
    patiences.push_back(patience);
    note("set", who, properties);
    end(std::move(done));
  }
  void get_properties(cloud::device_name_view who, std::string_view names, duration patience,
                      cloud::call_done done) override {
    patiences.push_back(patience);
    note("get", who, names);
    end(std::move(done));
  }
  cloud::operation_result set_desired(cloud::device_name_view who,
                                      std::string_view properties) override {
    note("desired", who, properties);
    return said();
  }
  void call_service(cloud::device_name_view who, std::string_view service,
                    std::string_view arguments, duration patience, cloud::call_done done) override {
    patiences.push_back(patience);
    note(service, who, arguments);
    end(std::move(done));
  }
  void rrpc(cloud::device_name_view who, std::string_view topic, bytes_view payload,
            duration patience, cloud::call_done done) override {
    patiences.push_back(patience);
    note("rrpc" + std::string{topic}, who, as_text(payload));
    end(std::move(done));
  }
  cloud::operation_result shadow(cloud::device_name_view) override { return said(); }
  cloud::operation_result update_shadow(cloud::device_name_view who,
                                        std::string_view update) override {
    note("shadow", who, update);
    return said();
  }
  cloud::operation_result publish(std::string_view topic, bytes_view payload, mqtt::qos) override {
    calls.push_back("publish " + std::string{topic} + " " + std::string{as_text(payload)});
    return said();
  }
  cloud::operation_result broadcast(std::string_view key, std::string_view topic,
                                    bytes_view payload) override {
    calls.push_back("broadcast " + std::string{key} + " " + std::string{topic} + " "
                    + std::string{as_text(payload)});
    return said();
  }
  cloud::operation_result topic_classes_of(std::string_view) override { return said(); }
  cloud::operation_result put_topic_class(std::string_view, std::string_view,
                                          alink::rights) override {
    return said();
  }
  cloud::operation_result delete_topic_class(std::string_view, std::string_view) override {
    return said();
  }
  cloud::operation_result set_config(std::string_view key, std::string_view content,
                                     bool push) override {
    calls.push_back("config " + std::string{key} + " " + std::string{content}
                    + (push ? " pushed" : ""));
    return said();
  }
  void invite(cloud::device_name_view who, std::string_view devices, duration,
              cloud::call_done done) override {
    note("invite", who, devices);
    end(std::move(done));
  }
  void permit_joining(cloud::device_name_view who, std::string_view key, duration span, duration,
                      cloud::call_done done) override {
    note("permit", who, std::string{key} + " " + std::to_string(span / std::chrono::seconds{1}));
    end(std::move(done));
  }

private:
  void note(std::string_view what, cloud::device_name_view who, std::string_view text) {
    calls.push_back(std::string{what} + " " + std::string{who.product_key} + "/"
                    + std::string{who.device_name} + " " + std::string{text});
  }
  cloud::operation_result said() const {
    return failure ? cloud::operation_result{fail(cloud::operation_failure{*failure, ""})}
                   : cloud::operation_result{std::string{"{}"}};
  }
  void end(cloud::call_done done) {
    if (!answers) {
      unanswered.push_back(std::move(done));
    } else if (failure) {
      done(fail(cloud::operation_failure{*failure, ""}));
    } else {
      done(cloud::call_answer{code, "{}"});
    }
  }
};

class noting_cloud final : public traffic_cloud {
public:
  noting_console desk;
  bool has_desk = true;
  cloud::command_outcome outcome = cloud::command_outcome::sent;
  std::vector<std::uint32_t> commanded;
  std::vector<time_point> due; ///< likewise
  std::vector<std::string> published;

  cloud::command_outcome command(std::uint32_t device, mqtt::qos, time_point at) override {
    commanded.push_back(device);
    due.push_back(at);
    return outcome;
  }
  bool publish(std::string_view topic, bytes_view payload, mqtt::qos) override {
    published.push_back(std::string{topic} + " " + std::string{as_text(payload)});
    return true;
  }
  cloud::operations* console() override { return has_desk ? &desk : nullptr; }
};

} // namespace fleet::program
