// What became of a posting device's posts: taken, refused for good or for a while, or unknown.
#include <algorithm>
#include <utility>

#include "actors/device/cookie.hpp"
#include "actors/device/post_device.hpp"
#include "actors/device/post_firmware.hpp"

namespace fleet::actors {

void post_device::on_post_ended(std::uint32_t id, const post_answer& answer) {
  const auto found = std::find_if(pending_.begin(), pending_.end(),
                                  [id](const pending_post& p) { return p.id == id; });
  if (found == pending_.end()) {
    return;
  }
  const auto at = static_cast<std::size_t>(found - pending_.begin());
  switch (answer.how) {
    case post_end::taken: take_report(at, answer.payload); break;
    case post_end::token_refused:
      if (found->logons >= product_.post->logons_max) {
        leave_link(outcome::refused_credentials, "every token of the platform is refused by it");
        break;
      }
      found->id = 0;
      ++found->logons;
      if (!std::exchange(renewing_, true)) {
        log_on();
      }
      return;
    case post_end::not_now:
      if (found->reliable && found->delays < product_.post->delays_max) {
        post_later(at, answer.after);
        return;
      }
      [[fallthrough]];
    case post_end::refused:
      counts().error(has_tag(found->cookie)); // its one report, if that may fail
      around_.watcher->on_trouble(index_, answer.why, answer.detail);
      forget(at);
      break;
    case post_end::unanswered:
      if (found->reliable) {
        leave_link(answer.why, answer.detail);
      } else {
        forget(at);
      }
      break;
  }
  send_waiting();
  finish_stop_if_drained();
}

void post_device::take_report(std::size_t at, bytes_view payload) {
  pending_post& post = pending_[at];
  const time_point due = post.due;
  if (!has_tag(post.cookie)) {
    const std::string topic = std::move(post.topic);
    forget(at);
    take_offer(topic, payload);
    return;
  }
  if (post.reliable) {
    slot_.uplink.acknowledge(epoch_of(post.cookie), sequence_of(post.cookie));
    bump(counts().acknowledged);
    counts().latencies[static_cast<std::size_t>(latency::publish_ack)].record(now() - due);
    slot_.trace.note(now(), happening::acknowledged, sequence_of(post.cookie));
  }
  forget(at);
  take_reply(payload, due);
}

/// The platform could not take this one, and so all others wait with it: for as long as it says,
/// within bounds, or twice as long each time; and a little more, that not all come back at once.
void post_device::post_later(std::size_t at, duration asked) {
  pending_post& post = pending_[at];
  const post_plan& plan = *product_.post;
  post.id = 0;
  duration wait = asked > duration::zero() ? asked : plan.again_first * (1 << post.delays);
  ++post.delays;
  wait = std::min(wait, plan.again_longest);
  const time_point until = later(now(), wait + jitter_.between(duration::zero(), wait / 4));
  hold_until_ = hold_until_ == never ? until : std::max(hold_until_, until);
}

/// Its channel makes another session: what is open goes again, under another token.
void post_device::on_way_lost() {
  const std::uint8_t most = product_.post->ways_max;
  const bool worn = std::any_of(pending_.begin(), pending_.end(), [most](const pending_post& p) {
    return p.id != 0 && p.reliable && p.ways >= most;
  });
  if (worn) {
    leave_link(outcome::timed_out, "a post was not answered");
    return;
  }
  std::erase_if(pending_, [](const pending_post& p) { return p.id != 0 && !p.reliable; });
  for (pending_post& p : pending_) {
    if (std::exchange(p.id, 0) != 0) {
      ++p.ways;
    }
  }
  renewing_ = true;
  log_on();
}

/// The platform's answer on the thing model's level, where it sends one (§17.3).
void post_device::take_reply(bytes_view payload, time_point due) {
  if (payload.empty()) {
    return;
  }
  around_.address.clear();
  around_.address.append(topic_);
  around_.address.append("_reply");
  mqtt::message_view message;
  message.topic = as_text(around_.address.view());
  message.payload = payload;
  const auto what = product_.speech->understand(index_, message, *around_.speech);
  if (what.kind != downlink_kind::reply) {
    return;
  }
  if (what.reply_code != 200) {
    bump(counts().replies_bad);
    return;
  }
  bump(counts().replies);
  counts().latencies[static_cast<std::size_t>(latency::publish_reply)].record(now() - due);
}

} // namespace fleet::actors
