// What one home lends to its devices, and who is told of their troubles. Owns nothing of a device.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/meters.hpp"
#include "actors/device/settings.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/coap/datagrams.hpp"

namespace fleet::actors {

class board_faults;
class firmware_stock;

/// Told about what a person should read about; not on the hot path.
class device_watcher {
public:
  /// An attempt, a step of it or a connection of device `index` came to an end, or a post of its
  /// was refused; `detail` is a sentence or empty.
  virtual void on_trouble(std::uint32_t index, outcome what, std::string_view detail) = 0;
  /// The device reached phase::stopped.
  virtual void on_stopped(std::uint32_t index) = 0;

protected:
  ~device_watcher() = default;
};

/// What one home lends to all its devices.
struct device_surroundings {
  hal::home* home = nullptr;
  const product_map* products = nullptr;
  meters* counts = nullptr;
  speech_scratch* speech = nullptr;
  device_watcher* watcher = nullptr;
  firmware_stock* stock = nullptr;      ///< for products with firmware
  const board_faults* faults = nullptr; ///< asked at each boot; none: no faults
  time_point load_began{};              ///< when the load's timetable and curves began
  byte_buffer payload;                  ///< scratch for one report
  login_text login;                     ///< scratch for one CONNECT
  std::vector<filter_text> filters;
  std::string topic;
  /// What each product of this home is lent, by its number; empty: there is only this.
  std::vector<device_surroundings*> by_product;
  byte_buffer part;          ///< scratch for values on their way into a report or an answer
  byte_buffer address;       ///< scratch for one topic
  coap::datagrams datagrams; ///< scratch for what a turn of one device sends

  /// What the devices of `index`'s product are lent on the same home.
  [[nodiscard]] device_surroundings& of(std::uint32_t index) noexcept {
    return by_product.empty() ? *this : *by_product[products->number_of(index)];
  }

  /// The topic of `who`; lives until the next one.
  std::string_view own_topic(alink::topic where, const alink::device_pair& who) {
    where.product_key = who.product_key;
    where.device_name = who.device_name;
    address.clear();
    alink::append_topic(address, where);
    return as_text(address.view());
  }
};

} // namespace fleet::actors
