// Connecting, listening, the line a segment waits for, the digest, and what happens by order.
#include "hal_sim/virtual_world/virtual_network.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include "hal_sim/virtual_world/virtual_listener.hpp"
#include "protocol/base/check.hpp"

namespace fleet::hal {

duration time_on_line(std::uint64_t octets, std::uint64_t bits_per_s) noexcept {
  if (bits_per_s == 0) {
    return duration::zero();
  }
  constexpr std::uint64_t scale = 8'000'000'000;
  return duration{static_cast<std::int64_t>((octets * scale + bits_per_s - 1) / bits_per_s)};
}

bool by_address::operator()(const address& a, const address& b) const noexcept {
  return std::tie(a.port, a.v6, a.ip) < std::tie(b.port, b.v6, b.ip);
}

virtual_listener::~virtual_listener() {
  if (net_ != nullptr) {
    net_->forget(*this);
  }
}

virtual_network::virtual_network(home& h, home_meters& meters, virtual_options options)
    : home_(h), meters_(meters), options_(std::move(options)) {
  for (const link_figures& f : options_.links) {
    FLEET_CHECK(f.segment_bytes > 0 && f.window_bytes > 0);
  }
}

virtual_network::~virtual_network() {
  for (auto& [at, l] : listeners_) {
    l->net_ = nullptr;
  }
  for (origin_state* o = all_origins_; o != nullptr; o = o->next) {
    for (virtual_connection* c = o->first; c != nullptr;) {
      virtual_connection* const older = c->older;
      for (virtual_stream& end : c->ends) {
        end.drop_output();
        end.purge();
        end.phase_ = virtual_phase::ended;
        end.events_ = nullptr;
      }
      c->net = nullptr;
      if (!c->ends[0].owned_ && !c->ends[1].owned_) {
        delete c;
      }
      c = older;
    }
  }
}

origin_state& virtual_network::origin_of(std::uint64_t key) {
  const auto [found, fresh] = origins_.try_emplace(key, options_.seed, key);
  origin_state& o = found->second;
  if (fresh) {
    o.next = std::exchange(all_origins_, &o);
  }
  return o;
}

stream_ptr virtual_network::connect(const connect_options& options, stream_events& events) {
  auto* c = new virtual_connection{*this};
  origin_state& o = origin_of(options.origin);
  c->origin = &o;
  c->older = o.first;
  if (o.first != nullptr) {
    o.first->newer = c;
  }
  o.first = c;
  constexpr std::uint32_t ports = 65536 - first_free_port;
  c->local_port = static_cast<std::uint16_t>(first_free_port + o.connects++ % ports);
  c->link = &options_.links[static_cast<std::size_t>(options.kind)];
  c->security = options.security;
  c->to = options.peer;
  c->deadline = later(home_.now(), options.timeout);
  virtual_stream& device = c->at(side::device);
  device.phase_ = virtual_phase::connecting;
  device.owned_ = true;
  device.events_ = &events;
  note(*c, net_event_kind::connect, side::device);
  device.send_bare(segment_kind::syn);
  return stream_ptr{&device};
}

result<std::unique_ptr<listener>, listen_error>
virtual_network::listen(const listen_options& options, accept_events& events) {
  listen_options chosen = options;
  if (options.at.port == 0) {
    constexpr std::uint32_t ports = 65536 - first_free_port;
    for (std::uint32_t tries = 0; tries < ports && chosen.at.port == 0; ++tries) {
      address candidate = options.at;
      candidate.port = next_port_;
      next_port_ =
          next_port_ == UINT16_MAX ? first_free_port : static_cast<std::uint16_t>(next_port_ + 1);
      if (!listeners_.contains(candidate)) {
        chosen.at = candidate;
      }
    }
    if (chosen.at.port == 0) {
      return fail(listen_error::exhausted);
    }
  } else if (listeners_.contains(options.at)) {
    return fail(listen_error::in_use);
  }
  auto made = std::make_unique<virtual_listener>(*this, chosen, events);
  listeners_.emplace(chosen.at, made.get());
  return std::unique_ptr<listener>{std::move(made)};
}

virtual_listener* virtual_network::find(const address& at) const {
  if (const auto exact = listeners_.find(at); exact != listeners_.end()) {
    return exact->second;
  }
  address any; // 0.0.0.0 or ::
  any.v6 = at.v6;
  any.port = at.port;
  const auto wildcard = listeners_.find(any);
  return wildcard == listeners_.end() ? nullptr : wildcard->second;
}

void virtual_network::forget(const virtual_listener& l) noexcept {
  listeners_.erase(l.at());
}

void virtual_network::send(virtual_stream& to, segment* s) {
  virtual_connection& c = *to.conn_;
  const link_figures& f = *c.link;
  origin_state& o = *c.origin;
  const std::size_t octets = s->bytes.size() + s->overhead;
  bump(meters_.bytes_sent, octets);
  time_point& free = o.line_free[static_cast<std::size_t>(to.side_)];
  const bool down = to.side_ == side::device;
  free = later(std::max(free, home_.now()),
               time_on_line(octets + f.header_bytes, down ? f.down_bits_per_s : f.up_bits_per_s));
  time_point due = later(free, f.latency);
  if (f.jitter > duration::zero()) {
    due = later(due, o.net.between(duration::zero(), f.jitter));
  }
  if (f.stall_ppm != 0) {
    duration wait = f.retransmission;
    for (unsigned i = 0; i < retransmissions_max && o.net.chance_ppm(f.stall_ppm); ++i) {
      due = later(due, wait);
      wait *= 2;
    }
  }
  const bool heard = to.phase_ == virtual_phase::closing
                         ? s->kind == segment_kind::fin || s->kind == segment_kind::rst
                         : to.listening();
  if (!heard) {
    pool_.give(s);
    return;
  }
  if (to.tail_ != nullptr) {
    due = std::max(due, to.tail_->due); // what is late makes late what follows
  }
  s->due = due;
  to.push(s);
}

void virtual_network::note(std::uint64_t origin, net_event_kind kind, side to, close_reason reason,
                           bytes_view bytes) {
  const time_point now = home_.now();
  ++events_;
  digest_.add(static_cast<std::uint64_t>(now.time_since_epoch().count()));
  digest_.add(origin);
  digest_.add(static_cast<std::uint64_t>(kind) | static_cast<std::uint64_t>(to) << 8
              | static_cast<std::uint64_t>(reason) << 16);
  digest_.add(bytes);
  if (options_.on_event) {
    options_.on_event(net_event{now, origin, kind, to, reason, bytes});
  }
}

void virtual_network::end_turn() {
  while (!dirty_.empty()) {
    for (std::size_t i = 0; i < dirty_.size(); ++i) {
      home_.about_to_send();
      dirty_[i]->flush();
    }
    dirty_.clear();
    for (std::size_t i = 0; i < drained_.size(); ++i) {
      if (stream_events* told = drained_[i]->events_; told != nullptr) {
        told->on_drained();
      }
    }
    drained_.clear();
  }
  if (!graveyard_.empty()) {
    free_dead();
  }
}

void virtual_network::bury(virtual_connection& c) {
  if (!c.buried && c.dead()) {
    c.buried = true;
    graveyard_.push_back(&c);
  }
}

void virtual_network::unlink(virtual_connection& c) noexcept {
  (c.newer != nullptr ? c.newer->older : c.origin->first) = c.older;
  if (c.older != nullptr) {
    c.older->newer = c.newer;
  }
}

void virtual_network::free_dead() {
  for (virtual_connection* c : graveyard_) {
    for (virtual_stream& end : c->ends) {
      end.drop_output();
      end.purge();
    }
    unlink(*c);
    delete c;
  }
  graveyard_.clear();
}

} // namespace fleet::hal
