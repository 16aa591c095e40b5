// Isolation (aliyun-iot.md §9): every class of topic, between two devices of a product, of two
// products, and of two gateways with their sub-devices; nothing leaks, whichever way it is tried.
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

  /// `intruder` has a connection of its own, or `through` its gateway's.
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
    for (const auto& line : spy.messages()) {
      ADD_FAILURE() << "leaked: " << line;
    }
    EXPECT_FALSE(spy.closed);
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
  try_all(spy, lamp, victim);
}

TEST_F(isolation, two_products) {
  auto& victim = arrive_hungry(lamp);
  auto& spy = arrive_hungry(plain);
  try_all(spy, lamp, victim);
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
  try_all(spy, lamp, victim);
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
