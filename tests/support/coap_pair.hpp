// A CoAP client and a server session under one clock, over a pipe that loses, repeats and reorders
// datagrams as its seed says.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>

#include "tests/support/coap_wire.hpp"

namespace fleet::coap::test {

struct pair_options {
  client_behaviour client;
  server_behaviour server;
  std::uint32_t loss_ppm = 0;
  std::uint32_t repeat_ppm = 0;
  std::uint32_t reorder_ppm = 0; ///< takes up to two seconds longer
  duration latency = std::chrono::milliseconds{50};
  std::uint64_t seed = 1;
};

class coap_pair {
public:
  explicit coap_pair(const pair_options& o)
      : options(o), device_behaviour(o.client), cloud_behaviour(o.server),
        device(device_behaviour, random_stream{o.seed, 1, "coap"}),
        cloud(cloud_behaviour, random_stream{o.seed, 2, "coap"}), chance_(o.seed, 3, "pipe") {}
  coap_pair(const coap_pair&) = delete;
  coap_pair& operator=(const coap_pair&) = delete;

  pair_options options;
  client_behaviour device_behaviour;
  server_behaviour cloud_behaviour;
  client device;
  server_session cloud;
  datagrams up;
  datagrams down;
  time_point now{};
  std::function<void(const server_event::request_arrived&)> on_request;
  std::function<void(const server_event_variant&)> on_server_event; ///< the others
  std::function<void(const client_event_variant&)> on_client_event;
  /// Sent by the client (upwards) or the server, whatever becomes of it.
  std::function<void(bytes_view, bool upwards)> on_datagram;
  lines log; ///< of what was sent, when `logs`
  bool logs = false;

  void answer(exchange_id id, code c, std::string_view payload) {
    const respond_error wrong = cloud.respond(id, {c, {}, as_bytes(payload), false}, now, down);
    FLEET_CHECK(wrong == respond_error::none);
  }
  void answer_after(duration d, exchange_id id, code c, std::string payload) {
    if (d == duration{}) {
      answer(id, c, payload);
    } else {
      at(now + d, [this, id, c, text = std::move(payload)] { answer(id, c, text); });
    }
  }
  void at(time_point when, std::function<void()> what) {
    events_.emplace(std::pair{when, ++order_}, std::move(what));
  }

  /// The next thing that happens; false when nothing ever will.
  bool step(time_point until = never) {
    flush();
    const time_point next = std::min({events_.empty() ? never : events_.begin()->first.first,
                                      device.next_timeout(), cloud.next_timeout()});
    if (next == never || next > until) {
      return false;
    }
    now = std::max(now, next);
    if (!events_.empty() && events_.begin()->first.first <= now) {
      const auto what = std::move(events_.begin()->second);
      events_.erase(events_.begin());
      what();
    }
    if (device.next_timeout() <= now) {
      device.handle_timeout(now, up);
      drain_device();
    }
    if (cloud.next_timeout() <= now) {
      cloud.handle_timeout(now, down);
      drain_cloud();
    }
    flush();
    return true;
  }
  void run_for(duration d) {
    const time_point until = now + d;
    while (step(until)) {
    }
    now = until;
  }
  /// A number that tells two runs apart.
  [[nodiscard]] std::uint64_t digest() const noexcept { return digest_; }

private:
  void flush() {
    for (; !up.empty(); up.pop()) {
      carry(up.front(), true);
    }
    for (; !down.empty(); down.pop()) {
      carry(down.front(), false);
    }
  }
  void carry(bytes_view datagram, bool upwards) {
    digest_ = mix64(digest_ ^ hash_text(as_text(datagram))
                    ^ static_cast<std::uint64_t>(now.time_since_epoch().count()));
    if (on_datagram) {
      on_datagram(datagram, upwards);
    }
    if (logs) {
      log.push_back((upwards ? "> " : "< ") + describe_wire(datagram));
    }
    const int copies = chance_.chance_ppm(options.repeat_ppm) ? 2 : 1;
    for (int i = 0; i < copies; ++i) {
      if (chance_.chance_ppm(options.loss_ppm)) {
        continue;
      }
      duration way = options.latency;
      if (chance_.chance_ppm(options.reorder_ppm)) {
        way += chance_.between(duration{}, std::chrono::seconds{2});
      }
      at(now + way, [this, upwards, octets = wire{datagram.begin(), datagram.end()}] {
        deliver(octets, upwards);
      });
    }
  }
  void deliver(const wire& octets, bool upwards) {
    if (upwards) {
      cloud.receive(octets, now);
      drain_cloud();
    } else {
      device.receive(octets, now);
      drain_device();
    }
  }
  void drain_device() {
    while (const auto event = device.next_event(up)) {
      if (on_client_event) {
        on_client_event(*event);
      }
    }
  }
  void drain_cloud() {
    while (const auto event = cloud.next_event(down)) {
      if (const auto* r = std::get_if<server_event::request_arrived>(&*event)) {
        if (on_request) {
          on_request(*r);
        }
      } else if (on_server_event) {
        on_server_event(*event);
      }
    }
  }

  random_stream chance_;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> events_;
  std::uint64_t order_ = 0;
  std::uint64_t digest_ = 0;
};

} // namespace fleet::coap::test
