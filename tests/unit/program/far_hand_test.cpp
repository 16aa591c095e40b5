// A target that is a twin: what it has counted is asked for beside the run, and nobody waits for it
// when the run is over.
#include <atomic>
#include <future>
#include <optional>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/console/admin_connection.hpp"
#include "fleet/run/cloud_hands.hpp"
#include "fleet/run/run_mark.hpp"
#include "tests/support/raw_socket.hpp"
#include "tests/support/scripted_admin.hpp"

namespace fleet::program {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

/// An API that somebody else has.
class passing_on final : public admin_api {
public:
  explicit passing_on(admin_api& to) : to_(to) {}
  result<admin_answer, std::string> ask(const admin_request& what) override {
    return to_.ask(what);
  }

private:
  admin_api& to_;
};

/// An API that answers what is ordered of it, and lists nothing until nobody waits any longer.
class silent final : public admin_api {
public:
  result<admin_answer, std::string> ask(const admin_request& what) override {
    if (what.path != "/v1/faults/renew") {
      return admin_answer{200, R"({"name":"kick"})"};
    }
    asked.set_value();
    given_up_.wait(false);
    left = true;
    return fail(std::string{"nobody waits"});
  }
  void give_up() override {
    given_up_ = true;
    given_up_.notify_all();
  }

  std::promise<void> asked;
  std::atomic<bool> left{false};

private:
  std::atomic<bool> given_up_{false};
};

prepared nine_devices() {
  prepared out;
  out.products.emplace_back().plan.devices = {0, 9};
  return out;
}

TEST(far_hand, tells_what_a_far_twin_has_counted_and_keeps_it_when_it_is_over) {
  const auto api = std::make_shared<support::scripted_admin>();
  const auto ready = nine_devices();
  far_hand hand{std::make_shared<shared_admin>(std::make_unique<passing_on>(*api)), "here", ready,
                1e9};
  auto f = std::make_shared<faults::fault>(faults::default_fault(faults::effect::kick));
  api->give(R"({"name":"kick"})");
  const auto kicked = [](const std::string& figures) {
    return R"({"faults":[{"name":"kick","owner":")" + run_mark() + R"(",)" + figures
           + R"(},{"name":"another's","owner":"x","state":"in_force","selected":1,"hit":1}]})";
  };
  api->give(kicked(R"("state":"in_force","selected":9,"hit":3,"strikes":1)"));
  EXPECT_FALSE(hand.figures("kick")) << "nobody has been asked";
  ASSERT_EQ(hand.add(f), std::nullopt);
  while (!hand.figures("kick")) {
    std::this_thread::yield();
  }
  EXPECT_EQ(hand.figures("kick")->hit, 3U);
  EXPECT_FALSE(hand.figures("another's"));
  api->give(kicked(R"("state":"over","selected":9,"hit":5,"strikes":2)"));
  api->give(R"({"name":"kick"})");
  hand.remove("kick");
  EXPECT_EQ(hand.figures("kick")->hit, 5U);
  EXPECT_EQ(hand.figures("kick")->strikes, 2U);
}

TEST(far_hand, leaves_no_thread_behind_where_the_twin_does_not_answer) {
  const auto api = std::make_shared<silent>();
  {
    const auto ready = nine_devices();
    far_hand hand{api, "here", ready, 1e9};
    const auto f = std::make_shared<faults::fault>(faults::default_fault(faults::effect::kick));
    ASSERT_EQ(hand.add(f), std::nullopt);
    EXPECT_FALSE(hand.figures("kick"));
    api->asked.get_future().wait();
    EXPECT_FALSE(api->left);
  }
  EXPECT_TRUE(api->left);
}

TEST(admin_connection, is_not_waited_for_once_it_is_given_up) {
  support::raw_socket door;
  admin_target target;
  target.at = parse_admin("http://" + door.listen(1).text()).value();
  target.patience = 1h;
  shared_admin api{std::make_unique<admin_connection>(target)};
  std::string said;
  std::thread asker{[&] { said = api.ask({.path = "/v1/faults"}).error(); }};
  std::optional<support::raw_socket> guest;
  std::string seen;
  while (seen.find("\r\n\r\n") == std::string::npos) {
    if (guest && guest->valid()) {
      guest->read(seen);
    } else {
      guest.emplace(door.accept());
    }
  }
  api.give_up();
  asker.join();
  EXPECT_THAT(said, HasSubstr("was not waited for"));
  EXPECT_THAT(api.ask({.path = "/v1/faults"}).error(), HasSubstr("was not waited for"));
}

} // namespace
} // namespace fleet::program
