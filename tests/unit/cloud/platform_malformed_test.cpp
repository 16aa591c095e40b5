// What the platform answers to each JSON message of aliyun-iot.md §10 to §16 that is not as it
// should be: one table of payloads and codes. Shapes alone are tests/unit/alink's.
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using testing::IsEmpty;
using testing::SizeIs;

/// Params of a request to `/sys/PK/DN/{tail}` and the code they are answered with.
struct wrong {
  std::string tail;
  std::string params; ///< empty: none at all
  int code;
};

/// `{"a0":V,"a1":V,…}`, and the like as a list.
std::string many_members(int n, const std::string& value) {
  std::string out;
  for (int i = 0; i < n; ++i) {
    out += (i == 0 ? "{\"a" : ",\"a") + std::to_string(i) + "\":" + value;
  }
  return out + "}";
}
std::string many_elements(int n, const std::string& element) {
  std::string out;
  for (int i = 0; i < n; ++i) {
    out += (i == 0 ? "[" : ",") + element;
  }
  return out + "]";
}

struct malformed : testing::Test, platform_rig {
  malformed() : g(arrive_listening(lamp)) {
    EXPECT_TRUE(console().set_desired(name(lamp), R"({"Level":5})").ok());
    bench.settle();
    g.take();
  }
  std::string request(const std::string& params) {
    return R"({"id":"7","version":"1.0")" + (params.empty() ? "" : R"(,"params":)" + params)
           + R"(,"method":"m"})";
  }
  void check(const std::vector<wrong>& table) {
    for (const auto& w : table) {
      EXPECT_EQ(code(g, sys(lamp, w.tail), request(w.params)), w.code)
          << w.tail << " " << w.params.substr(0, 100);
    }
    EXPECT_FALSE(g.closed);
    EXPECT_EQ(view(lamp).properties, "{}");
    EXPECT_EQ(view(lamp).tags, "{}");
    EXPECT_EQ(view(lamp).desired, R"({"Level":{"value":5,"version":1}})");
  }
  guest& g;
};

TEST_F(malformed, posts_are_answered_with_the_6300_family) {
  const std::string post = "thing/event/property/post";
  const std::string batch = "thing/event/property/batch/post";
  const std::string history = "thing/event/property/history/post";
  const std::string event = "thing/event/Error/post";
  const std::string me = R"("identity":{"productKey":"a1LampPk001","deviceName":"lamp_0"})";
  check({
      {post, "", 6304},
      {post, "3", 6303},
      {post, "null", 6302},
      {post, "\"x\"", 6301},
      {post, "true", 6301},
      {post, "[1]", 6305},
      {post, many_members(201, "1"), 6106},
      {post, R"({"Level":1,"Level":2})", 6207},
      {batch, "", 6304},
      {batch, "3", 6303},
      {batch, "[]", 6305},
      {batch, R"({"properties":[]})", 6207},
      {batch, R"({"properties":{"Level":3}})", 200}, // dropped alone
      {batch, R"({"properties":3,"events":{}})", 6207},
      {batch, R"({"properties":{"Level":)" + many_elements(201, R"({"value":1,"time":1})") + "}}",
       6106},
      {history, "", 6304},
      {history, "3", 6303},
      {history, "{}", 6305},
      {history, "[3]", 6207},
      {history, R"([{"properties":[]}])", 6207},
      {history, "[{" + me + R"(,"properties":{}}])", 6207},
      {history,
       R"([{"identity":{"productKey":"a1LampPk001","deviceName":"lamp_1"},"properties":[]}])",
       6401},
      {history,
       R"([{"identity":{"productKey":"a1LampPk001","deviceName":"nobody"},"properties":[]}])",
       6401},
      {event, "", 6304},
      {event, "3", 6303},
      {event, "[]", 6305},
      {event, "{}", 6304},
      {event, R"({"ErrorCode":2})", 6309},
      {event, R"({"ErrorCode":"0"})", 6305},
      {event, R"({"ErrorCode":0,"ErrorCode":1})", 6207},
      {event, R"({"value":{"ErrorCode":0},"time":"soon"})", 6207},
      {"thing/event/Nobody/post", "{}", 6320},
  });
}

