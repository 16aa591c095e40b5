// Both CoAP machines driven by foreign datagrams, time steps and their owner's calls in any order
// that the headers allow. Half of the runs couple the two over a pipe that loses, repeats, reorders
// and corrupts.
#include <algorithm>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/coap/client.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/coap/server.hpp"

using namespace fleet;
using namespace fleet::coap;

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

constexpr std::size_t memory_max = 64'000;
constexpr std::size_t pipe_max = 12; ///< datagrams under way

struct playground {
  explicit playground(decisions& d) : choose(d), coupled((d.next() & 1) != 0) {
    const std::uint8_t how = choose.next();
    asks.block_szx = how % 3;
    asks.counted = true; // so that the fuzzer can learn tokens and ids
    asks.body_max = 300;
    asks.requests_max = 4;
    asks.limits.waiting_max = 5;
    asks.limits.message_max = 200;
    asks.timing.nstart = static_cast<std::uint8_t>(1 + (how >> 2) % 3);
    asks.token_octets = static_cast<std::uint8_t>(1 + (how >> 4) % 8);
    serves.block_szx = (how >> 3) % 3;
    serves.body_max = 300;
    serves.requests_max = 3;
    serves.observations_max = 2;
    serves.limits.waiting_max = 3;
    serves.limits.recent_max = 8;
    serves.limits.replies_max = 400;
    serves.limits.message_max = 200;
    serves.keeps_bodies = (how & 0x80) == 0;
    serves.confirm_every = std::chrono::seconds{20};
  }

  decisions& choose;
  bool coupled;
  time_point now{};
  client_behaviour asks;
  server_behaviour serves;
  client device{asks, random_stream{1, 1, "fuzz"}};
  server_session cloud{serves, random_stream{1, 2, "fuzz"}};
  datagrams up;
  datagrams down;
  std::vector<std::vector<std::uint8_t>> upwards;
  std::vector<std::vector<std::uint8_t>> downwards;
  std::vector<exchange_id> open;
  std::vector<exchange_id> observed;
  std::uint8_t seen = 0;

  /// Reads every octet, for the sanitizer to see.
  void touch(bytes_view bytes) {
    for (const std::uint8_t b : bytes) {
      seen = static_cast<std::uint8_t>(seen + b);
    }
  }

  void drain_device() {
    while (const auto event = device.next_event(up)) {
      if (const auto* r = std::get_if<client_event::response_arrived>(&*event)) {
        touch(r->options);
        touch(r->payload);
        FLEET_CHECK(r->payload.size() <= std::max<std::size_t>(asks.body_max, 200));
      } else if (const auto* n = std::get_if<client_event::notification_arrived>(&*event)) {
        touch(n->payload);
      }
    }
    collect(up, upwards);
  }

  void drain_cloud() {
    while (const auto event = cloud.next_event(down)) {
      if (const auto* r = std::get_if<server_event::request_arrived>(&*event)) {
        touch(r->options);
        touch(r->payload);
        FLEET_CHECK(r->payload.size() <= std::max<std::size_t>(serves.body_max, 200));
        open.push_back(r->id);
        FLEET_CHECK(open.size() <= serves.requests_max);
        if ((choose.next() & 3) != 0) {
          answer();
        }
      }
    }
    collect(down, downwards);
  }

  void answer() {
    if (open.empty()) {
      return;
    }
    const std::uint8_t how = choose.next();
    const std::size_t at = how % open.size();
    const std::vector<std::uint8_t> payload(choose.next() * 3U, how);
    const option_view etag[] = {{option::etag, as_bytes("tag")}};
    const response_fields fields{(how & 0x40) != 0 ? code::not_found : code::content,
                                 (how & 0x20) != 0 ? options_view{etag} : options_view{}, payload,
                                 (how & 0x10) != 0};
    const exchange_id id = open[at];
    if (cloud.respond(id, fields, now, down) == respond_error::none) {
      open.erase(open.begin() + static_cast<std::ptrdiff_t>(at));
      if (cloud.observes(id)) {
        observed.push_back(id);
      }
    }
    collect(down, downwards);
  }

