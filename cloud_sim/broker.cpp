// Lives and deaths of connections and clients. Nothing here is freed before the outermost turn
// ends, so that no loop over subscribers ever meets a dead one.
#include "cloud_sim/broker.hpp"

#include <utility>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/persistence.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

broker::broker(hal::home& where, const twin_limits& bounds, twin_counters& counters)
    : home_(where), limits_(bounds), counters_(counters),
      accounts_(bounds.devices_max, bounds.ledger_growth_max, counters) {}

broker::~broker() {
  stop();
  home_.disarm(*this);
}

void broker::accept(hal::stream_ptr accepted, bool over_tls) {
  if (take(std::move(accepted), over_tls) != nullptr) {
    add(counters_.connections);
  }
}

connection* broker::take(hal::stream_ptr accepted, bool over_tls) {
  const turn guard{*this};
  if (kept_ != nullptr && kept_->withholding()) {
    add(counters_.connections_withheld);
    return nullptr;
  }
  if (connections_.size() >= limits_.connections_max) {
    add(counters_.connections_over_limit);
    return nullptr;
  }
  auto made = std::make_unique<connection>(*this, std::move(accepted), now());
  made->over_tls_ = over_tls;
  made->at_ = static_cast<std::uint32_t>(connections_.size());
  connections_.push_back(std::move(made));
  add(counters_.connections_open);
  auto& taken = *connections_.back();
  if (among_ != nullptr) {
    taken.aside_ = std::make_unique<byte_buffer>();
    taken.arrival_ = among_->next_arrival();
  }
  return &taken;
}

void broker::command_acknowledged(std::uint64_t cookie, time_point due) {
  const auto device = accounts_.acknowledged(cookie);
  if (watcher_ != nullptr && device != accounts::anybody && due != never) {
    watcher_->on_acknowledged(device, now() - due);
  }
}

void broker::admit(connection& c, peer& who, const mqtt::connect_view& connect,
                   bool session_present, std::uint16_t keep_alive_s, bool honour_will) {
  FLEET_CHECK(who.online == nullptr && c.who_ == nullptr);
  unlink(who);
  who.online = &c;
  who.clean = connect.clean_session;
  c.who_ = &who;
  c.stands_for(character_->number_of(who));
  c.number_ = ++admitted_;
  if (connect.has_will && honour_will) {
    c.will_ = std::make_unique<connection::will>();
    c.will_->message.topic.assign(connect.will.topic);
    c.will_->message.payload.assign(connect.will.payload.begin(), connect.will.payload.end());
    c.will_->qos = connect.will.qos;
    c.will_->retain = connect.will.retain;
  }
  if (kept_ != nullptr && !who.clean) {
    kept_->came(who);
  }
  add(counters_.connects[static_cast<std::size_t>(mqtt::connack_code::accepted)]);
  add(counters_.devices_online);
  auto& out = c.stream_->output();
  const auto before = out.size();
  c.machine_.accept(who.session, session_present, keep_alive_s, now(), out);
  c.wrote(out, before);
}

void broker::refuse(connection& c, mqtt::connack_code code) {
  FLEET_CHECK(code != mqtt::connack_code::accepted);
  add(counters_.connects[static_cast<std::size_t>(code)]);
  auto& out = c.stream_->output();
  const auto before = out.size();
  c.machine_.refuse(code, out);
  c.wrote(out, before);
  end(c, end_reason::refused);
}

void broker::dispatch(connection& c, std::string_view topic, bytes_view payload) {
  FLEET_CHECK(c.who_ == nullptr);
  add(counters_.connects[static_cast<std::size_t>(mqtt::connack_code::accepted)]);
  mqtt::session none; // unbound again by end()
  auto& out = c.stream_->output();
  const auto before = out.size();
  c.machine_.accept(none, false, 0, now(), out);
  if (!topic.empty()) {
    c.machine_.deliver_now(topic, payload, false, out);
  }
  c.wrote(out, before);
  end(c, end_reason::dispatched);
}

void broker::grant(connection& c, std::uint16_t packet_id, std::span<const std::uint8_t> codes) {
  if (kept_ != nullptr) {
    kept_->subscriptions_changed(*c.who_);
  }
  auto& out = c.stream_->output();
  const auto before = out.size();
  c.machine_.grant(packet_id, codes, out);
  c.wrote(out, before);
  for (const auto code : codes) {
    add(code == mqtt::subscribe_refused ? counters_.subscribes_refused
                                        : counters_.subscribes_granted);
  }
}

