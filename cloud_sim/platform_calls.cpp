// Open calls by device and id, and by their time.
#include "cloud_sim/platform_calls.hpp"

#include <iterator>

#include "protocol/alink/rrpc.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "protocol/base/check.hpp"
#include "protocol/tsl/check.hpp"

namespace fleet::cloud {

operation_failure failure_of(command_outcome outcome) {
  switch (outcome) {
    case command_outcome::offline: return {operation_error::offline, "the device is offline"};
    case command_outcome::not_subscribed:
      return {operation_error::not_subscribed, "the device has not subscribed to the topic"};
    case command_outcome::busy:
      return {operation_error::busy, "the device has not read yet what was sent before"};
    case command_outcome::unknown_device:
      return {operation_error::unknown_device, "there is no such device"};
    case command_outcome::nothing_to_set:
      return {operation_error::refused, "no property of its thing model can be written"};
    case command_outcome::sent: break;
  }
  FLEET_CHECK(false);
}

bool platform_calls::full(device_index device) const {
  const auto of_device =
      std::distance(open_.lower_bound({device, 0}), open_.lower_bound({device + 1, 0}));
  return open_.size() >= parts_.options.calls_max
         || of_device >= static_cast<std::ptrdiff_t>(parts_.options.calls_per_device_max);
}

void platform_calls::begin(std::uint32_t id, const outgoing_call& what, call_done done) {
  if (stopping_) {
    done(fail(operation_failure{operation_error::offline, "the twin stops"}));
    return;
  }
  const key at{what.device, id};
  if (full(what.device) || open_.contains(at)) {
    done(fail(operation_failure{operation_error::busy, "too many calls are open"}));
    return;
  }
  const auto sent =
      parts_.lines.push(parts_.lines.find(what.device), what.topic, what.payload, what.qos);
  if (sent != command_outcome::sent) {
    done(fail(failure_of(sent)));
    return;
  }
  const auto deadline = later(parts_.core.now(), what.patience);
  open_.emplace(at,
                call{std::move(done), deadline, what.kind, what.raw, std::string{what.service}});
  by_deadline_.emplace(deadline, at);
  rearm();
}

void platform_calls::rearm() {
  parts_.core.home().arm(*this, by_deadline_.empty() ? never : by_deadline_.begin()->first);
}

void platform_calls::finish(std::map<key, call>::iterator which, const call_result& outcome) {
  const auto done = std::move(which->second.done);
  by_deadline_.erase({which->second.deadline, which->first});
  open_.erase(which);
  rearm();
  done(outcome); // may begin others, or end the device's connection
}

// §10.1 has the codes of the thing model for replies too. What is missing is let pass: most devices
// answer a service with nothing at all, and a property that has no value yet is left out.
int platform_calls::code_of(const call& which, const uplink& what, const alink::reply_view& reply) {
  const auto* const model = what.of().model();
  const bool got = which.kind == alink::topic_kind::property_get;
  if ((which.service.empty() && !got) || reply.code != alink::code_success || model == nullptr
      || reply.data.empty()) {
    return static_cast<int>(reply.code);
  }
  if (output_.read(as_bytes(reply.data)) != json_error::none || output_.is_array()) {
    return alink::code_params_no_container;
  }
  if (got) {
    return tsl::check_properties(*model, output_.top(), tsl::access_right::report).code;
  }
  constexpr tsl::check_policy lenient{.whole_parameters = false};
  return tsl::check_service_output(*model, which.service, output_.top(), lenient).code;
}

// What a synchronous call (§15) is, its topic says; the others are told by the id inside.
void platform_calls::take(const uplink& what) {
  if (open_.empty()) {
    return;
  }
  std::uint64_t id = 0;
  alink::reply_view reply;
  if (what.on.kind == alink::topic_kind::rrpc_response
      || what.on.kind == alink::topic_kind::ext_rrpc) {
    const auto which = alink::parse_rrpc_response(what.message.topic);
    id = which ? alink::rrpc_number(which->message_id) : 0;
  } else {
    reply = alink::read_reply(alink::parse_message(json_, what.message.payload));
    id = reply.number.value_or(0);
  }
  const auto found =
      id > INT32_MAX ? open_.end() : open_.find({what.device(), static_cast<std::uint32_t>(id)});
  if (found == open_.end() || found->second.kind != what.on.kind) {
    return; // late, or no answer to us
  }
  if (found->second.raw) {
    return finish(found,
                  call_answer{alink::code_success, std::string{as_text(what.message.payload)}});
  }
  reply = alink::read_reply(alink::parse_message(json_, what.message.payload));
  if (!reply.good()) {
    add(parts_.core.counters().malformed_requests);
    return finish(found, fail(operation_failure{operation_error::malformed,
                                                "the device's answer is no Alink reply"}));
  }
  finish(found, call_answer{code_of(found->second, what, reply),
                            reply.data.empty() ? "{}" : std::string{reply.data}});
}

void platform_calls::on_wake(time_point now) {
  const broker::turn guard{parts_.core};
  while (!by_deadline_.empty() && by_deadline_.begin()->first <= now) {
    finish(
        open_.find(by_deadline_.begin()->second),
        fail(operation_failure{operation_error::timed_out, "the device did not answer in time"}));
  }
  rearm();
}

void platform_calls::stop() {
  stopping_ = true;
  while (!open_.empty()) {
    finish(open_.begin(), fail(operation_failure{operation_error::offline, "the twin stops"}));
  }
}

} // namespace fleet::cloud
