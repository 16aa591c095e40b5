// recvmmsg(2) and sendmmsg(2), and what their errors mean.
#include "hal_sim/real_world/real_datagrams.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/real_world/socket.hpp"
#include "hal_sim/world/crowd.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

/// Datagrams of one system call.
constexpr std::size_t batch_max = 32;
/// System calls to read one socket in one turn; the rest waits, so that others get theirs.
constexpr int reads_per_turn = 4;
/// Lent outboxes kept for the next, and the octets beyond which one gives its memory back.
constexpr std::size_t spare_max = 256;
constexpr std::size_t spare_bytes_max = 16 * 1024;

datagram_trouble trouble_of(int error) noexcept {
  switch (error) {
    case ECONNREFUSED: return datagram_trouble::refused;
    case EMSGSIZE: return datagram_trouble::too_large;
    case EADDRINUSE:
    case EADDRNOTAVAIL: return datagram_trouble::exhausted;
    default: return exhausted(error) ? datagram_trouble::exhausted : datagram_trouble::unreachable;
  }
}

} // namespace

struct real_datagrams::slots {
  std::array<mmsghdr, batch_max> messages{};
  std::array<iovec, batch_max> parts{};
  std::array<socket_address, batch_max> addresses{};
  std::array<control_octets, batch_max> controls{};
  std::array<address, batch_max> senders{};
  std::vector<std::uint8_t> octets = std::vector<std::uint8_t>(batch_max * datagram_bytes_max);

  /// Message `i` with one part, and where its address stands or nothing.
  void set(std::size_t i, std::uint8_t* at, std::size_t count, bool addressed) noexcept {
    parts[i] = {at, count};
    msghdr& m = messages[i].msg_hdr;
    m = {};
    m.msg_iov = &parts[i];
    m.msg_iovlen = 1;
    if (addressed) {
      m.msg_name = addresses[i].get();
      m.msg_namelen = addresses[i].size;
    }
  }
};

bool real_datagram::send(const address& to, bytes_view bytes) {
  const bool fits =
      bytes.size() <= datagram_bytes_max && unsent() + bytes.size() <= unsent_bytes_max;
  if (fd_ < 0 || !fits) {
    bump(all_.home_.meters_.datagrams_dropped);
    return false;
  }
  datagram_outbox& out = all_.outbox_of(*this);
  out.batch.push(bytes);
  if (serves_) {
    out.to.push_back(to);
  }
  if (anywhere_) {
    const address* const from = static_cast<real_datagram_anywhere&>(*this).asked.of(to);
    out.from.push_back(from == nullptr ? std::nullopt : std::optional{*from});
  }
  all_.mark_dirty(*this);
  return true;
}

void real_datagram::discard() noexcept {
  all_.give_back(*this);
}

address real_datagram::at() const {
  socket_address own;
  own.size = sizeof own.raw;
  if (fd_ < 0 || ::getsockname(fd_, own.get(), &own.size) != 0) {
    return {};
  }
  return from_socket(own.raw);
}

std::size_t real_datagram::unsent() const {
  // Those of a batch that went already count until all have gone.
  return out_ == nullptr ? 0 : out_->batch.octets();
}

void real_datagram::abandon() noexcept {
  all_.home_.let_go(*this);
}

real_datagrams::real_datagrams(real_home& home) noexcept : home_(home) {}
real_datagrams::~real_datagrams() = default;

datagram_ptr real_datagrams::open(const datagram_options& options, datagram_events& events) {
  const result<int, int> opened =
      open_datagrams_towards(options.peer, home_.source_for(options.peer, options.origin));
  auto* const s = new real_datagram{*this, events, opened.ok() ? opened.value() : -1, options.peer};
  datagram_ptr owned = enlist(*s);
  if (!opened) {
    tell(*s, trouble_of(opened.error()));
  } else if (!watch(*s)) {
    close(*s);
    tell(*s, datagram_trouble::exhausted);
  }
  return owned;
}

result<datagram_ptr, listen_error> real_datagrams::bind(const address& at,
                                                        datagram_events& events) {
  const result<int, int> opened = open_datagram_server(at);
  if (!opened) {
    return fail(listen_error_of(opened.error()));
  }
  const bool anywhere = at.ip == address{}.ip && tell_asked_address(opened.value(), at.v6);
  auto* const s = anywhere ? new real_datagram_anywhere{*this, events, opened.value(), at}
                           : new real_datagram{*this, events, opened.value(), at};
  s->serves_ = true;
  s->anywhere_ = anywhere;
  s->crowded_ = dynamic_cast<crowd_events*>(&events) != nullptr;
  datagram_ptr owned = enlist(*s);
  if (!watch(*s)) {
    return fail(listen_error::exhausted);
  }
  return result<datagram_ptr, listen_error>{std::move(owned)};
}

