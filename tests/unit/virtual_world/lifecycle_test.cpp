// Owners that let go at awkward moments: nothing may be told to them afterwards, nothing may leak,
// nothing may abort.
#include <string>

#include <gtest/gtest.h>

#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/base/random.hpp"
#include "tests/support/world_peers.hpp"

namespace fleet::hal {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using support::host;
using support::modelled_security;
using support::recorder;

virtual_options plain_options() {
  virtual_options o;
  o.links[0] = {};
  o.links[0].latency = milliseconds{10};
  return o;
}

TEST(virtual_lifecycle, survives_a_device_that_drops_its_stream_in_each_callback) {
  for (int which = 0; which < 4; ++which) {
    virtual_world w{plain_options()};
    host cloud{w.home()};
    cloud.when_accepted = [](recorder& g) { g.write("hello"); };
    recorder device;
    const auto drop = [](recorder& r) { r.stream.reset(); };
    if (which == 0) {
      device.when_connected = drop;
    } else if (which == 1) {
      device.when_received = [](recorder& r, std::string_view) { r.stream.reset(); };
    } else if (which == 2) {
      device.when_connected = [](recorder& r) { r.write(std::string(1'000'000, 'x')); };
      device.when_drained = drop;
    } else {
      device.drop_when_closed = false;
      device.when_received = [](recorder& r, std::string_view) { r.stream->close(); };
      device.when_closed = drop;
    }
    connect(device, cloud);
    w.run_for(seconds{60});
    EXPECT_EQ(device.stream, nullptr) << which;
    EXPECT_EQ(device.closed, which == 3 ? 1 : 0) << which;
    ASSERT_EQ(cloud.guests.size(), 1U);
    EXPECT_EQ(cloud.guests[0]->reason, close_reason::closed_by_peer) << which;
    EXPECT_EQ(w.links().connections(0), 0U);
    EXPECT_EQ(w.home().meters().streams_open.load(), 0U);
  }
}

TEST(virtual_lifecycle, survives_a_cloud_that_drops_its_stream_in_each_callback) {
  for (const bool secure : {false, true}) {
    for (int which = 0; which < 4; ++which) {
      virtual_world w{plain_options()};
      modelled_security tls;
      host cloud{w.home(), 1883, secure ? &tls : nullptr};
      cloud.refuse = which == 0;
      cloud.when_accepted = [which](recorder& g) {
        if (which == 1) {
          g.stream.reset();
        } else if (which == 2) {
          g.stream->close();
        } else {
          g.when_received = [](recorder& r, std::string_view) { r.stream.reset(); };
        }
      };
      recorder device;
      connect(device, cloud, {.security = secure ? &tls : nullptr});
      device.write("x");
      w.run_for(seconds{60});
      EXPECT_EQ(device.closed, 1) << which;
      EXPECT_EQ(device.connected, 1) << which;
      EXPECT_EQ(device.reason, close_reason::closed_by_peer) << which;
      EXPECT_EQ(w.links().connections(0), 0U);
      EXPECT_EQ(w.home().meters().streams_open.load(), 0U);
    }
  }
}

TEST(virtual_lifecycle, sends_a_last_word_before_an_accepted_stream_is_closed_at_once) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  cloud.when_accepted = [](recorder& g) {
    g.write("too many");
    g.stream->close();
  };
  recorder device;
  connect(device, cloud);
  w.run_for(seconds{1});
  EXPECT_EQ(device.received, "too many");
  EXPECT_EQ(device.reason, close_reason::closed_by_peer);
  EXPECT_EQ(cloud.guests[0]->reason, close_reason::local);
}

