// The catalogue of aliyun-iot.md §9 as data, shared by topics.cpp and access.cpp. Private to this
// folder. A topic is head / product key / device name, and behind them a tail.
#pragma once

#include <algorithm>
#include <array>

#include "protocol/alink/topics.hpp"

namespace fleet::alink::catalogue {

using enum topic_kind;

/// Who speaks first; the other side's reply goes the other way.
enum class way : std::uint8_t { none, up, down, both };

struct entry {
  std::string_view tail;
  topic_kind kind;
  way direction;
};

/// `/sys/PK/DN/{tail}`, sorted by tail (§9.2, §9.3).
inline constexpr entry system_topics[] = {
    {"_thing/diag/post", diag_post, way::up},
    {"_thing/event/notify", event_notify, way::down},
    {"thing/config/get", config_get, way::up},
    {"thing/config/log/get", config_log_get, way::up},
    {"thing/config/log/push", config_log_push, way::down},
    {"thing/config/push", config_push, way::down},
    {"thing/delete", topic_kind::remove, way::down},
    {"thing/deviceinfo/delete", deviceinfo_delete, way::up},
    {"thing/deviceinfo/update", deviceinfo_update, way::up},
    {"thing/disable", disable, way::down},
    {"thing/dsltemplate/get", dsltemplate_get, way::up},
    {"thing/dynamicTsl/get", dynamic_tsl_get, way::up},
    {"thing/enable", enable, way::down},
    {"thing/event/property/batch/post", property_batch_post, way::up},
    {"thing/event/property/history/post", property_history_post, way::up},
    {"thing/event/property/pack/post", property_pack_post, way::up},
    {"thing/event/property/post", property_post, way::up},
    {"thing/gateway/permit", gateway_permit, way::down},
    {"thing/list/found", list_found, way::up},
    {"thing/log/post", log_post, way::up},
    {"thing/model/down_raw", model_down_raw, way::down},
    {"thing/model/up_raw", model_up_raw, way::up},
    {"thing/ota/firmware/get", ota_firmware_get, way::up},
    {"thing/property/desired/delete", desired_delete, way::up},
    {"thing/property/desired/get", desired_get, way::up},
    {"thing/proxy/provisioning/product_register", product_register, way::up},
    {"thing/reset", reset, way::up},
    {"thing/service/property/get", property_get, way::down},
    {"thing/service/property/set", property_set, way::down},
    {"thing/status/update", status_update, way::up},
    {"thing/sub/register", sub_register, way::up},
    {"thing/sub/unregister", sub_unregister, way::up},
    {"thing/topo/add", topo_add, way::up},
    {"thing/topo/add/notify", topo_add_notify, way::down},
    {"thing/topo/change", topo_change, way::down},
    {"thing/topo/delete", topo_delete, way::up},
    {"thing/topo/get", topo_get, way::up},
};
static_assert(std::is_sorted(std::begin(system_topics), std::end(system_topics),
                             [](const entry& a, const entry& b) { return a.tail < b.tail; }));

/// `/sys/PK/DN/{before}{id}{after}`, the identifier one level.
struct identified {
  std::string_view before;
  std::string_view after;
  topic_kind kind;
  way direction;
  bool has_reply;
};
inline constexpr identified identified_topics[] = {
    {"thing/event/", "/post", event_post, way::up, true},
    {"thing/service/", "", service, way::down, true},
    {"rrpc/request/", "", rrpc_request, way::down, false},
    {"rrpc/response/", "", rrpc_response, way::up, false},
};

/// `{head}/PK/DN` and, if not empty, `/{tail}`.
struct elsewhere {
  std::string_view head;
  std::string_view tail;
  topic_kind kind;
  way direction;
};
inline constexpr elsewhere other_topics[] = {
    {"/shadow/update", "", shadow_update, way::up},
    {"/shadow/get", "", shadow_get, way::down},
    {"/ota/device/inform", "", ota_inform, way::up},
    {"/ota/device/upgrade", "", ota_upgrade, way::down},
    {"/ota/device/progress", "", ota_progress, way::up},
    {"/ota/device/request", "", ota_request, way::both},
    {"/ext/ntp", "request", ntp_request, way::up},
    {"/ext/ntp", "response", ntp_response, way::down},
    {"/ext/error", "", ext_error, way::down},
    {"/ext/session", "combine/login", session_login, way::up},
    {"/ext/session", "combine/logout", session_logout, way::up},
    {"/ext/session", "combine/batch_login", session_batch_login, way::up},
    {"/ext/session", "combine/batch_logout", session_batch_logout, way::up},
};
inline constexpr std::string_view reply_mark = "_reply";

/// Drops `front` from `text` if it begins with it.
constexpr bool drop_front(std::string_view& text, std::string_view front) noexcept {
  if (!text.starts_with(front)) {
    return false;
  }
  text.remove_prefix(front.size());
  return true;
}

constexpr bool drop_back(std::string_view& text, std::string_view back) noexcept {
  if (!text.ends_with(back)) {
    return false;
  }
  text.remove_suffix(back.size());
  return true;
}

/// The next level, taken off with the slash behind it; all that is left where there is no slash.
constexpr std::string_view take_level(std::string_view& text) noexcept {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const std::string_view level = text.substr(0, slash);
  text.remove_prefix(std::min(slash + 1, text.size()));
  return level;
}

/// First levels that belong to the platform whatever product keys there are.
constexpr bool reserved(std::string_view text) noexcept {
  constexpr std::string_view roots[] = {"/sys/", "/ext/", "/shadow/", "/ota/", "/broadcast/"};
  return std::any_of(std::begin(roots), std::end(roots),
                     [&](std::string_view root) { return text.starts_with(root); });
}

} // namespace fleet::alink::catalogue
