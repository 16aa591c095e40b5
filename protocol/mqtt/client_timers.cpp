// The client machine and time: what is resent when, when to ping, when to give up.
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/client_state.hpp"

namespace fleet::mqtt {

void client::handle_timeout(time_point now, byte_buffer& out) {
  state& s = *state_;
  if (s.now_in == state::phase::connecting) {
    if (now >= later(s.last_sent, s.behaviour->connack_timeout)) {
      s.fail(violation::connect_timed_out);
    }
    return;
  }
  if (s.now_in != state::phase::connected) {
    return;
  }
  s.ping_due(now, out);
  if (s.now_in == state::phase::connected && now >= s.resend_at) {
    s.resend_due(now, out);
  }
}

time_point client::next_timeout() const noexcept {
  const state& s = *state_;
  switch (s.now_in) {
    case state::phase::down:
    case state::phase::over: return never;
    case state::phase::connecting: return later(s.last_sent, s.behaviour->connack_timeout);
    case state::phase::connected: break;
  }
  return std::min(s.resend_at, s.next_ping());
}

/// A keep-alive after the last packet sent ([MQTT-3.1.2-23]); or after the last one heard, since
/// what is sent into a half-open connection keeps it busy for ever.
time_point client::state::next_ping() const noexcept {
  if (keep_alive_s == 0) {
    return never;
  }
  const time_point heard = std::max(now, last_ping);
  const time_point from = behaviour->ping_despite_traffic ? last_ping : std::min(last_sent, heard);
  const time_point due = later(from, std::chrono::seconds{keep_alive_s});
  return pings == 0 ? due : std::min(due, later(ping_asked, behaviour->ping_timeout));
}

void client::state::ping_due(time_point when, byte_buffer& out) {
  if (when < next_ping()) {
    return;
  }
  const bool unanswered = pings != 0 && when >= later(ping_asked, behaviour->ping_timeout);
  if (unanswered || pings >= behaviour->pings_outstanding_max) {
    fail(violation::ping_unanswered);
    return;
  }
  ping(when, out);
  if (messages.empty()) { // quiet for a while: hold nothing
    messages.trim();
    spare = {};
    tidy_rare();
  }
}

void client::state::ping(time_point when, byte_buffer& out) {
  encode_empty(packet_type::pingreq, out);
  if (pings++ == 0) {
    ping_asked = when;
  }
  sent(when);
  last_ping = when;
}

void client::state::expect_resend(time_point when) noexcept {
  resend_at = std::min(resend_at, later(when, behaviour->resend_after));
}

void client::state::resend(outgoing& message, bool dup, time_point when, byte_buffer& out) {
  std::uint8_t& head = message.packet.octets[0];
  head = static_cast<std::uint8_t>(dup ? head | dup_flag : head & ~dup_flag);
  out.append(message.packet.view());
  message.sent_at = when;
  message.was_resent = true;
  message.on_resume = !message.sent_here;
  message.sent_here = true;
  if (!message.untold) {
    message.untold = true;
    ++untold;
  }
  sent(when);
}

/// Resends what waited long enough, in the order of the first sending ([MQTT-4.6.0-1]), and finds
/// out when to look again.
void client::state::resend_due(time_point when, byte_buffer& out) {
  const duration patience = behaviour->resend_after;
  resend_at = never;
  if (rare != nullptr) {
    rare->releases.each([&](releasing& r) {
      if (when >= later(r.sent_at, patience)) {
        encode_ack(packet_type::pubrel, r.id, out,
                   version == version::v3_1 && behaviour->dup_on_resend);
        r.sent_at = when;
        sent(when);
      }
      expect_resend(r.sent_at);
    });
  }
  bool twice = false;
  messages.each([&](outgoing& m) {
    if (m.held) {
      return;
    }
    if (when >= later(m.sent_at, patience)) {
      twice = twice || m.was_resent;
      resend(m, behaviour->dup_on_resend, when, out);
    }
    expect_resend(m.sent_at);
  });
  if (rare != nullptr) {
    resend_requests(when, out);
  }
  // Repeats keep a link busy, so that no ping is ever due on one that is half open: whoever does
  // not answer the second time is asked whether it is there at all.
  if (twice && pings == 0 && keep_alive_s != 0 && !behaviour->ping_despite_traffic) {
    ping(when, out);
  }
}

void client::hold(cookie_range which) noexcept {
  state_->messages.each([which](outgoing& m) { m.held = m.held || which.has(m.cookie); });
}

void client::release(cookie_range which, time_point now, byte_buffer& out) {
  state& s = *state_;
  FLEET_CHECK(s.now_in == state::phase::connected);
  s.messages.each([&](outgoing& m) {
    if (m.held && which.has(m.cookie)) {
      m.held = false;
      s.resend(m, s.behaviour->dup_on_resend && (m.sent_here || s.known_there), now, out);
      s.expect_resend(now);
    }
  });
}

std::size_t client::abandon(cookie_range which) noexcept {
  state& s = *state_;
  FLEET_CHECK(s.now_in == state::phase::connected);
  std::size_t count = 0;
  const auto over = [&](const outgoing& m) {
    return m.held && which.has(m.cookie) && !m.sent_here
           && (m.quality() == qos::at_least_once || !s.known_there);
  };
  while (outgoing* m = s.messages.find(over)) {
    if (m->untold) {
      --s.untold;
    }
    s.let_go(*m);
    ++count;
  }
  return count;
}

void client::state::resend_requests(time_point when, byte_buffer& out) {
  rare->requests.each([&](request& r) {
    if (when < later(r.sent_at, behaviour->resend_after)) {
      expect_resend(r.sent_at);
      return;
    }
    if (r.packet.empty()) {
      rare->timed_out.push_back(r.id);
      return;
    }
    if (version == version::v3_1 && behaviour->dup_on_resend) {
      r.packet[0] |= dup_flag; // 3.1.1 has no DUP here
    }
    out.append(bytes_view{r.packet});
    r.sent_at = when;
    sent(when);
    expect_resend(when);
  });
  for (const std::uint16_t id : rare->timed_out) {
    if (request* r = rare->requests.find([id](const request& q) { return q.id == id; })) {
      rare->requests.erase(*r);
    }
  }
}

} // namespace fleet::mqtt
