// Streams on their way to being usable, in either direction, and the listeners they come from.
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/real_stream.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/remembering_filters.hpp"

namespace fleet::hal {

namespace {

/// Connections accepted from one listener in one turn.
constexpr int accepts_per_turn = 64;

std::string in_seconds(duration d) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
  return ms % 1000 == 0 ? std::to_string(ms / 1000) + " s" : std::to_string(ms) + " ms";
}

/// Of a stream that is ours, its device may know the server from the one before.
std::unique_ptr<stream_filter> filter_for(const attempt& a, const address& peer,
                                          stream_filter_factory& security, std::string_view name) {
  auto* const memory =
      a.from == nullptr ? dynamic_cast<remembering_filter_factory*>(&security) : nullptr;
  return memory != nullptr ? memory->make_for(name, peer.text(), a.origin) : security.make(name);
}

} // namespace

/// What an owner holds of an acceptor.
class real_listener final : public listener {
public:
  real_listener(real_home& where, acceptor& what) noexcept : home_(where), what_(what) {}
  ~real_listener() override { home_.drop(what_); }
  real_listener(const real_listener&) = delete;
  real_listener& operator=(const real_listener&) = delete;

  [[nodiscard]] address at() const override { return what_.at; }
  [[nodiscard]] int fd() const noexcept { return what_.fd; }

private:
  real_home& home_;
  acceptor& what_;
};

void attempt::on_wake(time_point /*now*/) {
  home.time_out(*this); // frees it
}

void acceptor::on_wake(time_point /*now*/) {
  home.mark_ready(*this);
}

stream_ptr real_home::connect(const connect_options& options, stream_events& events) {
  auto* const s = new real_stream{*this, &events, options.peer, -1, stream_phase::waiting};
  ++streams_;
  attempt& a = waiting_.emplace_back(*this, *s);
  a.self = std::prev(waiting_.end());
  a.timeout = options.timeout;
  a.security = options.security;
  a.server_name = options.server_name;
  a.origin = options.origin;
  // A filter's handshake is an answer already.
  a.until_answered = options.pending_until_answered && options.security == nullptr;
  s->attempt_ = &a;
  bump(meters_.connects_waiting);
  return stream_ptr{s};
}

void real_home::start_waiting() {
  // Those that fail at once may be tried again at once, by their owners: that is for the next turn.
  std::size_t count = waiting_.size();
  for (; count > 0 && pending_connects_ < options_.pending_connects_max && !waiting_.empty();
       --count) {
    begin(waiting_.front());
  }
}

void real_home::begin(attempt& a) {
  real_stream& s = a.who;
  pending_.splice(pending_.end(), waiting_, a.self);
  bump(meters_.connects_waiting, ~std::uint64_t{0});
  ++pending_connects_;
  s.phase_ = stream_phase::connecting;
  const result<int, ending> opened = open_towards(s.peer_, source_for(s.peer_, a.origin));
  if (!opened) {
    finish(s, opened.error());
    return;
  }
  s.fd_ = opened.value();
  timers_.arm(a, later(now_, a.timeout));
  if (!watch(s)) {
    finish(s, ending_of(ENOMEM, s.peer_));
  }
}

const address* real_home::source_for(const address& peer, std::uint64_t origin) const {
  const auto fits = [&peer](const address& from) { return can_reach(from, peer); };
  const auto pick = [&](const std::vector<address>& from) -> const address* {
    const auto count = static_cast<std::uint64_t>(std::count_if(from.begin(), from.end(), fits));
    if (count == 0) {
      return nullptr;
    }
    std::uint64_t skip = origin / options_.places_in_turn % count;
    return &*std::find_if(from.begin(), from.end(),
                          [&](const address& a) { return fits(a) && skip-- == 0; });
  };
  const address* const chosen = pick(options_.source_addresses);
  return chosen != nullptr ? chosen : pick(default_sources_);
}

bool real_home::watch(real_stream& s) {
  epoll_event event{};
  // All that can be asked for, once: edge-triggered, what is not wanted now costs nothing later.
  event.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
  event.data.u64 = reinterpret_cast<std::uint64_t>(&s);
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, s.fd_, &event) == 0;
}

