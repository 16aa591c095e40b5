// A link with a transform: what its owner appends leaves changed, once and in order, however the
// turn ends.
#include <gtest/gtest.h>

#include "hal_sim/board/link.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::seconds;

/// Begins with `hello `, adds 1 to what leaves, takes 1 off what comes; believes no `!`.
class shifted final : public stream_transform {
public:
  void begin(byte_buffer& out) override { out.append("hello "); }
  void seal(std::span<std::uint8_t> leaving) override {
    for (auto& octet : leaving) {
      ++octet;
    }
  }
  bool open(bytes_view arrived, byte_buffer& plain) override {
    for (const auto octet : arrived) {
      if (octet == '!') {
        return false;
      }
      if (octet != '.') { // nothing in the clear
        plain.push(static_cast<std::uint8_t>(octet - 1));
      }
    }
    return true;
  }
};

struct linked {
  linked() {
    it.open({.peer = cloud.door->at()}, owner, std::make_unique<shifted>());
    w.run_for(seconds{1});
  }
  [[nodiscard]] const std::string& heard() const { return cloud.guests.at(0)->received; }

  virtual_world w;
  support::host cloud{w.home()};
  support::recorder owner;
  link it{w.home()};
};

TEST(link_transform, begins_and_changes_what_was_appended_before_seal) {
  linked l;
  EXPECT_EQ(l.owner.connected, 1);
  l.it.output().append("ab");
  l.it.output().append("c");
  l.it.seal();
  l.it.seal();
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.heard(), "hello bcd");
  l.it.output().append("x");
  l.it.seal();
  l.it.output().append("y");
  l.it.seal();
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.heard(), "hello bcdyz");
}

TEST(link_transform, seals_what_leaves_with_the_end_of_the_stream) {
  linked l;
  l.it.output().append("ab");
  l.it.close();
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.heard(), "hello bc");
  linked dropped;
  dropped.it.output().append("ab");
  dropped.it.drop();
  dropped.w.run_for(seconds{1});
  EXPECT_EQ(dropped.heard(), "hello bc");
}

TEST(link_transform, hands_on_what_arrived_means_and_nothing_for_nothing) {
  linked l;
  l.cloud.guests[0]->write("...");
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.owner.deliveries, 0);
  l.cloud.guests[0]->write("bcd");
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.owner.received, "abc");
}

TEST(link_transform, ends_a_stream_whose_peer_does_not_speak_so) {
  linked l;
  l.cloud.guests[0]->write("b!");
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.owner.closed, 1);
  EXPECT_EQ(l.owner.reason, close_reason::tls_failed);
  EXPECT_FALSE(l.it.active());
  EXPECT_EQ(l.cloud.guests[0]->closed, 1);
}

TEST(link_transform, is_gone_with_its_stream) {
  linked l;
  l.it.drop();
  l.it.open({.peer = l.cloud.door->at()}, l.owner);
  l.w.run_for(seconds{1});
  l.it.output().append("plain");
  l.it.seal();
  l.w.run_for(seconds{1});
  EXPECT_EQ(l.cloud.guests.at(1)->received, "plain");
}

} // namespace
} // namespace fleet::hal
