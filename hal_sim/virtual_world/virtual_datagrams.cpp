// Sockets by address, and the way of one datagram.
#include "hal_sim/virtual_world/virtual_datagrams.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::hal {

namespace {

constexpr std::uint16_t first_free_port = 49152;
constexpr std::uint32_t free_ports = 65536 - first_free_port;

/// For a heap with the earliest in front.
bool later_than(const flying& a, const flying& b) noexcept {
  return a.due != b.due ? a.due > b.due : a.order > b.order;
}

} // namespace

bool virtual_datagram::send(const address& to, bytes_view bytes) {
  if (net_ == nullptr) {
    return false;
  }
  if (bytes.size() > datagram_bytes_max || unsent_ + bytes.size() > unsent_bytes_max) {
    bump(net_->meters_.datagrams_dropped);
    return false;
  }
  out_.push_back({origin_ != nullptr ? peer_ : to, {bytes.begin(), bytes.end()}});
  unsent_ += bytes.size();
  if (!dirty_) {
    dirty_ = true;
    net_->dirty_.push_back(this);
  }
  return true;
}

void virtual_datagram::abandon() noexcept {
  events_ = nullptr;
  if (net_ == nullptr) {
    delete this;
    return;
  }
  net_->forget(*this);
}

void virtual_datagram::push(flying f) {
  f.order = net_->order_++;
  heap_.push_back(std::move(f));
  std::push_heap(heap_.begin(), heap_.end(), later_than);
  net_->home_.arm(*this, heap_.front().due);
}

void virtual_datagram::on_wake(time_point now) {
  std::pop_heap(heap_.begin(), heap_.end(), later_than);
  flying f = std::move(heap_.back());
  heap_.pop_back();
  const time_point ready = f.origin == nullptr ? f.due : std::max(f.due, f.origin->stalled_until);
  if (ready > now) { // its device's link stands still
    f.due = ready;
    push(std::move(f));
    return;
  }
  if (!heap_.empty()) {
    net_->home_.arm(*this, heap_.front().due);
  }
  ++net_->arrivals_;
  deliver(f);
}

void virtual_datagram::deliver(const flying& f) {
  if (events_ == nullptr) {
    return;
  }
  const side here = origin_ != nullptr ? side::device : side::cloud;
  if (f.bad_news) {
    if (f.trouble == datagram_trouble::refused) {
      net_->note(origin_, net_event_kind::datagram_refused, here, {});
    }
    events_->on_trouble(f.trouble);
    return;
  }
  bump(net_->meters_.datagrams_received);
  bump(net_->meters_.bytes_received, f.bytes.size());
  net_->note(f.origin, net_event_kind::datagram, here, f.bytes);
  events_->on_datagram(f.from, f.bytes);
}

virtual_datagrams::weather::weather(std::uint64_t seed, std::uint64_t device, bool down) noexcept
    : loss(seed, device, down ? "datagram loss down" : "datagram loss up"),
      delay(seed, device, down ? "datagram delay down" : "datagram delay up"),
      twice(seed, device, down ? "datagram twice down" : "datagram twice up"),
      late(seed, device, down ? "datagram late down" : "datagram late up") {}

virtual_datagrams::~virtual_datagrams() {
  for (const auto& [at, s] : sockets_) {
    if (s->armed()) {
      home_.disarm(*s);
    }
    s->net_ = nullptr;
  }
  for (virtual_datagram* s : graveyard_) {
    if (s->armed()) {
      home_.disarm(*s);
    }
    delete s;
  }
}

datagram_ptr virtual_datagrams::open(const datagram_options& options, datagram_events& events) {
  auto* const s = new virtual_datagram{*this, events};
  s->origin_ = &network_.origin_of(options.origin);
  s->kind_ = options.kind;
  s->peer_ = options.peer;
  // Each device has an address of its own in 10/8 (virtual_stream::peer); beyond 2^24 they repeat,
  // and then take each other's free ports.
  const std::uint64_t host = options.origin + 1;
  s->at_.ip = {10, static_cast<std::uint8_t>(host >> 16), static_cast<std::uint8_t>(host >> 8),
               static_cast<std::uint8_t>(host)};
  std::uint32_t& count = opened_[options.origin];
  for (std::uint32_t tries = 0; tries < free_ports; ++tries) {
    s->at_.port = static_cast<std::uint16_t>(first_free_port + count++ % free_ports);
    if (sockets_.emplace(s->at_, s).second) {
      return datagram_ptr{s};
    }
  }
  FLEET_CHECK(false); // 16,384 sockets of one device
}

result<datagram_ptr, listen_error> virtual_datagrams::bind(const address& at,
                                                           datagram_events& events) {
  address chosen = at;
  for (std::uint32_t tries = 0; at.port == 0 && tries < free_ports; ++tries) {
    chosen.port = next_port_;
    next_port_ =
        next_port_ == UINT16_MAX ? first_free_port : static_cast<std::uint16_t>(next_port_ + 1);
    if (!sockets_.contains(chosen)) {
      break;
    }
  }
  if (sockets_.contains(chosen)) {
    return fail(at.port == 0 ? listen_error::exhausted : listen_error::in_use);
  }
  auto* const s = new virtual_datagram{*this, events};
  s->at_ = chosen;
  sockets_.emplace(chosen, s);
  return datagram_ptr{s};
}

