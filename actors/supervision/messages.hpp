// The whole vocabulary of the actors. All are local: a shard and its devices share a home.
//
//   director → fleet supervisor → shard supervisor:
//     run_devices      let the devices go, by the ramp
//     quiet_devices    no further reports; what is in flight may finish
//     stop_devices     end them in order, by the deadline at the latest
//   anyone → shard supervisor → device:
//     crash_device     make one device throw, to try the supervisors
//   director → fleet supervisor → shard supervisor:
//     add_fault        one more planned disturbance; its `at` counts from here, or from run_devices
//     remove_fault     ends it, if it has begun, and forgets it
//   device → shard supervisor:
//     device_ended     its actor is gone; empty reason: in order
//   shard supervisor → fleet supervisor:
//     shard_ended      all its devices are gone
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <caf/allowed_unsafe_message_type.hpp>

#include "protocol/base/time.hpp"
#include "protocol/faults/fault.hpp"

namespace fleet::actors {

struct run_devices {
  duration since{0}; ///< how long the run has been going: for devices that join it late
};
struct quiet_devices {};
struct stop_devices {
  duration grace{};
};
struct crash_device {
  std::uint32_t index = 0;
};
struct add_fault {
  std::shared_ptr<const faults::fault> what;
  duration since{0}; ///< its `at` began to count so long ago
};
struct remove_fault {
  std::string name;
};
struct device_ended {
  std::uint32_t index = 0;
  std::string reason;
};
struct shard_ended {
  std::uint32_t shard = 0;
};
/// What a device's actor is activated with for each event of its link and each wake.
struct device_turn {
  enum class kind : std::uint8_t {
    wake,
    transport_up,
    received,
    transport_down,
    part,
    run,
    quiet,
    stop,
    crash,
    kill,
    power_cut,
    power_return,
    reboot
  };
  kind what = kind::wake;
};

} // namespace fleet::actors

CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::run_devices)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::quiet_devices)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::stop_devices)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::crash_device)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::add_fault)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::remove_fault)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::device_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::shard_ended)
CAF_ALLOW_UNSAFE_MESSAGE_TYPE(fleet::actors::device_turn)
