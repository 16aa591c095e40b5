// Isolation (aliyun-iot.md §9): every class of topic, both ways, between two devices of a product,
// of two products, and of two gateways with their sub-devices; nothing leaks, whichever way it is
// tried. The topics without names are `/ext/register` and `/ext/regnwl`
// (platform_registration_test) and broadcasts.
#include "protocol/alink/rrpc.hpp"
#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using testing::IsEmpty;

/// All topics that bear a device's names, one of each class and both directions.
std::vector<std::string> topics_of(const alink::identity& who) {
  std::vector<std::string> out;
  for (int k = 0; k <= static_cast<int>(alink::topic_kind::ota_request); ++k) {
    const auto kind = static_cast<alink::topic_kind>(k);
    using enum alink::topic_kind;
    if (kind == unknown || kind == thing_other || kind == rrpc_other || kind == ext_register
        || kind == ext_regnwl || kind == broadcast) {
      continue;
    }
    alink::topic t;
    t.kind = kind;
    t.product_key = who.product_key;
    t.device_name = who.device_name;
    const std::string inner = "77/" + who.product_key + "/" + who.device_name + "/user/get";
    t.rest = kind == ext_rrpc ? std::string_view{inner} : kind == custom ? "data" : "77";
    out.push_back(alink::make_topic(t));
    t.reply = true;
    out.push_back(alink::make_topic(t));
  }
  const std::string own = "/" + who.product_key + "/" + who.device_name + "/";
  for (const std::string tail : {"thing/other", "rrpc/other"}) {
    out.push_back("/sys" + own + tail);
  }
  for (const std::string tail : {"update", "update/error", "get", "user/update", "user/x"}) {
    out.push_back(own + tail);
  }
  out.push_back("/ext/rrpc/77/sys" + own + "thing/service/x");
  return out;
}

/// Filters that would catch another's topics if they were granted.
std::vector<std::string> greedy_filters(const alink::identity& other) {
  const std::string pair = other.product_key + "/" + other.device_name;
  std::vector<std::string> out{"#",
                               "/#",
                               "+/#",
                               "/+/+/#",
                               "/sys/#",
                               "/sys/+/+/thing/#",
                               "/sys/+/" + other.device_name + "/thing/#",
                               "/sys/" + other.product_key + "/+/thing/#",
                               "/sys/" + pair + "/#",
                               "/sys/" + pair + "/thing/#",
                               "/sys/" + pair + "/rrpc/#",
                               "/" + pair + "/#",
                               "/" + pair + "/user/+",
                               "/shadow/#",
                               "/shadow/get/+/+",
                               "/shadow/get/" + other.product_key + "/+",
                               "/ota/#",
                               "/ext/ntp/" + pair + "/+",
                               "/ext/session/" + pair + "/#",
                               "/ext/error/+/+",
                               "/ext/#",
                               "/ext/rrpc/+/" + pair + "/user/get",
                               "/ext/rrpc/+/sys/" + pair + "/thing/service/+",
                               "/broadcast/#",
                               "/broadcast/+/#",
                               "$SYS/#"};
  return out;
}

struct isolation : testing::Test, platform_rig {
  using platform_rig::platform_rig;
  /// Everything that the platform may say to a device of its own accord.
  void stir(std::uint32_t victim) {
    std::ignore = console().set_desired(name(victim), R"({"Level":1})");
    std::ignore = console().update_shadow(name(victim),
                                          R"({"method":"update","state":{"desired":{"Level":1}}})");
    const auto ignore = [](const cloud::call_result&) {};
    console().set_properties(name(victim), R"({"Level":2})", ignore);
    console().get_properties(name(victim), R"(["Level"])", ignore);
    console().call_service(name(victim), "Blink", R"({"times":1})", duration{}, ignore);
    console().call_service(name(victim), "Measure", "{}", duration{}, ignore);
    console().rrpc(name(victim), "", as_bytes("secret"), duration{}, ignore);
    console().rrpc(name(victim), topic(victim, "", "user/get"), as_bytes("secret"), duration{},
                   ignore);
    for (const auto& t : topics_of(source.at(victim))) {
      std::ignore = console().publish(t, as_bytes("secret"), mqtt::qos::at_least_once);
    }
    std::ignore = bench.twin->command(victim, mqtt::qos::at_least_once);
    bench.settle();
  }

