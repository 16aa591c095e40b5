// Both machines driven by foreign octets, time steps and their owner's calls in any order that the
// headers allow. Half of the runs couple the two over a link that cuts and corrupts.
#include <algorithm>
#include <deque>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/client.hpp"
#include "protocol/mqtt/codec.hpp"
#include "protocol/mqtt/server.hpp"

using namespace fleet;
using namespace fleet::mqtt;

namespace {

/// Takes decisions from the fuzzer's octets; zeros when they run out.
class decisions {
public:
  explicit decisions(bytes_view from) noexcept : rest_(from) {}
  [[nodiscard]] bool over() const noexcept { return rest_.empty(); }
  std::uint8_t next() noexcept {
    if (rest_.empty()) {
      return 0;
    }
    const std::uint8_t value = rest_[0];
    rest_ = rest_.subspan(1);
    return value;
  }
  bytes_view octets(std::size_t count) noexcept {
    const bytes_view taken = rest_.first(std::min(count, rest_.size()));
    rest_ = rest_.subspan(taken.size());
    return taken;
  }

private:
  bytes_view rest_;
};

constexpr std::size_t memory_max = 200'000;

qos quality(std::uint8_t b) noexcept {
  return static_cast<qos>(b % 3);
}

struct playground {
  explicit playground(decisions& d) : choose(d), coupled((d.next() & 1) != 0) {
    behaviour = (choose.next() & 1) != 0 ? sdk_behaviour() : client_behaviour{};
    behaviour.receive_limit_bytes = 64;
    behaviour.in_flight_max = 5;
    behaviour.incoming_qos2_max = 4;
    behaviour.requests_max = 3;
    limits.in_flight_max = 3;
    limits.queue_max = 6;
    limits.incoming_qos2_max = 4;
    limits.packet_max = 128;
    limits.resend_after = std::chrono::seconds{3};
  }

  decisions& choose;
  bool coupled;
  time_point now{};
  client_behaviour behaviour;
  server_limits limits;
  client device{behaviour};
  session kept;
  server_connection broker{limits, now};
  byte_buffer up;
  byte_buffer down;

  void drain_device() {
    while (auto event = device.next_event(up)) {
      if (const auto* m = std::get_if<client_event::message_arrived>(&*event)) {
        touch(m->message.payload);
        touch(as_bytes(m->message.topic));
        if ((choose.next() & 7) == 0) { // the owner answers from within
          (void)device.publish({"answer", m->message.payload, quality(choose.next())}, now, 1, now,
                               up);
        }
      } else if (const auto* s = std::get_if<client_event::subscribe_acknowledged>(&*event)) {
        touch(s->codes);
      }
    }
  }

  void drain_broker() {
    while (auto event = broker.next_event(down)) {
      if (const auto* c = std::get_if<server_event::connect_requested>(&*event)) {
        touch(as_bytes(c->connect.client_id));
        touch(c->connect.password);
        const std::uint8_t how = choose.next();
        if ((how & 15) == 15) {
          broker.refuse(connack_code::not_authorized, down);
        } else {
          if (c->connect.clean_session) {
            kept = session{};
          }
          broker.accept(kept, !c->connect.clean_session && (how & 1) != 0, c->connect.keep_alive_s,
                        now, down);
        }
      } else if (const auto* s = std::get_if<server_event::subscribe_requested>(&*event)) {
        const std::vector<std::uint8_t> codes(s->filters.size(), choose.next() % 3U);
        for (const server_event::filter& f : s->filters) {
          touch(as_bytes(f.text));
        }
        broker.grant(s->packet_id, codes, down);
      } else if (const auto* m = std::get_if<server_event::message_published>(&*event)) {
        touch(m->message.payload);
        if (m->message.qos == qos::at_most_once) {
          broker.deliver_now(m->message.topic, m->message.payload, false, down);
        }
      } else if (const auto* u = std::get_if<server_event::unsubscribed>(&*event)) {
        for (const std::string_view f : u->filters) {
          touch(as_bytes(f));
        }
      }
    }
  }

