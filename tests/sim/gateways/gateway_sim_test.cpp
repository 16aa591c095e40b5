// Two gateways that claim some of the same sub-devices, against the platform's desk, over a channel
// that loses, repeats and reorders and links that break: what is allowed ends online, what is
// refused stays so, and no sub-device is ever held by two.
#include <algorithm>
#include <array>
#include <memory>
#include <queue>

#include <gtest/gtest.h>

#include "cloud_sim/gateway_desk.hpp"
#include "cloud_sim/platform_client.hpp"
#include "protocol/alink/gateway_machine.hpp"
#include "protocol/base/digest.hpp"
#include "tests/support/listed_credentials.hpp"

namespace fleet {
namespace {

using namespace std::chrono_literals;
using alink::sub_device_state;
using cloud::desk_item;
using cloud::device_index;

constexpr device_index subs = 60;         // in the registry: 0…59 and then the two gateways
constexpr std::uint16_t per_gateway = 40; // gateway 0 claims 0…39, gateway 1 claims 20…59
constexpr device_index first_of[] = {0, 20};

struct weather {
  std::uint32_t loss_ppm = 0;
  std::uint32_t repeat_ppm = 0;
  duration delay_least = 20ms;
  duration delay_most = 20ms;
  bool breaks = false;
};

struct packet {
  time_point at;
  std::uint64_t order;
  std::uint8_t gateway;
  bool up;
  std::uint64_t link;
  std::string topic;
  std::string payload;
};
struct later_first {
  bool operator()(const packet& a, const packet& b) const {
    return a.at != b.at ? a.at > b.at : a.order > b.order;
  }
};

/// One gateway with the device's end of its link.
struct station {
  station(std::uint8_t n, const support::listed_credentials& registry,
          const alink::gateway_settings& settings)
      : number(n), own(registry.at(subs + n)), source(0),
        machine(make(registry, settings), random_stream{1, n, "gateway"}) {}

  alink::gateway::parts make(const support::listed_credentials& registry,
                             const alink::gateway_settings& settings) {
    for (std::uint16_t i = 0; i < per_gateway; ++i) {
      source.rows.push_back(registry.at(first_of[number] + i));
    }
    source.rows[3].device_secret = "wrong";
    source.rows[4].device_name = "nobody_knows_me";
    for (const std::size_t i : {6U, 7U, 18U, 30U}) {
      source.rows[i].device_secret.clear();
    }
    return {.settings = settings,
            .sub_devices = source,
            .count = per_gateway,
            .own = {own.product_key, own.device_name}};
  }

  std::uint8_t number;
  alink::identity own;
  support::listed_credentials source;
  alink::gateway machine;
  std::uint64_t link = 0; // 0: down
  time_point turn{};      // of the link: breaks or stands again
};

class world {
public:
  world(std::uint64_t seed, std::uint16_t batch)
      : chance_(seed, 0, "channel"), registry_source_(subs + 2) {
    settings_.login_batch = settings_.topology_batch = settings_.register_batch = batch;
    settings_.ask_topology = true;
    settings_.dialect = static_cast<alink::gateway_dialect>(seed % alink::gateway_dialect_count);
    registry_.set_disabled(10, true);
    registry_.set_disabled(30, true);
    for (std::uint8_t n = 0; n < 2; ++n) {
      stations_[n] = std::make_unique<station>(n, registry_source_, settings_);
    }
  }

  void run(const weather& w, duration length) {
    const time_point end = now + length;
    while (now < end && !::testing::Test::HasFailure()) {
      time_point next = end;
      for (const auto& s : stations_) {
        next = std::min({next, s->machine.next_timeout(), s->turn});
      }
      next = channel_.empty() ? next : std::min(next, channel_.top().at);
      next = std::min(next, next_report_);
      now = std::max(now, next);
      step(w);
    }
  }

  void break_links(const weather& w) {
    for (const auto& s : stations_) {
      if (s->link != 0) {
        bring_down(*s, w);
      }
    }
  }

  [[nodiscard]] sub_device_state state_at(std::uint8_t gateway, device_index sub) const {
    return stations_[gateway]->machine.state_of(
        static_cast<std::uint16_t>(sub - first_of[gateway]));
  }
  [[nodiscard]] static bool claims(std::uint8_t gateway, device_index sub) {
    return sub >= first_of[gateway] && sub < first_of[gateway] + per_gateway;
  }

