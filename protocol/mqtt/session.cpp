// The session: what outlives a connection. Its memory comes with the first thing to remember.
#include "protocol/mqtt/server_state.hpp"

namespace fleet::mqtt {

session::session() = default;
session::~session() = default;
session::session(session&&) noexcept = default;
session& session::operator=(session&&) noexcept = default;

deliver_outcome session::deliver_offline(message_ptr message, qos q, bool retain,
                                         const server_limits& limits) {
  if (q == qos::at_most_once) {
    return deliver_outcome::dropped_offline;
  }
  state& s = remembered();
  if (s.waiting.size() >= limits.queue_max) {
    return deliver_outcome::dropped_queue_full;
  }
  const waiting_message& kept =
    s.waiting.push_back({std::move(message), ++s.last_place, q, retain});
  if (journal_ != nullptr) {
    journal_->keep(kept.place, record_of(kept));
  }
  return deliver_outcome::queued;
}

session::state& session::remembered() {
  if (state_ == nullptr) {
    state_ = std::make_unique<state>();
  }
  return *state_;
}

std::size_t session::pending() const noexcept {
  return state_ == nullptr ? 0 : state_->in_flight() + state_->waiting.size();
}

std::vector<std::uint64_t> session::pending_cookies() const {
  std::vector<std::uint64_t> cookies;
  if (state_ != nullptr) {
    cookies.reserve(pending());
    state_->released.each([&](const released_message& m) { cookies.push_back(m.cookie); });
    state_->sent.each([&](const sent_message& m) { cookies.push_back(m.message->cookie); });
    state_->waiting.each([&](const waiting_message& m) { cookies.push_back(m.message->cookie); });
  }
  return cookies;
}

std::size_t session::memory_bytes() const noexcept {
  if (state_ == nullptr) {
    return 0;
  }
  std::size_t total = heap_octets(sizeof(state)) + state_->sent.memory_bytes()
                      + state_->released.memory_bytes() + state_->waiting.memory_bytes()
                      + state_->incoming.memory_bytes();
  // A shared message counts in equal parts for all who hold it.
  const auto share = [](const message_ptr& m) {
    const std::size_t whole = heap_octets(sizeof(stored_message) + 16)
                              + heap_octets(m->topic.size() > 15 ? m->topic.capacity() + 1 : 0)
                              + heap_octets(m->payload.capacity());
    return whole / static_cast<std::size_t>(m.use_count());
  };
  state_->sent.each([&](const sent_message& m) { total += share(m.message); });
  state_->waiting.each([&](const waiting_message& m) { total += share(m.message); });
  return total;
}

} // namespace fleet::mqtt
