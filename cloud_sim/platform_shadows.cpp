// Requests, answers, and pushes that wait until the device listens.
#include "cloud_sim/platform_shadows.hpp"

namespace fleet::cloud {

void platform_shadows::take(const uplink& what) {
  const auto device = what.device();
  auto& document = parts_.state.shadow_of(device);
  payload_.clear();
  const auto out =
      editor_.handle(document, what.message.payload, shadow::requester::device, now_s(), payload_);
  if (out.error == shadow::error_code::bad_json) {
    add(parts_.core.counters().malformed_requests);
  }
  if (out.changed) {
    parts_.state.tell_shadow(device);
  }
  topic_.assign("/shadow/get").append(what.from.as->own);
  topic_.pop_back();
  parts_.lines.reply(what.from, topic_, payload_.view(), what.message.qos);
  if (out.wants_push) {
    push(what.from);
  } else if (out.changed && !document.has_desired()) {
    parts_.state.open(device).push_due = false;
  }
}

std::string_view platform_shadows::update(device_index device, bytes_view request,
                                          shadow::outcome& out) {
  auto& document = parts_.state.shadow_of(device);
  byte_buffer answer;
  out = editor_.handle(document, request, shadow::requester::application, now_s(), answer);
  if (out.changed) {
    parts_.state.tell_shadow(device);
  }
  if (out.wants_push) {
    push(parts_.lines.find(device));
    if (parts_.lines.find(device).as == nullptr) {
      parts_.state.open(device).push_due = true;
    }
  } else if (out.changed && !document.has_desired()) {
    parts_.state.open(device).push_due = false;
  }
  topic_.assign(as_text(answer.view()));
  return topic_;
}

// QoS 1, as its subscription (§13). Only a device that is there is told; the others later.
void platform_shadows::push(const line& to) {
  if (to.as == nullptr) {
    return;
  }
  auto& state = parts_.state.open(to.as->index);
  payload_.clear();
  state.push_due = true;
  if (!editor_.append_control(parts_.state.shadow_of(to.as->index), now_s(), payload_)) {
    return;
  }
  std::string topic = "/shadow/get" + to.as->own;
  topic.pop_back();
  const auto sent = parts_.lines.push(to, topic, payload_.view(), mqtt::qos::at_least_once);
  state.push_due = sent != command_outcome::sent;
}

void platform_shadows::listens(const line& who) {
  const auto* const state = parts_.state.look(who.as->index);
  if (state != nullptr && state->push_due) {
    push(who);
  }
}

std::string platform_shadows::document(device_index device) {
  const auto* const state = parts_.state.look(device);
  if (state == nullptr || state->shadow == nullptr) {
    return "{}";
  }
  byte_buffer text;
  return editor_.append_document(*state->shadow, text) ? std::string{as_text(text.view())}
                                                       : std::string{};
}

} // namespace fleet::cloud