  /// Reads every octet, for the sanitizer to see.
  void touch(bytes_view bytes) {
    for (const std::uint8_t b : bytes) {
      seen = static_cast<std::uint8_t>(seen + b);
    }
  }
  std::uint8_t seen = 0;

  /// Moves up to `count` octets of one direction across, perhaps with one changed.
  void ferry(bool upwards, std::size_t count, std::uint8_t flip) {
    byte_buffer& from = upwards ? up : down;
    const std::size_t size = std::min(count, from.size());
    std::vector<std::uint8_t> lent(from.view().begin(),
                                   from.view().begin() + static_cast<std::ptrdiff_t>(size));
    from.consume(size);
    if (flip == 255 && !lent.empty()) {
      lent[choose.next() % lent.size()] ^= choose.next();
    }
    give(upwards, lent);
  }

  void give(bool upwards, bytes_view bytes) {
    const std::vector<std::uint8_t> lent(bytes.begin(), bytes.end());
    if (upwards) {
      broker.receive(lent, now);
      drain_broker();
    } else {
      device.receive(lent, now);
      drain_device();
    }
  }

  void reconnect(std::uint8_t how) {
    device.lost();
    broker.unbind();
    up.clear();
    down.clear();
    broker = server_connection{limits, now};
    connect_fields c;
    c.version = (how & 1) != 0 ? version::v3_1 : version::v3_1_1;
    c.clean_session = (how & 2) != 0;
    c.keep_alive_s = static_cast<std::uint16_t>(how >> 3);
    c.client_id = "f";
    c.has_will = (how & 4) != 0;
    c.will.topic = "w";
    device.start(c, now, up);
  }

  void pass_time(std::uint8_t amount) {
    now = later(now, std::chrono::milliseconds{amount} * 37);
    device.handle_timeout(now, up);
    drain_device();
    broker.handle_timeout(now, down);
    drain_broker();
  }

  void call(std::uint8_t what) {
    const std::uint8_t b = choose.next();
    const filter_request asked[] = {{"a/#", quality(b)}, {"+/b", qos::at_most_once}};
    const std::string_view dropped[] = {"a/#"};
    const std::vector<std::uint8_t> payload(b % 100, 'p');
    switch (what % 8) {
      case 0: (void)device.publish({"up", payload, quality(b)}, now, b, now, up); break;
      case 1: (void)device.subscribe({asked, 1U + b % 2U}, now, up); break;
      case 2: (void)device.unsubscribe(dropped, now, up); break;
      case 3:
        broker.deliver(std::make_shared<const stored_message>(stored_message{"down", payload, b}),
                       quality(b >> 2), (b & 1) != 0, now, down);
        break;
      case 4:
        if (!broker.accepted()) {
          kept.deliver_offline(
            std::make_shared<const stored_message>(stored_message{"off", payload, b}), quality(b),
            false, limits);
        }
        break;
      case 5: device.stop(up); break;
      case 6: reconnect(b); break;
      default: pass_time(b); break;
    }
  }

  void check() {
    FLEET_CHECK(device.memory_bytes() < memory_max && kept.memory_bytes() < memory_max
                && broker.memory_bytes() < memory_max);
    FLEET_CHECK(device.in_flight() <= behaviour.in_flight_max);
    FLEET_CHECK(device.unacknowledged().size() == device.in_flight());
    FLEET_CHECK(kept.pending() <= limits.in_flight_max + limits.queue_max);
    FLEET_CHECK(kept.pending_cookies().size() == kept.pending());
    (void)device.next_timeout();
    (void)broker.next_timeout();
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decisions choose{{data, size}};
  playground p{choose};
  p.reconnect(choose.next());
  while (!choose.over()) {
    const std::uint8_t what = choose.next();
    if (p.coupled && (what & 1) != 0) {
      p.ferry((what & 2) != 0, 1U + (what >> 2), choose.next());
    } else if ((what & 3) == 0) {
      p.give((what & 4) != 0, choose.octets(1U + (what >> 3)));
      if (!p.coupled) { // nobody reads the other end
        p.up.clear();
        p.down.clear();
      }
    } else {
      p.call(what >> 2);
    }
    if ((what & 0x70) == 0) { // now and then: it costs more than a step
      p.check();
    }
  }
  p.check();
  return 0;
}
