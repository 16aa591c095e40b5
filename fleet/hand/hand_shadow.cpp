// The device's shadow (aliyun-iot.md §13) over its client machine: what is asked by hand, and what
// the cloud desires, which is taken over and reported at once.
#include <algorithm>
#include <variant>

#include <fmt/format.h>

#include "fleet/hand/hand_device.hpp"

namespace fleet::program {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

/// The machine looks at it as long as it lives.
const shadow::client_behaviour behaviour{};

std::string_view or_nothing(std::string_view object) noexcept {
  return object.empty() ? "nothing" : object;
}

std::string code_text(std::int64_t code) {
  const bool listed = code >= 400 && code <= 500;
  return fmt::format("{} {}", code,
                     listed ? shadow::error_text(static_cast<shadow::error_code>(code))
                            : std::string_view{});
}

std::string_view text_of(shadow::give_up_reason why) noexcept {
  switch (why) {
    case shadow::give_up_reason::unanswered: return "no answer came";
    case shadow::give_up_reason::conflicts: return "others wrote it again and again";
    case shadow::give_up_reason::link_lost: return "the link was lost";
  }
  FLEET_CHECK(false);
}

std::string_view text_of(shadow::request_error why) noexcept {
  switch (why) {
    case shadow::request_error::too_many: return "too many requests are not done yet";
    case shadow::request_error::too_large: return "it is too large for a shadow";
    case shadow::request_error::not_connected: return "there is no connection";
  }
  FLEET_CHECK(false);
}

} // namespace

/// Makes the machine and subscribes, the first time; it asks for the shadow as soon as it can.
bool hand_device::open_shadow() {
  if (!topics_.platform()) {
    trouble("shadows belong to the profiles linkdevelop and linkplatform");
    return false;
  }
  if (!shadow_) {
    shadow_ = std::make_unique<shadow::client>(behaviour, shadow_prefix_);
    subscribe(topics_.system(alink::topic_kind::shadow_get), mqtt::qos::at_least_once);
    drop_deaf_shadow();
  }
  return shadow_ != nullptr;
}

/// Without its subscription no answer would ever come: the next order begins anew.
void hand_device::drop_deaf_shadow() {
  const std::string filter{topics_.system(alink::topic_kind::shadow_get)};
  if (shadow_
      && std::none_of(subscriptions_.begin(), subscriptions_.end(),
                      [&](const subscription& s) { return s.filter == filter; })) {
    shadow_.reset();
    shadow_pulling_ = false;
  }
}

void hand_device::shadow_get() {
  if (open_shadow()) {
    shadow_pulling_ = true;
    shadow_->pull(now(), shadow_out_);
    send_shadow();
  }
}

void hand_device::shadow_update(const std::string& reported) {
  if (!open_shadow()) {
    return;
  }
  const auto made = shadow_->push(reported, now(), shadow_out_);
  if (!made) {
    trouble(fmt::format("the shadow is not updated: {}", text_of(made.error())));
  }
  send_shadow();
}

void hand_device::shadow_delete(const std::vector<std::string>& names) {
  if (!open_shadow()) {
    return;
  }
  const std::vector<std::string_view> words{names.begin(), names.end()};
  const auto made = shadow_->remove(words, now(), shadow_out_);
  if (!made) {
    trouble(fmt::format("nothing is deleted of the shadow: {}", text_of(made.error())));
  }
  send_shadow();
}

void hand_device::shadow_subscribed() {
  shadow_pulling_ = true; // the machine pulls whenever it is connected anew
  shadow_->connected(now(), shadow_out_);
  send_shadow();
  drain_shadow();
}

void hand_device::shadow_arrived(bytes_view payload) {
  if (!shadow_) {
    return;
  }
  shadow_->receive(payload, now(), json_, shadow_out_);
  send_shadow();
  drain_shadow();
}

void hand_device::send_shadow() {
  if (!shadow_out_.empty()) {
    const std::string message{as_text(shadow_out_.view())};
    shadow_out_.clear();
    // Where it cannot be sent the machine's own time-out tries again.
    (void)publish(topics_.system(alink::topic_kind::shadow_update), message,
                  mqtt::qos::at_least_once);
  }
}

void hand_device::drain_shadow() {
  namespace ev = shadow::client_event;
  while (const auto event = shadow_->next_event()) {
    std::visit(
        overloaded{
            [this](const ev::pulled& e) {
              shadow_pulling_ = false;
              say(line_kind::note,
                  fmt::format("the shadow has version {}: reported {}, desired {}", e.version,
                              or_nothing(e.reported), or_nothing(e.desired)));
            },
            [this](const ev::desired_arrived& e) {
              say(line_kind::note, fmt::format("the cloud desires {}", e.desired));
              const auto made = shadow_->applied(e.desire, e.desired, now(), shadow_out_);
              if (!made) {
                trouble(fmt::format("what is desired is not reported: {}", text_of(made.error())));
              }
              send_shadow();
            },
            [this](const ev::acknowledged& e) {
              say(line_kind::note, fmt::format("the shadow is updated; version {}", e.version));
            },
            [this](const ev::refused& e) {
              shadow_pulling_ = shadow_pulling_ && e.request != 0;
              trouble(fmt::format("the cloud refuses the shadow's {}: {}",
                                  e.request == 0 ? "get" : "update", code_text(e.code)));
            },
            [this](const ev::gave_up& e) {
              shadow_pulling_ = shadow_pulling_ && e.request != 0;
              trouble(fmt::format("the shadow's {} was given up: {}",
                                  e.request == 0 ? "get" : "update", text_of(e.why)));
            },
            [](const ev::ignored&) {}},
        *event);
  }
}

} // namespace fleet::program
