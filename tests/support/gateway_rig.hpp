// A gateway machine with its owner, and its platform played by hand. Drains after each call, as an
// owner must; answers nothing by itself.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "protocol/alink/gateway_machine.hpp"
#include "tests/support/listed_credentials.hpp"

namespace fleet::support::gateway {

using namespace alink;

inline gateway_settings batches(std::uint16_t of) {
  gateway_settings s;
  s.login_batch = of;
  s.topology_batch = of;
  s.register_batch = of;
  return s;
}

/// One request of the machine, taken apart.
struct asked {
  topic_kind kind;
  std::string id;
  std::vector<std::uint16_t> devices;
};

/// One machine with its owner; everything is drained after each call, as it must be.
struct rig {
  explicit rig(std::uint16_t count, gateway_settings s = {}, bool secrets = true)
      : settings(s), source(with_secrets(count, secrets)),
        machine({.settings = settings,
                 .sub_devices = source,
                 .count = count,
                 .own = {"a1GwPk00001", "gateway_1"}},
                random_stream{1, 0, "gateway"}) {}

  static listed_credentials with_secrets(std::uint16_t count, bool secrets) {
    listed_credentials made{count};
    for (identity& who : made.rows) {
      who.device_secret = secrets ? who.device_secret : std::string{};
    }
    return made;
  }
  void drain() {
    while (const auto e = machine.next_event()) {
      events.push_back({e->kind, e->index, e->code});
      if (e->kind == gateway_event_kind::registered) {
        source.rows[e->index].device_secret = std::string{e->device_secret};
      }
      if (e->kind == gateway_event_kind::permit) {
        permitted = std::string{e->permit_product} + ":" + std::to_string(e->permit_seconds);
      }
    }
    byte_buffer out;
    while (const auto m = machine.next_message(out, now)) {
      if (m->reply) {
        answers.push_back({*m, std::string{as_text(out.view())}});
      } else {
        const gateway_request r = platform.read_request(m->kind, out.view());
        EXPECT_EQ(r.code, code_success);
        asked a{m->kind, std::string{r.id}, {}};
        for (const sub_device_entry& entry : r.devices) {
          a.devices.push_back(static_cast<std::uint16_t>(
              *source.find(entry.who.product_key, entry.who.device_name)));
        }
        requests.push_back(a);
      }
      out.clear();
    }
  }
  void connect() {
    machine.connected(now);
    drain();
  }
  void disconnect() {
    machine.disconnected(now);
    drain();
  }
  /// Moves on to the machine's next wake.
  void wake() {
    ASSERT_NE(machine.next_timeout(), never);
    now = std::max(now, machine.next_timeout());
    machine.handle_timeout(now);
    drain();
  }
  [[nodiscard]] device_pair pair(std::uint16_t i) const {
    return {source.rows[i].product_key, source.rows[i].device_name};
  }
  void deliver(topic_kind kind, bool reply, const byte_buffer& payload,
               std::optional<std::uint16_t> sub = std::nullopt) {
    topic t;
    t.kind = kind;
    t.reply = reply;
    t.product_key = sub ? pair(*sub).product_key : std::string_view{"a1GwPk00001"};
    t.device_name = sub ? pair(*sub).device_name : std::string_view{"gateway_1"};
    EXPECT_TRUE(machine.receive(make_topic(t), payload.view(), now, reader));
    drain();
  }
  void answer(const asked& a, std::int64_t code, std::vector<std::uint16_t> named = {}) {
    byte_buffer out;
    gateway_reply_writer w{out, a.kind, a.id, code};
    for (const std::uint16_t i : named) {
      if (a.kind == topic_kind::sub_register) {
        w.add({.who = pair(i), .iot_id = "x", .device_secret = "given"});
      } else {
        w.add(pair(i));
      }
    }
    w.end();
    deliver(a.kind, true, out);
  }
  /// Answers the oldest request.
  asked answer_next(std::int64_t code, std::vector<std::uint16_t> named = {}) {
    EXPECT_FALSE(requests.empty());
    const asked a = requests.front();
    requests.erase(requests.begin());
    answer(a, code, std::move(named));
    return a;
  }
  void all_online() {
    connect();
    while (!requests.empty()) {
      answer_next(200);
    }
    events.clear();
  }
  void error(std::int64_t code, std::uint16_t i) {
    byte_buffer out;
    append_ext_error(out, 1, pair(i), code);
    deliver(topic_kind::ext_error, false, out);
  }
  void change(topology_change c, std::uint16_t i) {
    byte_buffer out;
    const device_pair who = pair(i);
    append_topo_change(out, 1, c, std::span{&who, 1});
    deliver(topic_kind::topo_change, false, out);
  }

  struct event {
    gateway_event_kind kind;
    std::uint16_t index;
    std::int32_t code;
    bool operator==(const event&) const = default;
  };
  gateway_settings settings;
  listed_credentials source;
  alink::gateway machine;
  gateway_reader reader;
  gateway_reader platform;
  time_point now{};
  std::vector<event> events;
  std::vector<asked> requests;
  std::vector<std::pair<gateway_message, std::string>> answers;
  std::string permitted;
};

} // namespace fleet::support::gateway
