// Planned disturbances of a link: when a gate goes in between, and when it goes again.
#include <utility>

#include "hal_sim/board/link_extras.hpp"

namespace fleet::hal {

link_weather& link::weather_of() {
  extras& all = extras_of();
  if (all.weather == nullptr) {
    all.weather =
        std::make_unique<link_weather>(*this, *home_, random_stream{salt_, 0, "link faults"});
    if (all.datagrams != nullptr) {
      all.datagrams->under(&all.weather->sum);
    }
  }
  return *all.weather;
}

link_disturbance link::disturbed_by() const noexcept {
  const link_weather* const w = weather();
  return w == nullptr ? link_disturbance{} : w->sum;
}

void link::disturb(const link_disturbance& what) {
  weather_of().add(what);
  renew();
}

void link::relieve(const link_disturbance& what) {
  if (link_weather* const w = weather()) {
    w->remove(what);
    renew();
  }
}

void link::disturbance_changed(const link_disturbance& /*what*/) {
  if (weather() != nullptr) {
    renew();
  }
}

void link::renew() {
  seal();
  link_weather& w = weather_of();
  w.renew();
  const bool stands = state_ == state::connecting || state_ == state::up;
  if (stands && w.gate() == nullptr && w.sum.on_streams()) {
    wrap();
  }
  for (link* const other : w.companions()) {
    other->renew();
  }
  tidy();
}

void link::wrap() {
  link_gate& gate = weather_of().put_gate(*this);
  gate.take(std::exchange(stream_, stream_ptr{&gate}),
            {.connected = state_ == state::up,
             .paused = paused_,
             .secured = secured_,
             .timeout = std::chrono::milliseconds{100} * patience_});
}

void link::take_back(stream_ptr stream) noexcept {
  stream->set_events(*this);
  (void)stream_.release(); // the gate, which is nobody's any more
  stream_ = std::move(stream);
  tidy();
}

void link::tear() {
  link_weather* const before = weather();
  if (state_ == state::ending && (before == nullptr || before->gate() == nullptr)) {
    stream_->reset();
  } else if (stream_ != nullptr) {
    seal();
    if (weather_of().gate() == nullptr) {
      wrap();
    }
    weather_of().gate()->tear();
  }
  if (link_weather* const w = weather()) {
    for (link* const other : w->companions()) {
      other->tear();
    }
  }
}

void link::go_half_open() {
  if (state_ == state::up) {
    seal();
    if (weather_of().gate() == nullptr) {
      wrap();
    }
    weather_of().gate()->go_half_open();
  }
  if (link_weather* const w = weather()) {
    for (link* const other : w->companions()) {
      other->go_half_open();
    }
  }
}

std::size_t link::memory_bytes() const noexcept {
  if (extras_ == nullptr) {
    return 0;
  }
  return (extras_->datagrams == nullptr ? 0 : extras_->datagrams->memory_bytes())
         + (extras_->weather == nullptr ? 0 : extras_->weather->memory_bytes());
}

} // namespace fleet::hal
