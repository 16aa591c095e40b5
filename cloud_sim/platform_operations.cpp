// The registry's side of the console: products, devices, configuration, shadows, and messages that
// nobody answers.
#include "cloud_sim/platform_operations.hpp"

#include <algorithm>

#include "cloud_sim/dynamic_model.hpp"
#include "cloud_sim/secrets.hpp"
#include "protocol/alink/thing_messages.hpp"
#include "protocol/base/hmac.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/load.hpp"

namespace fleet::cloud {

namespace {

auto fails(operation_error why, std::string detail) {
  return fail(operation_failure{why, std::move(detail)});
}

std::string counted(std::uint32_t devices) {
  return "{\"devices\":" + std::to_string(devices) + "}";
}

std::string configured(std::uint32_t devices, std::string_view url) {
  byte_buffer out;
  object_writer json{out};
  json.integer("devices", devices);
  json.text("url", url);
  json.end();
  return std::string{as_text(out.view())};
}

} // namespace

platform_operations::found_device platform_operations::find(device_name_view who) const {
  const auto device = platform_.devices().find(who.product_key, who.device_name);
  if (!device) {
    return fails(operation_error::unknown_device, "there is no such device");
  }
  return *device;
}

device_view platform_operations::view(device_index device) const {
  auto out = platform_.state().view(device);
  if (platform_.lines().find(device).online()) {
    out.state = "online";
    out.protocol = "mqtt";
    out.last_online_ms = platform_.core().home().wall_ms();
    out.logged_in_ms = platform_.lines().logged_in_ms(device);
  } else if (const auto by = platform_.lines().posting(device)) {
    out.state = "online";
    out.protocol = to_string(*by);
  }
  return out;
}

// What devices() lists is counted once for all products: of a source without an end, those that
// came or were added.
std::vector<product_view> platform_operations::products() const {
  const auto& registry = platform_.devices();
  std::map<std::string, std::uint32_t, std::less<>> counts;
  for (auto d = registry.next(0); d; d = registry.next(*d + 1)) {
    ++counts[registry.identity_of(*d).product_key];
  }
  std::vector<product_view> out;
  for (const auto& [key, p] : platform_.state().products.all()) {
    out.push_back({key, p->given.name, counts[key], p->online, p->model() != nullptr,
                   node_type_of(p->given.flags)});
    counts.erase(key);
  }
  if (!registry.finite() && registry.knows(0)) { // whose devices come without end
    const auto key = registry.identity_of(0).product_key;
    if (platform_.state().products.find(key) == nullptr) {
      counts[key];
    }
  }
  for (const auto& [key, count] : counts) { // nobody has spoken of these yet
    out.push_back({key, key, count, 0, false, node_type_of(0)});
  }
  std::sort(out.begin(), out.end(), [](const product_view& a, const product_view& b) {
    return a.product_key < b.product_key;
  });
  return out;
}

std::vector<device_view> platform_operations::devices(std::string_view product_key,
                                                      std::string_view state, std::uint32_t from,
                                                      std::uint32_t limit) const {
  const auto& registry = platform_.devices();
  std::vector<device_view> out;
  for (auto d = registry.next(from); d && out.size() < limit; d = registry.next(*d + 1)) {
    if (!product_key.empty() && registry.identity_of(*d).product_key != product_key) {
      continue;
    }
    auto seen = view(*d);
    if (state.empty() || seen.state == state) {
      out.push_back(std::move(seen));
    }
  }
  return out;
}

result<device_view, operation_failure> platform_operations::device(device_name_view who) const {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  return view(found.value());
}

/// The product's flags with the node type that is wanted, if it may have it.
result<std::uint32_t, operation_failure>
platform_operations::flags_with(std::string_view product_key, std::string_view node_type) const {
  const auto* const known = std::as_const(platform_.state().products).find(product_key);
  const std::uint32_t flags = known == nullptr ? 0 : known->given.flags;
  if (node_type.empty()) {
    return flags;
  }
  const auto wanted = with_node_type(flags, node_type);
  if (!wanted) {
    return fails(operation_error::malformed, "the node type is device, gateway or any");
  }
  bool has_gateways = false;
  platform_.state().relations.for_each_relation([&](device_index gateway, device_index) {
    has_gateways =
        has_gateways || platform_.devices().identity_of(gateway).product_key == product_key;
  });
  if (has_gateways && (*wanted & product_is_no_gateway) != 0) {
    return fails(operation_error::refused, "devices of that product have sub-devices");
  }
  return *wanted;
}

operation_result platform_operations::put_product(std::string_view product_key,
                                                  const product_change& what) {
  auto& all = platform_.state().products;
  if (!alink::valid_name(product_key, alink::max_product_key)) {
    return fails(operation_error::malformed, "that is no product key");
  }
  if (all.find(product_key) == nullptr && all.all().size() >= products_max) {
    return fails(operation_error::busy, "there are too many products");
  }
  std::shared_ptr<const tsl::model> read;
  const bool deletes = what.model == "null";
  if (!what.model.empty() && !deletes) {
    auto loaded = tsl::load_model(what.model, "model");
    if (!loaded.ok()) {
      return fails(operation_error::malformed, loaded.error().front().message);
    }
    read = std::make_shared<const tsl::model>(std::move(loaded).value());
  }
  const auto flags = flags_with(product_key, what.node_type);
  if (!flags.ok()) {
    return fail(flags.error());
  }
  const broker::turn guard{platform_.core()};
  auto& of = all.open(product_key);
  if (deletes || read != nullptr) { // what is not given stays
    of.given.model = std::move(read);
  }
  if (!what.name.empty()) {
    of.given.name = what.name;
  }
  of.given.flags = flags.value();
  platform_.state().tell_product(of);
  return std::string{"{}"};
}

operation_result platform_operations::add_device(device_name_view who, std::string_view secret) {
  auto& registry = platform_.devices();
  if (!alink::valid_name(who.product_key, alink::max_product_key)
      || !alink::valid_name(who.device_name, alink::max_device_name)
      || (!secret.empty() && !alink::valid_secret(secret))) {
    return fails(operation_error::malformed, "a name or the secret is not what it should be");
  }
  if (registry.find(who.product_key, who.device_name)) {
    return fails(operation_error::exists, "there is such a device already");
  }
  const broker::turn guard{platform_.core()};
  const std::string made = secret.empty() ? make_device_secret() : std::string{secret};
  const auto device =
      registry.add({std::string{who.product_key}, std::string{who.device_name}, made});
  if (!device) {
    return fails(operation_error::busy, "there are too many devices");
  }
  platform_.state().products.open(who.product_key);
  platform_.state().tell_device(*device);
  return secret.empty() ? "{\"deviceSecret\":\"" + made + "\"}" : std::string{"{}"};
}

operation_result platform_operations::delete_device(device_name_view who) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  const broker::turn guard{platform_.core()};
  const auto device = found.value();
  platform_.gateways().erase(device);
  platform_.withdraw(device);
  auto& state = platform_.state();
  platform_.firmware().deleted(device);
  state.tell_gone(device);
  state.forget(device);
  platform_.devices().remove(device);
  return std::string{"{}"};
}

