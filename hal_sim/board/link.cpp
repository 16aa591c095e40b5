// The way of a call through a link, in both directions.
#include "hal_sim/board/link.hpp"

#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

/// What a transformed stream needs beside it. What is in the output before `from` is sealed.
struct link::veil {
  std::unique_ptr<stream_transform> how;
  std::size_t from = 0;
  bool writing = false; ///< output() was handed out since the last seal()
};

link::link(home& h) noexcept : home_(&h) {}
link::~link() = default;

void link::open(const connect_options& options, stream_events& owner,
                std::unique_ptr<stream_transform> transform) {
  drop();
  if (transform != nullptr) {
    veil_ = std::make_unique<veil>();
    veil_->how = std::move(transform);
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
  if (veil_ != nullptr && !veil_->writing) {
    veil_->writing = true;
    veil_->from = out.size();
  }
  return out;
}

void link::seal_output() noexcept {
  if (!veil_->writing || stream_ == nullptr) {
    return;
  }
  veil_->writing = false;
  auto& out = stream_->output();
  if (out.size() > veil_->from) {
    veil_->how->seal({&out[veil_->from], out.size() - veil_->from});
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
  veil_.reset();
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
  if (veil_ != nullptr) {
    veil_->how->begin(stream_->output());
  }
  owner_->on_connected();
}

void link::on_received(bytes_view bytes) {
  if (counters_ != nullptr) {
    bump(counters_->bytes_received, bytes.size());
  }
  if (veil_ == nullptr) {
    owner_->on_received(bytes);
    return;
  }
  byte_buffer plain; // the owner may let the stream go meanwhile
  if (!veil_->how->open(bytes, plain)) {
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
  veil_.reset();
  std::exchange(owner_, nullptr)->on_closed(reason, detail);
}

} // namespace fleet::hal
