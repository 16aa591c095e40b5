// The way of a call through a link, in both directions.
#include "hal_sim/board/link.hpp"

#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

void link::open(const connect_options& options, stream_events& owner) {
  drop();
  owner_ = &owner;
  state_ = state::connecting;
  if (counters_ != nullptr) {
    bump(counters_->opened);
  }
  stream_ = home_->connect(options, *this);
}

byte_buffer& link::output() {
  FLEET_CHECK(stream_ != nullptr);
  return stream_->output();
}

void link::close() {
  if (stream_ != nullptr) {
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
  state_ = state::down;
  owner_ = nullptr;
  stream_.reset();
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
  owner_->on_connected();
}

void link::on_received(bytes_view bytes) {
  if (counters_ != nullptr) {
    bump(counters_->bytes_received, bytes.size());
  }
  owner_->on_received(bytes);
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
  std::exchange(owner_, nullptr)->on_closed(reason, detail);
}

} // namespace fleet::hal