  time_point now{};
  cloud::topology relations;
  std::uint64_t lost = 0;
  std::uint64_t moved = 0;
  std::array<bool, subs + 2> online{};
  run_digest digest;

private:
  void step(const weather& w) {
    for (const auto& s : stations_) {
      if (s->turn <= now) {
        s->link == 0 ? bring_up(*s, w) : bring_down(*s, w);
      }
    }
    while (!channel_.empty() && channel_.top().at <= now) {
      const packet p = channel_.top();
      channel_.pop();
      if (stations_[p.gateway]->link == p.link) {
        p.up ? at_cloud(p, w) : at_gateway(p, w);
      }
    }
    if (next_report_ <= now) {
      next_report_ = now + 30s;
      report(w);
    }
    for (const auto& s : stations_) {
      if (s->machine.next_timeout() <= now) {
        s->machine.handle_timeout(now);
        drain(*s, w);
      }
    }
  }

  void bring_up(station& s, const weather& w) {
    s.link = ++last_link_;
    s.turn = w.breaks ? now + chance_.between(20s, 120s) : never;
    s.machine.connected(now);
    drain(s, w);
  }

  void bring_down(station& s, const weather& w) {
    const cloud::gateway_link link{subs + s.number, s.link};
    s.link = 0;
    s.turn = now + chance_.between(1s, 10s);
    desk_.link_ended(link);
    deliver(w);
    s.machine.disconnected(now);
    drain(s, w);
  }

  /// Each sub-device that believes it is online publishes something.
  void report(const weather& w) {
    for (const auto& s : stations_) {
      for (std::uint16_t i = 0; i < per_gateway && s->link != 0; ++i) {
        if (s->machine.state_of(i) == sub_device_state::online) {
          const alink::identity who = s->source.at(i);
          send(*s, true,
               "/sys/" + who.product_key + "/" + who.device_name + "/thing/event/property/post",
               "{}", w);
        }
      }
    }
  }

  void send(const station& s, bool up, std::string topic, std::string payload, const weather& w) {
    if (s.link == 0) {
      return;
    }
    for (int copies = chance_.chance_ppm(w.repeat_ppm) ? 2 : 1; copies > 0; --copies) {
      if (chance_.chance_ppm(w.loss_ppm)) {
        ++lost;
        continue;
      }
      digest.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
      digest.add(as_bytes(payload));
      channel_.push({now + chance_.between(w.delay_least, w.delay_most), ++order_, s.number, up,
                     s.link, topic, payload});
    }
  }

  void drain(station& s, const weather& w) {
    while (const auto e = s.machine.next_event()) {
      if (e->kind == alink::gateway_event_kind::registered) {
        s.source.rows[e->index].device_secret = std::string{e->device_secret};
      }
    }
    byte_buffer out;
    while (const auto m = s.machine.next_message(out, now)) {
      const alink::identity owner = m->sub_device ? s.source.at(*m->sub_device) : s.own;
      alink::topic t;
      t.kind = m->kind;
      t.reply = m->reply;
      t.product_key = owner.product_key;
      t.device_name = owner.device_name;
      send(s, true, alink::make_topic(t), std::string{as_text(out.view())}, w);
      out.clear();
      ASSERT_LE(s.machine.requests_in_flight(), settings_.in_flight_max);
    }
  }

  void at_gateway(const packet& p, const weather& w) {
    station& s = *stations_[p.gateway];
    s.machine.receive(p.topic, as_bytes(p.payload), now, reader_);
    drain(s, w);
  }

  void at_cloud(const packet& p, const weather& w) {
    const alink::topic t = alink::parse_topic(p.topic);
    const cloud::gateway_link from{subs + p.gateway, p.link};
    const auto device = registry_.find(t.product_key, t.device_name);
    ASSERT_TRUE(device);
    if (*device < subs) {
      if (!t.reply && !relations.may_speak(from, *device)) {
        desk_.refuse_publish(from, *device);
      }
    } else if (!t.reply) {
      ASSERT_TRUE(desk_.request(from, t, as_bytes(p.payload), now, reader_,
                                [](device_index) { return false; }));
    }
    deliver(w);
  }