operation_result platform_operations::set_disabled(device_name_view who, bool disabled) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  const broker::turn guard{platform_.core()};
  platform_.set_disabled(found.value(), disabled);
  return std::string{"{}"};
}

operation_result platform_operations::disable(device_name_view who) {
  return set_disabled(who, true);
}

operation_result platform_operations::enable(device_name_view who) {
  return set_disabled(who, false);
}

operation_result platform_operations::kick(device_name_view who) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  const broker::turn guard{platform_.core()};
  const auto to = platform_.lines().find(found.value());
  if (platform_.lines().posting(found.value())) {
    platform_.posts().withdraw(found.value()); // it has to authenticate again
    return std::string{"{}"};
  }
  if (!to.online()) {
    return fails(operation_error::offline, "the device is offline");
  }
  if (to.as == to.through) {
    platform_.core().cut(*to.through, end_reason::withdrawn);
  } else {
    platform_.gateways().kick_sub_device(found.value());
  }
  return std::string{"{}"};
}

operation_result platform_operations::shadow(device_name_view who) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  auto text = platform_.shadows().document(found.value());
  if (text.empty()) {
    return fails(operation_error::refused, "the stored document is broken");
  }
  return text;
}

operation_result platform_operations::update_shadow(device_name_view who, std::string_view update) {
  const auto found = find(who);
  if (!found.ok()) {
    return fail(found.error());
  }
  const broker::turn guard{platform_.core()};
  shadow::outcome out;
  std::string reply{platform_.shadows().update(found.value(), as_bytes(update), out)};
  if (out.error != shadow::error_code::none) {
    const bool malformed = out.error == shadow::error_code::bad_json;
    return fails(malformed ? operation_error::malformed : operation_error::refused,
                 std::to_string(static_cast<int>(out.error)) + " "
                     + std::string{shadow::error_text(out.error)});
  }
  return reply;
}