virtual_datagram* virtual_datagrams::find(const address& at) const {
  if (const auto exact = sockets_.find(at); exact != sockets_.end()) {
    return exact->second;
  }
  address any; // 0.0.0.0 or ::
  any.v6 = at.v6;
  any.port = at.port;
  const auto wildcard = sockets_.find(any);
  return wildcard == sockets_.end() ? nullptr : wildcard->second;
}

virtual_datagrams::skies& virtual_datagrams::skies_of(std::uint64_t device) {
  return skies_.try_emplace(device, network_.options_.seed, device).first->second;
}

void virtual_datagrams::end_turn() {
  for (std::size_t i = 0; i < dirty_.size(); ++i) {
    home_.about_to_send();
    virtual_datagram& s = *dirty_[i];
    s.dirty_ = false;
    s.unsent_ = 0;
    for (auto& [to, bytes] : std::exchange(s.out_, {})) {
      launch(s, to, std::move(bytes));
    }
  }
  dirty_.clear();
  for (virtual_datagram* s : graveyard_) {
    delete s;
  }
  graveyard_.clear();
}

void virtual_datagrams::launch(virtual_datagram& from, const address& to,
                               std::vector<std::uint8_t> bytes) {
  bump(meters_.datagrams_sent);
  bump(meters_.bytes_sent, bytes.size());
  virtual_datagram* const target = find(to);
  const virtual_datagram* const client = from.origin_ != nullptr ? &from : target;
  if (client == nullptr || client->origin_ == nullptr) {
    // Between servers, or to a client that went: no link of a device is in between.
    if (target != nullptr) {
      flying f;
      f.due = home_.now();
      f.from = from.at_;
      f.bytes = std::move(bytes);
      target->push(std::move(f));
    }
    return;
  }
  const bool down = client != &from;
  skies& sky = skies_of(client->origin_->key);
  const auto kind = static_cast<std::size_t>(client->kind_);
  const passage way{*client->origin_, network_.options_.links[kind],
                    network_.options_.datagrams[kind], down ? sky.down : sky.up, down};
  const bool heard =
      target != nullptr && (!down || target->peer_ == from.at_ || find(target->peer_) == &from);
  time_point sent;
  const bool too_large = bytes.size() > way.figures.mtu_bytes && !way.figures.fragments;
  if (too_large || !cross(way, bytes.size(), sent)) {
    note(client->origin_, net_event_kind::datagram_lost, down ? side::device : side::cloud, bytes);
    if (too_large) {
      bring(from, datagram_trouble::too_large, home_.now());
    }
    return;
  }
  if (!heard) {
    if (!down) { // the answer of the machine that has no such port
      bring(from, datagram_trouble::refused, later(arrival(way, sent), way.link.latency));
    }
    return;
  }
  const int copies = way.sky.twice.chance_ppm(way.figures.duplicate_ppm) ? 2 : 1;
  for (int c = 0; c < copies; ++c) {
    flying f;
    f.due = arrival(way, sent);
    f.from = from.at_;
    f.origin = client->origin_;
    f.bytes = c + 1 < copies ? bytes : std::move(bytes);
    target->push(std::move(f));
  }
}

/// Sets `sent` to when the last octet has left; false: lost on the way.
bool virtual_datagrams::cross(const passage& way, std::size_t octets, time_point& sent) {
  const std::size_t piece = std::max<std::size_t>(way.figures.mtu_bytes, 1);
  const std::size_t pieces = std::max<std::size_t>((octets + piece - 1) / piece, 1);
  const side to = way.down ? side::device : side::cloud;
  time_point& free = way.origin.line_free[static_cast<std::size_t>(to)];
  free = later(std::max(free, home_.now()),
               time_on_line(octets + pieces * way.figures.header_bytes,
                            way.down ? way.link.down_bits_per_s : way.link.up_bits_per_s));
  sent = free;
  bool lost = false;
  for (std::size_t i = 0; i < pieces; ++i) {
    lost = way.sky.loss.chance_ppm(way.figures.loss_ppm) || lost;
  }
  return !lost;
}

time_point virtual_datagrams::arrival(const passage& way, time_point sent) {
  time_point due = later(sent, way.link.latency);
  if (way.link.jitter > duration::zero()) {
    due = later(due, way.sky.delay.between(duration::zero(), way.link.jitter));
  }
  if (way.figures.reorder_ppm != 0 && way.sky.late.chance_ppm(way.figures.reorder_ppm)) {
    due = later(due, way.sky.late.between(duration::zero(), way.figures.reorder_span));
  }
  return due;
}

void virtual_datagrams::bring(virtual_datagram& to, datagram_trouble trouble, time_point due) {
  if (to.events_ == nullptr) {
    return; // what it sent last came to nobody, and it is gone by the end of this turn
  }
  flying f;
  f.due = due;
  f.origin = to.origin_;
  f.trouble = trouble;
  f.bad_news = true;
  to.push(std::move(f));
}

void virtual_datagrams::note(const origin_state* origin, net_event_kind kind, side to,
                             bytes_view bytes) {
  network_.note(origin == nullptr ? UINT64_MAX : origin->key, kind, to, close_reason::local, bytes);
}

void virtual_datagrams::forget(virtual_datagram& s) noexcept {
  sockets_.erase(s.at_);
  home_.disarm(s);
  s.heap_.clear();
  graveyard_.push_back(&s);
}

} // namespace fleet::hal
