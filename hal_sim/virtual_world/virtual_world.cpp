// The loop of the virtual world.
#include "hal_sim/virtual_world/virtual_world.hpp"

#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

virtual_home::virtual_home(virtual_options options) : network_(*this, meters_, std::move(options)) {
  wall_origin_ms_ = network_.wall_origin_ms();
}

virtual_home::~virtual_home() {
  // An actor in the queue may own streams: it must go while the network stands.
  drop_queued();
}

stream_ptr virtual_home::connect(const connect_options& options, stream_events& events) {
  return network_.connect(options, events);
}

result<std::unique_ptr<listener>, listen_error> virtual_home::listen(const listen_options& options,
                                                                     accept_events& events) {
  return network_.listen(options, events);
}

bool virtual_home::drain() {
  bool any = false;
  do {
    while (run_queued()) {
      any = true;
      FLEET_CHECK(++same_instant_ < same_instant_max);
    }
    network_.end_turn();
    datagrams_.end_turn();
  } while (queued());
  return any;
}

bool virtual_home::step(time_point horizon) {
  const bool ran = drain();
  const time_point due = timers_.next();
  if (due == never || due > horizon) {
    if (ran) {
      bump(meters_.turns);
    }
    return ran;
  }
  if (due > now_) {
    now_ = due;
    same_instant_ = 0;
  }
  FLEET_CHECK(++same_instant_ < same_instant_max);
  bump(meters_.turns);
  const std::uint64_t before = network_.arrivals() + datagrams_.arrivals();
  timers_.wake_one(now_);
  if (network_.arrivals() + datagrams_.arrivals() == before) {
    bump(meters_.wakes);
  }
  drain();
  return true;
}

void virtual_home::advance_to(time_point t) noexcept {
  if (t > now_) {
    now_ = t;
    same_instant_ = 0;
  }
}

virtual_world::virtual_world(virtual_options options) : home_(std::move(options)) {}

void virtual_world::run_until(time_point horizon) {
  while (home_.step(horizon)) {
  }
  if (horizon != never) {
    home_.advance_to(horizon);
  }
}

std::uint64_t virtual_world::digest() const noexcept {
  return home_.network().digest().value();
}

std::string virtual_world::digest_text() const {
  return home_.network().digest().text();
}

} // namespace fleet::hal