  /// What a device says on each topic that it may publish to, and the platform's answers to it.
  void act(guest& own, std::uint32_t index) {
    for (const auto& t : topics_of(source.at(index))) {
      own.publish(t, R"({"id":"6","method":"get","params":{},"deviceSendTime":"1"})", 1);
      bench.settle();
    }
    own.publish(sys(index, "thing/event/property/post"), R"({"id":"6","params":{"Level":3}})", 1);
    own.publish(shadow_update(index),
                R"({"method":"update","state":{"reported":{"Level":3}},"version":-1})", 1);
    own.publish(topic(index, "", "data"), "secret", 1);
    own.publish(sys(index, "thing/deviceinfo/update"),
                R"({"id":"6","params":[{"attrKey":"secret","attrValue":"x"}]})", 1);
    bench.settle();
  }

  /// Two devices, each with a connection of its own, each against the other.
  void try_both_ways(guest& one, std::uint32_t first, guest& other, std::uint32_t second) {
    try_all(one, second, other);
    try_all(other, first, one);
  }

  /// `victim` speaks over the connection `watched`.
  void try_all(guest& spy, std::uint32_t victim, guest& watched) {
    const auto other = source.at(victim);
    spy.take();
    watched.take();
    for (const auto& filter : topics_of(other)) {
      spy.subscribe(filter, 1);
      bench.settle();
    }
    for (const auto& filter : greedy_filters(other)) {
      if (filter != "/ext/rrpc/#") {
        spy.subscribe(filter, 1);
        bench.settle();
      }
    }
    for (const auto& e : spy.take()) {
      if (e.starts_with("subscribed ")) {
        EXPECT_TRUE(e.ends_with("[80]")) << e;
      }
    }
    const auto refused = bench.count(bench.twin->counters().publishes_refused);
    const auto before = view(victim);
    const auto shadow = console().shadow(name(victim)).value();
    std::size_t tried = 0;
    for (const auto& t : topics_of(other)) {
      spy.publish(t, R"({"id":"5","code":200,"data":{},"params":{"Level":99},"method":"update",
                         "state":{"reported":{"Level":99}},"version":99999})",
                  1);
      ++tried;
      bench.settle();
    }
    EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused) - refused, tried);
    for (const auto& e : watched.take()) {
      EXPECT_FALSE(e.starts_with("arrived ") && e.find("/ext/error/") == std::string::npos) << e;
    }
    EXPECT_EQ(view(victim).properties, before.properties);
    EXPECT_EQ(view(victim).desired, before.desired);
    EXPECT_EQ(view(victim).tags, before.tags);
    EXPECT_EQ(console().shadow(name(victim)).value(), shadow);
    spy.take();
    stir(victim);
    act(watched, victim);
    for (const auto& line : spy.messages()) {
      ADD_FAILURE() << "leaked: " << line;
    }
    EXPECT_FALSE(spy.closed);
    EXPECT_FALSE(watched.closed);
  }

  /// Its own topics, all of them, so that what leaks would have somewhere to go.
  guest& arrive_hungry(std::uint32_t index) {
    auto& g = arrive_listening(index);
    g.subscribe(topic(index, "", "user/#"), 1);
    g.subscribe("/ext/rrpc/#", 1);
    g.subscribe("/broadcast/" + source.rows[index].product_key + "/#", 1);
    bench.settle();
    g.take();
    return g;
  }
};

TEST_F(isolation, two_devices_of_one_product) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive_hungry(lamp + 1);
  try_both_ways(spy, lamp + 1, victim, lamp);
}

TEST_F(isolation, two_products) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive_hungry(plain);
  try_both_ways(spy, plain, victim, lamp);
  spy.take();
  EXPECT_TRUE(console().broadcast("a1LampPk001", "all", as_bytes("secret")).ok());
  bench.settle();
  EXPECT_THAT(spy.messages(), IsEmpty());
}

TEST_F(isolation, a_device_and_a_sub_device_of_anothers_gateway) {
  auto& gateway = arrive_gateway(gateway_device, sub);
  auto& spy = arrive_hungry(plain);
  try_all(spy, sub, gateway);
}

TEST_F(isolation, a_gateway_and_another_gateways_sub_device) {
  auto& gateway = arrive_gateway(gateway_device, sub);
  auto& spy = arrive_gateway(gateway_device + 1, sub + 1);
  try_all(spy, sub, gateway);
}

TEST_F(isolation, a_gateway_and_a_device_that_is_none_of_its_own) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive_gateway(gateway_device, sub);
  try_both_ways(spy, gateway_device, victim, lamp);
}

TEST_F(isolation, two_gateways) {
  auto& one = arrive_gateway(gateway_device, sub);
  auto& other = arrive_gateway(gateway_device + 1, sub + 1);
  try_both_ways(one, gateway_device, other, gateway_device + 1);
}

