// The way of a call through a link, in both directions.
#include "hal_sim/board/link.hpp"

#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

/// What boards need that are no plain ones: beside a transformed stream, how it is done, what is in
/// the output before `from` being sealed; and a link for datagrams.
struct link::extras {
  std::unique_ptr<stream_transform> how;
  std::size_t from = 0;
  bool writing = false; ///< output() was handed out since the last seal()
  std::unique_ptr<datagram_link> datagrams;
};

link::link(home& h) noexcept : home_(&h) {}
link::~link() = default;

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
  if (extras_ != nullptr) {
    extras_->how.reset();
    extras_->writing = false;
    if (extras_->datagrams == nullptr) {
      extras_.reset();
    }
  }
}

datagram_link& link::datagrams(random_stream luck) {
  extras& all = extras_of();
  if (all.datagrams == nullptr) {
    all.datagrams = std::make_unique<datagram_link>(*home_, luck);
  }
  return *all.datagrams;
}

datagram_link* link::datagrams() const noexcept {
  return extras_ == nullptr ? nullptr : extras_->datagrams.get();
}

void link::open(const connect_options& options, stream_events& owner,
                std::unique_ptr<stream_transform> transform) {
  drop();
  if (transform != nullptr) {
    extras_of().how = std::move(transform);
  }
  owner_ = &owner;
  state_ = state::connecting;
  if (counters_ != nullptr) {
    bump(counters_->opened);
  }
  stream_ = home_->connect(options, *this);
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
  if (!extras_->writing || stream_ == nullptr) {
    return;
  }
  extras_->writing = false;
  auto& out = stream_->output();
  if (out.size() > extras_->from) {
    extras_->how->seal({&out[extras_->from], out.size() - extras_->from});
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
