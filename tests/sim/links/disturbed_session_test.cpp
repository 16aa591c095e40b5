// Whole MQTT sessions over a board's link that is disturbed all the way: in slices of one octet, on
// a narrow line, through stalls and partitions, torn and half-open. Nothing acknowledged is lost,
// QoS 2 is told once, and order is kept.
#include <algorithm>
#include <functional>
#include <set>

#include <gtest/gtest.h>

#include "hal_sim/board/link.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/support/mqtt_wire.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using namespace std::chrono_literals;
using namespace mqtt;
using sequence = std::vector<std::uint32_t>;

std::uint32_t index_of(const message_view& m) {
  return static_cast<std::uint32_t>(std::stoul(std::string{as_text(m.payload)}));
}

/// A client on a link, a one-client broker on a listener, and what each application sent and got.
class session_pair final : stream_events {
public:
  session_pair(mqtt::qos q, std::uint32_t messages) : q_(q), messages_(messages) {
    behaviour_.in_flight_max = 5;
    limits_.in_flight_max = 5;
    cloud_.when_accepted = [this](support::recorder& guest) { accept(guest); };
  }

  /// `each_second` is called between turns; false when it takes too long.
  bool drive(const std::function<void(session_pair&)>& each_second = {}) {
    time_point second = w.now();
    while (w.now() < time_point{} + 2h) {
      if (w.now() >= second) {
        second = w.now() + 1s;
        if (each_second) {
          each_second(*this);
        }
      }
      if (!it.active() && w.now() >= connect_at_) {
        ++attempts;
        it.open({.peer = cloud_.door->at(), .timeout = 5s}, *this);
      }
      work();
      if (done()) {
        return true;
      }
      const time_point next =
          std::min({client_.next_timeout(), machine_.next_timeout(), connect_at_, second});
      if (!w.home().step(next)) {
        w.run_until(std::max(next, w.now() + 1ms));
      }
      time_out();
    }
    return false;
  }

  virtual_world w;
  link it{w.home(), 5};
  sequence up;
  sequence down;
  std::set<std::uint64_t> acknowledged;
  int attempts = 0;
  int connected = 0;
  std::size_t largest = 0; ///< piece that came, either side
  std::string trouble;

private:
  void accept(support::recorder& guest) {
    machine_.unbind();
    machine_ = server_connection{limits_, w.now()};
    guest_ = &guest;
    guest.when_received = [this](support::recorder& g, std::string_view text) {
      largest = std::max(largest, text.size());
      if (&g == guest_) {
        machine_.receive(as_bytes(text), w.now());
        drain_server();
      }
    };
    guest.when_closed = [this](support::recorder& g) {
      if (&g == guest_) {
        guest_ = nullptr;
        machine_.unbind();
      }
    };
  }

  void on_connected() override {
    ++connected;
    connect_fields c;
    c.client_id = "pair";
    c.clean_session = false;
    c.keep_alive_s = 10;
    client_.start(c, w.now(), it.output());
    it.seal();
  }
  void on_received(bytes_view bytes) override {
    largest = std::max(largest, bytes.size());
    client_.receive(bytes, w.now());
    drain_client();
  }
  void on_closed(close_reason, std::string_view) override { lost(); }

  void lost() {
    it.drop();
    client_.lost();
    connect_at_ = w.now() + 1s;
  }

  void work() {
    while (it.up() && client_.connected() && sent_up_ < messages_) {
      const std::string payload = test::number(sent_up_);
      if (!client_.publish({"up", as_bytes(payload), q_}, w.now(), sent_up_, w.now(), it.output())
               .ok()) {
        break;
      }
      ++sent_up_;
    }
    while (guest_ != nullptr && machine_.accepted() && sent_down_ < messages_) {
      const std::string payload = test::number(sent_down_);
      auto message = std::make_shared<const stored_message>(
          stored_message{"down", {payload.begin(), payload.end()}, sent_down_});
      if (machine_.deliver(message, q_, false, w.now(), guest_->stream->output())
          == deliver_outcome::dropped_queue_full) {
        break;
      }
      ++sent_down_;
    }
    it.seal();
  }

  void time_out() {
    if (it.up()) {
      client_.handle_timeout(w.now(), it.output());
      drain_client();
    }
    if (guest_ != nullptr) {
      machine_.handle_timeout(w.now(), guest_->stream->output());
      drain_server();
    }
  }

  void drain_client() {
    while (it.up()) {
      const auto event = client_.next_event(it.output());
      if (!event) {
        break;
      }
      if (const auto* m = std::get_if<client_event::message_arrived>(&*event)) {
        down.push_back(index_of(m->message));
      } else if (const auto* a = std::get_if<client_event::publish_acknowledged>(&*event)) {
        acknowledged.insert(a->cookie);
      } else if (std::holds_alternative<client_event::failed>(*event)) {
        note(test::describe(*event));
        lost();
      }
    }
    it.seal();
  }