TEST_F(isolation, a_gateway_takes_no_sub_device_of_another_without_its_secret) {
  auto& owner = arrive_gateway(gateway_device, sub);
  auto& spy = arrive_gateway(gateway_device + 1, sub + 1);
  owner.take();
  auto guessed = source.at(sub);
  guessed.device_secret = "guessed";
  for (const auto kind : {alink::topic_kind::topo_add, alink::topic_kind::session_login}) {
    byte_buffer forged;
    alink::gateway_request_writer w{forged, kind, alink::gateway_dialect::sdk_2_10, 7};
    w.add(guessed);
    w.end();
    alink::topic on;
    on.kind = kind;
    on.product_key = "a1GatePk001";
    on.device_name = "gate_1";
    spy.publish(alink::make_topic(on), as_text(forged.view()), 0);
    bench.settle();
  }
  for (const auto kind : {alink::topic_kind::session_login, alink::topic_kind::session_logout,
                          alink::topic_kind::topo_delete, alink::topic_kind::sub_register}) {
    EXPECT_NE(manage(spy, gateway_device + 1, kind, {sub}), 200) << static_cast<int>(kind);
    for (const auto& line : managed) {
      EXPECT_EQ(line.find("secret_of_sub_0"), std::string::npos) << line;
    }
  }
  EXPECT_EQ(view(sub).gateway, "a1GatePk001/gate_0");
  EXPECT_EQ(view(sub).state, "online");
  EXPECT_THAT(owner.messages(), IsEmpty()) << "it lost nothing";
}

struct registering_isolation : isolation {
  registering_isolation() : isolation(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    for (const char* const key : {"a1PlainPk01", "a1GatePk001", "a1SubPk0001"}) {
      o.products.push_back({.product_key = key, .name = key, .secret = "secret_of_the_product"});
    }
    return o;
  }
  /// Asks for the secret of `device`, and answers the code; it must not be in what comes.
  std::int64_t refusal(guest& spy, std::uint32_t as, std::uint32_t device) {
    const auto code = manage(spy, as, alink::topic_kind::sub_register, {device});
    for (const auto& line : managed) {
      EXPECT_EQ(line.find(source.at(device).device_secret), std::string::npos) << line;
    }
    return code;
  }
};

TEST_F(registering_isolation, no_device_gets_the_secret_of_one_that_is_active) {
  auto& victim = arrive_hungry(plain);
  auto& spy = arrive_gateway(gateway_device, sub);
  arrive_gateway(gateway_device + 1, sub + 1);
  victim.take();
  EXPECT_EQ(refusal(spy, gateway_device, plain), 6289) << "online and unbound";
  EXPECT_EQ(refusal(spy, gateway_device, gateway_device), 6289) << "itself";
  EXPECT_EQ(refusal(spy, gateway_device, gateway_device + 1), 6289) << "another gateway";
  EXPECT_EQ(refusal(spy, gateway_device, sub + 1), 6619) << "another gateway's";
  EXPECT_EQ(refusal(spy, gateway_device, lamp), 6288) << "its product does not register";
  EXPECT_EQ(view(plain).state, "online");
  EXPECT_THAT(victim.take(), IsEmpty()) << "it lost nothing";
  EXPECT_EQ(manage(spy, gateway_device, alink::topic_kind::sub_register, {sub}), 200) << "its own";
  EXPECT_EQ(manage(spy, gateway_device, alink::topic_kind::sub_register, {sub + 2}), 200)
      << "one that was never online";
}

TEST_F(isolation, no_device_gets_any_secret_where_no_product_registers) {
  auto& spy = arrive_gateway(gateway_device, sub);
  for (std::uint32_t device = 0; device < source.rows.size(); ++device) {
    EXPECT_EQ(manage(spy, gateway_device, alink::topic_kind::sub_register, {device}), 6288);
    for (const auto& line : managed) {
      EXPECT_EQ(line.find("secret_of_"), std::string::npos) << line;
    }
  }
}

