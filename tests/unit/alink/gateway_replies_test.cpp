// What the platform says to gateways, read back by them: replies in the shapes of several years,
// notices good and bad; and pack reports both ways.
#include <gtest/gtest.h>

#include "protocol/alink/gateway_reader.hpp"

namespace fleet::alink {
namespace {

using enum topic_kind;

constexpr device_pair meter{"a1SubPk0001", "meter_07"};
constexpr device_pair lamp{"a1SubPk0001", "lamp_01"};

template <class Write>
std::string written(Write write) {
  byte_buffer out;
  write(out);
  return std::string{as_text(out.view())};
}

std::string reply(topic_kind kind, std::int64_t code, std::vector<device_pair> devices) {
  return written([&](byte_buffer& out) {
    gateway_reply_writer w{out, kind, "12", code};
    for (const device_pair& who : devices) {
      w.add(who);
    }
    w.end();
  });
}

gateway_reply read(gateway_reader& reader, std::string_view text) {
  return reader.read_reply(as_bytes(text));
}

TEST(gateway_replies, have_the_data_of_their_kind) {
  const std::string pair = R"({"productKey":"a1SubPk0001","deviceName":"meter_07"})";
  const auto ok = [](const std::string& data) {
    return R"({"id":12,"code":200,"data":)" + data + R"(,"message":"success"})";
  };
  EXPECT_EQ(reply(session_login, 200, {meter}), ok(pair));
  EXPECT_EQ(reply(session_batch_login, 200, {meter}), ok("[" + pair + "]"));
  EXPECT_EQ(reply(session_batch_login, 200, {}), ok("[]"));
  EXPECT_EQ(reply(topo_get, 200, {}), ok("[]"));
  EXPECT_EQ(reply(topo_add, 200, {}), ok("{}"));
  EXPECT_EQ(reply(topo_delete, 200, {}), ok("{}"));
  EXPECT_EQ(reply(session_login, 6287, {}),
            R"({"id":12,"code":6287,"data":{},"message":"invalid sign"})");
  EXPECT_EQ(reply(list_found, 12345, {}),
            R"({"id":12,"code":12345,"data":{},"message":"request error"})");
}

TEST(gateway_replies, read_back_with_their_devices) {
  gateway_reader reader;
  for (const topic_kind kind : {topo_add, topo_get, session_batch_login, session_batch_logout}) {
    const std::string text = reply(kind, 6401, {meter, lamp});
    const gateway_reply r = read(reader, text);
    EXPECT_TRUE(r.good);
    EXPECT_EQ(r.id, 12U);
    EXPECT_EQ(r.code, 6401);
    ASSERT_EQ(r.devices.size(), 2U);
    EXPECT_EQ(r.devices[0].who, meter);
    EXPECT_EQ(r.devices[1].who, lamp);
  }
}

TEST(gateway_replies, registration_gives_secrets) {
  gateway_reader reader;
  const std::string text = written([](byte_buffer& out) {
    gateway_reply_writer w{out, sub_register, "3", 200};
    w.add({.who = meter, .iot_id = "i1", .device_secret = "s1"});
    w.add({.who = lamp, .iot_id = "i2", .device_secret = "s2"});
    w.end();
  });
  const gateway_reply r = read(reader, text);
  ASSERT_EQ(r.devices.size(), 2U);
  EXPECT_EQ(r.devices[0].device_secret, "s1");
  EXPECT_EQ(r.devices[1].device_secret, "s2");
}

TEST(gateway_replies, product_registration_tells_successes_from_failures) {
  gateway_reader reader;
  const auto both = [](bool with_success, bool with_failure) {
    return written([&](byte_buffer& out) {
      gateway_reply_writer w{out, product_register, "3", 200};
      if (with_success) {
        w.add({.who = meter, .iot_id = "i1", .device_secret = "s1"});
      }
      if (with_failure) {
        w.add_failure(lamp, 6600);
      }
      w.end();
    });
  };
  for (const bool success : {false, true}) {
    for (const bool failure : {false, true}) {
      const std::string text = both(success, failure);
      const gateway_reply r = read(reader, text);
      ASSERT_EQ(r.devices.size(), std::size_t{success} + std::size_t{failure}) << text;
      if (success) {
        EXPECT_EQ(r.devices[0].device_secret, "s1");
        EXPECT_FALSE(r.devices[0].failed);
      }
      if (failure) {
        EXPECT_EQ(r.devices.back().who, lamp);
        EXPECT_TRUE(r.devices.back().failed);
        EXPECT_EQ(r.devices.back().code, 6600);
      }
    }
  }
}

TEST(gateway_replies, are_read_in_the_shapes_of_all_years) {
  gateway_reader reader;
  const gateway_reply old = read(reader, R"({"id":2,"code":200,"message":"success","data":""})");
  EXPECT_TRUE(old.good);
  EXPECT_TRUE(old.devices.empty());
  const gateway_reply text_code = read(reader, R"({"id":"2","code":"200","data":[]})");
  EXPECT_TRUE(text_code.good);
  EXPECT_EQ(text_code.code, 200);
  EXPECT_EQ(text_code.id, 2U);
  EXPECT_TRUE(read(reader, R"({"id":4294967295,"code":200})").good);
  const gateway_reply odd =
      read(reader, R"({"id":2,"code":200,"data":[7,{},{"productKey":"a"},[],{"productKey":"p",)"
                   R"("deviceName":"d","deviceSecret":"a\"b"}]})");
  ASSERT_EQ(odd.devices.size(), 1U);
  EXPECT_TRUE(odd.devices[0].device_secret.empty());
}

