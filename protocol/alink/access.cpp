// What a device may do with topics and filters (aliyun-iot.md §9). Isolation between devices is
// decided here and nowhere else.
#include "protocol/alink/identity.hpp"
#include "protocol/alink/topic_table.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using namespace catalogue;

constexpr auto directions = [] {
  std::array<way, static_cast<std::size_t>(ota_request) + 1> out{};
  const auto set = [&](topic_kind k, way w) { out[static_cast<std::size_t>(k)] = w; };
  for (const entry& e : system_topics) {
    set(e.kind, e.direction);
  }
  for (const identified& e : identified_topics) {
    set(e.kind, e.direction);
  }
  for (const elsewhere& e : other_topics) {
    set(e.kind, e.direction);
  }
  for (const topic_kind k : {thing_other, rrpc_other, ext_rrpc}) {
    set(k, way::both);
  }
  return out;
}();

/// Whether some topic matches both filters (MQTT 3.1.1, 4.7.1).
bool overlap(std::string_view a, std::string_view b) noexcept {
  for (;;) {
    const bool a_more = !a.empty();
    const bool b_more = !b.empty();
    if (a == "#" || b == "#" || (!a_more && !b_more)) {
      return true;
    }
    if (!a_more || !b_more) {
      return false;
    }
    const std::string_view x = take_level(a);
    const std::string_view y = take_level(b);
    if (x != y && x != "+" && y != "+") {
      return false;
    }
  }
}

/// Wildcards as whole levels only, `#` the last (MQTT 3.1.1, 4.7.1).
bool well_formed_filter(std::string_view filter) noexcept {
  while (!filter.empty()) {
    const std::string_view level = take_level(filter);
    const bool wild = level.find_first_of("+#") != std::string_view::npos;
    if (wild && (level.size() != 1 || (level == "#" && !filter.empty()))) {
      return false;
    }
  }
  return true;
}

bool starts_with_own_names(std::string_view& text, std::string_view product_key,
                           std::string_view device_name) noexcept {
  return drop_front(text, product_key) && drop_front(text, "/") && drop_front(text, device_name)
         && drop_front(text, "/");
}

/// May `tail`, a filter with wildcards behind `/ext/rrpc/`, be subscribed to (§15.2)?
bool may_subscribe_ext_rrpc(std::string_view tail, std::string_view product_key,
                            std::string_view device_name) noexcept {
  if (tail == "#" || tail == "+/#") {
    return true;
  }
  take_level(tail); // the message id
  drop_front(tail, "sys/");
  return starts_with_own_names(tail, product_key, device_name);
}

rights custom_rights(std::string_view rest, const access_rules& rules) noexcept {
  for (const topic_class& c : rules.classes) {
    std::string_view below = c.name;
    const bool matches = drop_back(below, "/#")
                             ? rest.starts_with(below) && rest.substr(below.size(), 1) == "/"
                             : rest == c.name;
    if (matches) {
      return c.may;
    }
  }
  return {};
}

} // namespace

std::span<const topic_class> default_topic_classes() noexcept {
  static constexpr rights publish{true, false};
  static constexpr rights subscribe{false, true};
  static constexpr rights both{true, true};
  static constexpr topic_class classes[] = {
      {"update", publish},     {"update/error", publish}, {"get", subscribe},
      {"data", both},          {"user/update", publish},  {"user/update/error", publish},
      {"user/get", subscribe}, {"user/#", both},
  };
  return classes;
}

rights topic_rights(std::string_view topic_name, std::string_view product_key,
                    std::string_view device_name, const access_rules& rules) noexcept {
  const topic t = parse_topic(topic_name);
  if (t.kind == unknown || product_key.empty() || t.product_key != product_key) {
    return {};
  }
  if (t.kind == broadcast) {
    return {rules.may_publish_broadcast, true};
  }
  if (device_name.empty() || t.device_name != device_name) {
    return {};
  }
  if (t.kind == custom) {
    return custom_rights(t.rest, rules);
  }
  switch (directions[static_cast<std::size_t>(t.kind)]) {
    case way::none: return {};
    case way::both: return {true, true};
    case way::up: return {!t.reply, t.reply};
    case way::down: return {t.reply, !t.reply};
  }
  FLEET_CHECK(false);
}

bool may_subscribe_filter(std::string_view filter, std::string_view product_key,
                          std::string_view device_name, const access_rules& rules) noexcept {
  if (filter.find_first_of("+#") == std::string_view::npos) {
    return topic_rights(filter, product_key, device_name, rules).may_subscribe;
  }
  // Names with a wildcard in them would turn one's own topics into everybody's.
  if (!valid_name(product_key, max_product_key) || !valid_name(device_name, max_device_name)
      || !well_formed_filter(filter)) {
    return false;
  }
  std::string_view tail = filter;
  if (!reserved(filter)) {
    return drop_front(tail, "/") && starts_with_own_names(tail, product_key, device_name)
           && std::any_of(rules.classes.begin(), rules.classes.end(), [&](const topic_class& c) {
                return c.may.may_subscribe && overlap(c.name, tail);
              });
  }
  if (drop_front(tail, "/broadcast/")) {
    return drop_front(tail, product_key) && drop_front(tail, "/");
  }
  if (drop_front(tail, "/ext/rrpc/")) {
    return may_subscribe_ext_rrpc(tail, product_key, device_name);
  }
  if (drop_front(tail, "/sys/")) {
    return starts_with_own_names(tail, product_key, device_name)
           && (tail.starts_with("thing/") || tail.starts_with("_thing/")
               || tail.starts_with("rrpc/"));
  }
  if (drop_front(tail, "/ext/ntp/") || drop_front(tail, "/ext/session/")) {
    return starts_with_own_names(tail, product_key, device_name);
  }
  return false;
}

} // namespace fleet::alink
