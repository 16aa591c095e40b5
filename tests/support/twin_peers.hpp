// The twin in a virtual world, and MQTT clients that talk to it: what happens to them comes out as
// lines of text. For tests of the twin; knows nothing of fleets.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cloud_sim/twin.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/base/check.hpp"
#include "protocol/mqtt/client.hpp"
#include "tests/support/mqtt_wire.hpp"

namespace fleet::support {

using lines = std::vector<std::string>;

/// A client machine on a virtual stream.
class guest final : public hal::stream_events, private hal::timer {
public:
  guest(hal::home& where, hal::address peer) : home_(where), peer_(peer) {}
  ~guest() { home_.disarm(*this); }
  guest(const guest&) = delete;
  guest& operator=(const guest&) = delete;

  /// Connects and sends CONNECT; the views must live until the stream is up.
  void open(const mqtt::connect_view& fields) {
    fields_ = fields;
    closed = false;
    stream = home_.connect({.peer = peer_, .security = security}, *this);
  }
  void publish(std::string_view topic, std::string_view payload, int q, bool retain = false) {
    mqtt::message_view m;
    m.topic = topic;
    m.payload = as_bytes(payload);
    m.qos = static_cast<mqtt::qos>(q);
    m.retain = retain;
    FLEET_CHECK(machine.publish(m, home_.now(), 0, home_.now(), stream->output()).ok());
    rearm();
  }
  void subscribe(std::string_view filter, int q) {
    subscribe(std::vector<mqtt::filter_request>{{filter, static_cast<mqtt::qos>(q)}});
  }
  void subscribe(const std::vector<mqtt::filter_request>& filters) {
    FLEET_CHECK(machine.subscribe(filters, home_.now(), stream->output()).ok());
  }
  void unsubscribe(std::string_view filter) {
    const std::vector<std::string_view> filters{filter};
    FLEET_CHECK(machine.unsubscribe(filters, home_.now(), stream->output()).ok());
  }
  void disconnect() {
    machine.stop(stream->output());
    stream->close();
  }
  /// The link dies without a word.
  void drop() {
    stream.reset();
    machine.lost();
    home_.disarm(*this);
  }
  /// Nothing is sent or acknowledged any more, as on a half-open link.
  void fall_silent() {
    silent_ = true;
    home_.disarm(*this);
  }

  /// What happened since the last call.
  lines take() { return std::exchange(events, {}); }
  /// The messages among it, as `topic=payload q1 …`, packet ids left out.
  lines messages() {
    lines out;
    for (auto& e : take()) {
      if (e.starts_with("arrived ")) {
        std::string line = e.substr(8);
        if (const auto id = line.find(" id"); id != std::string::npos) {
          line.erase(id, line.find(' ', id + 1) - id);
        }
        out.push_back(line);
      }
    }
    return out;
  }
  [[nodiscard]] bool saw(std::string_view event) const {
    return std::find(events.begin(), events.end(), event) != events.end();
  }

  stream_filter_factory* security = nullptr; ///< of the next open(); none: plain
  mqtt::client_behaviour behaviour;
  mqtt::client machine{behaviour};
  hal::stream_ptr stream;
  lines events;
  bool closed = false;
  hal::close_reason reason = hal::close_reason::local;

private:
  void on_connected() override {
    machine.start(fields_, home_.now(), stream->output());
    rearm();
  }
  void on_received(bytes_view bytes) override {
    if (silent_) {
      return;
    }
    machine.receive(bytes, home_.now());
    drain();
  }
  void on_closed(hal::close_reason why, std::string_view) override {
    closed = true;
    reason = why;
    machine.lost();
    stream.reset();
    home_.disarm(*this);
  }
  void on_wake(time_point now) override {
    if (stream != nullptr) {
      machine.handle_timeout(now, stream->output());
      drain();
    }
  }
  void drain() {
    while (auto event = machine.next_event(stream->output())) {
      events.push_back(mqtt::test::describe(*event));
    }
    rearm();
  }
  void rearm() { home_.arm(*this, machine.next_timeout()); }