TEST(virtual_lifecycle, an_abandoned_stream_still_sends_what_it_took) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud);
  w.run_for(seconds{1});
  device.write(std::string(500'000, 'x')); // more than the window
  device.stream.reset();
  w.run_for(seconds{10});
  EXPECT_EQ(device.closed, 0);
  EXPECT_EQ(cloud.guests[0]->received.size(), 500'000U);
  EXPECT_EQ(cloud.guests[0]->reason, close_reason::closed_by_peer);
  EXPECT_EQ(w.links().connections(0), 0U);
}

TEST(virtual_lifecycle, an_attempt_dropped_at_any_moment_leaves_nothing) {
  modelled_security tls;
  for (const bool secure : {false, true}) {
    for (int ms = 0; ms < 70; ms += 5) {
      virtual_world w{plain_options()};
      host cloud{w.home(), 1883, secure ? &tls : nullptr};
      recorder device;
      connect(device, cloud, {.security = secure ? &tls : nullptr});
      w.run_for(milliseconds{ms});
      device.stream.reset();
      w.run_for(seconds{1});
      EXPECT_EQ(device.closed, 0);
      EXPECT_EQ(w.links().connections(0), 0U);
      for (auto& g : cloud.guests) {
        EXPECT_EQ(g->closed, 1) << ms;
      }
    }
  }
}

TEST(virtual_lifecycle, answers_close_and_reset_at_any_moment_with_local) {
  modelled_security tls;
  for (const bool hard : {false, true}) {
    for (int ms = 0; ms < 70; ms += 5) {
      virtual_world w{plain_options()};
      host cloud{w.home(), 1883, &tls};
      recorder device;
      connect(device, cloud, {.security = &tls});
      w.run_for(milliseconds{ms});
      auto& out = device.stream->output();
      hard ? device.stream->reset() : device.stream->close();
      out.append("written after the end, in the same turn");
      hard ? device.stream->close() : device.stream->reset();
      EXPECT_EQ(device.closed, 0);
      w.run_for(seconds{1});
      EXPECT_EQ(device.closed, 1);
      EXPECT_EQ(device.reason, close_reason::local);
      EXPECT_EQ(w.links().connections(0), 0U);
    }
  }
}

TEST(virtual_lifecycle, tells_both_sides_that_close_at_once_their_own_close) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  connect(device, cloud);
  w.run_for(seconds{1});
  device.stream->close();
  cloud.guests[0]->stream->close();
  w.run_for(seconds{1});
  EXPECT_EQ(device.reason, close_reason::local);
  EXPECT_EQ(cloud.guests[0]->reason, close_reason::local);
  EXPECT_EQ(device.closed + cloud.guests[0]->closed, 2);
}

TEST(virtual_lifecycle, a_stream_kept_after_its_end_stays_silent) {
  virtual_world w{plain_options()};
  host cloud{w.home()};
  recorder device;
  device.drop_when_closed = false;
  connect(device, cloud);
  w.run_for(seconds{1});
  cloud.guests[0]->stream->reset();
  w.run_for(seconds{1});
  ASSERT_NE(device.stream, nullptr);
  device.write("into the void");
  device.stream->pause_reading(true);
  device.stream->pause_reading(false);
  device.stream->close();
  device.stream->reset();
  w.run_for(seconds{1});
  EXPECT_EQ(device.closed, 1);
  EXPECT_EQ(device.stream->unsent(), 0U);
}

TEST(virtual_lifecycle, streams_and_listeners_may_outlive_the_world_to_be_dropped) {
  recorder device;
  recorder other;
  std::unique_ptr<host> cloud;
  {
    virtual_world w{plain_options()};
    cloud = std::make_unique<host>(w.home());
    connect(device, *cloud);
    connect(other, *cloud);
    w.run_for(seconds{1});
    device.write("under way");
    w.run_for(milliseconds{1});
    other.write("unsent");
  }
  EXPECT_EQ(device.closed, 0);
  device.stream->close();
  EXPECT_EQ(device.stream->peer(), "127.0.0.1:1883");
}

/// What the random acts of a storm work on.
struct storm {
  virtual_world& w;
  random_stream& random;
  host& plain;
  host& secure;
  modelled_security& tls;
};

/// One act on one device, chosen by chance.
void act(const storm& in, recorder& d, std::uint64_t index) {
  switch (in.random.below(8)) {
    case 0:
      if (d.stream == nullptr) {
        const bool safe = in.random.below(2) == 0;
        connect(d, safe ? in.secure : in.plain,
                {.kind = static_cast<link_kind>(in.random.below(3)),
                 .timeout = milliseconds{static_cast<std::int64_t>(in.random.below(400))},
                 .security = safe ? &in.tls : nullptr,
                 .origin = index});
      }
      break;
    case 1:
      if (d.stream != nullptr && in.random.below(8) == 0) {
        in.random.below(2) == 0 ? d.stream->close() : d.stream->reset();
      }
      break;
    case 2:
      if (in.random.below(8) == 0) {
        d.stream.reset();
      }
      break;
    case 3:
      in.w.links().stall(index, milliseconds{static_cast<std::int64_t>(in.random.below(300))});
      break;
    case 4:
      if (in.random.below(8) == 0) {
        in.w.links().reset(index);
      } else {
        in.w.links().release(index);
      }
      break;
    case 5:
      in.w.links().cut_after(index, static_cast<side>(in.random.below(2)), in.random.below(9'000));
      break;
    case 6:
      if (d.stream != nullptr) {
        d.stream->pause_reading(in.random.below(2) == 0);
      }
      break;
    default:
      if (d.stream != nullptr) {
        d.write(std::string(in.random.below(5'000), 'x'));
      }
      break;
  }
}

TEST(virtual_lifecycle, stands_a_storm_of_random_acts) {
  virtual_options o;
  o.seed = 9;
  virtual_world w{o};
  modelled_security tls;
  host plain{w.home(), 1883};
  host secure{w.home(), 8883, &tls};
  const auto echo = [](recorder& g) {
    g.when_received = [](recorder& r, std::string_view text) { r.write(text); };
  };
  plain.when_accepted = echo;
  secure.when_accepted = echo;
  random_stream random{o.seed, 0, "storm"};
  std::vector<recorder> devices(40);
  std::uint64_t ended = 0;
  for (int step = 0; step < 40'000; ++step) {
    const std::uint64_t index = random.below(devices.size());
    recorder& d = devices[index];
    act(storm{w, random, plain, secure, tls}, d, index);
    w.run_for(duration{static_cast<std::int64_t>(random.below(10'000'000))});
    ended += static_cast<std::uint64_t>(d.closed != 0);
  }
  EXPECT_GT(ended, 100U);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    devices[i].stream.reset();
    w.links().release(i);
    w.links().reset(i);
  }
  w.run_for(seconds{1'000});
  EXPECT_EQ(w.home().meters().streams_open.load(), 0U);
  for (std::size_t i = 0; i < devices.size(); ++i) {
    EXPECT_EQ(w.links().connections(i), 0U);
  }
  for (const host* h : {&plain, &secure}) {
    for (const auto& g : h->guests) {
      EXPECT_EQ(g->closed, 1);
    }
  }
}

} // namespace
} // namespace fleet::hal
