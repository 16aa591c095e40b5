// What goes out, and when: the queue, time-outs, back-off.
#include "protocol/shadow/client.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include "protocol/base/json_write.hpp"
#include "protocol/base/random.hpp"

namespace fleet::shadow {

client_behaviour sdk_behaviour() noexcept {
  client_behaviour out;
  out.reply_timeout = std::chrono::milliseconds{200};
  out.attempts_max = 1;
  out.version_step = 2;
  out.doubled_comma = true;
  return out;
}

client::client(const client_behaviour& behaviour, std::string_view token_prefix, remembered kept)
    : behaviour_(&behaviour), prefix_(token_prefix), version_(kept.version),
      next_token_(kept.next_token) {}

void client::connected(time_point now, byte_buffer& out) {
  connected_ = true;
  phase_ = phase::idle;
  pull_wanted_ = true;
  pull_attempts_ = 0;
  attempts_ = 0;
  advance(now, out);
}

void client::disconnected() {
  connected_ = false;
  phase_ = phase::idle;
  deadline_ = never;
  sent_token_ = 0;
  for (const operation& op : queue_) {
    if (op.once) {
      events_.push_back(client_event::gave_up{op.id, give_up_reason::link_lost});
    }
  }
  std::erase_if(queue_, [](const operation& op) { return op.once; });
}

time_point client::next_timeout() const noexcept {
  return deadline_;
}

std::optional<client_event_variant> client::next_event() {
  if (events_.empty()) {
    return std::nullopt;
  }
  client_event_variant next = std::move(events_.front());
  events_.erase(events_.begin());
  if (events_.empty()) {
    std::vector<client_event_variant>{}.swap(events_); // an idle device holds none
  }
  return next;
}

void client::pull(time_point now, byte_buffer& out) {
  if (!connected_) {
    return;
  }
  if (!pull_wanted_) {
    pull_wanted_ = true;
    pull_attempts_ = 0;
  }
  advance(now, out);
}

client::request_result client::push(std::string_view reported, time_point now, byte_buffer& out) {
  operation op;
  op.reported = reported;
  return accept(std::move(op), now, out);
}

client::request_result client::push_async(std::string_view reported, time_point now,
                                          byte_buffer& out) {
  if (!connected_) {
    return fail(request_error::not_connected);
  }
  operation op;
  op.reported = reported;
  op.once = true;
  return accept(std::move(op), now, out);
}

client::request_result client::applied(std::uint64_t desire, std::string_view reported,
                                       time_point now, byte_buffer& out) {
  operation op;
  op.reported = reported;
  op.desire = desire;
  return accept(std::move(op), now, out);
}

client::request_result client::remove(std::span<const std::string_view> names, time_point now,
                                      byte_buffer& out) {
  operation op;
  op.removes = true;
  if (!names.empty()) {
    byte_buffer text;
    object_writer w{text};
    for (const std::string_view name : names) {
      w.text(name, "null");
    }
    w.end();
    op.reported = as_text(text.view());
  }
  return accept(std::move(op), now, out);
}

client::request_result client::accept(operation&& op, time_point now, byte_buffer& out) {
  if (queue_.size() >= behaviour_->requests_max) {
    if (clears(op)) {
      desire_ = 0;
      retell_ = true;
    }
    return fail(request_error::too_many);
  }
  // Room for the envelope and the token.
  if (op.reported.size() + prefix_.size() + 128 > max_request) {
    return fail(request_error::too_large);
  }
  op.id = next_id_;
  next_id_ = next_id_ == std::numeric_limits<std::uint32_t>::max() ? 1 : next_id_ + 1;
  op.reported.shrink_to_fit();
  queue_.push_back(std::move(op));
  const std::uint32_t id = queue_.back().id;
  advance(now, out);
  return id;
}

bool client::clears(const operation& op) const noexcept {
  return op.desire != 0 && op.desire == desire_;
}

/// An operation in front that has nothing left to say: its desire was replaced or is gone.
bool client::skip_moot() {
  const operation& op = queue_.front();
  if (op.removes || !op.reported.empty() || clears(op)) {
    return false;
  }
  finish(client_event::acknowledged{op.id, version_});
  return true;
}

/// Starts what is next, unless something is under way.
void client::advance(time_point now, byte_buffer& out) {
  if (!connected_ || phase_ != phase::idle) {
    return;
  }
  deadline_ = never;
  if (pull_wanted_) {
    ++pull_attempts_;
    sent_token_ = next_token_++;
    sent_version_ = version_;
    send_pull(now, out);
    return;
  }
  while (!queue_.empty() && skip_moot()) {
  }
  if (!queue_.empty()) {
    ++attempts_;
    sent_token_ = next_token_++;
    sent_version_ = following_version();
    send_operation(now, out);
  }
}

std::int64_t client::following_version() const noexcept {
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  const std::int64_t step = behaviour_->version_step;
  return version_ > most - step ? most : version_ + step;
}

void client::send_pull(time_point now, byte_buffer& out) {
  append_get(out, std::string{prefix_} + '-' + std::to_string(sent_token_));
  phase_ = phase::pulling;
  arm(pull_attempts_, now);
}

void client::send_operation(time_point now, byte_buffer& out) {
  append_operation(out);
  phase_ = phase::asking;
  arm(attempts_, now);
}

void client::append_operation(byte_buffer& out) const {
  const operation& op = queue_.front();
  const std::string token = std::string{prefix_} + '-' + std::to_string(sent_token_);
  if (op.removes) {
    append_delete(out, {.reported = op.reported,
                        .version = sent_version_,
                        .token = token,
                        .doubled_comma = behaviour_->doubled_comma});
    return;
  }
  append_update(out, {.reported = op.reported,
                      .clear_desired = clears(op),
                      .version = sent_version_,
                      .token = token});
}

/// Doubles with each attempt up to the cap. The jitter keeps a fleet that lost its cloud from
/// coming back in step; it depends on the device and the token alone, so runs repeat.
void client::arm(std::uint8_t attempts, time_point now) noexcept {
  duration wait = behaviour_->reply_timeout;
  for (std::uint8_t i = 1; i < attempts && wait < behaviour_->backoff_max; ++i) {
    wait *= 2;
  }
  wait = std::min(wait, behaviour_->backoff_max);
  const std::uint64_t chance = mix64(hash_text(prefix_) + sent_token_ * 256U + attempts);
  wait += wait / 1024 * static_cast<std::int64_t>(chance % 256);
  deadline_ = later(now, wait);
}

void client::rest(std::uint8_t attempts, time_point now) noexcept {
  phase_ = phase::resting;
  arm(attempts, now);
}

void client::handle_timeout(time_point now, byte_buffer& out) {
  if (!connected_ || now < deadline_) {
    return;
  }
  switch (phase_) {
    case phase::idle: break;
    case phase::resting: phase_ = phase::idle; break;
    case phase::pulling:
      if (pull_attempts_ < behaviour_->attempts_max) {
        ++pull_attempts_;
        send_pull(now, out); // the same token: an answer to the first will do
        return;
      }
      events_.push_back(client_event::gave_up{0, give_up_reason::unanswered});
      end_pull();
      break;
    case phase::asking:
      if (!queue_.front().once && attempts_ < behaviour_->attempts_max) {
        ++attempts_;
        send_operation(now, out); // the same version: if the first arrived, 409 says so
        return;
      }
      give_up(give_up_reason::unanswered);
      break;
  }
  deadline_ = never;
  advance(now, out);
}

std::size_t client::memory_bytes() const noexcept {
  constexpr std::size_t inside = 15; // what a string holds without the heap
  std::size_t total =
      queue_.capacity() * sizeof(operation) + events_.capacity() * sizeof(client_event_variant);
  for (const operation& op : queue_) {
    total += op.reported.capacity() > inside ? op.reported.capacity() + 1 : 0;
  }
  return total;
}

} // namespace fleet::shadow
