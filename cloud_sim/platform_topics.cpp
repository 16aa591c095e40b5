// The platform's rights, as comparisons of prefixes and suffixes with the device's own pair.
#include "cloud_sim/platform_topics.hpp"

#include <array>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

bool strip(std::string_view& text, std::string_view prefix) noexcept {
  if (!text.starts_with(prefix)) {
    return false;
  }
  text.remove_prefix(prefix.size());
  return true;
}

/// `/PK/DN` at the end of the fixed topics.
bool is_own_tail(std::string_view text, std::string_view own) noexcept {
  return text == own.substr(0, own.size() - 1);
}

struct fixed_topic {
  std::string_view before; ///< `/PK/DN` follows and ends it
  bool publish;
  bool subscribe;
};
constexpr std::array<fixed_topic, 7> fixed_topics{{
  {"/shadow/update", true, false},
  {"/shadow/get", false, true},
  {"/ota/device/inform", true, false},
  {"/ota/device/upgrade", false, true},
  {"/ota/device/progress", true, false},
  {"/ota/device/request", true, true},
  {"/ext/error", false, true},
}};

/// `thing/#`, `rrpc/#` and their later siblings: the blanket rights of manual 4.1.4.
bool in_system_class(std::string_view rest) noexcept {
  return rest.starts_with("thing/") || rest.starts_with("rrpc/") || rest.starts_with("_thing/");
}

/// `/ext/rrpc/{mid}/{topic}` (§15.2), the topic being the device's own.
bool is_own_ext_rrpc(std::string_view rest, std::string_view own) noexcept {
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos || slash == 0) {
    return false;
  }
  rest.remove_prefix(slash);
  return rest.starts_with(own) || (strip(rest, "/sys") && rest.starts_with(own));
}

publish_kind classify_system(std::string_view rest) noexcept {
  if (!in_system_class(rest)) {
    return publish_kind::refused;
  }
  if (rest.ends_with("_reply")) {
    return publish_kind::command_reply;
  }
  if ((rest.starts_with("thing/event/") && rest.ends_with("/post"))
      || rest == "thing/deviceinfo/update" || rest == "thing/deviceinfo/delete") {
    return publish_kind::request;
  }
  return publish_kind::taken;
}

constexpr std::array<std::string_view, 33> auto_filters{
  "thing/event/property/post_reply",
  "thing/service/property/set",
  "thing/event/+/post_reply",
  "thing/service/+",
  "thing/service/property/get",
  "thing/model/down_raw",
  "thing/model/up_raw_reply",
  "thing/deviceinfo/update_reply",
  "thing/deviceinfo/delete_reply",
  "thing/dynamicTsl/get_reply",
  "thing/dsltemplate/get_reply",
  "rrpc/request/+",
  "thing/event/property/history/post_reply",
  "thing/event/property/batch/post_reply",
  "thing/gateway/permit",
  "thing/topo/change",
  "thing/topo/add/notify",
  "thing/sub/register_reply",
  "thing/sub/unregister_reply",
  "thing/topo/add_reply",
  "thing/topo/delete_reply",
  "thing/topo/get_reply",
  "thing/list/found_reply",
  "thing/disable",
  "thing/enable",
  "thing/delete",
  "thing/config/push",
  "thing/config/get_reply",
  "thing/property/desired/get_reply",
  "thing/property/desired/delete_reply",
  "thing/reset_reply",
  "thing/proxy/provisioning/product_register_reply",
  "_thing/event/notify",
};

} // namespace

std::vector<topic_class> standard_topic_classes(bool link_platform) {
  std::vector<topic_class> classes{
    {"update", true, false},      {"update/error", true, false},      {"get", false, true},
    {"user/update", true, false}, {"user/update/error", true, false}, {"user/get", false, true},
  };
  if (link_platform) {
    classes.push_back({"data", true, true});
  }
  return classes;
}

publish_kind classify_publish(std::string_view topic, std::string_view own,
                              std::span<const topic_class> classes) noexcept {
  auto rest = topic;
  if (strip(rest, "/sys")) {
    return strip(rest, own) ? classify_system(rest) : publish_kind::refused;
  }
  if (strip(rest, own)) {
    for (const auto& c : classes) {
      if (c.publish && rest == c.suffix) {
        return c.subscribe ? publish_kind::echoed : publish_kind::taken;
      }
    }
    return publish_kind::refused;
  }
  for (const auto& f : fixed_topics) {
    if (f.publish && topic.starts_with(f.before)
        && is_own_tail(topic.substr(f.before.size()), own)) {
      return publish_kind::taken;
    }
  }
  if (strip(rest, "/ext/ntp")) {
    return strip(rest, own) && rest == "request" ? publish_kind::taken : publish_kind::refused;
  }
  if (strip(rest, "/ext/session")) {
    return strip(rest, own) ? publish_kind::taken : publish_kind::refused;
  }
  if (strip(rest, "/ext/rrpc/")) {
    return is_own_ext_rrpc(rest, own) ? publish_kind::taken : publish_kind::refused;
  }
  return publish_kind::refused;
}

bool may_subscribe(std::string_view filter, std::string_view own,
                   std::span<const topic_class> classes) noexcept {
  auto rest = filter;
  if (strip(rest, "/sys")) {
    return strip(rest, own) && in_system_class(rest);
  }
  if (strip(rest, own)) {
    for (const auto& c : classes) {
      if (c.subscribe && mqtt::matches(rest, c.suffix)) {
        return true;
      }
    }
    return false;
  }
  for (const auto& f : fixed_topics) {
    if (f.subscribe && filter.starts_with(f.before)
        && is_own_tail(filter.substr(f.before.size()), own)) {
      return true;
    }
  }
  if (strip(rest, "/broadcast/")) {
    // Everything of the product: the device's key, then anything but nothing.
    const auto key = own.substr(1, own.find('/', 1));
    return rest.size() > key.size() && rest.starts_with(key);
  }
  if (strip(rest, "/ext/ntp")) {
    return strip(rest, own) && rest == "response";
  }
  if (strip(rest, "/ext/session")) {
    return strip(rest, own) && !rest.empty();
  }
  if (strip(rest, "/ext/rrpc/")) {
    // Replies are routed by device, so the short form of §15.2 reaches nobody else either.
    return rest == "#" || is_own_ext_rrpc(rest, own);
  }
  return false;
}

std::string_view suffix_of(known_topic t) noexcept {
  switch (t) {
    case known_topic::property_post_reply: return auto_filters[0];
    case known_topic::property_set: return auto_filters[1];
  }
  FLEET_CHECK(false);
}

std::span<const std::string_view> auto_subscriptions() noexcept {
  return auto_filters;
}

} // namespace fleet::cloud