TEST(gateway_replies, without_a_numeric_id_or_code_are_none) {
  gateway_reader reader;
  for (const std::string_view text :
       {"", "{}", "[]", "x", R"({"id":1})", R"({"code":200})", R"({"id":"a","code":200})",
        R"({"id":-1,"code":200})", R"({"id":4294967296,"code":200})", R"({"id":1,"code":"x"})",
        R"({"id":1,"code":200)", R"({"id":1,"code":200,"id":2})"}) {
    EXPECT_FALSE(read(reader, text).good) << text;
  }
}

TEST(gateway_replies, list_no_more_devices_than_a_gateway_has) {
  gateway_reader reader;
  const std::string text =
      reply(topo_get, 200, std::vector<device_pair>(max_read_devices + 1, meter));
  EXPECT_EQ(read(reader, text).devices.size(), max_read_devices);
}

TEST(gateway_notices, read_back) {
  gateway_reader reader;
  const device_pair both[] = {meter, lamp};
  const auto notice = [&](topic_kind kind, const std::string& text) {
    return reader.read_notice(kind, as_bytes(text));
  };
  const std::string add = written([&](byte_buffer& out) { append_topo_add_notify(out, 5, both); });
  EXPECT_EQ(add, R"({"id":"5","version":"1.0","params":[{"productKey":"a1SubPk0001",)"
                 R"("deviceName":"meter_07"},{"productKey":"a1SubPk0001","deviceName":"lamp_01"}],)"
                 R"("method":"thing.topo.add.notify"})");
  EXPECT_EQ(notice(topo_add_notify, add).devices.size(), 2U);
  EXPECT_EQ(notice(topo_add_notify, add).id, "\"5\"");
  for (const topology_change change : {topology_change::created, topology_change::deleted,
                                       topology_change::enabled, topology_change::disabled}) {
    const std::string text =
        written([&](byte_buffer& out) { append_topo_change(out, 6, change, both); });
    const gateway_notice n = notice(topo_change, text);
    EXPECT_EQ(n.code, 200) << text;
    EXPECT_EQ(n.change, change);
    EXPECT_EQ(n.devices.size(), 2U);
  }
  const std::string permit =
      written([](byte_buffer& out) { append_gateway_permit(out, 7, "a1SubPk0001", 60); });
  EXPECT_EQ(notice(gateway_permit, permit).permit_product, "a1SubPk0001");
  EXPECT_EQ(notice(gateway_permit, permit).permit_seconds, 60U);
  const std::string any = written([](byte_buffer& out) { append_gateway_permit(out, 7, "", 1); });
  EXPECT_EQ(notice(gateway_permit, any).code, 200);
  EXPECT_EQ(notice(gateway_permit, any).permit_product, "");
  for (const topic_kind order : {disable, enable, topic_kind::remove}) {
    const std::string text =
        written([&](byte_buffer& out) { append_standing_order(out, 8, order); });
    EXPECT_EQ(notice(order, text).code, 200) << text;
    EXPECT_EQ(notice(order, text).id, "\"8\"");
  }
  const std::string error =
      written([](byte_buffer& out) { append_ext_error(out, 9, meter, gateway_code::no_session); });
  EXPECT_EQ(error, R"({"id":"9","code":520,"data":{"productKey":"a1SubPk0001",)"
                   R"("deviceName":"meter_07"},"message":"device no session"})");
  EXPECT_EQ(notice(ext_error, error).error, 520);
  EXPECT_EQ(notice(ext_error, error).devices[0].who, meter);
}