TEST_F(malformed, questions_are_answered_with_460_or_the_code_of_their_bound) {
  const std::string get = "thing/property/desired/get";
  const std::string clear = "thing/property/desired/delete";
  const std::string tags = "thing/deviceinfo/update";
  const std::string untag = "thing/deviceinfo/delete";
  const std::string config = "thing/config/get";
  check({
      {get, "", 460},
      {get, "7", 460},
      {get, "{}", 460},
      {get, "[7]", 460},
      {get, R"([["Level"]])", 460},
      {get, many_elements(201, "\"a\""), 6104},
      {clear, "", 460},
      {clear, "7", 460},
      {clear, "[7]", 460},
      {clear, R"([{"Level":{}},{"Heat":{}}])", 460},
      {clear, R"({"Level":7})", 460},
      {clear, R"({"Level":{"version":"x"}})", 460},
      {clear, R"({"Level":{"version":-1}})", 460},
      {clear, many_members(201, "{}"), 6104},
      {tags, "", 460},
      {tags, "{}", 460},
      {tags, "[]", 460},
      {tags, "[7]", 460},
      {tags, R"([{"attrKey":"a"}])", 460},
      {tags, R"([{"attrValue":"a"}])", 460},
      {tags, R"([{"attrKey":"1st","attrValue":"a"}])", 460},
      {tags, R"([{"attrKey":")" + std::string(101, 'a') + R"(","attrValue":"a"}])", 460},
      {tags, R"([{"attrKey":"a","attrValue":7}])", 460},
      {tags, R"([{"attrKey":"a","attrKey":"b","attrValue":"c"}])", 460},
      {tags, many_elements(201, R"({"attrKey":"a","attrValue":"b"})"), 460},
      {untag, "", 460},
      {untag, "[]", 460},
      {untag, R"([{"attrValue":"a"}])", 460},
      {untag, R"(["a"])", 460},
      {"thing/dsltemplate/get", "7", 460},
      {"thing/dsltemplate/get", "[]", 460},
      {"thing/dynamicTsl/get", "7", 460},
      {"thing/dynamicTsl/get", R"({"nodes":7})", 460},
      {"thing/dynamicTsl/get", R"({"nodes":[7]})", 460},
      {"thing/dynamicTsl/get", R"({"nodes":[],"addDefault":"yes"})", 460},
      {config, "", 460},
      {config, "[]", 460},
      {config, R"({"configScope":"device","getType":"file"})", 460},
      {config, R"({"configScope":"product","getType":"url"})", 460},
      {config, R"({"configScope":"product","getType":"file","getType":"file"})", 460},
      {config, R"({"configScope":"product","getType":"file"})", 6710},
      {"thing/reset", "7", 460},
      {"thing/reset", "[]", 460},
      {"thing/log/post", "", 460},
      {"thing/log/post", "{}", 460},
      {"thing/log/post", "[7]", 460},
      {"thing/log/post", many_elements(201, "\"l\""), 460},
      {"thing/config/log/get", "7", 460},
      {"_thing/diag/post", "", 460},
      {"_thing/diag/post", "{}", 460},
      {"_thing/diag/post", R"({"p":7,"model":"m"})", 460},
      {"_thing/diag/post", R"({"p":{}})", 460},
      {"thing/ota/firmware/get", "7", 460},
  });
}

/// Where requests go that are answered, of a device and of a gateway.
const std::vector<std::string> answered{"thing/event/property/post",
                                        "thing/event/property/batch/post",
                                        "thing/event/property/history/post",
                                        "thing/event/Error/post",
                                        "thing/event/property/pack/post",
                                        "thing/property/desired/get",
                                        "thing/property/desired/delete",
                                        "thing/deviceinfo/update",
                                        "thing/deviceinfo/delete",
                                        "thing/dsltemplate/get",
                                        "thing/dynamicTsl/get",
                                        "thing/config/get",
                                        "thing/reset",
                                        "thing/log/post",
                                        "thing/config/log/get",
                                        "_thing/diag/post",
                                        "thing/ota/firmware/get",
                                        "thing/sub/register",
                                        "thing/sub/unregister",
                                        "thing/proxy/provisioning/product_register",
                                        "thing/topo/add",
                                        "thing/topo/delete",
                                        "thing/topo/get",
                                        "thing/list/found"};
const std::vector<std::string> sessions{"combine/login", "combine/logout", "combine/batch_login",
                                        "combine/batch_logout"};

