// The turn of a real home: waiting, order, and who is freed when. What happens to one stream stands
// in real_home_bytes.cpp and real_home_attempts.cpp.
#include "hal_sim/real_world/real_home.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "hal_sim/real_world/real_stream.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

/// Events taken from the kernel at once; the rest comes in the next turn.
constexpr std::size_t events_per_turn = 256;

/// Rounds of queued tasks in one turn: messages that actors of this home send each other go out
/// without another wait, and endless talk still lets the network in.
constexpr int task_rounds_per_turn = 4;

/// An epoll entry is a pointer; its lowest bit tells an acceptor from a stream, the next one a
/// datagram socket. Null is the wake-up.
constexpr std::uint64_t acceptor_tag = 1;

/// Whose turn this thread takes.
thread_local const home* taking_turn = nullptr;

} // namespace

real_home::real_home(real_home_options options)
    : options_(std::move(options)), events_(events_per_turn),
      read_buffer_(options_.read_buffer_bytes) {
  FLEET_CHECK(options_.pending_connects_max > 0 && options_.accept_handshakes_max > 0);
  FLEET_CHECK(options_.read_buffer_bytes > 0);
  epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
  wake_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  // Without these there is no program: it starts before any device could use descriptors up.
  FLEET_CHECK(epoll_ >= 0 && wake_ >= 0);
  epoll_event event{};
  // Edge-triggered: each write is told once, so that the counter need never be read back.
  event.events = EPOLLIN | EPOLLET;
  event.data.u64 = 0;
  FLEET_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, wake_, &event) == 0);
  FLEET_CHECK(options_.loopback_sources > 0 && options_.loopback_sources < 255);
  for (std::uint32_t last = 1; last <= options_.loopback_sources; ++last) {
    address source;
    source.ip = {127, 0, 0, static_cast<std::uint8_t>(last)};
    default_sources_.push_back(source);
  }
  wall_origin_ms_ = std::chrono::duration_cast<std::chrono::milliseconds>(
                        options_.started_wall.time_since_epoch())
                        .count();
  now_ = clock();
}

real_home::~real_home() {
  drop_queued();
  for (attempt& a : pending_) {
    if (a.from != nullptr) {
      adopt(a.who);
    }
  }
  for (real_stream* s : readable_) {
    s->readable_ = false;
  }
  readable_.clear();
  take_orphans();
  while (!dirty_.empty() || datagrams_.work_ready()) {
    flush_dirty();
    datagrams_.read_again();
    datagrams_.flush();
    take_orphans();
  }
  bury();
  datagrams_.bury();
  // Whoever owns a stream or a listener must let go before its home does.
  FLEET_CHECK(streams_ == 0 && acceptors_.empty() && datagrams_.alive() == 0);
  ::close(wake_);
  ::close(epoll_);
}

time_point real_home::clock() const noexcept {
  return time_point{std::chrono::steady_clock::now() - options_.started};
}

bool real_home::on_own_thread() const noexcept {
  return taking_turn == this;
}

void real_home::interrupt() {
  // A home that is awake looks into its queue before it sleeps and needs no system call.
  if (asleep_.exchange(false, std::memory_order_seq_cst)) {
    const std::uint64_t one = 1;
    (void)!::write(wake_, &one, sizeof one);
  }
}

bool real_home::work_ready() const {
  return queued() || !dirty_.empty() || !readable_.empty() || !ready_.empty()
         || datagrams_.work_ready()
         || (!waiting_.empty() && pending_connects_ < options_.pending_connects_max)
         || orphaned_.load(std::memory_order_seq_cst);
}

int real_home::wait(duration max_wait) {
  duration limit = work_ready() ? duration::zero() : max_wait;
  if (limit > duration::zero() && timers_.next() != never) {
    limit = std::clamp(timers_.next() - clock(), duration::zero(), limit);
  }
  if (limit > duration::zero()) {
    asleep_.store(true, std::memory_order_seq_cst);
    if (queued() || orphaned_.load(std::memory_order_seq_cst)) {
      limit = duration::zero();
    }
  }
  // To the next whole millisecond: timers due within it share one wake, which is what an hour of
  // many devices is made of. They come up to a millisecond late, and latency counts that in.
  const auto ms =
      std::min<std::int64_t>(std::chrono::ceil<std::chrono::milliseconds>(limit).count(), 1 << 30);
  const int count =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), static_cast<int>(ms));
  asleep_.store(false, std::memory_order_relaxed);
  FLEET_CHECK(count >= 0 || errno == EINTR);
  return std::max(count, 0);
}

bool real_home::turn(duration max_wait) {
  const home* const outer = std::exchange(taking_turn, this);
  bool worked = work_ready();
  const int count = wait(max_wait);
  now_ = clock();
  bump(meters_.turns);
  worked = worked || count > 0 || timers_.next() <= now_;
  if (orphaned_.load(std::memory_order_acquire)) {
    take_orphans();
  }
  start_waiting();
  read_again();
  datagrams_.read_again();
  for (int i = 0; i < count; ++i) {
    dispatch(events_[static_cast<std::size_t>(i)]);
  }
  accept_ready();
  wake_due();
  for (int round = 0; round < task_rounds_per_turn && run_queued(); ++round) {
    worked = true;
  }
  flush_dirty();
  datagrams_.flush();
  bury();
  datagrams_.bury();
  taking_turn = outer;
  return worked;
}

