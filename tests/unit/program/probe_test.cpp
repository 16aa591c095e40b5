// The probe's first words with whatever answers at the target: MQTT or not, in time or not, and
// what it then says of it.
#include "fleet/run/probe.hpp"

#include <gtest/gtest.h>

#include "actors/device/mqtt_dialect.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/twin_peers.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::program {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A probe and the peer that it meets, which does as `what` says with each that connects.
class meeting {
public:
  explicit meeting(std::function<void(support::recorder&)> what) : peer_(world_.home()) {
    auto made =
        actors::mqtt_dialect::make({}, std::make_shared<alink::generated_credentials>("plainMqtt"));
    speech_ = std::move(made).value();
    product_.speech = speech_.get();
    product_.peer = peer_.door->at();
    peer_.when_accepted = std::move(what);
    probe_options options;
    options.devices = 3;
    options.client_id = "fleet-probe";
    probe_ = std::make_unique<probe>(world_.home(), product_, std::move(options));
  }
  ~meeting() {
    probe_->stop();
    probe_.reset();
    peer_.guests.clear();
    world_.run_for(seconds{1});
  }

  probe& run(duration span) {
    if (!begun_) {
      begun_ = true;
      probe_->start();
    }
    world_.run_for(span);
    return *probe_;
  }
  void close_door() { peer_.door.reset(); }
  [[nodiscard]] std::size_t arrivals() const { return peer_.guests.size(); }

private:
  hal::virtual_world world_;
  support::host peer_;
  std::unique_ptr<actors::dialect> speech_;
  actors::product_settings product_;
  std::unique_ptr<probe> probe_;
  bool begun_ = false;
};

/// Answers the n-th arrival with the n-th text.
std::function<void(support::recorder&)> answers(std::vector<std::string> texts) {
  return [texts](support::recorder& guest) {
    guest.when_received = [texts](support::recorder& self, std::string_view) {
      const auto turn = static_cast<std::size_t>(self.deliveries) - 1;
      if (turn < texts.size()) {
        self.write(texts[turn]);
      }
    };
  };
}

std::string octets(std::initializer_list<unsigned char> all) {
  return {all.begin(), all.end()};
}

const std::string welcome = octets({0x20, 2, 0, 0});

TEST(probe, is_ready_once_its_subscription_is_granted) {
  meeting m{answers({welcome, octets({0x90, 3, 0, 1, 1})})};
  EXPECT_EQ(m.run(seconds{1}).started(), probe_start::ready);
}

TEST(probe, tells_what_answered_instead_of_mqtt) {
  meeting m{answers({"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n"})};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_EQ(p.why(), "answered with something that is not MQTT: 'HTTP/1.1 400 Bad Request'");
}

TEST(probe, shows_nothing_that_a_terminal_would_obey_and_no_more_than_a_line) {
  meeting m{[](support::recorder& guest) { guest.write("\x1b[2J" + std::string(5000, 'x')); }};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_EQ(p.why().find('\x1b'), std::string::npos);
  EXPECT_NE(p.why().find("\\x1b[2Jxxx"), std::string::npos) << p.why();
  EXPECT_LT(p.why().size(), 120U);
}

TEST(probe, tells_of_a_target_that_closes_instead_of_answering) {
  meeting m{[](support::recorder& guest) {
    guest.when_received = [](support::recorder& self, std::string_view) { self.stream->close(); };
  }};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_EQ(p.why().find("closed the connection before CONNACK"), 0U) << p.why();
}

TEST(probe, takes_a_connection_that_a_poor_network_cut_for_no_answer) {
  // The first is cut before CONNACK, the second before SUBACK.
  int arrivals = 0;
  meeting m{[&arrivals](support::recorder& guest) {
    const int turn = ++arrivals;
    guest.when_received = [turn](support::recorder& self, std::string_view bytes) {
      if (turn != 1 && self.deliveries == 1) {
        self.write(welcome);
      } else if (turn == 3) {
        self.write(octets({0x90, 3}) + std::string{bytes.substr(2, 2)} + '\x01');
      } else {
        self.stream->close();
      }
    };
  }};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::ready) << p.why();
  EXPECT_EQ(arrivals, 3);
}

TEST(probe, shows_what_was_said_before_the_target_closed) {
  // Looks like the beginning of a packet, so that MQTT alone would wait for the rest.
  meeting m{[](support::recorder& guest) {
    guest.write(" \x7f"
                "some greeting");
    guest.stream->close();
  }};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_NE(p.why().find("is not MQTT: ' \\x7fsome greeting'"), std::string::npos) << p.why();
}

TEST(probe, gives_a_silent_listener_its_time_and_no_more) {
  meeting m{answers({})};
  EXPECT_EQ(m.run(probe_patience - milliseconds{100}).started(), probe_start::trying);
  auto& p = m.run(milliseconds{200});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_EQ(p.why().find("accepts connections but did not answer CONNECT within 5 s"), 0U)
      << p.why();
}

TEST(probe, is_not_let_in_by_a_broker_that_refuses_it) {
  meeting m{answers({octets({0x20, 2, 0, 5})})};
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::not_let_in);
  EXPECT_EQ(p.why(), "refuses the probe's log-on: not authorized");
}

