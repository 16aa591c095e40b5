// Bodies that come from a source: a window of octets waits in the connection, and the next are
// asked for when the network has taken them. Never a whole body.
#include <algorithm>
#include <utility>

#include "cloud_sim/web/session.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

void web_session::stream_body(http::fields_view fields, web_answer what) {
  const time_point now = owner_.home_.now();
  if (machine_.respond_in_pieces(what.status, fields, what.length, stream_->output())
      != http::write_error::none) {
    // A field of the handler's that cannot be written is our own mistake; the client hears of it.
    if (machine_.respond(500, {}, {}, now, stream_->output()) != http::write_error::none) {
      linger();
    }
    return;
  }
  if (asked_head_ || what.length == 0) {
    machine_.finish(now, stream_->output());
    return;
  }
  body_ = std::move(what.source);
  left_ = what.length;
  hal::bump(owner_.counters_.bodies_open);
  pump();
}

void web_session::pump() {
  const time_point now = owner_.home_.now();
  const std::size_t window = owner_.limits_.window;
  unsent_ = false;
  while (body_ != nullptr) {
    const std::size_t waiting = stream_->unsent();
    if (waiting >= window) {
      unsent_ = true;
      unsent_then_ = waiting;
      body_due_ = later(now, owner_.limits_.stall_deadline);
      stream_->tell_when_sent();
      return;
    }
    const auto room = std::min<std::uint64_t>(left_, window - waiting);
    const auto got = body_->next(static_cast<std::size_t>(room), now);
    switch (got.what) {
      case body_source::step::piece:
        FLEET_CHECK(!got.octets.empty() && got.octets.size() <= room);
        machine_.supply(got.octets, stream_->output());
        left_ -= got.octets.size();
        hal::bump(owner_.counters_.bodies_octets, got.octets.size());
        break;
      case body_source::step::wait: body_due_ = got.until; return;
      case body_source::step::broken:
        hal::bump(owner_.counters_.bodies_broken);
        tear();
        return;
      case body_source::step::ended:
        hal::bump(owner_.counters_.bodies_broken);
        drop_body();
        linger();
        return;
    }
    if (left_ == 0) {
      drop_body();
      machine_.finish(now, stream_->output());
    }
  }
}

void web_session::resume(std::uint64_t exchange) {
  if (phase_ == phase::alive && body_ != nullptr && !unsent_ && exchange == exchange_) {
    const auto self = shared_from_this();
    pump();
    drain();
  }
}

void web_session::drop_body() {
  if (std::exchange(body_, nullptr) != nullptr) {
    hal::bump(owner_.counters_.bodies_open, ~std::uint64_t{0});
    body_due_ = never;
    unsent_ = false;
  }
}

bool web_session::moves() {
  const std::size_t before = std::exchange(unsent_then_, stream_->unsent());
  return unsent_then_ < before;
}

/// What was said of the length is not kept, so the connection must not end in order.
void web_session::tear() {
  const auto self = shared_from_this();
  reset();
  owner_.forget(*this);
}

} // namespace fleet::cloud