TEST_F(malformed, envelopes_are_answered_with_460_if_anybody_can_be_answered) {
  std::vector<std::string> topics;
  for (const auto& tail : answered) {
    topics.push_back(sys(lamp, tail));
  }
  for (const auto& tail : sessions) {
    topics.push_back(topic(lamp, "/ext/session", tail));
    g.subscribe(topics.back() + "_reply", 1);
  }
  bench.settle();
  const std::string deep = R"({"id":"7","params":)" + std::string(20'000, '[');
  for (const auto& on : topics) {
    for (const std::string_view nobody :
         {std::string_view{""}, std::string_view{"{"}, std::string_view{"[]"},
          std::string_view{"7"}, std::string_view{"\xff\xfe"}, std::string_view{"null"},
          std::string_view{R"({"id":{},"params":{}})"}, std::string_view{R"({"params":{}})"}}) {
      EXPECT_THAT(ask(g, on, nobody), IsEmpty()) << on << " " << nobody;
    }
    for (const std::string& text :
         {std::string{R"({"id":"7","params":{)"}, std::string{R"({"id":"7","params":{}}})"},
          std::string{R"({"id":"7","params":{},"params":{}})"},
          std::string{"{\"id\":\"7\",\"params\":{\"a\":\"\xff\"}}"}, deep}) {
      const auto got = ask(g, on, text);
      ASSERT_THAT(got, SizeIs(1)) << on << " " << text.substr(0, 60);
      EXPECT_TRUE(got[0].starts_with(on + R"(_reply={"id":"7","code":460,)")) << got[0];
    }
  }
  EXPECT_FALSE(g.closed);
}

TEST_F(malformed, what_is_never_answered_is_counted) {
  auto inform = topic(lamp, "/ota/device/inform", "");
  inform.pop_back();
  const auto count = [&] { return bench.count(bench.twin->counters().malformed_requests); };
  const auto before = count();
  for (const std::string_view text : {"", "{", "[]", "7"}) {
    EXPECT_THAT(ask(g, topic(lamp, "/ext/ntp", "request"), text), IsEmpty());
    EXPECT_THAT(ask(g, inform, text), IsEmpty());
  }
  EXPECT_EQ(count() - before, 8U);
  for (const std::string_view time :
       {"{}", R"({"deviceSendTime":"soon"})", R"({"deviceSendTime":[1]})",
        R"({"deviceSendTime":"1","deviceSendTime":"2"})",
        R"({"deviceSendTime":"99999999999999999999"})"}) {
    EXPECT_THAT(ask(g, topic(lamp, "/ext/ntp", "request"), time), IsEmpty()) << time;
  }
  for (const std::string_view told :
       {R"({"id":1,"params":{}})", R"({"id":1,"params":{"version":7}})", R"({"id":1,"params":[]})",
        R"({"id":1,"params":{"version":""}})"}) {
    EXPECT_THAT(ask(g, inform, told), IsEmpty());
  }
  EXPECT_EQ(view(lamp).firmware_version, "");
}

/// A whole shadow message and the code that it is answered with (§13).
struct wrong_shadow {
  std::string text;
  int code;
};

TEST_F(malformed, shadow_messages_are_answered_with_the_codes_of_section_13) {
  auto shadow_code = [&](const std::string& text) {
    const auto got = ask(g, shadow_update(lamp), text);
    const auto at = got.size() == 1 ? got[0].find(R"("errorcode":")") : std::string::npos;
    return at == std::string::npos ? 0 : std::stoi(got[0].substr(at + 13));
  };
  const auto update = [](const std::string& rest) { return R"({"method":"update",)" + rest + "}"; };
  for (const auto& w : std::vector<wrong_shadow>{
           {"", 400},
           {"{", 400},
           {"[]", 400},
           {"7", 400},
           {"\xff", 400},
           {R"({"state":{"reported":{"a":1}},"version":1})", 401},
           {R"({"method":7,"version":1})", 406},
           {R"({"method":"control","version":1})", 406},
           {update(R"("version":1)"), 402},
           {update(R"("state":7,"version":1)"), 402},
           {update(R"("state":{"reported":{"a":1}},"version":"one")"), 403},
           {update(R"("state":{"reported":{"a":1}},"version":1.5)"), 403},
           {update(R"("state":{},"version":1)"), 404},
           {update(R"("state":{"reported":{}},"version":1)"), 405},
           {update(R"("state":{"reported":)" + many_members(129, "1") + R"(},"version":1)"), 408},
           {update(R"("state":{"reported":{"a":1}},"version":0)"), 409},
           {update(R"("state":{"reported":{"a":1}},"version":-2)"), 409},
       }) {
    EXPECT_EQ(shadow_code(w.text), w.code) << w.text.substr(0, 100);
  }
  EXPECT_EQ(console().shadow(name(lamp)).value().find("\"a\""), std::string::npos);
}

TEST_F(malformed, answers_end_the_call_they_belong_to_and_no_other) {
  std::vector<std::string> ends;
  const auto note = [&](const cloud::call_result& r) {
    ends.push_back(r ? "answered" : std::string{to_string(r.error().why)});
  };
  const auto set = [&] {
    g.take();
    console().set_properties(name(lamp), R"({"Level":2})", note);
    bench.settle();
    const auto got = g.messages();
    EXPECT_THAT(got, SizeIs(1));
    const auto at = got[0].find(R"("id":")") + 6;
    return got[0].substr(at, got[0].find('"', at) - at);
  };
  const auto answer = sys(lamp, "thing/service/property/set_reply");
  for (const std::string_view tail :
       {R"(,"code":"x"})", R"(,"code":200)", R"(})", R"(,"code":200,"code":200,"data":{}})"}) {
    const auto id = set();
    g.publish(answer, R"({"id":")" + id + "\"" + std::string{tail}, 0);
    bench.settle();
    ASSERT_THAT(ends, SizeIs(1)) << tail;
    EXPECT_EQ(ends[0], "malformed") << tail;
    ends.clear();
  }
  const auto id = set();
  for (const std::string& text :
       {std::string{}, std::string{"{"}, std::string{R"({"code":200,"data":{}})"},
        R"({"id":"9)" + id + R"(","code":200,"data":{}})",
        std::string{R"({"id":"99999999999999999999","code":200,"data":{}})"}}) {
    g.publish(answer, text, 0);
    bench.settle();
    EXPECT_THAT(ends, IsEmpty()) << text;
  }
  g.publish(answer, R"({"id":")" + id + R"(","code":200,"data":{}})", 0);
  bench.settle();
  EXPECT_THAT(ends, testing::ElementsAre("answered"));
}

struct malformed_gateway : testing::Test, platform_rig {
  malformed_gateway() : g(arrive_gateway(gateway_device, sub)) {
    for (const auto& tail : sessions) {
      g.subscribe(topic(gateway_device, "/ext/session", tail) + "_reply", 0);
    }
    bench.settle();
    g.take();
  }
  static std::string pair(const std::string& product, const std::string& device,
                          const std::string& more = "") {
    return R"({"productKey":")" + product + R"(","deviceName":")" + device + "\"" + more + "}";
  }
  /// A sub-device's entry with a signature, of its own secret or another.
  std::string entry(std::uint32_t device, const std::string& secret) {
    const auto who = source.at(device);
    const std::vector<alink::sign_field> fields{{"clientId", "x"},
                                                {"deviceName", who.device_name},
                                                {"productKey", who.product_key},
                                                {"timestamp", "1"}};
    return pair(who.product_key, who.device_name,
                R"(,"clientId":"x","timestamp":"1","signMethod":"hmacsha1","sign":")"
                    + alink::sign_fields(fields, secret, alink::sign_method::hmacsha1) + "\"");
  }
  std::string entry(std::uint32_t device) { return entry(device, source.at(device).device_secret); }

  void check(const std::vector<wrong>& table) {
    for (const auto& w : table) {
      const auto on = w.tail.starts_with("combine") ? topic(gateway_device, "/ext/session", w.tail)
                                                    : sys(gateway_device, w.tail);
      EXPECT_EQ(
          code(g, on, R"({"id":7)" + (w.params.empty() ? "" : R"(,"params":)" + w.params) + "}", 0),
          w.code)
          << w.tail << " " << w.params.substr(0, 120);
    }
    EXPECT_EQ(view(sub).state, "online");
    EXPECT_EQ(view(sub + 1).gateway, "");
    EXPECT_FALSE(g.closed);
  }
  guest& g;
};

