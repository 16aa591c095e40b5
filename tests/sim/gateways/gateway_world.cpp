// The channel and the links, step by step.
#include "tests/sim/gateways/gateway_world.hpp"

#include <algorithm>

#include <gtest/gtest.h>

#include "cloud_sim/platform_client.hpp"

namespace fleet::gateway_sim {

station::station(std::uint8_t n, const support::listed_credentials& registry,
                 const alink::gateway_settings& settings)
    : number(n), own(registry.at(subs + n)), source(0),
      machine(make(registry, settings), random_stream{1, n, "gateway"}) {}

alink::gateway::parts station::make(const support::listed_credentials& registry,
                                    const alink::gateway_settings& settings) {
  for (std::uint16_t i = 0; i < per_gateway; ++i) {
    source.rows.push_back(registry.at(first_of[number] + i));
    if (registers(i)) {
      source.rows.back().device_secret.clear();
    }
  }
  source.rows[3].device_secret = "wrong";
  source.rows[4].device_name = "nobody_knows_me";
  return {.settings = settings,
          .sub_devices = source,
          .count = per_gateway,
          .own = {own.product_key, own.device_name}};
}

world::world(std::uint64_t seed, std::uint16_t batch, bool ask_topology)
    : chance_(seed, 0, "channel"), registry_source_(subs + 2) {
  settings_.login_batch = settings_.topology_batch = settings_.register_batch = batch;
  settings_.ask_topology = ask_topology;
  settings_.dialect = static_cast<alink::gateway_dialect>(seed % alink::gateway_dialect_count);
  registry_.set_disabled(10, true);
  registry_.set_disabled(30, true);
  for (std::uint8_t n = 0; n < 2; ++n) {
    stations_[n] = std::make_unique<station>(n, registry_source_, settings_);
  }
}

void world::run(const weather& w, duration length) {
  const time_point end = now + length;
  while (now < end && !::testing::Test::HasFailure()) {
    time_point next = end;
    for (const auto& s : stations_) {
      next = std::min({next, s->machine.next_timeout(), s->turn});
    }
    next = channel_.empty() ? next : std::min(next, channel_.top().at);
    next = std::min(next, next_report_);
    next = w.console ? std::min(next, next_order_) : next;
    now = std::max(now, next);
    step(w);
  }
}

void world::break_links(const weather& w) {
  for (const auto& s : stations_) {
    if (s->link != 0) {
      bring_down(*s, w);
    }
  }
}

void world::step(const weather& w) {
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
  if (w.console && next_order_ <= now) {
    next_order_ = now + chance_.between(1s, 10s);
    use_console(w);
  }
  for (const auto& s : stations_) {
    if (s->machine.next_timeout() <= now) {
      s->machine.handle_timeout(now);
      drain(*s, w);
    }
  }
}

void world::bring_up(station& s, const weather& w) {
  s.link = ++last_link_;
  s.turn = w.breaks ? now + chance_.between(20s, 120s) : never;
  s.machine.connected(now);
  drain(s, w);
}

void world::bring_down(station& s, const weather& w) {
  const cloud::gateway_link link{subs + s.number, s.link};
  s.link = 0;
  s.turn = now + chance_.between(1s, 10s);
  desk_.link_ended(link);
  deliver(w);
  s.machine.disconnected(now);
  drain(s, w);
}

/// Each sub-device that believes it is online publishes something.
void world::report(const weather& w) {
  for (const auto& s : stations_) {
    for (std::uint16_t i = 0; i < per_gateway && s->link != 0; ++i) {
      if (s->machine.state_of(i) == sub_device_state::online) {
        const alink::identity who = s->source.at(i);
        send(*s, true,
             "/sys/" + who.product_key + "/" + who.device_name + "/thing/event/property/post", "{}",
             w);
      }
    }
  }
}

/// Something is done to one sub-device, mostly by whoever has the console open.
void world::use_console(const weather& w) {
  const auto sub = static_cast<device_index>(chance_.below(subs));
  const auto g = static_cast<std::uint8_t>(chance_.below(2));
  const std::size_t row = sub - first_of[g];
  cloud::topology_decision done;
  switch (chance_.below(6)) {
    case 0:
      registry_.set_disabled(sub, true);
      done = relations.disable(sub);
      break;
    case 1:
      registry_.set_disabled(sub, false);
      done = relations.enable(sub);
      break;
    case 2: done = relations.detach(sub); break;
    case 3:
      // Without a topology to ask for, one that has no secret cannot find out that it was added.
      if (!claims(g, sub) || !station::usable(row)
          || (!settings_.ask_topology && stations_[g]->source.rows[row].device_secret.empty())) {
        return;
      }
      done = relations.attach(subs + g, sub);
      break;
    case 4: done = relations.kick(sub); break;
    default:
      if (claims(g, sub) && stations_[g]->machine.dismiss(static_cast<std::uint16_t>(row), now)) {
        ++dismissed;
        drain(*stations_[g], w);
      }
      return;
  }
  orders += done.notices().empty() ? 0 : 1;
  desk_.announce(done, sub);
  deliver(w);
}

void world::send(const station& s, bool up, std::string topic, std::string payload,
                 const weather& w) {
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

void world::drain(station& s, const weather& w) {
  while (const auto e = s.machine.next_event()) {
    if (e->kind == alink::gateway_event_kind::registered) {
      s.source.rows[e->index].device_secret = std::string{e->device_secret};
    } else if (e->kind == alink::gateway_event_kind::left) {
      if (e->code == 0 && station::registers(e->index)) {
        s.source.rows[e->index].device_secret.clear(); // it is unregistered
      }
      s.machine.start(e->index, now);
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

void world::at_gateway(const packet& p, const weather& w) {
  station& s = *stations_[p.gateway];
  s.machine.receive(p.topic, as_bytes(p.payload), now, reader_);
  drain(s, w);
}

void world::at_cloud(const packet& p, const weather& w) {
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

void world::deliver(const weather& w) {
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

} // namespace fleet::gateway_sim
