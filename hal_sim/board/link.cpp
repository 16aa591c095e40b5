// The way of a call through a link, in both directions.
#include "hal_sim/board/link.hpp"

#include <algorithm>
#include <utility>

#include "hal_sim/board/link_extras.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::hal {

link::link(home& h, std::uint32_t salt) noexcept : home_(&h), salt_(salt) {}

link::~link() {
  if (extras_ != nullptr) {
    drop();
  }
}

link::extras& link::extras_of() {
  if (extras_ == nullptr) {
    extras_ = std::make_unique<extras>();
  }
  return *extras_;
}

stream_transform* link::veil() const noexcept {
  return extras_ == nullptr ? nullptr : extras_->how.get();
}

void link::lift() noexcept {
  if (extras_ == nullptr) {
    return;
  }
  extras_->how.reset();
  extras_->writing = false;
  if (link_weather* const w = weather()) {
    w->dismiss_gate();
    if (link* const main = std::exchange(w->leader, nullptr)) {
      main->weather_of().part(*this);
      main->tidy();
      w->renew();
    }
  }
  tidy();
}

void link::tidy() noexcept {
  if (extras_ == nullptr) {
    return;
  }
  if (extras_->weather != nullptr && extras_->weather->spare()) {
    if (extras_->datagrams != nullptr) {
      extras_->datagrams->under(nullptr);
    }
    extras_->weather.reset();
  }
  if (extras_->how == nullptr && extras_->datagrams == nullptr && extras_->weather == nullptr) {
    extras_.reset();
  }
}

datagram_link& link::datagrams(random_stream luck) {
  extras& all = extras_of();
  if (all.datagrams == nullptr) {
    all.datagrams = std::make_unique<datagram_link>(*home_, luck);
    all.datagrams->under(all.weather == nullptr ? nullptr : &all.weather->sum);
  }
  return *all.datagrams;
}

datagram_link* link::datagrams() const noexcept {
  return extras_ == nullptr ? nullptr : extras_->datagrams.get();
}

void link::open(const connect_options& options, stream_events& owner,
                std::unique_ptr<stream_transform> transform) {
  drop();
  begin(options, owner, std::move(transform));
}

void link::open_beside(link& main, const connect_options& options, stream_events& owner) {
  drop();
  main.weather_of().join(*this);
  weather_of().leader = &main;
  weather_of().renew();
  begin(options, owner, nullptr);
}

void link::begin(const connect_options& options, stream_events& owner,
                 std::unique_ptr<stream_transform> transform) {
  if (transform != nullptr) {
    extras_of().how = std::move(transform);
  }
  owner_ = &owner;
  state_ = state::connecting;
  secured_ = options.security != nullptr;
  paused_ = false;
  constexpr auto tenth = std::chrono::milliseconds{100};
  patience_ = static_cast<std::uint16_t>(
      std::min<std::int64_t>((options.timeout + tenth - duration{1}) / tenth, UINT16_MAX));
  if (counters_ != nullptr) {
    bump(counters_->opened);
  }
  link_weather* const w = weather();
  if (w == nullptr || !w->sum.on_streams()) {
    stream_ = home_->connect(options, *this);
    return;
  }
  link_gate& gate = w->put_gate(*this);
  stream_ = stream_ptr{&gate};
  gate.open(options);
}

byte_buffer& link::output() {
  FLEET_CHECK(stream_ != nullptr);
  auto& out = stream_->output();
  if (veil() != nullptr && !extras_->writing) {
    extras_->writing = true;
    extras_->from = out.size();
  }
  return out;
}

void link::seal_output() noexcept {
  if (stream_ == nullptr) {
    return;
  }
  if (extras_->writing) {
    extras_->writing = false;
    auto& out = stream_->output();
    if (out.size() > extras_->from) {
      extras_->how->seal({&out[extras_->from], out.size() - extras_->from});
    }
  }
  if (link_weather* const w = weather(); w != nullptr && w->gate() != nullptr) {
    w->gate()->collect();
  }
}

void link::close() {
  if (stream_ != nullptr) {
    seal(); // from here on nothing more can be appended
    state_ = state::ending;
    stream_->close();
  }
}

void link::reset() {
  if (stream_ != nullptr) {
    state_ = state::ending;
    stream_->reset();
  }
}

void link::drop() noexcept {
  seal(); // what is unsent goes as far as it can
  state_ = state::down;
  owner_ = nullptr;
  stream_.reset();
  lift();
}

void link::pause_reading(bool paused) {
  paused_ = paused;
  if (stream_ != nullptr) {
    stream_->pause_reading(paused);
  }
}

void link::on_connected() {
  state_ = state::up;
  if (counters_ != nullptr) {
    bump(counters_->connected);
  }
  if (veil() != nullptr) {
    veil()->begin(stream_->output());
  }
  owner_->on_connected();
}

void link::on_received(bytes_view bytes) {
  if (counters_ != nullptr) {
    bump(counters_->bytes_received, bytes.size());
  }
  if (veil() == nullptr) {
    owner_->on_received(bytes);
    return;
  }
  byte_buffer plain; // the owner may let the stream go meanwhile
  if (!veil()->open(bytes, plain)) {
    on_closed(close_reason::tls_failed, "the peer does not take the ID2 model's encryption");
  } else if (!plain.empty()) {
    owner_->on_received(plain.view());
  }
}

void link::foresee(unsigned step) const noexcept {
  if (step == 1) {
    constexpr std::size_t its_device = 512; // a link is the first of all that a device keeps
    fetch_ahead(owner_);
    fetch_ahead(this, its_device);
  } else if (owner_ != nullptr) {
    owner_->foresee(step == 2 ? 1 : 3);
  }
}

void link::on_drained() {
  owner_->on_drained();
}

void link::on_closed(close_reason reason, std::string_view detail) {
  state_ = state::down;
  if (counters_ != nullptr) {
    bump(counters_->ended[static_cast<std::size_t>(reason)]);
  }
  // The stream goes before its owner hears of it, so that the owner may open the next one.
  stream_.reset();
  lift();
  std::exchange(owner_, nullptr)->on_closed(reason, detail);
}

} // namespace fleet::hal
