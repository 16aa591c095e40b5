// What is typed, in order: when a command may go on, and what each does.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/hand/hand_device.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/alink/message.hpp"

namespace fleet::program {

void hand_device::pump() {
  while (phase_ != phase::ended && phase_ != phase::leaving && phase_ != phase::closing
         && next_command()) {
  }
}

bool hand_device::settled() const noexcept {
  const bool shadow_busy = shadow_ && (shadow_pulling_ || shadow_->pending() > 0);
  return phase_ == phase::online && client_.in_flight() == 0 && requests() == 0 && !shadow_busy
         && !answers_.waits_for(asked_by::user);
}

/// Whether the next command, or the end, has to wait.
bool hand_device::held_back() {
  if (setup_.scripted && !was_ready_) {
    return true;
  }
  if (step_due_ != never) {
    if (settled()) {
      step_due_ = never;
    } else if (step_due_ > now()) {
      return true;
    } else if (phase_ != phase::online) {
      step_due_ = later(now(), step_timeout); // until the link is back
      return true;
    } else {
      trouble(fmt::format("not answered within {:g} s; going on", seconds(step_timeout)));
      step_due_ = never;
    }
  }
  if (wait_until_ > now()) {
    return true;
  }
  const bool usable = phase_ == phase::online && was_ready_;
  return !commands_.empty() && needs_link(commands_.front().verb) && !usable
         && (setup_.scripted || !was_ready_);
}

/// Carries out one command, or takes up a line; false when there is nothing to do now.
bool hand_device::next_command() {
  if (held_back()) {
    return false;
  }
  if (commands_.empty()) {
    if (std::exchange(line_under_way_, false)) {
      watcher_.on_taken();
    }
    if (lines_.empty()) {
      if (input_over_) {
        leave(true, stop_grace);
      }
      return false;
    }
    const std::string line = std::move(lines_.front());
    lines_.pop_front();
    line_under_way_ = true;
    auto parsed = parse_commands(line);
    if (!parsed) {
      complain(parsed.error());
      return true;
    }
    std::move(parsed.value().begin(), parsed.value().end(), std::back_inserter(commands_));
    return true;
  }
  const hand_command c = std::move(commands_.front());
  commands_.pop_front();
  if (setup_.scripted) {
    say(line_kind::typed, c.typed);
    step_due_ = later(now(), step_timeout);
  }
  carry_out(c);
  return true;
}

void hand_device::carry_out(const hand_command& c) {
  if (needs_link(c.verb) && phase_ != phase::online) {
    trouble("not connected");
    return;
  }
  switch (c.verb) {
    case hand_verb::pub_open:
    case hand_verb::pub_close:
      lamp_.light(c.verb == hand_verb::pub_open);
      every_ = c.time;
      report_due_ = every_ > duration{0} ? later(now(), every_) : never;
      report(lamp_.params(colours_), asked_by::user);
      break;
    case hand_verb::publish: (void)publish(c.name, c.text, c.qos); break;
    case hand_verb::subscribe: subscribe(c.name, c.qos); break;
    case hand_verb::unsubscribe: carry_out_unsubscribe(c.name); break;
    case hand_verb::set: carry_out_set(c.text); break;
    case hand_verb::event: carry_out_event(c); break;
    case hand_verb::shadow_get: shadow_get(); break;
    case hand_verb::shadow_update: shadow_update(c.text); break;
    case hand_verb::shadow_delete: shadow_delete(c.names); break;
    case hand_verb::wait: wait_until_ = later(now(), c.time); break;
    case hand_verb::status: tell_status(); break;
    case hand_verb::help: tell_lines(commands_help()); break;
    case hand_verb::start: say(line_kind::note, "started already"); break;
    case hand_verb::stop: leave(true, stop_grace); break;
    case hand_verb::quit: leave(false, stop_grace); break;
  }
}

void hand_device::carry_out_unsubscribe(const std::string& filter) {
  const auto known = std::find_if(subscriptions_.begin(), subscriptions_.end(),
                                  [&](const subscription& s) { return s.filter == filter; });
  if (known == subscriptions_.end()) {
    // The session may have it from an earlier connection.
    if (subscriptions_.size() == subscriptions_max) {
      trouble(fmt::format("{} is not unsubscribed: {} filters are the most", filter,
                          subscriptions_max));
      return;
    }
    subscriptions_.push_back({filter, mqtt::qos::at_least_once, 0, subscription::state::granted});
    unsubscribe(subscriptions_.back());
    if (subscriptions_.back().is != subscription::state::leaving) {
      subscriptions_.pop_back(); // it was not sent
    }
    return;
  }
  unsubscribe(*known);
}

void hand_device::carry_out_set(const std::string& object) {
  if (json_.read(as_bytes(object)) != json_error::none) {
    return; // parse_commands() lets none through
  }
  for (const auto& member : json_.top()) {
    if (!lamp_.set(member.key, member.value)) {
      trouble(fmt::format("{} has no room: {} properties are the most", member.key, lamp_.size()));
      return;
    }
  }
  report(spaced_object(object), asked_by::user);
}

/// Params in the sample's manner, to where the profile's reports go.
void hand_device::report(const std::string& params, asked_by who) {
  const auto id = next_id_++;
  const auto payload = sample_payload(id, params);
  for (const auto& topic : topics_.reports()) {
    if (!publish(topic, payload, mqtt::qos::at_least_once)) {
      return;
    }
  }
  awaited_answer answer;
  answer.topic = topics_.report_answer();
  answer.echo = topics_.report_echoes();
  answer.match = answer.echo ? payload : fmt::format("\"{}\"", id);
  answer.what = fmt::format("report {}", id);
  answer.who = who;
  await(std::move(answer));
}

/// Waits for an answer, if it can arrive at all.
void hand_device::await(awaited_answer what) {
  const bool heard =
      std::any_of(subscriptions_.begin(), subscriptions_.end(), [&](const subscription& s) {
        return s.filter == what.topic && s.is != subscription::state::leaving;
      });
  if (!heard) {
    return;
  }
  what.until = later(now(), answer_timeout);
  const std::string name = what.what;
  if (!answers_.add(std::move(what))) {
    say(line_kind::trouble,
        fmt::format("the answer to {} is not waited for: {} are awaited already", name,
                    answer_book::max));
  }
}

void hand_device::carry_out_event(const hand_command& c) {
  using alink::topic_kind;
  if (!topics_.platform()) {
    trouble("events belong to the profiles linkdevelop and linkplatform");
    return;
  }
  const auto reply = topics_.system(topic_kind::event_post, true, c.name);
  const bool known = std::any_of(subscriptions_.begin(), subscriptions_.end(),
                                 [&](const subscription& s) { return s.filter == reply; });
  if (!known) {
    subscribe(reply, mqtt::qos::at_least_once);
  }
  const auto id = next_id_++;
  byte_buffer payload;
  alink::append_request(payload, id, fmt::format("thing.event.{}.post", c.name), c.text);
  if (!publish(topics_.system(topic_kind::event_post, false, c.name), as_text(payload.view()),
               mqtt::qos::at_least_once)) {
    return;
  }
  awaited_answer answer;
  answer.topic = reply;
  answer.match = fmt::format("\"{}\"", id);
  answer.what = fmt::format("event {}", c.name);
  await(std::move(answer));
}

void hand_device::tell_lines(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    watcher_.on_line(std::string{text.substr(0, end)});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

void hand_device::tell_status() {
  const bool online = phase_ == phase::online;
  say(line_kind::note,
      fmt::format("{}, connection {}, keep-alive {} s", online ? "online" : "offline", connections_,
                  setup_.keep_alive_s));
  say(line_kind::note, fmt::format("{} messages published, {} received, {} unacknowledged",
                                   published_, received_, client_.in_flight()));
  if (topics_.platform()) {
    say(line_kind::note, lamp_.lit() ? "the light is on" : "the light is off");
  }
  if (report_due_ != never) {
    say(line_kind::note, "reports every " + text::format_duration(every_));
  }
  for (const auto& s : subscriptions_) {
    say(line_kind::note,
        fmt::format("subscribed to {} qos {}", s.filter, static_cast<unsigned>(s.qos)));
  }
  if (shadow_) {
    say(line_kind::note, fmt::format("the shadow's version is {}", shadow_->version()));
  }
}

} // namespace fleet::program