  void drain_server() {
    while (guest_ != nullptr) {
      byte_buffer& out = guest_->stream->output();
      const auto event = machine_.next_event(out);
      if (!event) {
        return;
      }
      if (const auto* c = std::get_if<server_event::connect_requested>(&*event)) {
        machine_.accept(session_, known_, c->connect.keep_alive_s, w.now(), out);
        known_ = true;
      } else if (const auto* m = std::get_if<server_event::message_published>(&*event)) {
        up.push_back(index_of(m->message));
      } else if (std::holds_alternative<server_event::failed>(*event)) {
        note(test::describe(*event));
        machine_.unbind();
        std::exchange(guest_, nullptr)->stream->close();
      }
    }
  }

  /// A time-out is weather; anything else is ours.
  void note(const std::string& what) {
    for (const violation weather :
         {violation::connect_timed_out, violation::ping_unanswered, violation::keep_alive_missed}) {
      if (what == test::describe(weather)) {
        return;
      }
    }
    trouble = what;
  }

  [[nodiscard]] bool done() const {
    return acknowledged.size() == messages_ && sent_down_ == messages_ && client_.in_flight() == 0
           && session_.pending() == 0;
  }

  mqtt::qos q_;
  std::uint32_t messages_;
  client_behaviour behaviour_;
  server_limits limits_;
  client client_{behaviour_};
  session session_;
  server_connection machine_{limits_, time_point{}};
  support::host cloud_{w.home()};
  support::recorder* guest_ = nullptr;
  time_point connect_at_{};
  std::uint32_t sent_up_ = 0;
  std::uint32_t sent_down_ = 0;
  bool known_ = false;
};

sequence counted(std::uint32_t count) {
  sequence all;
  for (std::uint32_t i = 0; i < count; ++i) {
    all.push_back(i);
  }
  return all;
}

/// Each number where it first occurs.
sequence firsts(const sequence& got) {
  sequence out;
  std::set<std::uint32_t> seen;
  for (const std::uint32_t i : got) {
    if (seen.insert(i).second) {
      out.push_back(i);
    }
  }
  return out;
}

void expect_kept_promises(const session_pair& p, mqtt::qos q, std::uint32_t messages) {
  EXPECT_EQ(p.trouble, "");
  for (const sequence* const got : {&p.up, &p.down}) {
    EXPECT_EQ(q == mqtt::qos::exactly_once ? *got : firsts(*got), counted(messages));
  }
}

class disturbed_session : public testing::TestWithParam<mqtt::qos> {};
INSTANTIATE_TEST_SUITE_P(qos, disturbed_session,
                         testing::Values(mqtt::qos::at_least_once, mqtt::qos::exactly_once));

TEST_P(disturbed_session, passes_whole_in_slices_of_one_octet) {
  session_pair p{GetParam(), 200};
  const link_disturbance slices{.slice_octets = 1};
  p.it.disturb(slices);
  ASSERT_TRUE(p.drive());
  expect_kept_promises(p, GetParam(), 200);
  EXPECT_EQ(p.largest, 1U);
  EXPECT_EQ(p.connected, 1);
  EXPECT_EQ(p.up, counted(200)) << "nothing was sent twice";
}

TEST_P(disturbed_session, passes_whole_under_latency_jitter_and_a_narrow_line) {
  session_pair p{GetParam(), 200};
  const link_disturbance narrow{.latency = 200ms, .octets_per_s = 500, .slice_octets = 3};
  const link_disturbance shaky{.latency = 50ms, .jitter = 300ms};
  p.it.disturb(narrow);
  p.it.disturb(shaky);
  ASSERT_TRUE(p.drive());
  expect_kept_promises(p, GetParam(), 200);
  EXPECT_LE(p.largest, 3U);
  EXPECT_EQ(p.connected, 1);
}

TEST_P(disturbed_session, survives_stalls_and_partitions_that_come_and_go) {
  session_pair p{GetParam(), 300};
  const link_disturbance slow{.octets_per_s = 200};
  const link_disturbance stall{.stall = true};
  const link_disturbance cut{.cut = true};
  p.it.disturb(slow);
  int second = 0;
  ASSERT_TRUE(p.drive([&](session_pair& s) {
    ++second;
    (second % 10 < 3 ? s.it.disturb(stall) : s.it.relieve(stall));
    (second % 60 >= 20 ? s.it.disturb(cut) : s.it.relieve(cut));
  }));
  expect_kept_promises(p, GetParam(), 300);
  EXPECT_GT(p.connected, 1) << "a partition outlasts its patience";
}

TEST_P(disturbed_session, survives_resets_and_half_open_streams) {
  session_pair p{GetParam(), 300};
  const link_disturbance slow{.latency = 100ms, .octets_per_s = 500};
  p.it.disturb(slow);
  int second = 0;
  ASSERT_TRUE(p.drive([&](session_pair& s) {
    ++second;
    if (second % 7 == 0) {
      s.it.tear();
    }
    if (second % 45 == 10) {
      s.it.go_half_open();
    }
  }));
  expect_kept_promises(p, GetParam(), 300);
  EXPECT_GT(p.connected, 3);
}

TEST_P(disturbed_session, goes_the_same_way_twice) {
  const auto digest = [this] {
    session_pair p{GetParam(), 100};
    const link_disturbance shaky{.jitter = 300ms, .slice_octets = 2};
    p.it.disturb(shaky);
    EXPECT_TRUE(p.drive());
    return p.w.digest();
  };
  EXPECT_EQ(digest(), digest());
}

} // namespace
} // namespace fleet::hal
