// Looking a name up while signals are heard: a resolver that never answers holds nobody up.
#include "fleet/run/look_up.hpp"

#include <signal.h>

#include <future>

#include <gtest/gtest.h>

#include "fleet/run/machine.hpp"

namespace fleet::program {
namespace {

using addresses = result<std::vector<hal::address>, std::string>;

TEST(look_up, gives_the_addresses_with_their_port) {
  const stop_signals signals;
  const auto got = look_up("127.0.0.1", 1883);
  ASSERT_TRUE(got.ok()) << got.error().message;
  ASSERT_EQ(got.value().size(), 1U);
  EXPECT_EQ(got.value().front().text(), "127.0.0.1:1883");
}

TEST(look_up, hands_on_why_a_name_has_no_address) {
  const stop_signals signals;
  const auto got = look_up("nowhere", 1, [](const std::string& host, std::uint16_t) {
    return addresses{fail("the name '" + host + "' has no address: no")};
  });
  ASSERT_FALSE(got.ok());
  EXPECT_EQ(got.error().code, exit_code::environment_failed);
  EXPECT_EQ(got.error().message, "the name 'nowhere' has no address: no");
}

TEST(look_up, ends_at_a_signal_although_the_resolver_never_answers) {
  for (const int number : {SIGINT, SIGTERM}) {
    const stop_signals signals;
    auto release = std::make_shared<std::promise<void>>();
    auto left = std::make_shared<std::promise<void>>();
    const auto got = look_up(
        "slow.example", 1,
        [number, gate = release->get_future().share(), left](const std::string&, std::uint16_t) {
          ::kill(::getpid(), number); // blocked everywhere, so it waits for whoever asks
          gate.wait();
          left->set_value();
          return addresses{fail(std::string{"too late"})};
        });
    ASSERT_FALSE(got.ok());
    EXPECT_EQ(got.error().code, exit_code::interrupted);
    EXPECT_EQ(got.error().message,
              "interrupted while the name slow.example was looked up: nothing was started");
    release->set_value();
    left->get_future().wait();
  }
}

} // namespace
} // namespace fleet::program
