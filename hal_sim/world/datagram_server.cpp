// Who speaks, in which session, and when a session is woken.
#include "hal_sim/world/datagram_server.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::hal {

namespace {

/// A place as a door wants it: octets.
std::array<std::uint8_t, 19> octets_of(const address& a) noexcept {
  std::array<std::uint8_t, 19> out{};
  std::copy(a.ip.begin(), a.ip.end(), out.begin());
  out[16] = static_cast<std::uint8_t>(a.port >> 8);
  out[17] = static_cast<std::uint8_t>(a.port & 0xff);
  out[18] = a.v6 ? 1 : 0;
  return out;
}

address source_of(address a) noexcept {
  a.port = 0;
  return a;
}

} // namespace

struct datagram_server::session final : timer {
  session(datagram_server& of, const address& who) : server(of), at(who) {}
  ~session() { server.home_.disarm(*this); }
  session(const session&) = delete;
  session& operator=(const session&) = delete;

  datagram_server& server;
  address at;
  silence_place place_open = 0; ///< in open_
  std::unique_ptr<datagram_filter> filter;
  time_point heard{};
  time_point armed_for = never;
  bool open = false;
  bool gone = false;
  std::uint64_t attempt = 0;
  time_point met{};
  sessions::iterator place; ///< in half_, as long as it is not open
  sessions::iterator place_of_one;

private:
  void on_wake(time_point /*now*/) override { server.wake(*this); }
};

result<std::unique_ptr<datagram_server>, listen_error>
datagram_server::open(home& h, const datagram_server_options& options,
                      datagram_server_events& events) {
  std::unique_ptr<datagram_server> made{new datagram_server{h, options, events}};
  auto bound = h.bind_datagrams(options.at, *made);
  if (!bound.ok()) {
    return fail(bound.error());
  }
  made->socket_ = std::move(bound).value();
  return result<std::unique_ptr<datagram_server>, listen_error>{std::move(made)};
}

datagram_server::datagram_server(home& h, const datagram_server_options& options,
                                 datagram_server_events& events)
    : home_(h), options_(options), events_(events), sessions_(options.places),
      half_of_one_(0, address_hash{options.places}) {}

datagram_server::~datagram_server() = default;

void datagram_server::on_datagram(const address& from, bytes_view bytes) {
  gone_.clear();
  if (options_.security == nullptr) {
    events_.on_datagram(from, bytes);
    return;
  }
  session* const found = sessions_.find(from);
  const std::uint64_t attempt = options_.security->attempt_of(bytes);
  if (found != nullptr && (attempt == 0 || attempt == found->attempt)) {
    take(*found, bytes);
  } else if (attempt != 0) {
    meet(from, bytes, attempt);
  }
  // Anything else is of a session that is no more: its peer finds out when nobody answers.
}

void datagram_server::on_crowd(std::span<const address> senders) noexcept {
  // A timer with its peer, and the beginning of a filter, which is what each datagram needs of it.
  constexpr std::size_t filter_octets = 256;
  std::array<session*, crowd_max> found;
  const auto known = sessions_.expect(senders, sizeof(session), found);
  events_.on_crowd(senders); // meanwhile
  for (const session* s : known) {
    fetch_ahead(s->filter.get(), filter_octets);
    open_.expect(s->place_open);
  }
  for (const session* s : known) {
    open_.expect_neighbours(s->place_open);
  }
}