void broker::cut(peer& who, end_reason reason) {
  if (who.online != nullptr) {
    end(*who.online, reason);
  }
}

void broker::misbehave_by(fault_desk& desk) {
  if (misbehaviour_ == nullptr) {
    misbehaviour_ = std::make_unique<mqtt_faults>(home_, desk);
  }
}

std::uint32_t broker::kick(const fault_choice& whom) {
  const turn guard{*this};
  std::vector<connection*> all; // ending one moves others in the list; none dies before the turn
  for (const auto& c : connections_) {
    if (c->who_ != nullptr && whom.hits(c->device())) {
      all.push_back(c.get());
    }
  }
  for (auto* const c : all) {
    end(*c, end_reason::taken_over);
  }
  return static_cast<std::uint32_t>(all.size());
}

// The copy is a message of its own, with a packet id of its own and nothing to be booked by.
mqtt::deliver_outcome broker::deliver(peer& who, const mqtt::message_ptr& message, mqtt::qos q,
                                      bool retain) {
  const auto outcome = hand_over(who, message, q, retain);
  auto* const faulty = faults();
  if (faulty != nullptr && who.online != nullptr && faulty->doubles(who.online->device())) {
    faulty->note_doubled(message->payload);
    hand_over(who, messages_.make(message->topic, message->payload), q, retain);
  }
  return outcome;
}

mqtt::deliver_outcome broker::hand_over(peer& who, const mqtt::message_ptr& message, mqtt::qos q,
                                        bool retain) {
  using mqtt::deliver_outcome;
  const bool may_wait = q != mqtt::qos::at_most_once;
  auto outcome = deliver_outcome::dropped_queue_full;
  // What waits is bounded for all clients together; what goes out at once to a client with nothing
  // outstanding is let through, so that one hoarder does not silence the rest.
  const bool stored_full = messages_.bytes() > limits_.stored_bytes_max;
  if (!(stored_full && may_wait && (who.online == nullptr || who.session.pending() != 0))) {
    outcome = who.online != nullptr ? who.online->deliver(message, q, retain)
                                    : who.session.deliver_offline(message, q, retain, limits_.mqtt);
  }
  switch (outcome) {
    case deliver_outcome::sent:
    case deliver_outcome::queued: add(counters_.delivered[static_cast<std::size_t>(q)]); break;
    case deliver_outcome::dropped_queue_full:
      if (may_wait) {
        add(counters_.queue_drops);
      }
      break;
    case deliver_outcome::dropped_offline: add(counters_.offline_drops); break;
  }
  return outcome;
}

void broker::deliver_now(peer& who, std::string_view topic, bytes_view payload) {
  if (who.online == nullptr) {
    add(counters_.offline_drops);
    return;
  }
  if (who.online->deliver_now(topic, payload)) {
    add(counters_.delivered[0]);
  }
  auto* const faulty = faults();
  if (faulty != nullptr && faulty->doubles(who.online->device())
      && who.online->deliver_now(topic, payload)) {
    faulty->note_doubled(payload);
    add(counters_.delivered[0]);
  }
}

// Detaches the client; afterwards the connection is only a stream that may have octets to send.
void broker::detach(connection& c) {
  c.machine_.unbind();
  peer* const who = std::exchange(c.who_, nullptr);
  if (who == nullptr) {
    return;
  }
  who->online = nullptr;
  subtract(counters_.devices_online);
  character_->on_gone(*who, c.number_);
  if (who->clean) {
    character_->forget(*who);
  } else {
    if (kept_ != nullptr) {
      kept_->left(*who);
    }
    wait_for_return(*who);
  }
}

void broker::end(connection& c, end_reason reason) {
  if (c.phase_ == connection::phase::lingering || c.phase_ == connection::phase::ended) {
    return;
  }
  add(counters_.ends[static_cast<std::size_t>(reason)]);
  const auto will = std::move(c.will_);
  detach(c);
  switch (reason) {
    case end_reason::disconnected:
    case end_reason::refused:
    case end_reason::violated:
    case end_reason::dispatched:
      // A last answer may still have to leave.
      c.phase_ = connection::phase::lingering;
      linger(c);
      break;
    case end_reason::lost:
    case end_reason::taken_over:
    case end_reason::keep_alive:
    case end_reason::slow_consumer:
    case end_reason::withdrawn:
    case end_reason::stopped:
    case end_reason::unkept: bury(c); break;
  }
  if (will != nullptr && reason != end_reason::stopped) {
    add(counters_.wills_published);
    character_->on_will(will->message, will->qos, will->retain);
  }
}

