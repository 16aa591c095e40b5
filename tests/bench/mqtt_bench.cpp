// What MQTT costs without any network: the codec alone, and a client machine against a server
// machine, bytes handed over by hand.
#include <array>
#include <optional>
#include <string>
#include <variant>

#include <benchmark/benchmark.h>

#include "protocol/mqtt/client.hpp"
#include "protocol/mqtt/codec.hpp"
#include "protocol/mqtt/framer.hpp"
#include "protocol/mqtt/server.hpp"
#include "protocol/mqtt/topic.hpp"

namespace {

using namespace fleet;

constexpr std::string_view topic = "/sys/a1FleetDemo/dev_000017/thing/event/property/post";

mqtt::message_view message_of(const std::string& payload, mqtt::qos q) {
  mqtt::message_view m;
  m.topic = topic;
  m.payload = as_bytes(payload);
  m.qos = q;
  m.packet_id = q == mqtt::qos::at_most_once ? 0 : 7;
  return m;
}

void encode_publish(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'p');
  const auto message = message_of(payload, mqtt::qos::at_least_once);
  byte_buffer out;
  for (auto _ : state) {
    out.clear();
    mqtt::encode_publish(message, out);
    benchmark::DoNotOptimize(out.view().data());
  }
}
BENCHMARK(encode_publish)->Arg(128)->Arg(1024);

void frame_and_decode_publish(benchmark::State& state) {
  const std::string payload(static_cast<std::size_t>(state.range(0)), 'p');
  byte_buffer wire;
  mqtt::encode_publish(message_of(payload, mqtt::qos::at_least_once), wire);
  mqtt::framer framer;
  const mqtt::framing_rules rules{.allowed = 0xffff, .limit_bytes = 256 * 1024};
  for (auto _ : state) {
    framer.lend(wire.view());
    mqtt::framed found;
    mqtt::message_view message;
    if (framer.next(rules, found) != mqtt::framing::packet
        || mqtt::decode_publish(found.packet, message)) {
      state.SkipWithError("the packet was not understood");
    }
    benchmark::DoNotOptimize(message);
    benchmark::DoNotOptimize(framer.next(rules, found));
  }
}
BENCHMARK(frame_and_decode_publish)->Arg(128)->Arg(1024);

void match_a_filter(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(mqtt::matches("/sys/+/dev_000017/thing/#", topic));
  }
}
BENCHMARK(match_a_filter);

/// Both machines, connected.
class pair {
public:
  pair() : client_(behaviour_), server_(limits_, time_point{}) {
    mqtt::connect_fields fields;
    fields.client_id = "bench";
    client_.start(fields, now_, up_);
    serve();
    listen();
  }

  /// One message to the server and its acknowledgement back; true when that arrived.
  bool publish(const mqtt::message_view& message) {
    now_ += std::chrono::microseconds{100};
    acknowledged_ = message.qos == mqtt::qos::at_most_once;
    if (!client_.publish(message, now_, 1, now_, up_)) {
      return false;
    }
    serve();
    listen();
    if (!up_.empty()) { // PUBREL
      serve();
      listen();
    }
    return acknowledged_;
  }

  /// One message to the client and its acknowledgement back.
  bool deliver(const mqtt::message_ptr& message, mqtt::qos q) {
    now_ += std::chrono::microseconds{100};
    delivered_ = false;
    server_.deliver(message, q, false, now_, down_);
    listen();
    serve();
    return delivered_;
  }

  [[nodiscard]] bool connected() const { return client_.connected(); }

private:
  void serve() {
    server_.receive(up_.view(), now_);
    while (auto event = server_.next_event(down_)) {
      if (std::get_if<mqtt::server_event::connect_requested>(&*event) != nullptr) {
        server_.accept(session_, false, 60, now_, down_);
      } else if (std::get_if<mqtt::server_event::message_acknowledged>(&*event) != nullptr) {
        delivered_ = true;
      }
    }
    up_.clear();
  }
  void listen() {
    client_.receive(down_.view(), now_);
    while (auto event = client_.next_event(up_)) {
      if (std::get_if<mqtt::client_event::publish_acknowledged>(&*event) != nullptr) {
        acknowledged_ = true;
      }
    }
    down_.clear();
  }

  mqtt::client_behaviour behaviour_;
  mqtt::server_limits limits_;
  time_point now_{};
  mqtt::client client_;
  mqtt::server_connection server_;
  mqtt::session session_;
  byte_buffer up_;
  byte_buffer down_;
  bool acknowledged_ = false;
  bool delivered_ = false;
};

void publish_and_acknowledge(benchmark::State& state) {
  pair both;
  const std::string payload(128, 'p');
  auto message = message_of(payload, static_cast<mqtt::qos>(state.range(0)));
  message.packet_id = 0;
  if (!both.connected()) {
    state.SkipWithError("the machines did not connect");
  }
  for (auto _ : state) {
    if (!both.publish(message)) {
      state.SkipWithError("a publish was not acknowledged");
    }
  }
}
BENCHMARK(publish_and_acknowledge)->ArgName("qos")->DenseRange(0, 2);

void deliver_and_acknowledge(benchmark::State& state) {
  pair both;
  auto stored = std::make_shared<mqtt::stored_message>();
  stored->topic = topic;
  stored->payload.assign(128, 'p');
  const mqtt::message_ptr message = std::move(stored);
  for (auto _ : state) {
    if (!both.deliver(message, mqtt::qos::at_least_once)) {
      state.SkipWithError("a delivery was not acknowledged");
    }
  }
}
BENCHMARK(deliver_and_acknowledge);

} // namespace
