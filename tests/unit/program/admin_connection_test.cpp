// One connection to a twin's admin API over a real socket: what happens when the other side ends
// it, and when nobody waits any longer.
#include "fleet/console/admin_connection.hpp"

#include <atomic>
#include <optional>
#include <string>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/run/far_hand.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// Waits for a guest and the whole head of what it asks, or until nobody comes any more.
std::optional<support::raw_socket> guest_with_question(support::raw_socket& door, std::string& seen,
                                                       const std::atomic<bool>& enough) {
  std::optional<support::raw_socket> guest;
  while (seen.find("\r\n\r\n") == std::string::npos && !enough) {
    if (guest && guest->valid()) {
      guest->read(seen);
    } else {
      guest.emplace(door.accept());
    }
  }
  return guest;
}

admin_target target_at(const hal::address& where) {
  admin_target out;
  out.at = parse_admin("http://" + where.text()).value();
  out.patience = 1h;
  return out;
}

/// Asks while somebody at the door answers; the guest that was answered stays.
std::optional<support::raw_socket> asked(admin_connection& api, const admin_request& what,
                                         support::raw_socket& door, std::string& error) {
  std::optional<support::raw_socket> guest;
  std::atomic<bool> enough{false};
  std::thread server{[&] {
    std::string seen;
    if (auto found = guest_with_question(door, seen, enough)) {
      guest.emplace(std::move(*found));
      guest->write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}");
    }
  }};
  const auto got = api.ask(what);
  error = got ? "" : got.error();
  enough = true;
  server.join();
  return guest;
}

TEST(admin_connection, asks_whatever_it_is_anew_where_the_kept_connection_was_ended_meanwhile) {
  support::raw_socket door;
  admin_connection api{target_at(door.listen(2))};
  std::string error;
  for (const std::string method : {"GET", "POST", "DELETE"}) {
    auto guest = asked(api, {.method = method, .path = "/v1/faults"}, door, error);
    EXPECT_EQ(error, "") << method;
    ASSERT_TRUE(guest && guest->valid());
    guest->close(); // as who has waited for long enough
  }
}

TEST(admin_connection, is_not_waited_for_once_it_is_given_up) {
  support::raw_socket door;
  shared_admin api{std::make_unique<admin_connection>(target_at(door.listen(1)))};
  std::string said;
  std::thread asker{[&] { said = api.ask({.path = "/v1/faults"}).error(); }};
  std::string seen;
  const std::atomic<bool> enough{false};
  const auto guest = guest_with_question(door, seen, enough);
  api.give_up();
  asker.join();
  EXPECT_THAT(said, HasSubstr("was not waited for"));
  EXPECT_THAT(api.ask({.path = "/v1/faults"}).error(), HasSubstr("was not waited for"));
}

} // namespace
} // namespace fleet::program
