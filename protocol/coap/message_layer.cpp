// RFC 7252 §4: each message once, retransmission, and what is rejected how.
#include "protocol/coap/message_layer.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/fetch_ahead.hpp"

namespace fleet::coap {

std::optional<message_view> message_layer::take(bytes_view datagram, bool multicast, time_point now,
                                                datagrams& out) {
  message_view m;
  const verdict wrong = decode(datagram, settings_->limits.message_max, m);
  if (multicast) { // §8.1: no reset, and no answer is owed
    ++counts_.ignored;
    return {};
  }
  if (wrong) {
    ++counts_.malformed;
    if (*wrong != violation::too_short && *wrong != violation::wrong_version
        && m.type == message_type::confirmable) {
      reset(m.id, out); // §4.2
    }
    return {};
  }
  if (m.type == message_type::acknowledgement || m.type == message_type::reset) {
    return take_reply(m);
  }
  if (m.code == code::empty) {
    if (m.type == message_type::confirmable) {
      reset(m.id, out); // a ping (§4.3)
    } else {
      ++counts_.malformed;
    }
    return {};
  }
  if (heard_ == nullptr) {
    heard_ = std::make_unique<heard>();
  }
  heard_->quiet_at = later(now, lifetime());
  heard_->replies.forget_old(milliseconds_of(now), whole_milliseconds(lifetime()));
  if (!heard_->ids.seen(m.id, now, lifetime(), settings_->limits.recent_max)) {
    return m;
  }
  ++counts_.duplicates;
  if (const auto known = heard_->replies.find(m.id); known && m.type == message_type::confirmable) {
    out.append(*known);
  }
  return {};
}

void message_layer::expect(unsigned step) const noexcept {
  if (heard_ == nullptr) {
    return;
  }
  if (step == 1) {
    fetch_ahead(heard_.get(), sizeof(heard));
  } else {
    heard_->ids.expect();
    heard_->replies.expect();
  }
}

/// A wrong one is ignored in silence (§4.2), and so is one that nobody waits for.
std::optional<message_view> message_layer::take_reply(const message_view& m) {
  if (m.type == message_type::reset) {
    if (m.code == code::empty) {
      return m;
    }
  } else if (!is_request(m.code)) {
    if (std::any_of(sending_.begin(), sending_.end(), [&](const outgoing& o) {
          return o.sent != 0 && o.confirmable && o.id == m.id;
        })) {
      return m;
    }
    ++counts_.ignored;
    return {};
  }
  ++counts_.malformed;
  return {};
}

void message_layer::send(const message_fields& m, purpose what, std::uint32_t reference,
                         time_point now, datagrams& out) {
  FLEET_CHECK(has_room());
  byte_buffer& to = out.open();
  encode(m, to);
  outgoing o;
  o.message = kept_octets{out.opened()};
  out.drop();
  o.reference = reference;
  o.what = what;
  o.confirmable = m.type == message_type::confirmable;
  sending_.push_back(std::move(o));
  start_waiting(now, out);
}

std::optional<std::uint16_t> message_layer::send_once(message_fields m, time_point now,
                                                      datagrams& out) {
  if (!ids_.available(now, lifetime())) {
    return {};
  }
  m.id = ids_.take();
  encode(m, out.open());
  (void)out.close();
  return m.id;
}

bool message_layer::replace(purpose what, std::uint32_t reference, const message_fields& m) {
  const auto o = std::find_if(sending_.begin(), sending_.end(), [&](const outgoing& s) {
    return s.what == what && s.reference == reference;
  });
  if (o == sending_.end() || !fits(m)) {
    return false;
  }
  byte_buffer octets;
  encode(m, octets);
  o->message = kept_octets{octets.view()};
  o->renewed = o->sent != 0;
  return true;
}

void message_layer::reply(const message_fields& m, time_point now, datagrams& out) {
  encode(m, out.open());
  remember(m.id, out.close(), now);
}

void message_layer::acknowledge(std::uint16_t id, time_point now, datagrams& out) {
  reply({message_type::acknowledgement, code::empty, id, {}, {}, {}}, now, out);
}

bytes_view message_layer::reset(std::uint16_t id, datagrams& out) {
  encode({message_type::reset, code::empty, id, {}, {}, {}}, out.open());
  return out.close();
}

void message_layer::reject(const message_view& m, time_point now, datagrams& out) {
  const bytes_view octets = reset(m.id, out);
  if (m.type == message_type::confirmable) {
    remember(m.id, octets, now);
  }
}

void message_layer::remember(std::uint16_t id, bytes_view message, time_point now) {
  if (heard_ != nullptr) { // else it took the answer longer than EXCHANGE_LIFETIME
    heard_->replies.add(id, message, milliseconds_of(now), settings_->limits.replies_max);
  }
}

/// Lets wait what must (§4.7), and sends the rest in order.
void message_layer::start_waiting(time_point now, datagrams& out) {
  std::size_t started = 0;
  for (outgoing& o : sending_) {
    if (started >= settings_->timing.nstart) {
      return;
    }
    if (o.sent == 0) {
      if (!ids_.available(now, lifetime())) {
        o.due = ids_.free_at(lifetime());
        return;
      }
      start(o, now);
      out.append(o.message.view());
    }
    ++started;
  }
}

void message_layer::start(outgoing& o, time_point now) {
  o.id = ids_.take();
  set_id(o.message.span(), o.id);
  o.sent = 1;
  if (o.confirmable) {
    o.timeout = chance_.between(settings_->timing.ack_timeout, settings_->timing.longest_timeout());
  } else {
    o.timeout = std::chrono::seconds{1} * static_cast<std::int64_t>(o.message.size())
                / settings_->timing.probing_rate;
  }
  o.due = later(now, o.timeout);
}

sending_ended message_layer::end(std::size_t at, outcome how) {
  outgoing& o = sending_[at];
  sending_ended ended{o.what, how, o.reference, std::move(o.message), o.renewed};
  sending_.erase(sending_.begin() + static_cast<std::ptrdiff_t>(at));
  trim(sending_, 1);
  return ended;
}

std::optional<sending_ended> message_layer::finish(std::uint16_t id, outcome how, time_point now,
                                                   datagrams& out) {
  for (std::size_t i = 0; i < sending_.size(); ++i) {
    if (sending_[i].sent != 0 && sending_[i].id == id) {
      sending_ended ended = end(i, how);
      start_waiting(now, out);
      return ended;
    }
  }
  return {};
}

std::optional<sending_ended> message_layer::withdraw(purpose what, std::uint32_t reference,
                                                     time_point now, datagrams& out) {
  for (std::size_t i = 0; i < sending_.size(); ++i) {
    if (sending_[i].what == what && sending_[i].reference == reference) {
      sending_ended ended = end(i, outcome::presumed);
      start_waiting(now, out);
      return ended;
    }
  }
  return {};
}

std::optional<std::uint32_t> message_layer::in_flight(std::uint16_t id) const noexcept {
  for (const outgoing& o : sending_) {
    if (o.sent != 0 && o.id == id) {
      return o.reference;
    }
  }
  return {};
}

bool message_layer::in_flight(purpose what, std::uint32_t reference) const noexcept {
  return std::any_of(sending_.begin(), sending_.end(),
                     [&](const outgoing& o) { return o.what == what && o.reference == reference; });
}

std::optional<sending_ended> message_layer::handle_timeout(time_point now, datagrams& out) {
  if (heard_ != nullptr && now >= heard_->quiet_at) {
    heard_.reset();
    trim(sending_);
  }
  for (std::size_t i = 0; i < sending_.size(); ++i) {
    outgoing& o = sending_[i];
    if (o.sent == 0 || o.due > now) {
      continue;
    }
    if (!o.confirmable || o.sent > settings_->timing.max_retransmit) {
      sending_ended ended = end(i, o.confirmable ? outcome::timed_out : outcome::presumed);
      start_waiting(now, out);
      return ended;
    }
    if (o.renewed && ids_.available(now, lifetime())) {
      o.id = ids_.take();
      o.renewed = false;
    }
    set_id(o.message.span(), o.id);
    out.append(o.message.view());
    ++counts_.retransmissions;
    ++o.sent;
    o.timeout *= 2;
    o.due = later(now, o.timeout);
  }
  start_waiting(now, out);
  return {};
}

time_point message_layer::next_timeout() const noexcept {
  time_point next = heard_ == nullptr ? never : heard_->quiet_at;
  for (const outgoing& o : sending_) {
    next = std::min(next, o.due);
  }
  return next;
}

void message_layer::forget() noexcept {
  std::vector<outgoing>{}.swap(sending_);
  heard_.reset();
}

std::size_t message_layer::memory_bytes() const noexcept {
  std::size_t all = heap_octets(sending_);
  for (const outgoing& o : sending_) {
    all += o.message.memory_bytes();
  }
  if (heard_ != nullptr) {
    all +=
        heap_octets(sizeof *heard_) + heard_->replies.memory_bytes() + heard_->ids.memory_bytes();
  }
  return all;
}

} // namespace fleet::coap
