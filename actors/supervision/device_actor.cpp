// Activation, arming and ending of one device's actor.
#include "actors/supervision/device_actor.hpp"

#include <stdexcept>
#include <string>
#include <type_traits>

#include <caf/sec.hpp>
#include <caf/send.hpp>

#include "protocol/base/fetch_ahead.hpp"

namespace fleet::actors {

namespace {

/// Keeps the text of what was thrown as the exit reason instead of printing it.
caf::error reason_of(caf::scheduled_actor*, std::exception_ptr& thrown) {
  try { // tidy: exception, the only way to see what was thrown
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) { // tidy: exception, keeps its text
    return caf::make_error(caf::sec::runtime_error, std::string{e.what()});
  } catch (...) { // tidy: exception, keeps that it was one
    return caf::make_error(caf::sec::runtime_error, std::string{"unknown exception"});
  }
}

/// One behaviour for all: a device gets its events by activation, not through its mailbox.
const caf::behavior& shared_behavior() {
  static const caf::behavior one{[](const device_turn&) {}};
  return one;
}

} // namespace

device_actor::device_actor(caf::actor_config& cfg, hal::home& h, device_surroundings& around,
                           device_slot& slot, std::uint32_t index, caf::actor shard)
    : pinned_actor(cfg, h), shard_(std::move(shard)), index_(index) {
  set_exception_handler(reason_of);
  turn_giver* const turns = this;
  if (around.products->at(index).post) {
    device_.emplace<post_device>(around, slot, index, *turns);
  } else {
    device_.emplace<device>(around, slot, index, turns);
  }
}

device_actor::~device_actor() = default;

caf::behavior device_actor::make_behavior() {
  return shared_behavior();
}

void device_actor::take_turn(device_turn::kind what) {
  device_turn turn{what};
  caf::mailbox_element_view<device_turn> element{nullptr, caf::make_message_id(), {}, turn};
  activate(&home_of(), element);
}

caf::invoke_message_result device_actor::consume(caf::mailbox_element& element) {
  const auto& content = element.content();
  if (!content.match_elements<device_turn>()) {
    return event_based_actor::consume(element);
  }
  const auto what = content.get_as<device_turn>(0).what;
  if (auto* const one = std::get_if<device>(&device_)) {
    handle(*one, what);
  } else if (auto* const posting = std::get_if<post_device>(&device_)) {
    handle(*posting, what);
  }
  return caf::invoke_message_result::consumed;
}

void device_actor::handle_link(device& of, device_turn::kind what) {
  switch (what) {
    case device_turn::kind::transport_up: of.transport_up(); break;
    case device_turn::kind::received: of.received(arrived_); break;
    case device_turn::kind::transport_down: of.transport_down(reason_, detail_); break;
    case device_turn::kind::wake:
    case device_turn::kind::part:
    case device_turn::kind::run:
    case device_turn::kind::quiet:
    case device_turn::kind::stop:
    case device_turn::kind::kill:
    case device_turn::kind::power_cut:
    case device_turn::kind::power_return:
    case device_turn::kind::reboot:
    case device_turn::kind::crash: break;
  }
}

template <class Device>
void device_actor::handle(Device& of, device_turn::kind what) {
  switch (what) {
    case device_turn::kind::wake:
      if constexpr (std::is_same_v<Device, device>) {
        of.handle_timeout(*this);
      } else {
        of.handle_timeout();
      }
      break;
    case device_turn::kind::transport_up:
    case device_turn::kind::received:
    case device_turn::kind::transport_down:
      if constexpr (std::is_same_v<Device, device>) {
        handle_link(of, what);
      }
      break;
    case device_turn::kind::part: of.part_turn(); break;
    case device_turn::kind::run: of.run(asked_for_); break;
    case device_turn::kind::quiet: of.quiet(); break;
    case device_turn::kind::stop: of.stop(asked_for_); break;
    case device_turn::kind::power_cut: of.power_cut(); break;
    case device_turn::kind::power_return: of.power_return(); break;
    case device_turn::kind::reboot: of.reboot(); break;
    case device_turn::kind::kill: quit(caf::exit_reason::kill); return;
    case device_turn::kind::crash:
      throw std::runtime_error{"crash ordered by its supervisor"}; // tidy: exception, ordered
  }
  of.settle();
  re_arm(of.next_timeout());
}

/// Arming for later than what is armed waits until that wake: acknowledgements push time-outs back
/// far more often than time-outs happen.
void device_actor::re_arm(time_point next) {
  if (next < armed_for_) {
    armed_for_ = next;
    home_of().arm(*this, next);
  }
}

void device_actor::on_wake(time_point) {
  armed_for_ = never;
  take_turn(device_turn::kind::wake);
}

void device_actor::foresee(unsigned step) const noexcept {
  if (step == 1) {
    fetch_ahead(this, sizeof *this);
  } else if (const auto* const one = std::get_if<device>(&device_)) {
    one->foresee(step);
  }
}

void device_actor::on_connected() {
  take_turn(device_turn::kind::transport_up);
}

void device_actor::on_received(bytes_view bytes) {
  arrived_ = bytes;
  take_turn(device_turn::kind::received);
  arrived_ = {};
}

void device_actor::on_closed(hal::close_reason reason, std::string_view detail) {
  reason_ = reason;
  detail_ = detail;
  take_turn(device_turn::kind::transport_down);
  detail_ = {};
}

void device_actor::run(time_point first_attempt) {
  asked_for_ = first_attempt;
  take_turn(device_turn::kind::run);
}

void device_actor::quiet() {
  take_turn(device_turn::kind::quiet);
}

void device_actor::stop(time_point deadline) {
  asked_for_ = deadline;
  take_turn(device_turn::kind::stop);
}

void device_actor::crash() {
  take_turn(device_turn::kind::crash);
}

void device_actor::kill() {
  take_turn(device_turn::kind::kill);
}

void device_actor::power_cut() {
  take_turn(device_turn::kind::power_cut);
}

void device_actor::power_return() {
  take_turn(device_turn::kind::power_return);
}

void device_actor::reboot() {
  take_turn(device_turn::kind::reboot);
}

void device_actor::on_exit() {
  home_of().disarm(*this);
  device_.emplace<std::monostate>();
}

bool device_actor::cleanup(caf::error&& reason, caf::execution_unit* host) {
  std::string text;
  if (reason && reason != caf::exit_reason::normal && reason != caf::exit_reason::kill) {
    const auto& context = reason.context();
    text = context.match_elements<std::string>() ? context.get_as<std::string>(0)
                                                 : caf::to_string(reason);
  }
  if (shard_) {
    caf::anon_send(shard_, device_ended{index_, std::move(text)});
    shard_ = nullptr;
  }
  return event_based_actor::cleanup(std::move(reason), host);
}

} // namespace fleet::actors
