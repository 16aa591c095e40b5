// Whoever looks at a target beside the devices: the first look and the probe take no device's TLS
// session and leave none.
#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "fleet/run/preflight.hpp"
#include "fleet/run/probe.hpp"
#include "hal_sim/real_world/real_home.hpp"
#include "tests/support/toy_filter.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::program {
namespace {

TEST(trial_sessions, the_first_look_at_a_target_is_none_of_the_devices) {
  stop_signals signals;
  run_options options;
  options.homes = 1;
  const auto world = make_real_world(options, true);
  world->start();
  support::toy_security servers{false};
  std::unique_ptr<support::host> peer;
  world->call(world->twin_home(),
              [&] { peer = std::make_unique<support::host>(world->twin_home(), 0, &servers); });
  support::toy_memory clients;
  const prepared ready;
  prepared_product product;
  product.settings.security = &clients;
  product.settings.peer = peer->door->at();
  const auto failure = try_target(*world, ready, product, signals);
  EXPECT_FALSE(failure) << failure->why.message;
  EXPECT_TRUE(clients.devices.empty());
  world->call(world->twin_home(), [&] { peer.reset(); });
  world->stop(std::chrono::seconds{1});
  EXPECT_EQ(servers.made, 1) << "it did shake hands";
}

TEST(trial_sessions, the_probe_is_none_of_the_devices) {
  hal::real_home home{{}};
  support::toy_security servers{false};
  support::toy_memory clients;
  support::host peer{home, 0, &servers};
  auto speech =
      actors::mqtt_dialect::make({}, std::make_shared<alink::generated_credentials>("plainMqtt"));
  ASSERT_TRUE(speech.ok());
  actors::product_settings product;
  product.speech = speech.value().get();
  product.security = &clients;
  product.peer = peer.door->at();
  probe_options options;
  options.devices = 3;
  options.client_id = "fleet-probe";
  probe p{home, product, std::move(options)};
  p.start();
  ASSERT_TRUE(home.run_until([&] { return !peer.guests.empty(); })) << "it shook hands";
  EXPECT_TRUE(clients.devices.empty());
}

} // namespace
} // namespace fleet::program