TEST(gateway_notices, of_the_wrong_form_are_answered_with_460) {
  gateway_reader reader;
  struct bad {
    topic_kind kind;
    std::string_view rest;
  };
  for (const bad& b : {
           bad{topo_add_notify, R"("params":{})"},
           bad{topo_add_notify, R"("params":7)"},
           bad{topo_add_notify, R"("method":"m")"},
           bad{topo_change, R"("params":{"status":3,"subList":[]})"},
           bad{topo_change, R"("params":{"status":"0","subList":[]})"},
           bad{topo_change, R"("params":{"status":0})"},
           bad{topo_change, R"("params":{"status":0,"subList":{}})"},
           bad{topo_change, R"("params":{"status":0,"status":1,"subList":[]})"},
           bad{topo_change, R"("params":[])"},
           bad{gateway_permit, R"("params":{"time":"60"})"},
           bad{gateway_permit, R"("params":{"time":-1})"},
           bad{gateway_permit, R"("params":{"time":4294967296})"},
           bad{gateway_permit, R"("params":{"productKey":"a/b","time":1})"},
           bad{gateway_permit, R"("params":{"productKey":"a"})"},
           bad{ext_error, R"("code":520)"},
           bad{ext_error, R"("code":520,"data":{})"},
           bad{ext_error, R"("data":{"productKey":"p","deviceName":"d"})"},
           bad{disable, R"("params":{)"},
       }) {
    const std::string text = R"({"id":"4",)" + std::string{b.rest} + "}";
    const gateway_notice n = reader.read_notice(b.kind, as_bytes(text));
    EXPECT_EQ(n.code, 460) << text;
    EXPECT_EQ(n.id, "\"4\"") << text;
    EXPECT_TRUE(n.devices.empty()) << text;
    EXPECT_TRUE(n.permit_seconds == 0 && n.error == 0 && n.permit_product.empty()) << text;
  }
}

TEST(gateway_pack, reads_back_as_it_was_written) {
  gateway_reader reader;
  byte_buffer out;
  pack_writer w{
      out, gateway_dialect::sdk_3_2, 4, {.properties = R"({"Power":{"value":1}})", .events = {}}};
  w.add(meter, {.properties = R"({"a":{"value":1,"time":2}})", .events = R"({"e":{"value":{}}})"});
  w.add(lamp, {});
  w.end();
  const pack_report r = reader.read_pack(out.view());
  EXPECT_EQ(r.code, 200) << as_text(out.view());
  EXPECT_EQ(r.id, "4");
  EXPECT_EQ(r.own.properties, R"({"Power":{"value":1}})");
  EXPECT_EQ(r.own.events, "{}");
  ASSERT_EQ(r.sub_devices.size(), 2U);
  EXPECT_EQ(r.sub_devices[0].who, meter);
  EXPECT_EQ(r.sub_devices[0].part.events, R"({"e":{"value":{}}})");
  EXPECT_EQ(r.sub_devices[1].who, lamp);
}

std::string members(std::size_t count) {
  std::string out = "{";
  for (std::size_t i = 0; i < count; ++i) {
    out += (i == 0 ? "\"k" : ",\"k") + std::to_string(i) + "\":1";
  }
  return out + "}";
}

TEST(gateway_pack, beyond_its_bounds_or_form_has_a_code) {
  gateway_reader reader;
  const std::string one = R"({"identity":{"productKey":"p","deviceName":"d"}})";
  const auto list = [&](std::size_t count) {
    std::string out;
    for (std::size_t i = 0; i < count; ++i) {
      out += (i == 0 ? "" : ",") + one;
    }
    return R"({"subDevices":[)" + out + "]}";
  };
  const auto part = [&](const std::string& more) {
    return R"({"subDevices":[{"identity":{"productKey":"p","deviceName":"d"},)" + more + "}]}";
  };
  struct row {
    std::string params;
    int code;
  };
  const row rows[] = {
      {list(max_pack_sub_devices), 200},
      {list(max_pack_sub_devices + 1), 6357},
      {R"({"properties":)" + members(max_pack_properties) + "}", 200},
      {R"({"properties":)" + members(max_pack_properties + 1) + "}", 6106},
      {R"({"events":)" + members(max_part_events) + "}", 200},
      {R"({"events":)" + members(max_part_events + 1) + "}", 6356},
      {part(R"("properties":)" + members(max_pack_properties + 1)), 6106},
      {part(R"("events":)" + members(max_part_events + 1)), 6356},
      {part(R"("events":[])"), 460},
      {part(R"("properties":7)"), 460},
      {part(R"("identity":{})"), 460},
      {part(R"("properties":{},"properties":{})"), 460},
      {R"({"subDevices":[{}]})", 460},
      {R"({"subDevices":[7]})", 460},
      {R"({"subDevices":{}})", 460},
      {R"({"subDevices":[{"identity":{"productKey":"p"}}]})", 460},
      {R"({"subDevices":[{"identity":{"productKey":"p","deviceName":"a/b"}}]})", 460},
      {R"({"properties":[]})", 460},
      {R"({"properties":{},"properties":{}})", 460},
      {"{}", 460},
      {"[]", 460},
      {"null", 460},
  };
  for (const row& r : rows) {
    const std::string text = R"({"id":1,"params":)" + r.params + "}";
    const pack_report report = reader.read_pack(as_bytes(text));
    EXPECT_EQ(report.code, r.code) << text.substr(0, 200);
    EXPECT_EQ(report.id, "1");
    EXPECT_TRUE(r.code == 200 || report.sub_devices.empty());
  }
}

} // namespace
} // namespace fleet::alink
