// One posting device without an actor system: its surroundings in the virtual world, and what its
// actor would do for it. Its cloud is played by coap_cloud.hpp or http_cloud.hpp.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/firmware_stock.hpp"
#include "actors/device/post_device.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "hal_sim/virtual_world/virtual_world.hpp"

namespace fleet::actors::test {

class posting_device : hal::timer, device_watcher, turn_giver {
public:
  posting_device() : speech_(vendor_options{}, credentials) {
    product.speech = &speech_;
    product.interval = std::chrono::seconds{1};
    product.post.emplace();
    around_.home = &world.home();
    around_.counts = &counts;
    around_.speech = &scratch_;
    around_.watcher = this;
    around_.stock = &stock;
  }
  ~posting_device() { crash(); }

  /// Its board; `product` must not change any more.
  device_slot& board() {
    if (!slot) {
      products_.add(0xFFFFFFFFU, product);
      around_.products = &products_;
      slot.emplace(world.home(), 0, product.seed);
    }
    return *slot;
  }
  /// Boots it and lets it run for a while.
  void boot(duration span = std::chrono::seconds{5}) {
    board();
    turn_giver& turns = *this;
    device_.emplace(around_, *slot, 0, turns);
    device_->run(world.now());
    re_arm();
    run(span);
  }
  void run(duration span) { world.run_for(span); }
  /// The software dies; board and accounts stay.
  void crash() {
    world.home().disarm(*this);
    device_.reset();
  }
  void quiet() {
    device_->quiet();
    re_arm();
  }
  /// Tells it to end in order, at the latest in `grace`.
  void stop(duration grace) {
    device_->stop(later(world.now(), grace));
    re_arm();
  }
  [[nodiscard]] post_device& it() { return *device_; }
  [[nodiscard]] hal::datagram_link& link() { return board().board.datagrams(); }
  [[nodiscard]] std::uint64_t came_to(outcome what) const {
    return counts.outcomes[static_cast<std::size_t>(what)].load();
  }
  [[nodiscard]] std::uint64_t published() const {
    return counts.published[0].load() + counts.published[1].load();
  }
  [[nodiscard]] coap_plan& coap() { return product.post->coap; }

  std::shared_ptr<const alink::generated_credentials> credentials =
      std::make_shared<alink::generated_credentials>();
  hal::virtual_world world;
  product_settings product;
  meters counts;
  firmware_stock stock; ///< outlives the board
  std::optional<device_slot> slot;
  std::vector<outcome> troubles;
  std::vector<std::string> details; ///< the sentences that went with them
  bool stopped = false;

private:
  void on_wake(time_point) override {
    device_->handle_timeout();
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
  void on_stopped(std::uint32_t) override { stopped = true; }
  void re_arm() {
    device_->settle();
    world.home().arm(*this, device_->next_timeout());
  }

  vendor_dialect speech_;
  speech_scratch scratch_;
  product_map products_;
  device_surroundings around_;
  std::optional<post_device> device_;
};

} // namespace fleet::actors::test
