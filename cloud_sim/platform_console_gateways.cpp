// The console's notices to gateways (aliyun-iot.md §16.5): which devices to take in, and for how
// long new ones may join.
#include "cloud_sim/platform_operations.hpp"
#include "protocol/alink/gateway_replies.hpp"

namespace fleet::cloud {

namespace {

constexpr duration permit_most = std::chrono::hours{24};

auto fails(operation_error why, std::string detail) {
  return fail(operation_failure{why, std::move(detail)});
}

/// The text of the only member of that name; empty where it is none.
std::string_view text_of(std::span<const json_member> object, std::string_view key) {
  std::string_view out;
  for (const auto& m : object) {
    if (m.key == key) {
      if (m.type != json_type::string || out.data() != nullptr) {
        return {};
      }
      out = json_plain_text(m.value).value_or("");
    }
  }
  return out;
}

} // namespace

platform_operations::found_device platform_operations::find_gateway(device_name_view who) const {
  auto found = find(who);
  const auto* const of = platform_.state().products.find(who.product_key);
  if (found.ok() && of != nullptr && of->has(product_is_no_gateway)) {
    return fails(operation_error::refused, "devices of that product are no gateways");
  }
  return found;
}

result<std::vector<alink::device_pair>, operation_failure>
platform_operations::read_pairs(std::string_view devices) {
  std::vector<alink::device_pair> out;
  if (json_.read(as_bytes(devices)) != json_error::none || !json_.is_array() || json_.top().empty()
      || json_.top().size() > alink::max_listed_devices) {
    return fails(operation_error::malformed, "the devices are no JSON array of 1 to "
                                                 + std::to_string(alink::max_listed_devices));
  }
  for (const auto& item : json_.top()) {
    const auto members = json_.children(item);
    const alink::device_pair who{text_of(members, "productKey"), text_of(members, "deviceName")};
    if (item.type != json_type::object || who.product_key.empty() || who.device_name.empty()) {
      return fails(operation_error::malformed,
                   "each device has a `productKey` and a `deviceName`, both text");
    }
    const auto device = platform_.devices().find(who.product_key, who.device_name);
    if (!device) {
      return fails(operation_error::unknown_device, "there is no device "
                                                        + std::string{who.product_key} + "/"
                                                        + std::string{who.device_name});
    }
    if (platform_.devices().disabled(*device)) {
      return fails(operation_error::refused, std::string{who.product_key} + "/"
                                                 + std::string{who.device_name}
                                                 + " is disabled: enable it first");
    }
    out.push_back(who);
  }
  return out;
}

void platform_operations::invite(device_name_view gateway, std::string_view devices,
                                 duration patience, call_done done) {
  const auto found = find_gateway(gateway);
  const auto pairs = read_pairs(devices);
  if (!found.ok() || !pairs.ok()) {
    return done(fail(!found.ok() ? found.error() : pairs.error()));
  }
  const broker::turn guard{platform_.core()};
  const auto id = platform_.calls().next_id();
  byte_buffer payload;
  alink::append_topo_add_notify(payload, id, pairs.value());
  const auto topic = system_topic(found.value(), "thing/topo/add/notify");
  platform_.calls().begin(id,
                          {.device = found.value(),
                           .kind = alink::topic_kind::topo_add_notify,
                           .topic = topic,
                           .payload = payload.view(),
                           .qos = mqtt::qos::at_most_once,
                           .patience = bounded(patience)},
                          std::move(done));
}

void platform_operations::permit_joining(device_name_view gateway, std::string_view product_key,
                                         duration span, duration patience, call_done done) {
  const auto found = find_gateway(gateway);
  if (!found.ok()) {
    return done(fail(found.error()));
  }
  if (!product_key.empty() && find_product(product_key) == nullptr) {
    return done(fails(operation_error::unknown_product, "there is no such product"));
  }
  const auto whole_s = std::chrono::floor<std::chrono::seconds>(span);
  if (whole_s < std::chrono::seconds{1} || span > permit_most) {
    return done(fails(operation_error::malformed, "a permit lasts 1 s to 24 h"));
  }
  const broker::turn guard{platform_.core()};
  const auto id = platform_.calls().next_id();
  byte_buffer payload;
  alink::append_gateway_permit(payload, id, product_key,
                               static_cast<std::uint32_t>(whole_s.count()));
  const auto topic = system_topic(found.value(), "thing/gateway/permit");
  platform_.calls().begin(id,
                          {.device = found.value(),
                           .kind = alink::topic_kind::gateway_permit,
                           .topic = topic,
                           .payload = payload.view(),
                           .qos = mqtt::qos::at_most_once,
                           .patience = bounded(patience)},
                          std::move(done));
}

} // namespace fleet::cloud