TEST_F(malformed_gateway, requests_about_sub_devices_are_answered_with_their_codes) {
  ASSERT_TRUE(console().disable(name(sub + 2)).ok());
  const auto good = pair("a1SubPk0001", "sub_1");
  const auto nobody = pair("a1SubPk0001", "nobody");
  const auto list = [](const std::string& one) { return "[" + one + "]"; };
  std::vector<wrong> table;
  for (const std::string tail : {"thing/sub/register", "thing/sub/unregister", "thing/topo/add",
                                 "thing/topo/delete", "thing/list/found", "combine/batch_logout"}) {
    for (const std::string params :
         {"", "7", "{}", "[]", "[7]", R"([{"productKey":"a1SubPk0001"}])",
          R"([{"productKey":"a/b","deviceName":"sub_1"}])"}) {
      table.push_back({tail, params, 460});
    }
    table.push_back({tail, many_elements(201, good), 460});
  }
  for (const std::string tail : {"combine/login", "combine/logout"}) {
    for (const std::string params : {"", "7", "[]", "{}", R"({"productKey":"a1SubPk0001"})"}) {
      table.push_back({tail, params, 460});
    }
  }
  for (const std::string& params :
       {std::string{}, std::string{"[]"}, std::string{"{}"}, std::string{R"({"deviceList":7})"},
        std::string{R"({"deviceList":[]})"}, R"({"deviceList":)" + list(good) + "}"}) {
    table.push_back({"combine/batch_login", params, 460});
  }
  check(table);
  check({
      {"thing/sub/register", list(pair("a1SubPk0001", "abc")), 6280},
      {"thing/sub/register", list(nobody), 6288},
      {"thing/sub/unregister", list(nobody), 6100},
      {"thing/list/found", list(pair("a1SubPk0001", "a b c")), 6280},
      {"thing/proxy/provisioning/product_register", "[]", 460},
      {"thing/proxy/provisioning/product_register", R"({"proxieds":[]})", 460},
      {"thing/proxy/provisioning/product_register", R"({"proxieds":)" + list(good) + "}", 460},
      {"thing/topo/add", list(good), 460}, // no signature
      {"thing/topo/add", list(entry(sub + 1, "wrong")), 401},
      {"thing/topo/add", list(entry(gateway_device)), 6402},
      {"thing/topo/add", list(entry(sub + 2)), 6204},
      {"thing/topo/delete", list(nobody), 6100},
      {"thing/topo/delete", list(good), 6401},
      {"thing/topo/get", "7", 460},
      {"thing/topo/get", "[7]", 460},
      {"combine/login", good, 460},
      {"combine/login", entry(sub + 1), 6401},
      {"combine/login", entry(sub, "wrong"), 6287},
      {"combine/login", entry(sub + 2), 522},
      {"combine/logout", good, 520},
      {"combine/logout", nobody, 520},
      {"combine/batch_login", R"({"deviceList":[)" + entry(sub) + "," + entry(sub + 1) + "]}",
       6401},
      {"combine/batch_logout", "[" + pair("a1SubPk0001", "sub_0") + "," + good + "]", 520},
  });
}