  void deliver(const weather& w) {
    while (const auto item = desk_.next()) {
      switch (item->what) {
        case desk_item::form::message: {
          const station& s = *stations_[item->device - subs];
          moved += item->topic.ends_with("thing/topo/change") ? 1 : 0;
          send(s, false, std::string{item->topic}, std::string{as_text(item->payload)}, w);
          break;
        }
        case desk_item::form::online:
          EXPECT_FALSE(online[item->device]) << "held twice: " << item->device;
          online[item->device] = true;
          break;
        case desk_item::form::offline:
          EXPECT_TRUE(online[item->device]);
          online[item->device] = false;
          break;
        case desk_item::form::kick: FAIL() << "nobody is directly online"; break;
      }
    }
    const auto held = static_cast<std::uint32_t>(std::count(online.begin(), online.end(), true));
    EXPECT_EQ(held, relations.online_count(subs) + relations.online_count(subs + 1));
  }

  random_stream chance_;
  support::listed_credentials registry_source_;
  cloud::registry registry_{registry_source_, subs + 2};
  cloud::gateway_desk desk_{{.devices = registry_, .relations = relations, .rules = {}}};
  alink::gateway_reader reader_;
  alink::gateway_settings settings_;
  std::array<std::unique_ptr<station>, 2> stations_;
  std::priority_queue<packet, std::vector<packet>, later_first> channel_;
  time_point next_report_ = time_point{} + 30s;
  std::uint64_t order_ = 0;
  std::uint64_t last_link_ = 0;
};

constexpr weather storm{.loss_ppm = 200'000,
                        .repeat_ppm = 100'000,
                        .delay_least = 1ms,
                        .delay_most = 2s,
                        .breaks = true};
constexpr weather calm{};

void expect_settled(const world& w) {
  for (device_index sub = 0; sub < subs; ++sub) {
    const auto session = w.relations.session_of(sub);
    std::vector<std::uint8_t> believers;
    bool usable = false; // some gateway has its true secret, or registers it
    for (std::uint8_t g = 0; g < 2; ++g) {
      if (!world::claims(g, sub)) {
        continue;
      }
      const device_index row = sub - first_of[g];
      const sub_device_state at = w.state_at(g, sub);
      usable = usable || (row != 3 && row != 4);
      if (at == sub_device_state::online) {
        believers.push_back(g);
      }
      if (row == 3 || row == 4) {
        EXPECT_EQ(at, sub_device_state::refused) << sub << " at " << int{g};
      }
    }
    const bool allowed = usable && sub != 10 && sub != 30;
    EXPECT_EQ(session.has_value(), allowed) << sub;
    EXPECT_EQ(believers.size(), allowed ? 1U : 0U) << sub;
    if (session && believers.size() == 1) {
      EXPECT_EQ(session->gateway, subs + believers[0]) << sub;
    }
    if (sub == 10) {
      EXPECT_EQ(w.state_at(0, sub), sub_device_state::disabled);
    }
  }
}

std::uint64_t storm_and_calm(std::uint64_t seed, std::uint16_t batch) {
  world w{seed, batch};
  w.run(storm, 30min);
  EXPECT_GT(w.lost, 100U);
  EXPECT_GT(w.moved, 0U);
  w.break_links(calm);
  w.run(calm, 60min);
  expect_settled(w);
  return w.digest.value();
}

TEST(gateway_sim, settles_in_calm_weather_at_once) {
  world w{1, 1};
  w.run(calm, 10min);
  expect_settled(w);
}

TEST(gateway_sim, settles_after_a_storm_asking_one_by_one) {
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    storm_and_calm(seed, 1);
  }
}

TEST(gateway_sim, settles_after_a_storm_asking_in_batches) {
  for (std::uint64_t seed = 11; seed <= 20; ++seed) {
    SCOPED_TRACE(seed);
    storm_and_calm(seed, 7);
  }
}

TEST(gateway_sim, asks_again_for_what_was_lost_without_waiting_for_a_reconnect) {
  for (std::uint64_t seed = 21; seed <= 30; ++seed) {
    SCOPED_TRACE(seed);
    world w{seed, 3};
    w.run({.loss_ppm = 300'000, .repeat_ppm = 0}, 10min);
    EXPECT_GT(w.lost, 20U);
    w.run(calm, 60min);
    expect_settled(w);
  }
}

TEST(gateway_sim, repeats_itself_for_one_seed) {
  EXPECT_EQ(storm_and_calm(3, 7), storm_and_calm(3, 7));
  EXPECT_NE(storm_and_calm(3, 7), storm_and_calm(4, 7));
}

} // namespace
} // namespace fleet
