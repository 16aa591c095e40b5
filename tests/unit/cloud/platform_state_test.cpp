// What the platform keeps of devices: told to a keeper as it changes, and loaded by another twin.
#include "cloud_sim/platform_state.hpp"

#include "tests/support/platform_rig.hpp"

namespace fleet {
namespace {

using namespace support;
using testing::Contains;
using testing::HasSubstr;
using testing::StartsWith;

/// Remembers rows as a store would: by key, the last one wins.
struct note_keeper final : cloud::state_keeper {
  static std::string key(std::string_view a, std::string_view b, std::string_view c = {}) {
    return std::string{a} + "/" + std::string{b} + "/" + std::string{c};
  }
  void product_changed(const cloud::product_row& r) override {
    products[std::string{r.product_key}] = {std::string{r.name}, std::string{r.model}};
  }
  void device_changed(const cloud::device_row& r) override {
    devices[key(r.product_key, r.device_name)] = {r.status,
                                                  std::string{r.device_secret},
                                                  std::string{r.firmware},
                                                  std::string{r.tags},
                                                  r.first_online_ms,
                                                  r.last_online_ms};
  }
  void device_gone(std::string_view pk, std::string_view dn) override {
    devices.erase(key(pk, dn));
    shadows.erase(key(pk, dn));
    gone.push_back(key(pk, dn));
  }
  void tags_changed(const cloud::device_row& r) override { device_changed(r); }
  void shadow_changed(const cloud::shadow_row& r) override {
    shadows[key(r.product_key, r.device_name)] = r.document;
  }
  void desired_changed(const cloud::desired_row& r) override {
    desired[key(r.product_key, r.device_name, r.identifier)] = {std::string{r.value}, r.version};
  }
  void reported_changed(const cloud::reported_row& r) override {
    reported[key(r.product_key, r.device_name, r.identifier)] = {std::string{r.value}, r.time_ms};
  }
  void topology_changed(const cloud::topology_row& r) override {
    topology[key(r.product_key, r.device_name)] =
        std::string{r.gateway_product_key} + "/" + std::string{r.gateway_device_name};
    if (r.state == cloud::relation_state::former && !r.gateway_product_key.empty()) {
      topology[key(r.product_key, r.device_name)] += " before";
    }
  }
  struct device {
    cloud::device_status status;
    std::string secret, firmware, tags;
    std::int64_t first_ms, last_ms;
  };
  std::map<std::string, std::pair<std::string, std::string>> products;
  std::map<std::string, device> devices;
  std::map<std::string, std::string> shadows, topology;
  std::map<std::string, std::pair<std::string, std::int64_t>> desired, reported;
  std::vector<std::string> gone;