  void collect(datagrams& from, std::vector<std::vector<std::uint8_t>>& to) {
    for (; !from.empty(); from.pop()) {
      FLEET_CHECK(from.front().size() <= 200);
      message_view m;
      FLEET_CHECK(!decode(from.front(), 200, m)); // whatever we send is a message
      to.emplace_back(from.front().begin(), from.front().end());
    }
    while (to.size() > pipe_max) {
      to.erase(to.begin());
    }
  }

  void give(bool to_cloud, bytes_view bytes, bool multicast = false) {
    const std::vector<std::uint8_t> lent(bytes.begin(), bytes.end());
    if (to_cloud) {
      cloud.receive(lent, now, multicast ? destination::multicast : destination::unicast);
      drain_cloud();
    } else {
      device.receive(lent, now);
      drain_device();
    }
  }

  /// Moves one datagram across: any one of them, and perhaps it stays, or arrives changed.
  void ferry(bool to_cloud, std::uint8_t how) {
    auto& from = to_cloud ? upwards : downwards;
    if (from.empty()) {
      return;
    }
    const std::size_t at = (how >> 4) % from.size();
    std::vector<std::uint8_t> lent = from[at];
    if ((how & 3) != 3) {
      from.erase(from.begin() + static_cast<std::ptrdiff_t>(at));
    }
    if ((how & 12) == 12 && !lent.empty()) {
      lent[choose.next() % lent.size()] ^= choose.next();
    }
    give(to_cloud, lent);
  }

  void pass_time(std::uint8_t amount) {
    now = later(now, std::chrono::milliseconds{(amount & 0x80) != 0 ? amount * 3000 : amount * 40});
    device.handle_timeout(now, up);
    drain_device();
    cloud.handle_timeout(now, down);
    drain_cloud();
    FLEET_CHECK(device.next_timeout() > now && cloud.next_timeout() > now);
  }

  void call(std::uint8_t what) {
    const std::uint8_t b = choose.next();
    const option_view path[] = {{option::uri_path, as_bytes("a")},
                                {option::uri_query, as_bytes("q")}};
    const std::vector<std::uint8_t> payload(b, 'p');
    request_fields f;
    switch (what % 8) {
      case 0:
        f.method = static_cast<code>(1 + b % 7);
        f.options = {path, 1U + b % 2U};
        f.payload = (b & 4) != 0 ? bytes_view{payload} : bytes_view{};
        f.confirmable = (b & 8) == 0;
        (void)device.request(f, now, up);
        break;
      case 1:
        f.options = {path, 1};
        f.observe = true;
        f.confirmable = (b & 8) == 0;
        (void)device.request(f, now, up);
        break;
      case 2: (void)device.stop_observing(b, now, up); break;
      case 3: device.abandon(b, now, up); break;
      case 4: (void)device.ping(now, up); break;
      case 5: answer(); break;
      case 6:
        if (!observed.empty()) {
          const exchange_id id = observed[b % observed.size()];
          (void)cloud.notify(
              id, {(b & 0x70) == 0 ? code::not_found : code::content, {}, payload, (b & 8) != 0},
              now, down);
          if ((b & 7) == 7) {
            cloud.end_observation(id, now, down);
          }
          std::erase_if(observed, [this](exchange_id o) { return !cloud.observes(o); });
        }
        break;
      default: pass_time(b); break;
    }
    drain_device();
    drain_cloud();
  }

  void check() {
    FLEET_CHECK(device.memory_bytes() < memory_max && cloud.memory_bytes() < memory_max);
    FLEET_CHECK(device.open_requests() <= asks.requests_max);
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  decisions choose{{data, size}};
  playground p{choose};
  while (!choose.over()) {
    const std::uint8_t what = choose.next();
    if (p.coupled && (what & 1) != 0) {
      p.ferry((what & 2) != 0, choose.next());
    } else if ((what & 3) == 0) {
      p.give((what & 4) != 0, choose.octets(1U + (what >> 3)), (what & 0xf8) == 0xf8);
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
