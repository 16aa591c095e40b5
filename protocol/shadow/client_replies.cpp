// What comes in: replies to what was asked, and the desired values that the cloud pushes.
#include <algorithm>
#include <charconv>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/shadow/client.hpp"

namespace fleet::shadow {

namespace {

bool is_code(const cloud_message& m, error_code code) noexcept {
  return m.code == static_cast<std::int64_t>(code);
}

/// 5xx: the platform's trouble, which may pass.
bool may_pass(const cloud_message& m) noexcept {
  return m.code.value_or(0) / 100 == 5;
}

/// Tells one desire from another: value and timestamps. 0 is no desire.
std::uint64_t name_of(const cloud_message& m) noexcept {
  const bool none = m.desired.find_first_not_of("{} \t\r\n") == std::string_view::npos;
  const std::uint64_t name = mix64(hash_text(m.desired) + hash_text(m.desired_metadata));
  return none ? 0 : std::max<std::uint64_t>(name, 1);
}

} // namespace

void client::receive(bytes_view payload, time_point now, json_reader& reader, byte_buffer& out) {
  FLEET_CHECK(events_.empty()); // their views would dangle
  const cloud_message m = parse_cloud_message(reader, payload);
  const auto ignore = [&](ignore_reason why) { events_.push_back(client_event::ignored{why}); };
  switch (m.what) {
    case cloud_message::kind::malformed: ignore(ignore_reason::malformed); return;
    case cloud_message::kind::control: take_control(m); break;
    case cloud_message::kind::reply:
      // A reply to somebody else's request says a version but not what it holds: of no use here.
      if (!is_ours(m.token)) {
        ignore(ignore_reason::unmatched);
        return;
      }
      if (phase_ == phase::pulling) {
        take_pull_reply(m, now);
      } else {
        take_reply(m, now);
      }
      break;
  }
  newest_timestamp_ = std::max(newest_timestamp_, m.timestamp_s.value_or(0));
  advance(now, out);
}

bool client::is_ours(std::string_view raw_token) const noexcept {
  if (phase_ != phase::pulling && phase_ != phase::asking) {
    return false;
  }
  const auto plain = json_plain_text(raw_token);
  if (!plain || !plain->starts_with(prefix_) || plain->size() < prefix_.size() + 2
      || (*plain)[prefix_.size()] != '-') {
    return false;
  }
  std::uint32_t number = 0;
  const char* const end = plain->data() + plain->size();
  const auto [stop, error] = std::from_chars(plain->data() + prefix_.size() + 1, end, number);
  return error == std::errc{} && stop == end && number == sent_token_;
}

void client::take_control(const cloud_message& m) {
  if (!m.success || !m.version || !m.has_state) {
    events_.push_back(client_event::ignored{ignore_reason::malformed});
    return;
  }
  if (*m.version < version_) {
    events_.push_back(client_event::ignored{ignore_reason::stale});
    // Late, most likely. But a document that was cleared counts from 0 again, and then this one is
    // news: its timestamp cannot be older than what was seen. Only the platform can tell.
    if (m.timestamp_s.value_or(0) >= newest_timestamp_ && connected_ && !pull_wanted_) {
      pull_wanted_ = true;
      pull_attempts_ = 0;
    }
    return;
  }
  version_ = *m.version;
  take_desired(m);
}

void client::take_desired(const cloud_message& m) {
  const std::uint64_t name = name_of(m);
  if (name == desire_) {
    return; // told already
  }
  desire_ = name;
  if (name != 0) {
    events_.push_back(client_event::desired_arrived{m.desired, m.desired_metadata, version_, name});
  }
}

void client::end_pull() noexcept {
  pull_wanted_ = false;
  pull_attempts_ = 0;
  phase_ = phase::idle;
}

void client::take_pull_reply(const cloud_message& m, time_point now) {
  if (m.success || is_code(m, error_code::document_empty)) {
    const std::int64_t found = m.version.value_or(version_);
    if (found < version_ && version_ != sent_version_) {
      // A control overtook this answer: it is older than what is known.
      events_.push_back(client_event::ignored{ignore_reason::stale});
      phase_ = phase::idle;
      if (pull_attempts_ >= behaviour_->attempts_max) {
        end_pull();
      }
      return;
    }
    version_ = std::max<std::int64_t>(found, 0);
    end_pull();
    events_.push_back(client_event::pulled{m.reported, m.desired, version_});
    take_desired(m);
  } else if (may_pass(m) && pull_attempts_ < behaviour_->attempts_max) {
    rest(pull_attempts_, now);
  } else {
    events_.push_back(client_event::refused{0, m.code.value_or(0)});
    end_pull();
  }
}

/// The operation in front is done, one way or the other. The desire that it was to clear is gone,
/// or still there: then the next pull tells it again.
void client::finish(client_event_variant&& how) {
  if (clears(queue_.front())) {
    desire_ = 0;
  }
  events_.push_back(std::move(how));
  queue_.erase(queue_.begin());
  if (queue_.empty()) {
    std::vector<operation>{}.swap(queue_); // an idle device holds none
  }
  attempts_ = 0;
  phase_ = phase::idle;
  if (std::exchange(retell_, false) && !pull_wanted_) {
    pull_wanted_ = true;
    pull_attempts_ = 0;
  }
}

void client::give_up(give_up_reason why) {
  finish(client_event::gave_up{queue_.front().id, why});
}

void client::take_reply(const cloud_message& m, time_point now) {
  if (!m.success && !is_code(m, error_code::document_empty)) {
    take_refusal(m, now);
    return;
  }
  if (m.success) {
    version_ = std::max(version_, m.payload_version.value_or(sent_version_));
  }
  finish(client_event::acknowledged{queue_.front().id, version_});
}

void client::take_refusal(const cloud_message& m, time_point now) {
  const operation& op = queue_.front();
  const bool conflict = is_code(m, error_code::version_conflict);
  if (conflict && !pull_wanted_) {
    pull_wanted_ = true;
    pull_attempts_ = 0;
  }
  if ((!conflict && !may_pass(m)) || op.once) {
    finish(client_event::refused{op.id, m.code.value_or(0)});
  } else if (attempts_ >= behaviour_->attempts_max) {
    if (conflict) {
      give_up(give_up_reason::conflicts);
    } else {
      finish(client_event::refused{op.id, m.code.value_or(0)});
    }
  } else if (conflict && attempts_ == 1) {
    phase_ = phase::idle; // the common case: pull at once
  } else {
    rest(attempts_, now);
  }
}

} // namespace fleet::shadow