  hal::home& home_;
  hal::address peer_;
  mqtt::connect_view fields_;
  bool silent_ = false;
};

/// A peer that speaks octets.
class raw_guest final : public hal::stream_events {
public:
  raw_guest(hal::home& where, hal::address peer) { stream = where.connect({.peer = peer}, *this); }
  void on_connected() override {}
  void on_received(bytes_view bytes) override { received.append(bytes); }
  void on_closed(hal::close_reason why, std::string_view) override {
    closed = true;
    reason = why;
    stream.reset();
  }
  void write(bytes_view bytes) { stream->output().append(bytes); }
  void write(std::string_view annotated) { write(mqtt::test::octets(annotated)); }

  hal::stream_ptr stream;
  byte_buffer received;
  bool closed = false;
  hal::close_reason reason = hal::close_reason::local;
};

/// The log-on of a device in direct mode, with the strings it points to.
struct device_login {
  explicit device_login(const alink::identity& who, bool clean = true,
                        alink::sign_method method = alink::sign_method::hmacsha256)
      : text(alink::make_direct_login(who, method, 3)) {
    fields.clean_session = clean;
    fields.keep_alive_s = 60;
  }
  device_login(const device_login&) = delete;
  device_login& operator=(const device_login&) = delete;

  const mqtt::connect_view& view() {
    fields.client_id = text.client_id;
    fields.has_username = fields.has_password = true;
    fields.username = text.username;
    fields.password = as_bytes(text.password);
    return fields;
  }

  alink::direct_login text;
  mqtt::connect_view fields;
};

/// A world with a twin in it.
struct twin_bench {
  explicit twin_bench(cloud::twin_options options = {}) {
    if (options.credentials == nullptr) {
      options.credentials = &credentials;
    }
    if (options.listeners.empty()) {
      options.listeners.push_back({.at = hal::parse_address("127.0.0.1:1883").value()});
    }
    twin = std::make_unique<cloud::twin>(std::move(options));
    auto started = twin->start(world.home());
    FLEET_CHECK(started.ok());
    at = started.value();
  }
  ~twin_bench() {
    guests.clear();
    twin->stop();
  }
  twin_bench(const twin_bench&) = delete;
  twin_bench& operator=(const twin_bench&) = delete;

  static cloud::twin_options of(cloud::profile p) {
    cloud::twin_options o;
    o.profile = p;
    return o;
  }

  guest& arrive(const mqtt::connect_view& fields) {
    guests.push_back(std::make_unique<guest>(world.home(), at.front()));
    guests.back()->open(fields);
    settle();
    return *guests.back();
  }
  /// Open broker: connects under `id`.
  guest& arrive(std::string_view id, bool clean = true, std::uint16_t keep_alive_s = 60) {
    mqtt::connect_view fields;
    fields.client_id = id;
    fields.clean_session = clean;
    fields.keep_alive_s = keep_alive_s;
    return arrive(fields);
  }
  /// Platform: connects as device `index` of the generated credentials.
  guest& arrive_device(std::uint32_t index, bool clean = true) {
    device_login login{credentials.at(index), clean};
    return arrive(login.view());
  }
  void settle(duration span = std::chrono::milliseconds{50}) { world.run_for(span); }
  [[nodiscard]] std::uint64_t count(const cloud::counter& c) const { return cloud::value(c); }

  hal::virtual_world world;
  alink::generated_credentials credentials;
  std::unique_ptr<cloud::twin> twin;
  std::vector<hal::address> at;
  std::vector<std::unique_ptr<guest>> guests;
};

/// `/sys/PK/DN/` of device `index`, and the like.
inline std::string own_topic(const alink::credential_source& from, std::uint32_t index,
                             std::string_view before, std::string_view after) {
  const auto who = from.at(index);
  return std::string{before} + "/" + who.product_key + "/" + who.device_name + "/"
         + std::string{after};
}

} // namespace fleet::support
