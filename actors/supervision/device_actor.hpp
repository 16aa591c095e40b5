// The actor around a device: turns wakes and link events into CAF activations on its home, so that
// a device that throws ends as an actor, counted and restarted, and takes no neighbour with it.
#pragma once

#include <variant>

#include "actors/device/device.hpp"
#include "actors/device/image_fetch.hpp"
#include "actors/device/post_device.hpp"
#include "actors/supervision/messages.hpp"
#include "actors/supervision/pinned_actor.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"

namespace fleet::actors {

class device_actor final : public pinned_actor,
                           private hal::stream_events,
                           private hal::timer,
                           private turn_giver {
public:
  device_actor(caf::actor_config& cfg, hal::home& h, device_surroundings& around, device_slot& slot,
               std::uint32_t index, caf::actor shard);
  ~device_actor() override;

  // For its shard, on the home's thread only.
  void run(time_point first_attempt);
  void quiet();
  void stop(time_point deadline);
  /// Throws inside the actor, as a defect in the device would.
  void crash();
  /// Ends the actor without a word to the cloud.
  void kill();
  // As the device has them.
  void power_cut();
  void power_return();
  void reboot();

  caf::behavior make_behavior() override;
  void on_exit() override;
  bool cleanup(caf::error&& reason, caf::execution_unit* host) override;

private:
  void on_wake(time_point now) override;
  void foresee(unsigned step) const noexcept override;
  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void give_part_turn() override { take_turn(device_turn::kind::part); }

  caf::invoke_message_result consume(caf::mailbox_element& element) override;
  void take_turn(device_turn::kind what);
  /// Any of its turns, and those that only a device with a stream of its own has.
  template <class Device>
  void handle(Device& of, device_turn::kind what);
  void handle_link(device& of, device_turn::kind what);
  void re_arm(time_point next);

  caf::actor shard_;
  std::variant<std::monostate, device, post_device> device_; ///< nothing: it has ended
  time_point armed_for_ = never;
  time_point asked_for_ = never; ///< the argument of run() or stop()
  bytes_view arrived_;
  std::string_view detail_;
  std::uint32_t index_;
  hal::close_reason reason_ = hal::close_reason::local;
};

} // namespace fleet::actors