TEST(probe, is_not_let_in_where_it_may_not_subscribe) {
  meeting refused{answers({welcome, octets({0x90, 3, 0, 1, 0x80})})};
  EXPECT_EQ(refused.run(seconds{1}).started(), probe_start::not_let_in);
  EXPECT_EQ(refused.run(seconds{1}).why(), "does not let the probe read `fleet/+/up`");

  meeting cut{[](support::recorder& guest) {
    guest.when_received = [](support::recorder& self, std::string_view) {
      if (self.deliveries == 1) {
        self.write(welcome);
      } else {
        self.stream->close();
      }
    };
  }};
  auto& p = cut.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::not_let_in);
  EXPECT_EQ(p.why().find("closed the connection when the probe subscribed"), 0U) << p.why();
}

TEST(probe, does_not_wait_for_a_grant_without_end) {
  meeting m{answers({welcome})};
  EXPECT_EQ(m.run(probe_patience - milliseconds{100}).started(), probe_start::trying);
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_NE(p.why().find("did not answer SUBSCRIBE within 5 s"), std::string::npos) << p.why();
}

TEST(probe, tells_of_a_door_that_closed_behind_the_first_look) {
  meeting m{answers({})};
  m.close_door();
  auto& p = m.run(seconds{1});
  EXPECT_EQ(p.started(), probe_start::unusable);
  EXPECT_EQ(p.why().find("took one connection and not the next: "), 0U) << p.why();
}

TEST(probe, keeps_its_first_outcome_when_the_link_is_lost_later) {
  support::recorder* guest = nullptr;
  auto script = answers({welcome, octets({0x90, 3, 0, 1, 1})});
  meeting m{[&guest, script](support::recorder& r) {
    guest = &r;
    script(r);
  }};
  ASSERT_EQ(m.run(seconds{1}).started(), probe_start::ready);
  guest->stream->close();
  m.close_door();
  EXPECT_EQ(m.run(seconds{30}).started(), probe_start::ready);
}

TEST(probe, leaves_no_session_behind) {
  support::twin_bench broker{support::twin_bench::of(cloud::profile::mqtt)};
  const auto speech =
      actors::mqtt_dialect::make({}, std::make_shared<alink::generated_credentials>("plainMqtt"));
  actors::product_settings product;
  product.speech = speech.value().get();
  product.peer = broker.at.front();
  probe_options options;
  options.devices = 3;
  options.client_id = "fleet-probe";
  probe p{broker.world.home(), product, options};
  p.start();
  broker.settle(seconds{1});
  ASSERT_EQ(p.started(), probe_start::ready);
  EXPECT_EQ(broker.count(broker.twin->counters().sessions), 1U);
  EXPECT_FALSE(p.leaving());
  p.stop();
  EXPECT_TRUE(p.leaving());
  broker.settle(seconds{1});
  EXPECT_FALSE(p.leaving());
  EXPECT_EQ(broker.count(broker.twin->counters().sessions), 0U);
  EXPECT_EQ(broker.count(broker.twin->counters().connections_open), 0U);
  p.stop();
  broker.settle(seconds{1});
  EXPECT_EQ(broker.count(broker.twin->counters().connections), 2U) << "one leave is enough";
}

TEST(probe, leaves_no_session_behind_when_its_link_is_down_just_then) {
  support::recorder* guest = nullptr;
  auto script = answers({welcome, octets({0x90, 3, 0, 1, 1})});
  meeting m{[&guest, script](support::recorder& r) {
    guest = &r;
    script(r);
  }};
  auto& p = m.run(seconds{1});
  guest->stream->close();
  m.run(milliseconds{100});
  ASSERT_EQ(m.arrivals(), 1U);
  p.stop();
  m.run(milliseconds{500});
  EXPECT_EQ(m.arrivals(), 2U);
  constexpr std::size_t connect_flags = 9;
  ASSERT_GT(guest->received.size(), connect_flags);
  EXPECT_EQ(guest->received[connect_flags] & 2, 2) << "a clean session";
  EXPECT_FALSE(p.leaving());
}

TEST(probe, does_not_wait_for_its_leave_without_end) {
  int arrivals = 0;
  const auto script = answers({welcome, octets({0x90, 3, 0, 1, 1})});
  meeting m{[&arrivals, script](support::recorder& r) {
    if (++arrivals == 1) {
      script(r);
    }
  }};
  auto& p = m.run(seconds{1});
  p.stop();
  m.run(probe_leave - milliseconds{100});
  EXPECT_TRUE(p.leaving());
  m.run(milliseconds{200});
  EXPECT_FALSE(p.leaving());
  EXPECT_EQ(arrivals, 2);
}

TEST(probe, has_nothing_to_leave_where_it_never_was) {
  for (const auto& script :
       {answers({"HTTP/1.1 400 Bad Request\r\n\r\n"}), answers({octets({0x20, 2, 0, 5})})}) {
    meeting m{script};
    auto& p = m.run(milliseconds{500});
    p.stop();
    EXPECT_FALSE(p.leaving());
    m.run(seconds{3});
    EXPECT_EQ(m.arrivals(), 1U);
  }
}

} // namespace
} // namespace fleet::program