void broker::linger(connection& c) {
  const auto held = misbehaviour_ == nullptr ? std::nullopt : misbehaviour_->close_after(c);
  c.armed_for_ = later(held.value_or(now()), limits_.linger);
  home_.arm(c, c.armed_for_);
  if (!held) {
    c.stream_->close();
  }
}

void broker::condemn(connection& c) {
  c.phase_ = connection::phase::condemned;
  c.machine_.unbind(); // what comes now waits in the session
  condemned_.push_back(&c);
}

void broker::bury(connection& c) {
  if (c.phase_ == connection::phase::ended) {
    return;
  }
  c.phase_ = connection::phase::ended;
  if (misbehaviour_ != nullptr) {
    misbehaviour_->forget(c);
  }
  c.stream_.reset();
  home_.disarm(c);
  subtract(counters_.connections_open);
  const std::uint32_t at = c.at_;
  graveyard_.push_back(std::move(connections_[at]));
  if (at + 1 != connections_.size()) {
    connections_[at] = std::move(connections_.back());
    connections_[at]->at_ = at;
  }
  connections_.pop_back();
}

void broker::leave() {
  if (depth_ == 1) {
    // Ending one may publish a will that condemns another.
    while (!condemned_.empty()) {
      connection* const c = condemned_.back();
      condemned_.pop_back();
      end(*c, end_reason::slow_consumer);
    }
    if (!graveyard_.empty()) {
      std::vector<std::unique_ptr<connection>>{}.swap(graveyard_);
    }
    if (kept_ != nullptr) {
      kept_->turn_over();
    }
  }
  --depth_;
}

void broker::stop() {
  const turn guard{*this};
  while (!connections_.empty()) {
    auto& last = *connections_.back();
    end(last, end_reason::stopped);
    bury(last);
  }
  home_.disarm(*this);
}

void broker::reset_all() {
  const turn guard{*this};
  while (!connections_.empty()) {
    auto& last = *connections_.back();
    last.stream_->reset();
    end(last, end_reason::unkept);
    bury(last);
  }
}

std::size_t broker::memory_bytes() const noexcept {
  std::size_t bytes = connections_.capacity() * sizeof connections_[0];
  for (const auto& c : connections_) {
    bytes += c->memory_bytes();
  }
  return bytes;
}

bool broker::room_for_session() const noexcept {
  return sessions_ < limits_.sessions_max;
}

void broker::remember(peer&) noexcept {
  ++sessions_;
  add(counters_.sessions);
}

void broker::dismiss(peer& who) {
  FLEET_CHECK(who.online == nullptr);
  if (kept_ != nullptr) {
    kept_->forgotten(who);
  }
  unlink(who);
  --sessions_;
  subtract(counters_.sessions);
}

// All wait equally long, so the line is in the order of expiry by itself.
void broker::wait_for_return(peer& who, duration waited) {
  const bool for_ever = later(now(), limits_.session_expiry) == never;
  who.expires = for_ever ? never : later(now(), limits_.session_expiry - waited);
  if (who.expires == never) {
    return;
  }
  who.older = newest_;
  who.newer = nullptr;
  (newest_ != nullptr ? newest_->newer : oldest_) = &who;
  newest_ = &who;
  if (oldest_ == &who) {
    home_.arm(*this, who.expires);
  }
}

void broker::unlink(peer& who) noexcept {
  if (who.expires == never) {
    return;
  }
  (who.older != nullptr ? who.older->newer : oldest_) = who.newer;
  (who.newer != nullptr ? who.newer->older : newest_) = who.older;
  who.older = who.newer = nullptr;
  who.expires = never;
}

void broker::on_wake(time_point now) {
  const turn guard{*this};
  while (oldest_ != nullptr && oldest_->expires <= now) {
    peer& over = *oldest_;
    add(counters_.sessions_expired);
    unlink(over);
    character_->forget(over);
  }
  if (oldest_ != nullptr) {
    home_.arm(*this, oldest_->expires);
  }
}

} // namespace fleet::cloud
