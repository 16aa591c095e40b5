// The catalogue of §9 row by row: kind, rights, and back to the same text; and what isolates
// devices.
#include <gtest/gtest.h>

#include "protocol/alink/topics.hpp"

namespace fleet::alink {
namespace {

using enum topic_kind;

constexpr rights none{false, false};
constexpr rights P{true, false};
constexpr rights S{false, true};
constexpr rights PS{true, true};

struct row {
  std::string_view text;
  topic_kind kind;
  bool reply;
  std::string_view rest;
  rights may;
};

constexpr row rows[] = {
    // 9.1
    {"/PK/DN/update", custom, false, "update", P},
    {"/PK/DN/update/error", custom, false, "update/error", P},
    {"/PK/DN/get", custom, false, "get", S},
    {"/PK/DN/data", custom, false, "data", PS},
    {"/PK/DN/user/update", custom, false, "user/update", P},
    {"/PK/DN/user/update/error", custom, false, "user/update/error", P},
    {"/PK/DN/user/get", custom, false, "user/get", S},
    {"/PK/DN/user/anything/below", custom, false, "user/anything/below", PS},
    {"/PK/DN/user", custom, false, "user", none},
    {"/PK/DN/userx", custom, false, "userx", none},
    {"/PK/DN/other", custom, false, "other", none},
    {"/PK/DN/update/", custom, false, "update/", none},
    {"/broadcast/PK/any/thing", broadcast, false, "any/thing", S},
    // 9.2
    {"/sys/PK/DN/thing/event/property/post", property_post, false, "", P},
    {"/sys/PK/DN/thing/event/property/post_reply", property_post, true, "", S},
    {"/sys/PK/DN/thing/event/alarm/post", event_post, false, "alarm", P},
    {"/sys/PK/DN/thing/event/fb:alarm/post_reply", event_post, true, "fb:alarm", S},
    {"/sys/PK/DN/thing/event/property/batch/post", property_batch_post, false, "", P},
    {"/sys/PK/DN/thing/event/property/batch/post_reply", property_batch_post, true, "", S},
    {"/sys/PK/DN/thing/event/property/history/post", property_history_post, false, "", P},
    {"/sys/PK/DN/thing/event/property/history/post_reply", property_history_post, true, "", S},
    {"/sys/PK/DN/thing/service/property/set", property_set, false, "", S},
    {"/sys/PK/DN/thing/service/property/set_reply", property_set, true, "", P},
    {"/sys/PK/DN/thing/service/property/get", property_get, false, "", S},
    {"/sys/PK/DN/thing/service/property/get_reply", property_get, true, "", P},
    {"/sys/PK/DN/thing/service/blink", service, false, "blink", S},
    {"/sys/PK/DN/thing/service/blink_reply", service, true, "blink", P},
    {"/sys/PK/DN/thing/model/up_raw", model_up_raw, false, "", P},
    {"/sys/PK/DN/thing/model/up_raw_reply", model_up_raw, true, "", S},
    {"/sys/PK/DN/thing/model/down_raw", model_down_raw, false, "", S},
    {"/sys/PK/DN/thing/model/down_raw_reply", model_down_raw, true, "", P},
    {"/sys/PK/DN/thing/property/desired/get", desired_get, false, "", P},
    {"/sys/PK/DN/thing/property/desired/get_reply", desired_get, true, "", S},
    {"/sys/PK/DN/thing/property/desired/delete", desired_delete, false, "", P},
    {"/sys/PK/DN/thing/property/desired/delete_reply", desired_delete, true, "", S},
    {"/sys/PK/DN/thing/deviceinfo/update", deviceinfo_update, false, "", P},
    {"/sys/PK/DN/thing/deviceinfo/update_reply", deviceinfo_update, true, "", S},
    {"/sys/PK/DN/thing/deviceinfo/delete", deviceinfo_delete, false, "", P},
    {"/sys/PK/DN/thing/deviceinfo/delete_reply", deviceinfo_delete, true, "", S},
    {"/sys/PK/DN/thing/dsltemplate/get", dsltemplate_get, false, "", P},
    {"/sys/PK/DN/thing/dsltemplate/get_reply", dsltemplate_get, true, "", S},
    {"/sys/PK/DN/thing/dynamicTsl/get", dynamic_tsl_get, false, "", P},
    {"/sys/PK/DN/thing/dynamicTsl/get_reply", dynamic_tsl_get, true, "", S},
    {"/sys/PK/DN/thing/config/get", config_get, false, "", P},
    {"/sys/PK/DN/thing/config/get_reply", config_get, true, "", S},
    {"/sys/PK/DN/thing/config/push", config_push, false, "", S},
    {"/sys/PK/DN/thing/config/push_reply", config_push, true, "", P},
    {"/sys/PK/DN/thing/status/update", status_update, false, "", P},
    {"/sys/PK/DN/thing/reset", reset, false, "", P},
    {"/sys/PK/DN/thing/reset_reply", reset, true, "", S},
    {"/sys/PK/DN/thing/log/post", log_post, false, "", P},
    {"/sys/PK/DN/thing/log/post_reply", log_post, true, "", S},
    {"/sys/PK/DN/thing/config/log/get", config_log_get, false, "", P},
    {"/sys/PK/DN/thing/config/log/push", config_log_push, false, "", S},
    {"/sys/PK/DN/_thing/diag/post", diag_post, false, "", P},
    {"/sys/PK/DN/_thing/diag/post_reply", diag_post, true, "", S},
    {"/sys/PK/DN/_thing/event/notify", event_notify, false, "", S},
    {"/sys/PK/DN/_thing/event/notify_reply", event_notify, true, "", P},
    {"/sys/PK/DN/thing/ota/firmware/get", ota_firmware_get, false, "", P},
    {"/sys/PK/DN/thing/ota/firmware/get_reply", ota_firmware_get, true, "", S},
    {"/sys/PK/DN/thing/disable", disable, false, "", S},
    {"/sys/PK/DN/thing/disable_reply", disable, true, "", P},
    {"/sys/PK/DN/thing/enable", enable, false, "", S},
    {"/sys/PK/DN/thing/delete", topic_kind::remove, false, "", S},
    {"/sys/PK/DN/thing/delete_reply", topic_kind::remove, true, "", P},
    {"/sys/PK/DN/rrpc/request/900000000000000002", rrpc_request, false, "900000000000000002", S},
    {"/sys/PK/DN/rrpc/response/1", rrpc_response, false, "1", P},
    {"/ext/rrpc/77/PK/DN/user/get", ext_rrpc, false, "77/PK/DN/user/get", PS},
    {"/ext/rrpc/77/sys/PK/DN/thing/service/x", ext_rrpc, false, "77/sys/PK/DN/thing/service/x", PS},
    {"/ext/ntp/PK/DN/request", ntp_request, false, "", P},
    {"/ext/ntp/PK/DN/response", ntp_response, false, "", S},
    {"/ext/error/PK/DN", ext_error, false, "", S},
    {"/ext/register", ext_register, false, "", none},
    {"/ext/regnwl", ext_regnwl, false, "", none},
    {"/shadow/update/PK/DN", shadow_update, false, "", P},
    {"/shadow/get/PK/DN", shadow_get, false, "", S},
    {"/ota/device/inform/PK/DN", ota_inform, false, "", P},
    {"/ota/device/upgrade/PK/DN", ota_upgrade, false, "", S},
    {"/ota/device/progress/PK/DN", ota_progress, false, "", P},
    {"/ota/device/request/PK/DN", ota_request, false, "", PS},
    // 9.3
    {"/sys/PK/DN/thing/sub/register", sub_register, false, "", P},
    {"/sys/PK/DN/thing/sub/register_reply", sub_register, true, "", S},
    {"/sys/PK/DN/thing/sub/unregister", sub_unregister, false, "", P},
    {"/sys/PK/DN/thing/proxy/provisioning/product_register", product_register, false, "", P},
    {"/sys/PK/DN/thing/topo/add", topo_add, false, "", P},
    {"/sys/PK/DN/thing/topo/add_reply", topo_add, true, "", S},
    {"/sys/PK/DN/thing/topo/delete", topo_delete, false, "", P},
    {"/sys/PK/DN/thing/topo/get", topo_get, false, "", P},
    {"/sys/PK/DN/thing/list/found", list_found, false, "", P},
    {"/sys/PK/DN/thing/topo/add/notify", topo_add_notify, false, "", S},
    {"/sys/PK/DN/thing/topo/add/notify_reply", topo_add_notify, true, "", P},
    {"/sys/PK/DN/thing/topo/change", topo_change, false, "", S},
    {"/sys/PK/DN/thing/topo/change_reply", topo_change, true, "", P},
    {"/sys/PK/DN/thing/gateway/permit", gateway_permit, false, "", S},
    {"/sys/PK/DN/thing/event/property/pack/post", property_pack_post, false, "", P},
    {"/ext/session/PK/DN/combine/login", session_login, false, "", P},
    {"/ext/session/PK/DN/combine/login_reply", session_login, true, "", S},
    {"/ext/session/PK/DN/combine/logout", session_logout, false, "", P},
    {"/ext/session/PK/DN/combine/batch_login", session_batch_login, false, "", P},
    {"/ext/session/PK/DN/combine/batch_logout_reply", session_batch_logout, true, "", S},
};

TEST(alink_topic, every_row_of_the_catalogue_is_recognised) {
  for (const row& r : rows) {
    const topic t = parse_topic(r.text);
    EXPECT_EQ(t.kind, r.kind) << r.text;
    EXPECT_EQ(t.reply, r.reply) << r.text;
    EXPECT_EQ(t.rest, r.rest) << r.text;
    if (r.kind != ext_register && r.kind != ext_regnwl) {
      EXPECT_EQ(t.product_key, "PK") << r.text;
      EXPECT_EQ(t.device_name, r.kind == broadcast ? "" : "DN") << r.text;
    }
  }
}

TEST(alink_topic, every_row_is_made_again_from_its_parts) {
  for (const row& r : rows) {
    EXPECT_EQ(make_topic(parse_topic(r.text)), r.text);
  }
}

TEST(alink_topic, every_row_gives_its_rights_to_its_device_and_none_to_another) {
  for (const row& r : rows) {
    EXPECT_EQ(topic_rights(r.text, "PK", "DN"), r.may) << r.text;
    EXPECT_EQ(may_subscribe_filter(r.text, "PK", "DN"), r.may.may_subscribe) << r.text;
    EXPECT_EQ(topic_rights(r.text, "PX", "DN"), none) << r.text;
    for (const std::string_view other : {"", "D", "DNN", "dn", "DN/", "PK"}) {
      if (r.kind != broadcast) {
        EXPECT_EQ(topic_rights(r.text, "PK", other), none) << r.text;
      }
    }
    EXPECT_EQ(topic_rights(r.text, "", ""), none) << r.text;
  }
}

TEST(alink_topic, what_is_not_listed_under_thing_and_rrpc_has_the_blanket_right) {
  for (const std::string_view text :
       {"/sys/PK/DN/thing/new/thing", "/sys/PK/DN/thing/", "/sys/PK/DN/thing/event//post",
        "/sys/PK/DN/thing/service/", "/sys/PK/DN/thing/service/_reply",
        "/sys/PK/DN/thing/event/a/b/post", "/sys/PK/DN/thing/service/a/b",
        "/sys/PK/DN/thing/event/property/post_reply_reply"}) {
    EXPECT_EQ(parse_topic(text).kind, thing_other) << text;
    EXPECT_EQ(topic_rights(text, "PK", "DN"), PS) << text;
  }
  EXPECT_EQ(parse_topic("/sys/PK/DN/rrpc/request/").kind, rrpc_other);
  EXPECT_EQ(parse_topic("/sys/PK/DN/rrpc/request/1/2").kind, rrpc_other);
}

TEST(alink_topic, what_is_nothing_is_unknown_and_gives_no_rights) {
  for (const std::string_view text : {"",
                                      "/",
                                      "//",
                                      "///",
                                      "PK/DN/update",
                                      "/PK",
                                      "/PK/",
                                      "/PK/DN",
                                      "/PK/DN/",
                                      "//DN/update",
                                      "/PK//update",
                                      "/sys",
                                      "/sys/",
                                      "/sys/PK",
                                      "/sys/PK/DN",
                                      "/sys/PK/DN/",
                                      "/sys//DN/thing/reset",
                                      "/sys/PK//thing/reset",
                                      "/sys/PK/DN/other",
                                      "/sys/PK/DN/thing",
                                      "/sys/PK/DN/_thing/other",
                                      "/ext/",
                                      "/ext/ntp",
                                      "/ext/ntp/PK/DN",
                                      "/ext/ntp/PK/DN/",
                                      "/ext/ntp/PK/DN/requests",
                                      "/ext/ntp/PK/DN/request/",
                                      "/ext/ntp/PK/DN/response_reply",
                                      "/ext/error/PK",
                                      "/ext/error/PK/DN/",
                                      "/ext/error/PK/DN/x",
                                      "/ext/errorPK/DN",
                                      "/ext/rrpc/",
                                      "/ext/rrpc/1",
                                      "/ext/rrpc/1/",
                                      "/ext/rrpc/1/PK/DN",
                                      "/ext/rrpc//PK/DN/x",
                                      "/ext/register/",
                                      "/shadow/",
                                      "/shadow/get/PK",
                                      "/shadow/get/PK/DN/",
                                      "/shadow/get_reply/PK/DN",
                                      "/ota/device/other/PK/DN",
                                      "/broadcast/",
                                      "/broadcast/PK",
                                      "/broadcast/PK/",
                                      "/broadcast//x",
                                      "$SYS/x"}) {
    EXPECT_EQ(parse_topic(text).kind, topic_kind::unknown) << text;
    EXPECT_EQ(topic_rights(text, "PK", "DN"), none) << text;
    EXPECT_FALSE(may_subscribe_filter(text, "PK", "DN")) << text;
  }
}

TEST(alink_topic, of_60000_slashes_is_cheap_and_nothing_special) {
  const std::string slashes(60'000, '/');
  EXPECT_EQ(parse_topic(slashes).kind, topic_kind::unknown);
  EXPECT_EQ(topic_rights("/PK/DN/user" + slashes, "PK", "DN"), PS);
  EXPECT_EQ(parse_topic("/sys/PK/DN/thing" + slashes).kind, thing_other);
  EXPECT_FALSE(may_subscribe_filter("/sys" + slashes + "#", "PK", "DN"));
}

TEST(alink_topic, custom_classes_are_the_products) {
  constexpr topic_class classes[] = {{"up", P}, {"down/#", S}};
  access_rules rules;
  rules.classes = classes;
  rules.may_publish_broadcast = true;
  EXPECT_EQ(topic_rights("/PK/DN/up", "PK", "DN", rules), P);
  EXPECT_EQ(topic_rights("/PK/DN/down/x/y", "PK", "DN", rules), S);
  EXPECT_EQ(topic_rights("/PK/DN/down", "PK", "DN", rules), none);
  EXPECT_EQ(topic_rights("/PK/DN/data", "PK", "DN", rules), none);
  EXPECT_EQ(topic_rights("/broadcast/PK/x", "PK", "DN", rules), PS);
  rules.classes = {};
  EXPECT_EQ(topic_rights("/PK/DN/up", "PK", "DN", rules), none); // an empty list allows nothing
}

TEST(alink_filter, with_wildcards_is_granted_below_ones_own_names) {
  for (const std::string_view filter : {"/sys/PK/DN/thing/#",
                                        "/sys/PK/DN/thing/event/+/post_reply",
                                        "/sys/PK/DN/thing/service/+",
                                        "/sys/PK/DN/rrpc/request/+",
                                        "/sys/PK/DN/rrpc/#",
                                        "/sys/PK/DN/_thing/#",
                                        "/ext/rrpc/#",
                                        "/ext/rrpc/+/#",
                                        "/ext/rrpc/+/PK/DN/user/get",
                                        "/ext/rrpc/+/PK/DN/#",
                                        "/ext/rrpc/+/sys/PK/DN/thing/service/+",
                                        "/ext/rrpc/5/PK/DN/+",
                                        "/ext/ntp/PK/DN/+",
                                        "/ext/session/PK/DN/combine/+",
                                        "/broadcast/PK/#",
                                        "/broadcast/PK/+",
                                        "/PK/DN/#",
                                        "/PK/DN/+",
                                        "/PK/DN/user/#",
                                        "/PK/DN/user/+/x",
                                        "/PK/DN/+/get"}) {
    EXPECT_TRUE(may_subscribe_filter(filter, "PK", "DN")) << filter;
    EXPECT_FALSE(may_subscribe_filter(filter, "PX", "DN")
                 && filter.find("/ext/rrpc/") == std::string_view::npos)
        << filter;
  }
}

TEST(alink_filter, that_could_reach_another_device_is_refused) {
  for (const std::string_view filter : {"#",
                                        "+",
                                        "/#",
                                        "/+/+/update",
                                        "/PK/+/update",
                                        "/PK/#",
                                        "/+/DN/update",
                                        "/sys/#",
                                        "/sys/+/+/#",
                                        "/sys/PK/+/thing/#",
                                        "/sys/PK/#",
                                        "/sys/PK/DNN/thing/#",
                                        "/sys/PK/D/thing/#",
                                        "/sys/PK/DN/#",
                                        "/sys/PK/DN/+/event/property/post",
                                        "/sys/+/DN/thing/#",
                                        "/broadcast/#",
                                        "/broadcast/+/x",
                                        "/broadcast/PK2/#",
                                        "/shadow/get/PK/+",
                                        "/shadow/#",
                                        "/shadow/+/PK/DN",
                                        "/ota/#",
                                        "/ota/device/+/PK/DN",
                                        "/ext/#",
                                        "/ext/+/PK/DN/request",
                                        "/ext/ntp/PK/+/response",
                                        "/ext/ntp/+/DN/response",
                                        "/ext/error/PK/+",
                                        "/ext/rrpc/+/PK/+/x",
                                        "/ext/rrpc/+/PK/DX/#",
                                        "/ext/rrpc/+/sys/PK/DX/#",
                                        "/ext/rrpc/+/+/DN/x",
                                        "/ext/rrpc/+/+/+/#",
                                        "$share/g/PK/DN/#"}) {
    EXPECT_FALSE(may_subscribe_filter(filter, "PK", "DN")) << filter;
  }
}

TEST(alink_filter, of_malformed_shape_is_refused) {
  for (const std::string_view filter : {"/PK/DN/#/x", "/PK/DN/user/x#", "/PK/DN/user/+x",
                                        "/PK/DN/user/x+/y", "/sys/PK/DN/thing/##"}) {
    EXPECT_FALSE(may_subscribe_filter(filter, "PK", "DN")) << filter;
  }
}

TEST(alink_filter, below_ones_own_names_without_anything_to_read_is_refused) {
  EXPECT_FALSE(may_subscribe_filter("/PK/DN/update/+", "PK", "DN"));
  EXPECT_FALSE(may_subscribe_filter("/PK/DN/other/#", "PK", "DN"));
  EXPECT_FALSE(may_subscribe_filter("/PK/DN/user/#", "PK", "DN", {.classes = {}}));
}

TEST(alink_filter, names_that_imitate_the_platforms_roots_gain_nothing) {
  EXPECT_FALSE(may_subscribe_filter("/sys/a1/#", "sys", "a1"));
  EXPECT_FALSE(may_subscribe_filter("/ext/rrpc/+/x", "ext", "rrpc"));
  EXPECT_EQ(topic_rights("/sys/a1/data", "sys", "a1"), none);
  EXPECT_FALSE(may_subscribe_filter("/PK/+/user/#", "PK", "+"));
}

} // namespace
} // namespace fleet::alink
