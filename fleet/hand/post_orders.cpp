// What is typed to a device that posts, in order: when a command may go on, what each does,
// and how it all ends.
#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "fleet/hand/hand_device.hpp"
#include "fleet/hand/post_hand.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

void post_hand::pump() {
  while (phase_ != phase::ended && phase_ != phase::leaving && next_command()) {
  }
}

bool post_hand::settled() const noexcept {
  return (phase_ == phase::online || phase_ == phase::refused) && !renewing_ && posts_.empty()
         && ping_began_ == never;
}

bool post_hand::any_posted() const noexcept {
  return std::any_of(posts_.begin(), posts_.end(), [](const open_post& p) { return p.id != 0; });
}

/// Whether the next command, or the end, has to wait.
bool post_hand::held_back() {
  if (setup_.scripted && logons_ == 0) {
    return true;
  }
  if (step_due_ != never) {
    if (settled()) {
      step_due_ = never;
    } else if (step_due_ > now()) {
      return true;
    } else if (phase_ != phase::online) {
      step_due_ = later(now(), step_timeout); // until it is logged on again
      return true;
    } else {
      trouble(fmt::format("not answered within {:g} s; going on", seconds(step_timeout)));
      step_due_ = never;
    }
  }
  if (wait_until_ > now()) {
    return true;
  }
  // Another token ends what was asked with the one before.
  const bool asks = !commands_.empty() && commands_.front().verb == post_verb::auth;
  return asks && (any_posted() || phase_ == phase::logging_on);
}

void post_hand::take_up_line() {
  const std::string line = std::move(lines_.front());
  lines_.pop_front();
  line_under_way_ = true;
  auto parsed = parse_post_commands(line, spoken_);
  if (!parsed) {
    complain(parsed.error());
    return;
  }
  std::move(parsed.value().begin(), parsed.value().end(), std::back_inserter(commands_));
}

/// Carries out one command, or takes up a line; false when there is nothing to do now.
bool post_hand::next_command() {
  if (held_back()) {
    return false;
  }
  if (!commands_.empty()) {
    const post_command c = std::move(commands_.front());
    commands_.pop_front();
    if (setup_.scripted) {
      say(line_kind::typed, c.typed);
      step_due_ = later(now(), step_timeout);
    }
    carry_out(c);
    return true;
  }
  if (std::exchange(line_under_way_, false)) {
    watcher_.on_taken();
  }
  if (!lines_.empty()) {
    take_up_line();
    return true;
  }
  if (input_over_) {
    leave(stop_grace);
  }
  return false;
}

void post_hand::carry_out(const post_command& c) {
  switch (c.verb) {
    case post_verb::post: {
      const auto& names = topics_.names();
      std::string topic = c.topic.empty()
                              ? topics_.reports().front()
                              : whole_topic(c.topic, names.product_key, names.device_name);
      std::string what = "the post to " + topic;
      post(std::move(topic), c.payload, std::move(what));
      break;
    }
    case post_verb::report: report(); break;
    case post_verb::auth:
      if (phase_ == phase::online) {
        log_on_again("asking for another token");
      } else {
        attempt();
      }
      break;
    case post_verb::ping: ping(); break;
    case post_verb::wait: wait_until_ = later(now(), c.time); break;
    case post_verb::help: tell_help(); break;
    case post_verb::stop: leave(stop_grace); break;
  }
}

void post_hand::post(std::string topic, std::string payload, std::string what) {
  if (phase_ == phase::refused) {
    trouble(what + " is not posted: there is no token");
    return;
  }
  if (posts_.size() >= hand_posts_max) {
    trouble(
        fmt::format("{} is not posted: {} wait for their answers already", what, hand_posts_max));
    return;
  }
  posts_.push_back({std::move(topic), std::move(payload), std::move(what)});
  send_waiting();
}

/// The manual's lamp, to where the profile's reports go.
void post_hand::report() {
  const auto id = next_id_++;
  lamp_.light(!lamp_.lit());
  post(topics_.reports().front(), sample_payload(id, lamp_.params(colours_)),
       fmt::format("report {}", id));
}

void post_hand::ping() {
  if (ping_began_ != never) {
    trouble("a ping is open already");
    return;
  }
  ping_began_ = now();
  if (!channel_->ping()) {
    ping_began_ = never;
    trouble("there is nobody to ping: it is not logged on");
  }
}

void post_hand::tell_help() {
  const std::string text = post_commands_help(spoken_);
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    watcher_.on_line(text.substr(at, end - at));
    at = end + 1;
  }
}

void post_hand::interrupt() {
  if (phase_ == phase::ended) {
    return;
  }
  interrupted_ = true;
  say(line_kind::note, "interrupted");
  leave(interrupt_grace);
  end_turn();
}

void post_hand::end_of_input() {
  input_over_ = true;
  end_turn();
}

void post_hand::take(std::string line) {
  if (phase_ == phase::ended) {
    return;
  }
  lines_.push_back(std::move(line));
  end_turn();
}

void post_hand::complain(std::string_view sentence) {
  mistyped_ = true;
  say(line_kind::trouble, sentence);
}

void post_hand::leave(duration grace) {
  step_due_ = never;
  commands_.clear();
  if (phase_ == phase::leaving) {
    phase_due_ = std::min(phase_due_, later(now(), grace));
  } else if (phase_ == phase::online) {
    phase_ = phase::leaving;
    phase_due_ = later(now(), grace);
  } else {
    drop_posts("there is no token");
    end(exit_code::passed);
  }
}

void post_hand::leave_if_done() {
  const bool open = !posts_.empty() || ping_began_ != never;
  if (phase_ != phase::leaving || (open && phase_due_ > now())) {
    return;
  }
  if (open) {
    trouble(fmt::format("{} posts are still unanswered", posts_.size()));
  }
  channel_->close();
  end(exit_code::passed);
}

void post_hand::end(exit_code code, const std::string& why) {
  if (const auto vain = channel_->waits_for()) {
    say(line_kind::trouble, vain->what);
  }
  phase_ = phase::ended;
  phase_due_ = never;
  home_.disarm(*this);
  channel_->drop();
  posts_.clear();
  commands_.clear();
  lines_.clear();
  if (interrupted_) {
    code = exit_code::interrupted;
  } else if (code == exit_code::passed && setup_.scripted) {
    code = mistyped_ ? exit_code::wrong_usage
           : failed_ ? exit_code::expectation_failed
                     : exit_code::passed;
  }
  say(line_kind::note, logons_ > 0 ? "closed" : "never logged on");
  watcher_.on_ended(code, why);
}

} // namespace fleet::program
