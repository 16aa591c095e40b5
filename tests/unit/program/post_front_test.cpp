// What the embedded twin is told of devices that post: it must have room for all of the run.
#include "fleet/run/post_front.hpp"

#include <algorithm>

#include <gtest/gtest.h>

namespace fleet::program {
namespace {

TEST(post_front, has_the_twin_keep_a_token_for_each_device_of_the_run) {
  for (const std::uint32_t devices : {10U, 300'000U}) {
    run_options o;
    o.virtual_world = true;
    o.devices = devices;
    o.protocol = device_protocol::coap;
    const auto ready = prepare(o);
    ASSERT_TRUE(ready.ok()) << ready.error().message;
    cloud::twin_options twin;
    ASSERT_TRUE(embedded_post_front::name(o, ready.value(), o.profile, twin).ok());
    EXPECT_EQ(twin.platform.posts.tokens_max, std::max(200'000U, devices));
    ASSERT_EQ(twin.coap_listeners.size(), 1U);
    EXPECT_GE(twin.coap_listeners[0].peers_max, devices);
  }
}

} // namespace
} // namespace fleet::program
