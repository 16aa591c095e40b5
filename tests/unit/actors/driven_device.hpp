// One device without an actor system: its surroundings in the virtual world, and what its actor
// would do for it. Its cloud is played by hand.
#pragma once

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "actors/device/device.hpp"
#include "actors/device/firmware_stock.hpp"
#include "actors/device/image_fetch.hpp"
#include "actors/device/mqtt_channel.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"
#include "tests/unit/actors/scripted_cloud.hpp"

namespace fleet::actors::test {

/// The device's surroundings, and what its actor does for it: turns, timers, link events.
class driven_device : hal::timer, hal::stream_events, device_watcher, turn_giver {
public:
  driven_device() : driven_device(std::make_shared<alink::generated_credentials>()) {}
  explicit driven_device(std::shared_ptr<const alink::credential_source> credentials)
      : cloud(world.home()), speech_(vendor_options{}, std::move(credentials)) {
    product.speech = &speech_;
    product.peer = cloud.door.door->at();
    product.interval = std::chrono::seconds{1};
    around_.home = &world.home();
    around_.counts = &counts;
    around_.speech = &scratch_;
    around_.watcher = this;
    around_.stock = &stock;
  }
  virtual ~driven_device() { crash(); }

  /// Boots it and lets it run for a while. `product` must not change any more.
  void boot(duration span = std::chrono::seconds{2}, std::uint32_t index = 0) {
    if (!slot) {
      if (child) {
        products_.add(product.features.children.first, product);
        products_.add(0xFFFFFFFFU - product.features.children.first, *child);
      } else {
        products_.add(0xFFFFFFFFU, product);
      }
      around_.products = &products_;
      slot.emplace(world.home(), index, product.seed);
    }
    turn_giver* const turns = this;
    device_.emplace(around_, *slot, index, turns);
    device_->run(world.now());
    re_arm();
    run(span);
  }
  void run(duration span) { world.run_for(span); }
  /// The software dies; board and accounts stay.
  void crash() {
    if (slot) {
      slot->board.link.drop();
    }
    world.home().disarm(*this);
    device_.reset();
  }
  void quiet() {
    device_->quiet();
    re_arm();
  }
  /// Tells it to end in order, within `grace`, and gives it that long.
  void stop(duration grace) {
    device_->stop(later(world.now(), grace));
    re_arm();
    run(grace);
  }
  /// Says it and waits for what comes of it.
  void say(std::string_view topic, std::string_view payload, unsigned qos = 0) {
    cloud.say(topic, payload, qos);
    run(std::chrono::milliseconds{200});
  }
  [[nodiscard]] device& it() { return *device_; }
  /// What its parts are lent; once it has booted.
  [[nodiscard]] device_parts parts() { return {around_, product, *slot, *slot->session}; }
  [[nodiscard]] bool alive() const { return device_.has_value(); }

  hal::virtual_world world;
  scripted_cloud cloud;
  product_settings product;
  std::optional<product_settings> child; ///< of the devices behind this one
  meters counts;
  firmware_stock stock;
  std::optional<device_slot> slot;
  std::vector<outcome> troubles;
  std::vector<std::string> details; ///< the sentences that went with them

private:
  void on_wake(time_point) override {
    device_->handle_timeout(*this);
    re_arm();
  }
  void on_connected() override {
    device_->transport_up();
    re_arm();
  }
  void on_received(bytes_view bytes) override {
    device_->received(bytes);
    re_arm();
  }
  void on_closed(hal::close_reason reason, std::string_view detail) override {
    device_->transport_down(reason, detail);
    re_arm();
  }
  void give_part_turn() override {
    device_->part_turn();
    re_arm();
  }
  void on_trouble(std::uint32_t, outcome what, std::string_view detail) override {
    troubles.push_back(what);
    details.emplace_back(detail);
  }
  void on_stopped(std::uint32_t) override {}
  void re_arm() {
    device_->settle();
    world.home().arm(*this, device_->next_timeout());
  }

  vendor_dialect speech_;
  speech_scratch scratch_;
  product_map products_;
  device_surroundings around_;
  std::optional<device> device_;
};

} // namespace fleet::actors::test
