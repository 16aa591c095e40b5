// What an owner asks of a stream is noted here and done by the home when its turn ends.
#include "hal_sim/real_world/real_stream.hpp"

#include "hal_sim/real_world/real_home.hpp"

namespace fleet::hal {

real_stream::real_stream(real_home& where, stream_events* events, const address& peer, int fd,
                         stream_phase phase) noexcept
    : home_(where), events_(events), peer_(peer), fd_(fd), phase_(phase) {}

real_stream::~real_stream() = default;

byte_buffer& real_stream::output() {
  if (phase_ == stream_phase::closed || closing_ || resetting_ || send_failed_) {
    return home_.sink();
  }
  if (out_ == nullptr) {
    out_ = home_.pool_.take();
  }
  home_.mark_dirty(*this);
  return *out_;
}

std::size_t real_stream::unsent() const {
  return (out_ == nullptr ? 0 : out_->size()) + (cipher_ == nullptr ? 0 : cipher_->size());
}

void real_stream::close() {
  closing_ = true;
  home_.mark_dirty(*this);
  if (paused_) {
    home_.mark_readable(*this); // to throw away what would keep the peer from reading
  }
}

void real_stream::reset() {
  resetting_ = true;
  home_.mark_dirty(*this);
}

void real_stream::pause_reading(bool paused) {
  // The kernel told of what came meanwhile once and will not repeat it.
  if (paused_ && !paused) {
    home_.mark_readable(*this);
  }
  paused_ = paused;
}

void real_stream::abandon() noexcept {
  if (home_.on_own_thread()) {
    home_.adopt(*this);
  } else {
    home_.orphan(*this);
  }
}

} // namespace fleet::hal
