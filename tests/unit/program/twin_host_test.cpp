// The embedded twin of a run: killed and brought back with all its doors, at the same addresses.
#include "fleet/run/twin_host.hpp"

#include <gtest/gtest.h>

#include "tests/support/world_peers.hpp"

namespace fleet::program {
namespace {

struct nobody final : hal::accept_events {
  void on_accepted(hal::stream_ptr) override {}
};

/// Whether somebody listens there.
bool taken(hal::home& home, const hal::address& at) {
  nobody none;
  return !home.listen({.at = at}, none).ok();
}

struct hosted {
  explicit hosted(device_protocol protocol, bool keeps = true) {
    options.virtual_world = true;
    options.devices = 3;
    options.protocol = protocol;
    auto made = prepare(options);
    FLEET_CHECK(made.ok());
    ready = std::move(made).value();
    ready.twin_keeps = keeps;
    world = make_virtual_world(options, ready.seed);
    auto started = twin_host::start(*world, options, ready, options.profile);
    FLEET_CHECK(started.ok());
    host = std::move(started).value();
  }
  ~hosted() { host->stop(); }

  [[nodiscard]] hal::address door() const { return ready.products.front().settings.peer; }

  run_options options;
  prepared ready;
  std::unique_ptr<run_world> world;
  std::unique_ptr<twin_host> host;
};

TEST(twin_host, is_away_with_its_doors_when_it_is_killed_and_comes_back_to_them) {
  for (const auto protocol : {device_protocol::mqtt, device_protocol::http}) {
    hosted h{protocol};
    auto& home = h.world->twin_home();
    EXPECT_TRUE(taken(home, h.door()));
    EXPECT_TRUE(h.host->can_restart());
    h.host->kill();
    h.host->kill();
    EXPECT_FALSE(h.host->twin().running());
    EXPECT_FALSE(taken(home, h.door()));
    h.host->bring_back();
    h.host->bring_back();
    EXPECT_TRUE(taken(home, h.door()));
    EXPECT_EQ(h.host->trouble(), "");
  }
}

TEST(twin_host, brings_back_what_listens_for_datagrams) {
  hosted h{device_protocol::coap};
  const auto at = h.door();
  h.host->kill();
  EXPECT_TRUE(h.host->twin().coap_addresses().empty());
  h.host->bring_back();
  EXPECT_EQ(h.host->twin().coap_addresses(), std::vector{at});
}

TEST(twin_host, says_why_it_is_not_back_where_somebody_else_has_its_door) {
  hosted h{device_protocol::mqtt};
  h.host->kill();
  nobody none;
  const auto thief = h.world->twin_home().listen({.at = h.door()}, none);
  ASSERT_TRUE(thief.ok());
  h.host->bring_back();
  EXPECT_NE(h.host->trouble().find("in use"), std::string::npos);
}

TEST(twin_host, keeps_nothing_where_no_restart_is_planned) {
  hosted h{device_protocol::mqtt, false};
  EXPECT_FALSE(h.host->can_restart());
}

TEST(twin_host, is_back_when_the_run_ends_while_it_was_away) {
  hosted h{device_protocol::mqtt};
  h.host->kill();
  h.host->stop();
  EXPECT_TRUE(h.host->twin().running()) << "its books are read";
}

} // namespace
} // namespace fleet::program