operation_result platform_operations::publish(std::string_view topic, bytes_view payload,
                                              mqtt::qos q) {
  const auto on = alink::parse_topic(topic);
  const auto found = find({on.product_key, on.device_name});
  if (!found.ok()) {
    return fail(found.error());
  }
  const auto rules =
      platform_.state().product_of(found.value()).topics.rules(platform_.options().access);
  if (topic.find_first_of("+#") != std::string_view::npos || payload.size() > alink::max_payload
      || !alink::topic_rights(topic, on.product_key, on.device_name, rules).may_subscribe) {
    return fails(operation_error::refused, "no device may listen there, or it is too long");
  }
  const broker::turn guard{platform_.core()};
  const auto to = platform_.lines().find(found.value());
  const auto asked = std::min(q, mqtt::qos::at_least_once);
  const int granted = to.as == nullptr ? -1 : to.as->granted(topic);
  if (to.as != nullptr && !to.online() && asked == mqtt::qos::at_least_once && granted == 1) {
    if (!platform_.lines().within_bound(to)) {
      return fail(failure_of(command_outcome::busy));
    }
    platform_.lines().put(to, topic, payload, asked, {}); // its session waits for it (§8.1)
    return std::string{"{}"};
  }
  const auto sent = platform_.lines().push(to, topic, payload, asked);
  if (sent != command_outcome::sent) {
    return fail(failure_of(sent));
  }
  return std::string{"{}"};
}

operation_result platform_operations::broadcast(std::string_view product_key,
                                                std::string_view topic, bytes_view payload) {
  auto* const of = find_product(product_key);
  if (of == nullptr) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  std::string whole{topic};
  const std::string head = "/broadcast/" + std::string{product_key} + "/";
  if (topic.starts_with('/') && !topic.starts_with(head)) {
    return fails(operation_error::refused, "a broadcast to this product goes to " + head + "…");
  }
  if (!topic.starts_with('/')) {
    whole.insert(0, head);
  }
  if (whole.size() == head.size() || whole.find_first_of("+#") != std::string::npos
      || payload.size() > alink::max_broadcast_octets) {
    return fails(operation_error::malformed, "no topic, a wildcard in it, or too long");
  }
  const broker::turn guard{platform_.core()};
  const auto told = platform_.broadcast(*of, whole, payload);
  if (!told) {
    return fails(operation_error::busy, "there was a broadcast to this product a moment ago");
  }
  return counted(*told);
}

operation_result platform_operations::set_config(std::string_view product_key,
                                                 std::string_view content, bool push) {
  auto* const of = find_product(product_key);
  if (of == nullptr) {
    return fails(operation_error::unknown_product, "there is no such product");
  }
  if (content.size() > static_cast<std::size_t>(alink::max_config_size)
      || (!content.empty() && json_.read(as_bytes(content)) != json_error::none)) {
    return fails(operation_error::malformed, "the configuration is no JSON of at most 64 KiB");
  }
  const auto& links = platform_.state().configs;
  if (!content.empty() && !links.served()) {
    return fails(operation_error::refused,
                 "devices could not fetch it: this twin listens for no HTTP; start it with --https "
                 "or --http");
  }
  const broker::turn guard{platform_.core()};
  of->set_config(content, of->config_count + 1);
  platform_.state().tell_product(*of);
  if (content.empty()) {
    return counted(0);
  }
  const std::string id = of->config_id();
  const auto now_s = platform_.core().home().wall_ms() / 1000;
  const std::string shown = links.url(id, config_for_nobody, now_s);
  if (!push) {
    return configured(0, shown);
  }
  const auto message = platform_.calls().next_id();
  byte_buffer payload;
  std::uint32_t told = 0;
  platform_.for_each_line(*of, [&](const line& to) {
    payload.clear();
    const std::string url = links.url(id, to.as->index, now_s);
    alink::append_config_push(payload, message, config_info_of(*of, id, url));
    const std::string topic = "/sys" + to.as->own + "thing/config/push";
    told += platform_.lines().push(to, topic, payload.view(), mqtt::qos::at_least_once)
                    == command_outcome::sent
                ? 1U
                : 0U;
  });
  return configured(told, shown);
}

} // namespace fleet::cloud