  struct names {
    std::string pk, dn, rest;
  };
  static names split(const std::string& k) {
    const auto a = k.find('/');
    const auto b = k.find('/', a + 1);
    return {k.substr(0, a), k.substr(a + 1, b - a - 1), k.substr(b + 1)};
  }
  /// All into another platform.
  void load(cloud::platform_state& into) const {
    for (const auto& [k, p] : products) {
      EXPECT_TRUE(into.load_product({.product_key = k, .name = p.first, .model = p.second})) << k;
    }
    for (const auto& [k, d] : devices) {
      const auto n = split(k);
      EXPECT_TRUE(into.load_device(
          {n.pk, n.dn, d.secret, d.status, d.firmware, d.tags, d.first_ms, d.last_ms}))
          << k;
    }
    for (const auto& [k, text] : shadows) {
      const auto n = split(k);
      EXPECT_TRUE(into.load_shadow({n.pk, n.dn, text})) << k;
    }
    for (const auto& [k, v] : desired) {
      const auto n = split(k);
      EXPECT_TRUE(into.load_desired({n.pk, n.dn, n.rest, v.first, v.second})) << k;
    }
    for (const auto& [k, v] : reported) {
      const auto n = split(k);
      EXPECT_TRUE(into.load_reported({n.pk, n.dn, n.rest, v.first, v.second})) << k;
    }
    for (const auto& [k, g] : topology) {
      const auto n = split(k);
      const auto slash = g.find('/');
      EXPECT_TRUE(into.load_topology({n.pk, n.dn, g.substr(0, slash), g.substr(slash + 1)})) << k;
    }
  }
};

cloud::twin_options kept_by(note_keeper& keeper) {
  cloud::twin_options o;
  o.keeper = &keeper;
  return o;
}

TEST(platform_state, is_told_whole_and_comes_back_in_another_twin) {
  note_keeper keeper;
  {
    platform_rig rig{kept_by(keeper)};
    auto& g = rig.arrive_gateway(gateway_device, sub);
    auto& l = rig.arrive_listening(lamp);
    rig.code(l, rig.sys(lamp, "thing/event/property/post"),
             R"({"id":"1","params":{"Level":{"value":4,"time":9}}})");
    rig.code(l, rig.sys(lamp, "thing/deviceinfo/update"),
             R"({"id":"1","params":[{"attrKey":"loc","attrValue":"lab"}]})");
    l.publish("/ota/device/inform/a1LampPk001/lamp_0", R"({"id":1,"params":{"version":"v2"}})", 1);
    ASSERT_TRUE(rig.console().set_desired(rig.name(lamp), R"({"Level":5,"LightSwitch":1})").ok());
    ASSERT_TRUE(rig.console().set_desired(rig.name(lamp), R"({"LightSwitch":null})").ok());
    ASSERT_TRUE(
        rig.console()
            .update_shadow(rig.name(lamp), R"({"method":"update","state":{"desired":{"t":1}}})")
            .ok());
    ASSERT_TRUE(rig.console().disable(rig.name(plain)).ok());
    ASSERT_TRUE(rig.console().delete_device(rig.name(plain + 1)).ok());
    ASSERT_TRUE(rig.console().add_device({"a1NewPk0001", "fresh"}, "secret").ok());
    ASSERT_TRUE(rig.console().put_product("a1NewPk0001", {"New", lamp_model}).ok());
    g.drop();
    l.drop();
    rig.bench.settle();
  }
  EXPECT_THAT(keeper.gone, testing::ElementsAre("a1PlainPk01/plain_1/"));

  cloud::twin_options o;
  o.restore = [&](cloud::platform_state& state) { keeper.load(state); };
  platform_rig rig{std::move(o)};
  const auto shown = rig.view(lamp);
  EXPECT_EQ(shown.properties, R"({"Level":{"value":4,"time":9}})");
  EXPECT_EQ(shown.desired, R"({"Level":{"value":5,"version":1}})");
  EXPECT_EQ(shown.tags, R"({"loc":"lab"})");
  EXPECT_EQ(shown.firmware_version, "v2");
  EXPECT_EQ(shown.state, "offline");
  EXPECT_EQ(rig.view(plain).state, "disabled");
  EXPECT_FALSE(rig.console().device(rig.name(plain + 1)).ok());
  EXPECT_TRUE(rig.console().device({"a1NewPk0001", "fresh"}).ok());
  EXPECT_EQ(rig.view(sub).gateway, "a1GatePk001/gate_0");
  EXPECT_EQ(rig.console().set_desired(rig.name(lamp), R"({"LightSwitch":1})").value(),
            R"({"LightSwitch":2})")
      << "a cleared one keeps its version";
  auto& l = rig.arrive(lamp);
  l.subscribe(rig.shadow_get(lamp), 1);
  rig.bench.settle();
  EXPECT_THAT(l.messages(), testing::ElementsAre(HasSubstr(R"("desired":{"t":1})")));
}

TEST(platform_state, is_told_of_the_end_of_a_relation) {
  note_keeper keeper;
  platform_rig rig{kept_by(keeper)};
  auto& g = rig.arrive_gateway(gateway_device, sub);
  EXPECT_EQ(keeper.topology["a1SubPk0001/sub_0/"], "a1GatePk001/gate_0");
  EXPECT_EQ(rig.manage(g, gateway_device, alink::topic_kind::topo_delete, {sub}), 200);
  EXPECT_EQ(keeper.topology["a1SubPk0001/sub_0/"], "a1GatePk001/gate_0 before");
  EXPECT_EQ(rig.manage(g, gateway_device, alink::topic_kind::topo_add, {sub}), 200);
  ASSERT_TRUE(rig.console().delete_device(rig.name(gateway_device)).ok());
  EXPECT_EQ(keeper.topology["a1SubPk0001/sub_0/"], "/");
  EXPECT_EQ(keeper.devices["a1GatePk001/gate_0/"].status, cloud::device_status::deleted);
}

TEST(platform_state, refuses_rows_that_make_no_sense) {
  cloud::twin_options o;
  bool tried = false;
  o.restore = [&](cloud::platform_state& state) {
    tried = true;
    EXPECT_FALSE(state.load_product({.product_key = "a/b"}));
    EXPECT_FALSE(state.load_product({.product_key = "a1NewPk0001", .model = "{"}));
    EXPECT_FALSE(state.load_device({.product_key = "a1NewPk0001", .device_name = "x"}));
    EXPECT_FALSE(state.load_shadow({"a1NewPk0001", "nobody", "{}"}));
    EXPECT_FALSE(state.load_shadow({"a1LampPk001", "lamp_0", "nonsense"}));
    EXPECT_FALSE(state.load_desired({"a1NewPk0001", "nobody", "x", "1", 1}));
    EXPECT_FALSE(state.load_reported({"a1NewPk0001", "nobody", "x", "1", 1}));
    EXPECT_FALSE(state.load_topology({"a1NewPk0001", "nobody", "a1GatePk001", "gate_0"}));
    EXPECT_FALSE(state.load_topology({"a1GatePk001", "gate_0", "a1GatePk001", "gate_0"}));
  };
  platform_rig rig{std::move(o)};
  EXPECT_TRUE(tried);
}

TEST(platform_state, costs_a_plain_device_nothing) {
  platform_rig rig;
  auto& g = rig.arrive_listening(plain);
  rig.code(g, rig.sys(plain, "thing/event/property/post"), R"({"id":"1","params":{"a":1}})");
  g.drop();
  rig.bench.settle();
  alink::generated_credentials many;
  cloud::registry devices{many, 1000};
  cloud::platform_state state{devices, {}, nullptr};
  for (std::uint32_t i = 0; i < 1000; ++i) {
    state.came_online(i, 5000);
    state.went_offline(i, 7000);
  }
  EXPECT_EQ(state.memory_bytes(), 0U);
  EXPECT_EQ(devices.last_online_s(999), 7U);
}

TEST(platform_state, interns_no_more_than_1024_names_of_a_product) {
  alink::generated_credentials many;
  cloud::registry devices{many, 10};
  cloud::platform_state state{devices, {}, nullptr};
  int kept = 0;
  for (int i = 0; i < 1100; ++i) {
    kept += state.report(static_cast<std::uint32_t>(i / 300), "p" + std::to_string(i), "1", 1,
                         cloud::value_order::arrival)
                ? 1
                : 0;
  }
  EXPECT_EQ(kept, 1024);
  const std::string long_text(cloud::kept_value_octets_max + 1, '1');
  EXPECT_FALSE(state.report(0, "p0", long_text, 2, cloud::value_order::arrival));
  EXPECT_FALSE(state.report(0, R"(p\u0030)", "1", 2, cloud::value_order::arrival));
  EXPECT_FALSE(state.report(0, "p0", "1", 0, cloud::value_order::moment)) << "older";
  EXPECT_TRUE(state.report(0, "p0", "2", 1, cloud::value_order::moment));
}

TEST(platform_registry, lists_what_it_has_heard_of_from_a_source_without_end) {
  alink::generated_credentials many;
  cloud::registry devices{many, 100'000};
  EXPECT_FALSE(devices.finite());
  EXPECT_EQ(devices.next(0), std::nullopt);
  devices.note_online(700, 1000);
  devices.set_disabled(40'000, true);
  const auto added = devices.add({"a1NewPk0001", "fresh", "secret"});
  ASSERT_TRUE(added);
  EXPECT_EQ(*added, 100'000U);
  EXPECT_EQ(devices.next(0), 700U);
  EXPECT_EQ(devices.next(701), 40'000U);
  EXPECT_EQ(devices.next(40'001), 100'000U);
  devices.remove(100'000);
  devices.remove(700);
  EXPECT_EQ(devices.next(0), 40'000U);
  EXPECT_EQ(devices.next(40'001), std::nullopt);
  EXPECT_FALSE(devices.find("a1NewPk0001", "fresh"));
  EXPECT_FALSE(devices.find("a1FleetDemo", "dev_000700"));
}

TEST(platform_registry, adds_no_more_than_its_bound) {
  listed_credentials none{0};
  cloud::registry devices{none, 2};
  EXPECT_EQ(devices.add({"a1NewPk0001", "a", "s"}), 0U);
  EXPECT_EQ(devices.add({"a1NewPk0001", "b", "s"}), 1U);
  EXPECT_EQ(devices.add({"a1NewPk0001", "c", "s"}), std::nullopt);
}

} // namespace
} // namespace fleet
