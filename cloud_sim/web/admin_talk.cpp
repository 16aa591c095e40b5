// The admin API's actions that talk to devices: properties, services, RRPC, shadows, messages.
#include <algorithm>

#include "cloud_sim/web/admin_call.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

constexpr std::size_t max_service = 128; ///< characters of a service's identifier

bool good_service(std::string_view id) noexcept {
  return id.size() <= max_service
         && std::all_of(id.begin(), id.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

/// The topic of a message; nothing: answered.
std::optional<std::string> topic_of(const admin_call& call) {
  auto topic = call.text("topic", std::nullopt);
  if (topic && !mqtt::valid_topic(*topic)) {
    call.malformed("`topic` is no topic name");
    return std::nullopt;
  }
  return topic;
}

} // namespace

namespace admin {

void set_properties(const admin_call& call) {
  const auto who = call.device();
  const auto patience = who ? call.patience_of_query() : std::nullopt;
  if (patience && call.read_object({})) {
    call.console().set_properties(*who, call.body(), *patience, call.later_data());
  }
}

void get_properties(const admin_call& call) {
  const auto who = call.device();
  const auto patience = who ? call.patience_of_query() : std::nullopt;
  if (!patience || !call.read_array()) {
    return;
  }
  for (const auto& name : call.reader().top()) {
    if (name.type != json_type::string) {
      call.malformed("the body must be an array of property names");
      return;
    }
  }
  call.console().get_properties(*who, call.body(), *patience, call.later_data());
}

void set_desired(const admin_call& call) {
  const auto who = call.device();
  if (who && call.read_object({})) {
    call.give(call.console().set_desired(*who, call.body()));
  }
}

void call_service(const admin_call& call) {
  const auto who = call.device();
  if (!who) {
    return;
  }
  const std::string_view service = call.values[2];
  if (!good_service(service)) {
    call.malformed("the path names no service: up to 128 visible characters");
    return;
  }
  if (!call.read_object({"args", "timeoutMs"})) {
    return;
  }
  const auto patience = call.patience();
  if (!patience) {
    return;
  }
  const auto* const args = call.reader().find("args");
  if (args != nullptr && args->type != json_type::object) {
    call.malformed("`args` must be an object");
    return;
  }
  call.console().call_service(*who, service, args == nullptr ? "{}" : args->value, *patience,
                              call.later_data());
}

void rrpc(const admin_call& call) {
  const auto who = call.device();
  if (!who || !call.read_object({"topic", "payload", "payloadBase64", "timeoutMs"})) {
    return;
  }
  const auto topic = call.text("topic", std::string_view{});
  const auto patience = topic ? call.patience() : std::nullopt;
  const auto payload = patience ? call.payload() : std::nullopt;
  if (!payload) {
    return;
  }
  if (!topic->empty() && !mqtt::valid_topic(*topic)) {
    call.malformed("`topic` is no topic name");
    return;
  }
  call.console().rrpc(*who, *topic, *payload, *patience, call.later_payload());
}

void invite(const admin_call& call) {
  const auto who = call.device();
  if (!who || !call.read_object({"devices", "timeoutMs"})) {
    return;
  }
  const auto patience = call.patience();
  if (!patience) {
    return;
  }
  const auto* const devices = call.reader().find("devices");
  if (devices == nullptr || devices->type != json_type::array) {
    call.malformed("`devices` must be an array of {\"productKey\":…,\"deviceName\":…}");
    return;
  }
  call.console().invite(*who, devices->value, *patience, call.later_data());
}

void permit(const admin_call& call) {
  const auto who = call.device();
  if (!who || !call.read_object({"productKey", "seconds", "timeoutMs"})) {
    return;
  }
  const auto product = call.text("productKey", std::string_view{});
  const auto span = product ? call.integer("seconds", 60, 1, 86'400) : std::nullopt;
  const auto patience = span ? call.patience() : std::nullopt;
  if (patience) {
    call.console().permit_joining(*who, *product, std::chrono::seconds{*span}, *patience,
                                  call.later_data());
  }
}

void show_shadow(const admin_call& call) {
  if (const auto who = call.device()) {
    call.give(call.console().shadow(*who));
  }
}

void update_shadow(const admin_call& call) {
  const auto who = call.device();
  if (who && call.read_object({})) {
    call.give(call.console().update_shadow(*who, call.body()));
  }
}

void publish(const admin_call& call) {
  if (!call.read_object({"topic", "payload", "payloadBase64", "qos"})) {
    return;
  }
  const auto topic = topic_of(call);
  // The platform knows QoS 0 and 1 only (aliyun-iot.md §8.1).
  const auto qos = topic ? call.integer("qos", 0, 0, 1) : std::nullopt;
  const auto payload = qos ? call.payload() : std::nullopt;
  if (payload) {
    call.give(call.console().publish(*topic, *payload, static_cast<mqtt::qos>(*qos)));
  }
}

void broadcast(const admin_call& call) {
  const auto product = call.product();
  if (!product || !call.read_object({"topic", "payload", "payloadBase64"})) {
    return;
  }
  const auto topic = topic_of(call);
  const auto payload = topic ? call.payload() : std::nullopt;
  if (payload) {
    call.give(call.console().broadcast(*product, *topic, *payload));
  }
}

} // namespace admin

} // namespace fleet::cloud
