// What a started twin is made of. Internal to the twin.
#pragma once

#include <memory>
#include <vector>

#include "cloud_sim/account_desk.hpp"
#include "cloud_sim/broker.hpp"
#include "cloud_sim/persistence.hpp"
#include "cloud_sim/platform_firmware_console.hpp"
#include "cloud_sim/platform_logons.hpp"
#include "cloud_sim/platform_operations.hpp"
#include "cloud_sim/registry.hpp"
#include "cloud_sim/twin.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

/// What the vendor's platform has otherwise than a plain broker (§5.3, §8.1): MQTT 3.1 too with its
/// client ids, which are always longer, and no QoS 2 from clients.
inline twin_limits limits_of(const twin_options& options) noexcept {
  twin_limits out = options.limits;
  if (options.profile != profile::mqtt) {
    out.mqtt.client_id_max_3_1 = UINT16_MAX;
    out.mqtt.publish_max = mqtt::qos::at_least_once;
  }
  return out;
}

/// Hands on the devices that log on to whatever sends commands, and the store's troubles to whoever
/// answers devices.
struct twin::parts final : device_listener, store_listener, fault_target {
  parts(const twin_options& options, hal::home& where, twin_counters& counters)
      : core(where, limits_of(options), counters), faults(options.faults) {
    core.watch_commands(options.command_told);
    if (options.among != nullptr) {
      core.live_among(*options.among, options.number);
    }
    if (options.store != nullptr && options.store->durable()) {
      kept = std::make_unique<persistence>(core, *options.store);
    }
    if (options.profile == profile::mqtt) {
      open = std::make_unique<mqtt_character>(core, options.open, options.credentials);
      core.speak_as(*open);
      if (options.between != nullptr) {
        open->live_abroad(*options.between);
      }
      ledger = std::make_unique<account_desk>(core, nullptr);
      return;
    }
    FLEET_CHECK(options.credentials != nullptr);
    devices = std::make_unique<registry>(*options.credentials, options.limits.devices_max);
    FLEET_CHECK(kept == nullptr || options.keeper == nullptr);
    state = std::make_unique<platform_state>(*devices, options.platform.gateways,
                                             kept != nullptr ? &kept->state() : options.keeper);
    for (const auto& p : options.products) {
      state->products.open(p.product_key).given = p;
    }
    if (options.restore) {
      options.restore(*state);
    }
    auto chosen = options.platform;
    if (chosen.firmware.key.empty()) {
      chosen.firmware.key = options.logon_key;
    }
    platform = std::make_unique<platform_character>(core, *devices, *state, chosen);
    console = std::make_unique<platform_operations>(*platform);
    firmware = std::make_unique<platform_firmware_console>(*platform);
    logons = std::make_unique<platform_logons>(where, *devices, state->products, options.logon_key);
    state->configs.sign_with(options.logon_key);
    logons->give_configs(state->configs);
    if (options.platform.id2_model) {
      logons->emulate_id2();
    }
    platform->take_tokens(logons.get());
    platform->posts().sign_with(options.logon_key);
    core.speak_as(*platform);
    ledger = std::make_unique<account_desk>(core, devices.get());
  }

  ~parts() {
    if (faults != nullptr) {
      faults->serve(static_cast<fault_target*>(nullptr));
    }
    if (kept != nullptr) {
      kept->abandon();
    }
    core.leave_neighbours();
    core.stop();
  }

  void on_device(std::uint32_t device) override { rounds->add(device); }

  void on_faults() override {
    core.misbehave_by(*faults);
    if (logons != nullptr) {
      logons->misbehave_by(*faults);
    }
  }
  std::uint32_t kick(const fault_choice& whom) override {
    std::uint32_t hit = core.kick(whom); // gateways with all that is behind them
    if (platform != nullptr) {
      hit += platform->gateways().kick_sub_devices(whom);
      hit += platform->posts().kick(whom);
    }
    return hit;
  }
  std::uint32_t expire_tokens(const fault_choice& whom) override {
    return platform == nullptr ? 0 : platform->posts().expire(whom);
  }

  void on_withheld(const store_failure& why, bool first) override {
    for (const auto& desk : coap_desks) {
      desk->reset_all();
    }
    if (store_told != nullptr) {
      store_told->on_withheld(why, first);
    }
  }
  void on_recovered() override {
    if (store_told != nullptr) {
      store_told->on_recovered();
    }
  }

  [[nodiscard]] character& speaks() {
    return open != nullptr ? static_cast<character&>(*open) : static_cast<character&>(*platform);
  }

  // Messages die before the store inside the core: whatever holds some stands below it.
  broker core;
  std::unique_ptr<persistence> kept;
  std::unique_ptr<registry> devices;
  std::unique_ptr<mqtt_character> open;
  std::unique_ptr<platform_state> state;
  std::unique_ptr<platform_character> platform;
  std::unique_ptr<platform_operations> console;
  std::unique_ptr<platform_firmware_console> firmware;
  std::unique_ptr<platform_logons> logons;
  std::unique_ptr<account_desk> ledger;
  std::unique_ptr<command_rounds> rounds;
  std::vector<std::unique_ptr<hal::listener>> listeners;
  std::vector<std::unique_ptr<coap_desk>> coap_desks;
  store_listener* store_told = nullptr;
  fault_desk* faults = nullptr;
};

} // namespace fleet::cloud
