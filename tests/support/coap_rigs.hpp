// One CoAP machine under a clock that the test moves: octets in, described events and messages out.
// Ids and tokens of the client count, so that they can be foretold.
#pragma once

#include "tests/support/coap_wire.hpp"

namespace fleet::coap::test {

inline const option_view path_a{option::uri_path, as_bytes("a")};

struct client_rig {
  client_rig() : client_rig(client_behaviour{}) {}
  explicit client_rig(client_behaviour b) : behaviour(counted(b)) {}
  static client_behaviour counted(client_behaviour b) {
    b.counted = true;
    return b;
  }

  client_behaviour behaviour;
  time_point now{};
  datagrams out;
  client machine{behaviour, random_stream{1, 1, "coap"}};

  request_id ask(request_fields fields) {
    const option_view path[] = {path_a};
    if (fields.options.empty()) {
      fields.options = path;
    }
    const auto id = machine.request(fields, now, out);
    FLEET_CHECK(id.ok());
    return id.value();
  }
  request_id get() { return ask({}); }
  request_id get_non() {
    request_fields f;
    f.confirmable = false;
    return ask(f);
  }
  request_id observe() {
    request_fields f;
    f.observe = true;
    return ask(f);
  }
  request_id post(bytes_view payload) {
    request_fields f;
    f.method = code::post;
    f.payload = payload;
    return ask(f);
  }

  lines drain() {
    lines all;
    while (const auto event = machine.next_event(out)) {
      all.push_back(describe(*event));
    }
    return all;
  }
  lines feed(const wire& datagram) {
    machine.receive(datagram, now);
    return drain();
  }
  lines feed(std::string_view text) { return feed(octets(text)); }
  lines sent() { return take_sent(out); }
  /// Moves to the machine's next time-out and lets it act.
  lines timeout() {
    FLEET_CHECK(machine.next_timeout() != never);
    now = machine.next_timeout();
    machine.handle_timeout(now, out);
    return drain();
  }
  lines pass(duration d) {
    now += d;
    machine.handle_timeout(now, out);
    return drain();
  }
};

struct server_rig {
  server_rig() = default;
  explicit server_rig(server_behaviour b) : behaviour(b) {}

  server_behaviour behaviour;
  time_point now{};
  datagrams out;
  server_session machine{behaviour, random_stream{1, 2, "coap"}};

  lines drain() {
    lines all;
    while (const auto event = machine.next_event(out)) {
      all.push_back(describe(*event));
    }
    return all;
  }
  lines feed(const wire& datagram, destination to = destination::unicast) {
    machine.receive(datagram, now, to);
    return drain();
  }
  lines feed(std::string_view text) { return feed(octets(text)); }
  lines sent() { return take_sent(out); }
  respond_error respond(exchange_id id, std::string_view payload, bool observe = false) {
    return machine.respond(id, {code::content, {}, as_bytes(payload), observe}, now, out);
  }
  respond_error notify(exchange_id id, std::string_view payload, bool confirmable = false) {
    return machine.notify(id, {code::content, {}, as_bytes(payload), confirmable}, now, out);
  }
  lines timeout() {
    FLEET_CHECK(machine.next_timeout() != never);
    now = machine.next_timeout();
    machine.handle_timeout(now, out);
    return drain();
  }
  lines pass(duration d) {
    now += d;
    machine.handle_timeout(now, out);
    return drain();
  }
  /// The id of the first message waiting to be sent, as two octets of hexadecimal digits.
  [[nodiscard]] std::string id() const { return hex(out.front().subspan(2, 2)); }
};

} // namespace fleet::coap::test