datagram_ptr real_datagrams::enlist(real_datagram& s) {
  if (slots_ == nullptr) {
    slots_ = std::make_unique<slots>();
  }
  ++alive_;
  return datagram_ptr{&s};
}

bool real_datagrams::watch(const real_datagram& s) {
  epoll_event event{};
  event.events = EPOLLIN | EPOLLOUT | EPOLLET;
  event.data.u64 = reinterpret_cast<std::uint64_t>(&s) | real_home::datagram_tag;
  return ::epoll_ctl(home_.epoll_, EPOLL_CTL_ADD, s.fd_, &event) == 0;
}

void real_datagrams::mark_dirty(real_datagram& s) {
  if (!s.dirty_) {
    s.dirty_ = true;
    dirty_.push_back(&s);
  }
}

void real_datagrams::mark_readable(real_datagram& s) {
  if (!s.readable_) {
    s.readable_ = true;
    readable_.push_back(&s);
  }
}

void real_datagrams::tell(real_datagram& s, datagram_trouble trouble) {
  s.trouble_ = trouble;
  if (!s.troubled_) {
    s.troubled_ = true;
    troubled_.push_back(&s);
  }
}

void real_datagrams::dispatch(real_datagram& s, std::uint32_t what) {
  if (s.fd_ < 0 || s.abandoned_) {
    return;
  }
  if ((what & EPOLLOUT) != 0 && s.blocked_) {
    s.blocked_ = false;
    mark_dirty(s);
  }
  if ((what & EPOLLERR) != 0) {
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(s.fd_, SOL_SOCKET, SO_ERROR, &error, &size) == 0 && error != 0) {
      tell(s, trouble_of(error));
    }
  }
  if ((what & EPOLLIN) != 0) {
    read(s);
  }
}

void real_datagrams::read_again() {
  working_.swap(troubled_);
  for (real_datagram* s : working_) {
    s->troubled_ = false;
    if (!s->abandoned_) {
      s->events_.on_trouble(s->trouble_);
    }
  }
  working_.clear();
  working_.swap(readable_);
  for (real_datagram* s : working_) {
    s->readable_ = false;
    read(*s);
  }
  working_.clear();
}

void real_datagrams::read(real_datagram& s) {
  for (int i = 0; i < reads_per_turn; ++i) {
    if (s.fd_ < 0 || s.abandoned_) {
      return;
    }
    for (std::size_t k = 0; k < batch_max; ++k) {
      slots_->addresses[k].size = sizeof slots_->addresses[k].raw;
      slots_->set(k, slots_->octets.data() + k * datagram_bytes_max, datagram_bytes_max, s.serves_);
      if (s.anywhere_) {
        slots_->messages[k].msg_hdr.msg_control = slots_->controls[k].room.data();
        slots_->messages[k].msg_hdr.msg_controllen = slots_->controls[k].room.size();
      }
    }
    const int got = ::recvmmsg(s.fd_, slots_->messages.data(), batch_max, MSG_DONTWAIT, nullptr);
    if (got > 0) {
      deliver(s, static_cast<std::size_t>(got));
      if (static_cast<std::size_t>(got) < batch_max) {
        return; // the rest is told by the next edge
      }
    } else if (errno == EAGAIN) {
      return;
    } else if (errno != EINTR) {
      tell(s, trouble_of(errno));
    }
  }
  if (!s.abandoned_) {
    mark_readable(s);
  }
}

void real_datagrams::deliver(real_datagram& s, std::size_t count) {
  for (std::size_t k = 0; k < count; ++k) {
    slots_->senders[k] = s.serves_ ? from_socket(slots_->addresses[k].raw) : s.peer_;
  }
  if (s.crowded_) {
    static_cast<crowd_events&>(s.events_).on_crowd(std::span{slots_->senders}.first(count));
  }
  for (std::size_t k = 0; k < count && !s.abandoned_; ++k) {
    const mmsghdr& m = slots_->messages[k];
    bump(home_.meters_.datagrams_received);
    bump(home_.meters_.bytes_received, m.msg_len);
    if ((m.msg_hdr.msg_flags & MSG_TRUNC) != 0) {
      bump(home_.meters_.datagrams_dropped);
      tell(s, datagram_trouble::too_large);
      continue;
    }
    const address from = slots_->senders[k];
    if (s.anywhere_) {
      if (const auto ours = asked_address(m.msg_hdr)) {
        static_cast<real_datagram_anywhere&>(s).asked.heard(from, *ours);
      }
    }
    s.events_.on_datagram(from,
                          {slots_->octets.data() + k * datagram_bytes_max, std::size_t{m.msg_len}});
  }
}