TEST_F(isolation, an_answer_of_one_device_ends_no_call_to_another) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive_hungry(lamp + 1);
  std::vector<std::string> ends;
  const auto note = [&](const cloud::call_result& r) { ends.push_back(r ? r.value().data : ""); };
  console().set_properties(name(lamp), R"({"Level":2})", note);
  console().call_service(name(lamp), "Blink", R"({"times":1})", std::chrono::seconds{8}, note);
  console().call_service(name(lamp), "Measure", "{}", std::chrono::seconds{8}, note);
  console().rrpc(name(lamp), "", as_bytes("ask"), std::chrono::seconds{8}, note);
  console().rrpc(name(lamp), topic(lamp, "", "user/get"), as_bytes("ask"), std::chrono::seconds{8},
                 note);
  bench.settle();
  ends.clear(); // those that nobody listened to
  const auto open = victim.messages().size();
  EXPECT_GE(open, 4U);
  for (std::uint32_t id = 0; id < 12; ++id) { // whatever the ids are
    const auto number = std::to_string(id);
    const auto reply = R"({"id":")" + number + R"(","code":200,"data":{"forged":1}})";
    for (const auto who : {lamp, lamp + 1}) {
      for (const auto& tail :
           {std::string{"thing/service/property/set_reply"},
            std::string{"thing/service/Blink_reply"}, "rrpc/response/" + number}) {
        spy.publish(sys(who, tail), reply, 0);
      }
      spy.publish("/ext/rrpc/" + number + topic(who, "", "user/get"), reply, 0);
      spy.publish("/ext/rrpc/" + number + sys(who, "thing/service/Measure"), reply, 0);
    }
    bench.settle();
  }
  EXPECT_THAT(ends, IsEmpty());
  bench.settle(std::chrono::minutes{6});
  EXPECT_EQ(ends.size(), open) << "each ends by its time";
  for (const auto& data : ends) {
    EXPECT_EQ(data, "");
  }
}

TEST_F(isolation, a_device_that_is_subscribed_by_itself_hears_its_own_alone) {
  auto& victim = arrive_hungry(lamp);
  device_login login{source.at(lamp + 1)};
  auto& id = login.text.client_id;
  id.insert(id.find("gw=0"), "_ss=1,");
  auto& spy = bench.arrive(login.view());
  spy.take();
  try_both_ways(spy, lamp + 1, victim, lamp);
}

TEST_F(isolation, nothing_waits_for_a_device_that_is_not_its_own) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive(lamp + 1, false);
  listen(spy, lamp + 1);
  for (const auto& filter : greedy_filters(source.at(lamp))) {
    spy.subscribe(filter, 1);
    bench.settle();
  }
  spy.drop();
  bench.settle();
  stir(lamp);
  act(victim, lamp);
  auto& again = arrive(lamp + 1, false);
  EXPECT_TRUE(again.saw("connected, session present"));
  EXPECT_THAT(again.messages(), IsEmpty());
}

struct talkative : isolation {
  talkative() : isolation(options()) {}
  static cloud::twin_options options() {
    cloud::twin_options o;
    o.platform.access.may_publish_broadcast = true;
    return o;
  }
};

TEST_F(talkative, broadcasts_stay_within_their_product) {
  auto& one = arrive_hungry(lamp);
  auto& twin = arrive_hungry(lamp + 1);
  auto& other = arrive_hungry(plain);
  auto& gateway = arrive_gateway(gateway_device, sub);
  gateway.subscribe("/broadcast/a1SubPk0001/#", 1);
  bench.settle();
  for (auto* const g : {&one, &twin, &other, &gateway}) {
    g->take();
  }
  one.publish("/broadcast/a1LampPk001/all", "mine", 0);
  one.publish("/broadcast/a1PlainPk01/all", "foreign", 0);
  one.publish("/broadcast/a1SubPk0001/all", "foreign", 0);
  gateway.publish("/broadcast/a1SubPk0001/all", "a sub-device's", 0); // bears no device's name
  gateway.publish("/broadcast/a1LampPk001/all", "foreign", 0);
  bench.settle();
  EXPECT_EQ(one.messages(), lines{"/broadcast/a1LampPk001/all=mine q0"});
  EXPECT_EQ(twin.messages(), lines{"/broadcast/a1LampPk001/all=mine q0"});
  EXPECT_THAT(other.messages(), IsEmpty());
  EXPECT_THAT(gateway.messages(), IsEmpty());
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), 4U);
}

TEST_F(isolation, a_gateway_and_its_own_sub_device_that_logged_out) {
  auto& spy = arrive_gateway(gateway_device, sub);
  spy.subscribe(sys(sub, "thing/#"), 1);
  bench.settle();
  ASSERT_EQ(manage(spy, gateway_device, alink::topic_kind::session_logout, {sub}), 200);
  auto& own = arrive_hungry(sub);
  spy.unsubscribe(error(gateway_device)); // it is told of each try (§16.8)
  bench.settle();
  try_all(spy, sub, own);
}

TEST_F(isolation, what_a_device_may_do_works) { // or the tests above would prove nothing
  auto& own = arrive_hungry(lamp);
  stir(lamp);
  EXPECT_GT(own.messages().size(), 8U);
  const auto refused = bench.count(bench.twin->counters().publishes_refused);
  own.publish(sys(lamp, "thing/event/property/post"), R"({"id":"5","params":{"Level":99}})", 1);
  bench.settle();
  EXPECT_EQ(bench.count(bench.twin->counters().publishes_refused), refused);
  EXPECT_NE(view(lamp).properties, "{}");
}

} // namespace
} // namespace fleet
