// Listeners: addresses that cannot be had, and what happens when descriptors run out.
#include <sys/resource.h>

#include <gtest/gtest.h>

#include "hal_sim/real_world/real_home.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/toy_filter.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using support::host;
using support::raw_socket;
using support::recorder;

TEST(real_listen, says_in_use_when_the_port_is_taken) {
  hal::real_home h{{}};
  host first{h, 0};
  ASSERT_TRUE(first.door);
  const auto second = h.listen({.at = first.door->at()}, first);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error(), hal::listen_error::in_use);
}

TEST(real_listen, says_bad_address_when_it_is_not_ours) {
  hal::real_home h{{}};
  host there{h, 0};
  hal::address foreign;
  foreign.ip = {192, 0, 2, 7};
  const auto opened = h.listen({.at = foreign}, there);
  ASSERT_FALSE(opened.ok());
  EXPECT_EQ(opened.error(), hal::listen_error::bad_address);
}

TEST(real_listen, a_port_can_be_had_again_at_once) {
  hal::real_home h{{}};
  host first{h, 0};
  const auto at = first.door->at();
  recorder here;
  connect(here, first);
  ASSERT_TRUE(h.run_until([&] { return !first.guests.empty(); }));
  first.guests[0]->stream->close(); // leaves TIME_WAIT on the listener's side
  ASSERT_TRUE(h.run_until([&] { return here.closed == 1; }));
  first.door.reset();
  host second{h, at.port};
  EXPECT_TRUE(second.door);
}

/// Lowers the soft limit so that no further descriptor can be had, until it dies.
class no_descriptors {
public:
  no_descriptors() {
    getrlimit(RLIMIT_NOFILE, &former_);
    raw_socket lowest;
    rlimit none = former_;
    none.rlim_cur = static_cast<rlim_t>(lowest.fd());
    lowest.close();
    setrlimit(RLIMIT_NOFILE, &none);
  }
  ~no_descriptors() { setrlimit(RLIMIT_NOFILE, &former_); }
  no_descriptors(const no_descriptors&) = delete;
  no_descriptors& operator=(const no_descriptors&) = delete;

private:
  rlimit former_{};
};

TEST(real_listen, pauses_when_descriptors_are_out_and_goes_on_by_itself) {
  hal::real_home_options options;
  options.accept_pause = 10ms;
  hal::real_home h{options};
  host there{h, 0};
  raw_socket far;
  far.connect(there.door->at());
  {
    const no_descriptors scarce;
    ASSERT_TRUE(h.run_until([&] { return h.meters().accepts_paused >= 2; }));
    EXPECT_TRUE(there.guests.empty());
    const auto opened = h.listen({.at = support::loopback()}, there);
    ASSERT_FALSE(opened.ok());
    EXPECT_EQ(opened.error(), hal::listen_error::exhausted);
  }
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 1; }));
}

TEST(real_listen, accepts_a_crowd_in_portions_and_misses_none) {
  hal::real_home h{{}};
  host there{h, 0};
  std::vector<raw_socket> crowd(300);
  for (auto& each : crowd) {
    each.connect(there.door->at());
  }
  h.poll_once(0s);
  EXPECT_EQ(there.guests.size(), 64U);
  ASSERT_TRUE(h.run_until([&] { return there.guests.size() == 300; }));
}

TEST(real_listen, lets_no_more_strangers_negotiate_at_once_than_the_limit) {
  hal::real_home_options options;
  options.accept_handshakes_max = 2;
  options.accept_timeout = 30ms;
  hal::real_home h{options};
  support::toy_security server{false};
  host there{h, 0, &server};
  std::vector<raw_socket> silent(5);
  for (auto& each : silent) {
    each.connect(there.door->at());
  }
  while (h.poll_once(0s)) {
  }
  EXPECT_EQ(server.made, 2);
  // Each of them is dropped when its time is up, and the next ones take the places.
  ASSERT_TRUE(h.run_until([&] { return server.made == 5; }));
  std::string none;
  ASSERT_TRUE(h.run_until([&] { return !silent[4].read(none); }));
  EXPECT_TRUE(there.guests.empty());
}

} // namespace
} // namespace fleet