TEST_F(malformed_gateway, pack_reports_are_answered_with_their_codes) {
  const std::string pack = "thing/event/property/pack/post";
  const auto share = [](const std::string& rest) {
    return R"({"subDevices":[{"identity":{"productKey":"a1SubPk0001","deviceName":"sub_0"})" + rest
           + "}]}";
  };
  check({
      {pack, "", 460},
      {pack, "7", 460},
      {pack, "[]", 460},
      {pack, "{}", 460},
      {pack, R"({"properties":7})", 460},
      {pack, R"({"events":[]})", 460},
      {pack, R"({"subDevices":7})", 460},
      {pack, R"({"subDevices":[7]})", 460},
      {pack, R"({"subDevices":[{"properties":{}}]})", 460},
      {pack, share(R"(,"properties":[])"), 460},
      {pack, R"({"properties":)" + many_members(200, R"({"value":1,"time":1})") + "}", 6106},
      {pack, R"({"events":)" + many_members(200, "{}") + "}", 6356},
      {pack,
       R"({"subDevices":)"
           + many_elements(21, R"({"identity":{"productKey":"a1SubPk0001","deviceName":"sub_0"}})")
           + "}",
       6357},
      {pack, R"({"subDevices":[{"identity":{"productKey":"a1SubPk0001","deviceName":"sub_1"}}]})",
       6401},
  });
}

} // namespace
} // namespace fleet
