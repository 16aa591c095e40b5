// The path of every octet through a service. Answers given within the handler's call wait for its
// return, so that views of the request live as long as the call.
#include "cloud_sim/web/session.hpp"

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

namespace fleet::cloud {

namespace {

/// `127.0.0.1:80` and `[::1]:80` without their ports.
std::string without_port(std::string peer) {
  const std::size_t colon = peer.rfind(':');
  if (colon != std::string::npos && peer.find(']', colon) == std::string::npos) {
    peer.resize(colon);
  }
  return peer;
}

web_answer trouble(std::uint16_t status, std::string_view json) {
  web_answer out;
  out.status = status;
  out.body.append(json);
  return out;
}

} // namespace

web_session::web_session(web_service& owner, hal::stream_ptr accepted, bool secure)
    : owner_(owner), stream_(std::move(accepted)), machine_(owner.limits_.http, owner.home_.now()),
      source_(without_port(stream_->peer())), secure_(secure) {
  stream_->set_events(*this);
}

web_session::~web_session() {
  owner_.home_.disarm(*this);
}

void web_session::open() {
  rearm();
}

void web_session::drop() {
  phase_ = phase::ended;
  waiting_ = false;
  drop_body();
  stream_.reset();
  owner_.home_.disarm(*this);
}

void web_session::reset() {
  if (stream_ != nullptr) {
    stream_->reset();
  }
  drop();
}

void web_session::on_received(bytes_view bytes) {
  const auto self = shared_from_this();
  if (phase_ != phase::alive) {
    return;
  }
  machine_.receive(bytes, owner_.home_.now());
  drain();
}

void web_session::on_drained() {
  if (paused_ && phase_ == phase::alive) {
    paused_ = false;
    stream_->pause_reading(false);
  }
  if (body_ != nullptr && phase_ == phase::alive) {
    const auto self = shared_from_this();
    pump();
    drain();
  }
}

void web_session::on_closed(hal::close_reason, std::string_view) {
  const auto self = shared_from_this();
  end();
}

void web_session::on_wake(time_point now) {
  const auto self = shared_from_this();
  if (phase_ == phase::lingering) {
    if (moves()) {
      owner_.home_.arm(*this, later(now, owner_.limits_.linger));
    } else {
      end();
    }
    return;
  }
  if (phase_ == phase::alive && waiting_ && deadline_ <= now) {
    hal::bump(owner_.counters_.unanswered);
    respond(trouble(504, R"({"error":"timed-out","detail":"no answer in time"})"));
    drain();
    return;
  }
  if (phase_ == phase::alive && body_ != nullptr && body_due_ <= now) {
    if (unsent_ && moves()) {
      body_due_ = later(now, owner_.limits_.stall_deadline);
      rearm();
      return;
    }
    if (unsent_) {
      hal::bump(owner_.counters_.unread);
      tear();
      return;
    }
    pump();
    drain();
    return;
  }
  if (phase_ == phase::alive && machine_.next_timeout() <= now) {
    machine_.handle_timeout(now, stream_->output());
    drain();
    return;
  }
  rearm();
}

bool web_session::congested() const {
  return stream_->unsent() > hal::high_water_bytes;
}

void web_session::drain() {
  while (phase_ == phase::alive) {
    const auto event = machine_.next_event(stream_->output());
    if (!event) {
      break;
    }
    handle(*event);
  }
  if (phase_ != phase::alive) {
    return;
  }
  if (machine_.over()) {
    linger();
    return;
  }
  // Whoever does not read answers is not read either; the idle deadline ends it.
  if (!paused_ && congested()) {
    paused_ = true;
    stream_->pause_reading(true);
  }
  rearm();
}

void web_session::handle(const http::server_event_variant& event) {
  if (const auto* request = std::get_if<http::server_event::request_arrived>(&event)) {
    ask(*request);
    return;
  }
  hal::bump(owner_.counters_.violations);
  linger();
}

void web_session::ask(const http::server_event::request_arrived& request) {
  ++exchange_;
  waiting_ = true;
  // A client that asks on while it leaves megabytes unread would have us hold them.
  if (congested()) {
    hal::bump(owner_.counters_.unread);
    drop();
    owner_.forget(*this);
    return;
  }
  deadline_ = later(owner_.home_.now(), owner_.limits_.answer_deadline);
  hal::bump(owner_.counters_.requests);
  const web_request asked{request.method, request.target, request.host, request.fields,
                          request.body,   source_,        secure_};
  asking_ = true;
  asked_head_ = request.method == "HEAD";
  owner_.handler_.on_request(asked, responder{weak_from_this(), exchange_});
  asking_ = false;
  if (answered_ && phase_ == phase::alive) {
    respond(*std::exchange(answered_, std::nullopt));
  }
}

void web_session::answer(std::uint64_t exchange, web_answer what) {
  if (phase_ != phase::alive || !waiting_ || exchange != exchange_ || answered_) {
    return;
  }
  if (asking_) {
    answered_ = std::move(what);
    return;
  }
  const auto self = shared_from_this();
  respond(std::move(what));
  drain();
}

void web_session::respond(web_answer what) {
  waiting_ = false;
  deadline_ = never;
  if (what.bare) {
    stream_->output().append(what.body.view());
    linger();
    return;
  }
  std::vector<http::field> fields;
  if (!what.body.empty() || what.source != nullptr) {
    fields.push_back({"Content-Type", what.content_type});
  }
  // Answers hold states and secrets of the moment.
  fields.push_back({"Cache-Control", "no-store"});
  fields.push_back({"X-Content-Type-Options", "nosniff"});
  for (const auto& [name, value] : what.fields) {
    fields.push_back({name, value});
  }
  if (what.source != nullptr) {
    stream_body(fields, std::move(what));
    return;
  }
  const time_point now = owner_.home_.now();
  if (machine_.respond(what.status, fields, what.body.view(), now, stream_->output())
      == http::write_error::none) {
    return;
  }
  // A field of the handler's that cannot be written is our own mistake; the client hears of it.
  if (machine_.respond(500, {}, {}, now, stream_->output()) != http::write_error::none) {
    linger();
  }
}

void web_session::linger() {
  phase_ = phase::lingering;
  waiting_ = false;
  deadline_ = later(owner_.home_.now(), owner_.limits_.linger);
  unsent_then_ = stream_->unsent();
  owner_.home_.arm(*this, deadline_);
  if (paused_) {
    paused_ = false;
    stream_->pause_reading(false);
  }
  stream_->close();
}

void web_session::end() {
  if (phase_ != phase::ended) {
    drop();
    owner_.forget(*this);
  }
}

void web_session::rearm() {
  if (phase_ == phase::alive) {
    const time_point owed = waiting_ ? deadline_ : body_ != nullptr ? body_due_ : never;
    owner_.home_.arm(*this, std::min(owed, machine_.next_timeout()));
  }
}

} // namespace fleet::cloud