void real_datagrams::flush() {
  working_.swap(dirty_);
  for (real_datagram* s : working_) {
    s->dirty_ = false;
    home_.about_to_send(); // for each: flushing one may make its owner write to another
    flush(*s);
  }
  working_.clear();
}

void real_datagrams::flush(real_datagram& s) {
  while (s.fd_ >= 0 && s.out_ != nullptr && !s.blocked_) {
    const std::size_t sent = send_some(s);
    s.out_->next += sent;
    if (sent == 0 && !overcome(s, errno)) {
      break;
    }
    if (s.out_->next == s.out_->batch.size()) {
      give_back(s);
    }
  }
  if (s.abandoned_) {
    close(s);
    dead_.push_back(&s);
  }
}

std::size_t real_datagrams::send_some(real_datagram& s) {
  const datagram_outbox& out = *s.out_;
  const std::size_t count = std::min(out.batch.size() - out.next, batch_max);
  std::size_t octets = 0;
  for (std::size_t k = 0; k < count; ++k) {
    const bytes_view bytes = out.batch[out.next + k];
    if (s.serves_) {
      slots_->addresses[k] = to_socket(out.to[out.next + k]);
    }
    slots_->set(k, const_cast<std::uint8_t*>(bytes.data()), bytes.size(), s.serves_);
    if (s.anywhere_ && out.from[out.next + k]) {
      answer_from(*out.from[out.next + k], slots_->messages[k].msg_hdr, slots_->controls[k]);
    }
  }
  const int sent =
      ::sendmmsg(s.fd_, slots_->messages.data(), static_cast<unsigned>(count), MSG_NOSIGNAL);
  const std::size_t gone = sent < 0 ? 0 : static_cast<std::size_t>(sent);
  for (std::size_t k = 0; k < gone; ++k) {
    octets += out.batch[out.next + k].size();
  }
  bump(home_.meters_.bytes_sent, octets);
  bump(home_.meters_.datagrams_sent, gone);
  return gone;
}

bool real_datagrams::overcome(real_datagram& s, int error) {
  if (error == EAGAIN) {
    s.blocked_ = true;
    return false;
  }
  if (error == EINTR) {
    return true;
  }
  tell(s, trouble_of(error));
  if (error != ECONNREFUSED) {
    ++s.out_->next; // this one cannot go; an ICMP error is of an earlier one, and told once
    bump(home_.meters_.datagrams_dropped);
  }
  return true;
}

void real_datagrams::close(real_datagram& s) noexcept {
  if (s.fd_ >= 0) {
    ::close(std::exchange(s.fd_, -1));
  }
  give_back(s);
}

void real_datagrams::adopt(real_datagram& s) noexcept {
  s.abandoned_ = true;
  s.blocked_ = false; // what the kernel takes at once, and no more
  mark_dirty(s);
}

datagram_outbox& real_datagrams::outbox_of(real_datagram& s) {
  if (s.out_ == nullptr) {
    ++lent_;
    if (spare_.empty()) {
      s.out_ = new datagram_outbox;
    } else {
      s.out_ = spare_.back().release();
      spare_.pop_back();
    }
  }
  return *s.out_;
}

void real_datagrams::give_back(real_datagram& s) noexcept {
  std::unique_ptr<datagram_outbox> back{std::exchange(s.out_, nullptr)};
  if (back == nullptr) {
    return;
  }
  --lent_;
  if (spare_.size() < spare_max && back->batch.octets() <= spare_bytes_max) {
    back->batch.clear();
    back->to.clear();
    back->from.clear();
    back->next = 0;
    spare_.push_back(std::move(back));
  }
}

void real_datagrams::bury() {
  // One that stands in a list for the next turn is freed after that.
  const auto gone = std::partition(dead_.begin(), dead_.end(), [](const real_datagram* s) {
    return s->dirty_ || s->readable_ || s->troubled_;
  });
  for (auto each = gone; each != dead_.end(); ++each) {
    delete *each;
    --alive_;
  }
  dead_.erase(gone, dead_.end());
}

} // namespace fleet::hal