bool real_home::poll_once(duration max_wait) {
  return turn(max_wait);
}

void real_home::run() {
  const auto idle = [this] {
    return !work_ready() && pool_.lent() == 0 && datagrams_.waiting() == 0;
  };
  while (!stopping_ || (!idle() && now_ < stop_at_)) {
    turn(stopping_ ? stop_at_ - now_ : std::chrono::hours{1});
  }
}

void real_home::stop(duration grace) {
  post([this, grace] {
    stopping_ = true;
    stop_at_ = later(now_, grace);
  });
}

void real_home::dispatch(const epoll_event& event) {
  if (event.data.u64 == 0) {
    return;
  }
  if ((event.data.u64 & acceptor_tag) != 0) {
    auto* const a = reinterpret_cast<acceptor*>(event.data.u64 & ~acceptor_tag);
    // An armed one pauses: no descriptors.
    if (a->fd >= 0 && !a->armed()) {
      mark_ready(*a);
    }
    return;
  }
  if ((event.data.u64 & datagram_tag) != 0) {
    datagrams_.dispatch(*reinterpret_cast<real_datagram*>(event.data.u64 & ~datagram_tag),
                        event.events);
    return;
  }
  dispatch(*reinterpret_cast<real_stream*>(event.data.u64), event.events);
}

void real_home::dispatch(real_stream& s, std::uint32_t what) {
  constexpr std::uint32_t over = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
  if (s.phase_ == stream_phase::connecting && !s.closing_ && !s.resetting_ && !s.abandoned_) {
    if ((what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0) {
      connected(s);
    }
  }
  if (s.phase_ != stream_phase::open && s.phase_ != stream_phase::handshaking) {
    return;
  }
  if ((what & EPOLLOUT) != 0 && s.blocked_) {
    s.blocked_ = false;
    mark_dirty(s);
  }
  if ((what & over) != 0) {
    s.hung_up_ = true;
  }
  if ((what & (EPOLLIN | over)) != 0) {
    read(s);
  }
}

void real_home::mark_dirty(real_stream& s) {
  if (!s.dirty_) {
    s.dirty_ = true;
    dirty_.push_back(&s);
  }
}

void real_home::mark_readable(real_stream& s) {
  if (!s.readable_) {
    s.readable_ = true;
    readable_.push_back(&s);
  }
}

void real_home::read_again() {
  reading_.swap(readable_);
  for (real_stream* s : reading_) {
    s->readable_ = false;
    read(*s);
  }
  reading_.clear();
}

void real_home::flush_dirty() {
  flushing_.swap(dirty_);
  for (real_stream* s : flushing_) {
    s->dirty_ = false;
    about_to_send(); // for each: flushing one may make its owner write to another
    flush(*s);
  }
  flushing_.clear();
}

void real_home::adopt(real_stream& s) noexcept {
  s.abandoned_ = true;
  if (s.phase_ == stream_phase::closed) {
    dead_.push_back(&s);
  } else {
    mark_dirty(s);
  }
}

void real_home::orphan(real_stream& s) noexcept {
  {
    const std::lock_guard lock{orphan_guard_};
    orphans_.push_back(&s);
  }
  orphaned_.store(true, std::memory_order_seq_cst);
  interrupt();
}

void real_home::take_orphans() {
  const std::lock_guard lock{orphan_guard_};
  orphaned_.store(false, std::memory_order_relaxed);
  for (real_stream* s : orphans_) {
    adopt(*s);
  }
  orphans_.clear();
  for (real_datagram* s : orphaned_datagrams_) {
    datagrams_.adopt(*s);
  }
  orphaned_datagrams_.clear();
}

void real_home::let_go(real_datagram& s) noexcept {
  if (on_own_thread()) {
    datagrams_.adopt(s);
    return;
  }
  {
    const std::lock_guard lock{orphan_guard_};
    orphaned_datagrams_.push_back(&s);
  }
  orphaned_.store(true, std::memory_order_seq_cst);
  interrupt();
}

void real_home::bury() {
  // One that stands in a list for the next turn is freed after that.
  const auto gone = std::partition(dead_.begin(), dead_.end(),
                                   [](const real_stream* s) { return s->dirty_ || s->readable_; });
  for (auto each = gone; each != dead_.end(); ++each) {
    delete *each;
    --streams_;
  }
  dead_.erase(gone, dead_.end());
  if (dropped_acceptors_ > 0) {
    dropped_acceptors_ -= acceptors_.remove_if(
        [](const acceptor& a) { return a.fd < 0 && a.handshaking == 0 && !a.ready; });
  }
}

} // namespace fleet::hal
