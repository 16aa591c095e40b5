// What the embedded twin is told of devices that post: it must have room for all of the run.
#include "fleet/run/post_front.hpp"

#include <algorithm>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "fleet/scenario/reader.hpp"

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

TEST(post_front, has_tokens_go_in_the_option_that_the_product_names) {
  for (const auto& [keys, number] : {std::pair{"", alink::coap_option_token_sdk},
                                     {", token_option: 61", alink::coap_option_token_sdk},
                                     {", token_option: 2088", alink::coap_option_token}}) {
    const auto file = read_scenario("products: [{protocol: coap" + std::string{keys} + "}]\n",
                                    {"", [](const std::string&) { return true; }});
    ASSERT_TRUE(file.ok()) << keys;
    run_options o;
    o.virtual_world = true;
    o.scenario_file = "s.yaml";
    auto plan = resolve(file.value());
    ASSERT_TRUE(plan.ok()) << keys;
    o.devices = plan.value().devices;
    const auto ready = prepare(o, std::move(plan).value());
    ASSERT_TRUE(ready.ok()) << ready.error().message;
    EXPECT_EQ(ready.value().products[0].settings.post->coap.token_option, number) << keys;
  }
}

} // namespace
} // namespace fleet::program