void datagram_server::count(std::atomic<std::uint64_t> datagram_door_counters::*what) noexcept {
  if (options_.counters != nullptr) {
    auto& c = options_.counters->*what;
    c.store(c.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
  }
}

void datagram_server::meet(const address& from, bytes_view bytes, std::uint64_t attempt) {
  count(&datagram_door_counters::hellos);
  session* instead = nullptr;
  if (!room_for(from, instead)) {
    count(&datagram_door_counters::turned_away);
    return;
  }
  auto filter = options_.security->accept(octets_of(from), bytes, home_.now(), out_);
  send_out(from);
  if (filter == nullptr) {
    return;
  }
  if (instead != nullptr) { // not for a hello that anybody may have sent in anybody's name
    displace(*instead);
  }
  // RFC 6347 §4.2.8: it has shown that it is there, so the old one is over.
  if (session* const old = sessions_.find(from)) {
    const bool told = old->open;
    forget(*old);
    if (told) {
      events_.on_peer_gone(from, "its client began anew");
    }
  }
  auto made = std::make_unique<session>(*this, from);
  session& s = *made;
  s.filter = std::move(filter);
  s.attempt = attempt;
  s.heard = s.met = home_.now();
  sessions_.add(std::move(made));
  s.place = half_.insert(half_.end(), &s);
  auto& of_one = half_of_one_[source_of(from)];
  s.place_of_one = of_one.insert(of_one.end(), &s);
  const filter_state state = s.filter->start(home_.now(), out_);
  send_out(from);
  settle(s, state);
}

bool datagram_server::room_for(const address& from, session*& instead) {
  const bool former = sessions_.find(from) != nullptr;
  const auto of_one = half_of_one_.find(source_of(from));
  // A handshake cannot be spared by what it says: only its beginning counts.
  if (of_one != half_of_one_.end() && of_one->second.size() >= options_.handshakes_of_one_max) {
    instead = of_one->second.front();
  } else if (half_.size() >= options_.handshakes_max) {
    instead = half_.front();
  } else if (!former && sessions_.size() >= options_.peers_max) {
    instead = open_.empty() ? half_.front() : open_.front();
  }
  if (instead == nullptr) {
    return true;
  }
  const time_point since = instead->open ? instead->heard : instead->met;
  return later(since, options_.spared) <= home_.now();
}

void datagram_server::displace(session& s) {
  count(&datagram_door_counters::displaced);
  const address peer = s.at;
  const bool was_open = s.open;
  s.filter->close(out_);
  send_out(peer);
  forget(s);
  if (was_open) {
    events_.on_peer_gone(peer, "it was silent for longest, and another came");
  } else {
    count(&datagram_door_counters::refused);
    events_.on_peer_refused(peer, "others wanted to negotiate");
  }
}

void datagram_server::take(session& s, bytes_view bytes) {
  plain_.clear();
  s.heard = home_.now();
  if (s.open) {
    open_.touch(s.place_open);
  }
  const filter_state state = s.filter->receive(bytes, home_.now(), plain_, out_);
  send_out(s.at);
  datagram_batch plain = std::exchange(plain_, {}); // events may bring in others' datagrams
  const bool opens = state == filter_state::open || state == filter_state::ended;
  if (opens && !s.open) {
    settle(s, filter_state::open);
  }
  for (std::size_t i = 0; i < plain.size() && !s.gone; ++i) {
    events_.on_datagram(s.at, plain[i]);
  }
  if (!s.gone) {
    settle(s, state);
  }
  plain_ = std::move(plain);
}

void datagram_server::wake(session& s) {
  gone_.clear();
  const time_point now = home_.now();
  if (s.filter->next_timeout() <= now) {
    const filter_state state = s.filter->handle_timeout(now, out_);
    send_out(s.at);
    settle(s, state);
  } else if (later(s.heard, options_.idle_max) <= now) {
    s.filter->close(out_);
    send_out(s.at);
    const address peer = s.at;
    forget(s);
    events_.on_peer_gone(peer, "it was silent for too long");
  } else {
    rearm(s);
  }
}

void datagram_server::settle(session& s, filter_state now) {
  const address peer = s.at;
  switch (now) {
    case filter_state::handshaking: rearm(s); return;
    case filter_state::open:
      rearm(s);
      if (!s.open) {
        leave_line(s);
        s.open = true;
        s.place_open = open_.add(s);
        count(&datagram_door_counters::opened);
        events_.on_peer(peer, s.filter->peer_identity());
      }
      return;
    case filter_state::ended:
    case filter_state::failed: break;
  }
  const bool was_open = s.open;
  const std::string why = s.filter->error();
  forget(s);
  if (was_open) {
    events_.on_peer_gone(peer, why);
  } else {
    count(&datagram_door_counters::refused);
    events_.on_peer_refused(peer, why);
  }
}

/// A wake that only moves away is left as it is, and moved when it comes: each datagram of each of
/// very many peers would reorder the home's timers else.
void datagram_server::rearm(session& s) {
  const time_point due = std::min(s.filter->next_timeout(), later(s.heard, options_.idle_max));
  if (!s.armed() || due < s.armed_for) {
    s.armed_for = due;
    home_.arm(s, due);
  }
}

void datagram_server::send_out(const address& to) {
  for (std::size_t i = 0; i < out_.size(); ++i) {
    socket_->send(to, out_[i]);
  }
  out_.clear();
}

bool datagram_server::send(const address& peer, bytes_view bytes) {
  if (options_.security == nullptr) {
    return socket_->send(peer, bytes);
  }
  const session* const found = sessions_.find(peer);
  if (found == nullptr || !found->open || !found->filter->send(bytes, out_)) {
    return false;
  }
  send_out(peer);
  return true;
}

void datagram_server::drop(const address& peer) {
  if (session* const found = sessions_.find(peer)) {
    found->filter->close(out_);
    send_out(peer);
    forget(*found);
  }
}

void datagram_server::leave_line(session& s) {
  if (s.open) {
    open_.remove(s.place_open);
    return;
  }
  half_.erase(s.place);
  const auto of_one = half_of_one_.find(source_of(s.at));
  of_one->second.erase(s.place_of_one);
  if (of_one->second.empty()) {
    half_of_one_.erase(of_one);
  }
}

void datagram_server::forget(session& s) {
  s.gone = true;
  home_.disarm(s);
  leave_line(s);
  gone_.push_back(sessions_.take(s));
}

} // namespace fleet::hal