void real_home::connected(real_stream& s) {
  int error = 0;
  socklen_t size = sizeof error;
  if (::getsockopt(s.fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0) {
    error = errno;
  }
  if (error != 0) {
    finish(s, ending_of(error, s.peer_));
  } else if (s.attempt_->security != nullptr) {
    negotiate(s, *s.attempt_->security, s.attempt_->server_name);
  } else {
    usable(s);
  }
}

void real_home::negotiate(real_stream& s, stream_filter_factory& security, std::string_view name) {
  s.phase_ = stream_phase::handshaking;
  s.filter_ = filter_for(*s.attempt_, s.peer_, security, name);
  FLEET_CHECK(s.filter_ != nullptr);
  const filter_state state = s.filter_->start(cipher_of(s));
  mark_dirty(s);
  if (state == filter_state::failed) {
    finish(s, {close_reason::tls_failed, s.filter_->error()});
  }
}

void real_home::usable(real_stream& s) {
  const acceptor* const from = s.attempt_->from;
  accept_events* const to = from == nullptr ? nullptr : from->events;
  const bool ours = from == nullptr;
  if (ours && s.attempt_->until_answered) {
    s.unanswered_ = true;
    ++pending_connects_;
  }
  settle(s);
  s.phase_ = stream_phase::open;
  bump(meters_.streams_open);
  if (s.out_ != nullptr) {
    mark_dirty(s);
  }
  if (!ours) {
    hand_over(to, s);
  } else if (!s.closing_ && !s.resetting_ && !s.abandoned_) {
    s.events_->on_connected();
  }
}

void real_home::settle(real_stream& s) {
  attempt* const a = std::exchange(s.attempt_, nullptr);
  if (a == nullptr) {
    return;
  }
  timers_.disarm(*a);
  if (s.phase_ == stream_phase::waiting) {
    bump(meters_.connects_waiting, ~std::uint64_t{0});
    waiting_.erase(a->self);
    return;
  }
  if (a->from == nullptr) {
    --pending_connects_;
  } else if (a->from->handshaking-- == options_.accept_handshakes_max && a->from->fd >= 0) {
    mark_ready(*a->from);
  }
  pending_.erase(a->self);
}

void real_home::answered(real_stream& s) {
  if (s.unanswered_) {
    s.unanswered_ = false;
    --pending_connects_;
  }
}

void real_home::time_out(attempt& a) {
  real_stream& s = a.who;
  const std::string within = " within " + in_seconds(a.timeout);
  finish(s, {close_reason::timed_out,
             s.phase_ == stream_phase::handshaking
                 ? "the TLS handshake with " + s.peer_.text() + " did not end" + within
                 : s.peer_.text() + " did not answer" + within});
}

result<std::unique_ptr<listener>, listen_error> real_home::listen(const listen_options& options,
                                                                  accept_events& events) {
  address at = options.at;
  const result<int, int> opened = open_listener(at);
  if (!opened) {
    return fail(listen_error_of(opened.error()));
  }
  return accept_from(opened.value(), at, options, events);
}

result<std::unique_ptr<listener>, listen_error>
real_home::listen_beside(const listener& other, const listen_options& options,
                         accept_events& events) {
  const result<int, int> more = again(static_cast<const real_listener&>(other).fd());
  if (!more) {
    return fail(listen_error_of(more.error()));
  }
  return accept_from(more.value(), other.at(), options, events);
}

result<std::unique_ptr<listener>, listen_error>
real_home::accept_from(int fd, const address& at, const listen_options& options,
                       accept_events& events) {
  acceptor& a = acceptors_.emplace_back(*this, fd, at, options, events);
  epoll_event event{};
  // One home wakes for each that comes, wherever else the socket is watched.
  event.events = EPOLLIN | EPOLLET | EPOLLEXCLUSIVE;
  event.data.u64 = reinterpret_cast<std::uint64_t>(&a) | 1;
  auto handle = std::make_unique<real_listener>(*this, a);
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, a.fd, &event) != 0) {
    return fail(listen_error::exhausted);
  }
  return result<std::unique_ptr<listener>, listen_error>{std::move(handle)};
}

void real_home::drop(acceptor& a) noexcept {
  ::close(std::exchange(a.fd, -1));
  a.events = nullptr;
  timers_.disarm(a);
  ++dropped_acceptors_;
}

void real_home::mark_ready(acceptor& a) {
  if (!a.ready) {
    a.ready = true;
    ready_.push_back(&a);
  }
}

void real_home::accept_ready() {
  accepting_.swap(ready_);
  for (acceptor* a : accepting_) {
    a->ready = false;
    accept_some(*a);
  }
  accepting_.clear();
}

void real_home::accept_some(acceptor& a) {
  for (int i = 0; i < accepts_per_turn; ++i) {
    const bool full = a.handshaking >= options_.accept_handshakes_max;
    if (a.fd < 0 || full) {
      return; // settling one makes it ready again
    }
    sockaddr_storage raw{};
    socklen_t size = sizeof raw;
    const int fd =
        ::accept4(a.fd, reinterpret_cast<sockaddr*>(&raw), &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (fd >= 0) {
      accept_one(a, fd, from_socket(raw));
    } else if (errno == EAGAIN) {
      return;
    } else if (exhausted(errno)) {
      bump(meters_.accepts_paused);
      timers_.arm(a, later(now_, options_.accept_pause));
      return;
    }
    // Anything else befell the one connection at the head of the queue, which is gone with it.
  }
  mark_ready(a);
}

void real_home::accept_one(acceptor& a, int fd, const address& peer) {
  send_at_once(fd);
  const bool secure = a.security != nullptr;
  auto* const s = new real_stream{*this, nullptr, peer, fd,
                                  secure ? stream_phase::handshaking : stream_phase::open};
  ++streams_;
  if (!secure) {
    bump(meters_.streams_open);
  }
  if (!watch(*s)) {
    finish(*s, ending_of(ENOMEM, peer));
    return;
  }
  if (!secure) {
    hand_over(a.events, *s);
    return;
  }
  attempt& handshake = pending_.emplace_back(*this, *s);
  handshake.self = std::prev(pending_.end());
  handshake.timeout = options_.accept_timeout;
  handshake.from = &a;
  s->attempt_ = &handshake;
  ++a.handshaking;
  timers_.arm(handshake, later(now_, handshake.timeout));
  negotiate(*s, *a.security, {});
}

void real_home::hand_over(accept_events* to, real_stream& s) {
  if (to == nullptr) {
    adopt(s); // the listener went while this one negotiated
    return;
  }
  to->on_accepted(stream_ptr{&s});
  // Whoever takes it listens to it.
  FLEET_CHECK(s.abandoned_ || s.events_ != nullptr);
}

} // namespace fleet::hal
