// What the platform knows of its devices beside their sessions: products, reported and desired
// properties, tags, shadows, places under gateways. A device costs nothing here before it has any.
// Tells a state_keeper of changes; sends nothing, judges nothing.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/config_links.hpp"
#include "cloud_sim/operations.hpp"
#include "cloud_sim/platform_products.hpp"
#include "cloud_sim/registry.hpp"
#include "cloud_sim/state_keeper.hpp"
#include "cloud_sim/topology.hpp"
#include "protocol/shadow/document.hpp"

namespace fleet::cloud {

/// A property as its device reported it last (§11.1).
struct reported_value {
  std::uint16_t name = 0; ///< of product::intern()
  std::int64_t time_ms = 0;
  std::string value; ///< raw JSON
};
/// A property as the cloud wants it (§11.7); cleared ones keep their version.
struct desired_value {
  std::uint16_t name = 0;
  std::int64_t version = 0;
  std::string value; ///< raw JSON; empty: cleared
};

inline constexpr std::size_t kept_values_max = 300; ///< properties of one device, each way
inline constexpr std::size_t kept_name_octets_max = 128;
inline constexpr std::size_t kept_value_octets_max = 16384; ///< of one value; longer: not kept
inline constexpr std::size_t tag_octets_max = 4096; ///< of one tag's value (§11.8 names none)

struct device_state {
  std::vector<reported_value> reported;
  std::vector<desired_value> desired;
  std::string tags; ///< a JSON object of texts, or empty
  std::string firmware;
  std::unique_ptr<shadow::document> shadow;
  std::int64_t first_online_ms = 0;
  bool push_due = false; ///< the shadow's desired part is to be sent once the device listens (§13)
};

/// Which value wins: the one that came last, or the one of the later moment.
enum class value_order : std::uint8_t { arrival, moment };

class platform_state {
public:
  platform_state(registry& devices, const topology_rules& rules, state_keeper* keeper)
      : relations(rules), devices_(devices), keeper_(keeper) {}

  product_list products;
  topology relations;
  config_links configs; ///< where the products' configurations are fetched

  [[nodiscard]] const registry& devices() const noexcept { return devices_; }
  [[nodiscard]] product& product_of(device_index device);
  [[nodiscard]] const device_state* look(device_index device) const noexcept;
  device_state& open(device_index device);
  /// `visit(device, state)` for each device that has any, in the order of their indices.
  template <class Visitor>
  void for_each(Visitor visit) const {
    for (std::uint32_t i = 0; i < pages_.size() * page_size; ++i) {
      if (const auto* const known = look(i)) {
        visit(device_index{i}, *known);
      }
    }
  }

  /// False where it was not kept: too long, too many, or an older moment.
  bool report(device_index device, std::string_view property, std::string_view value,
              std::int64_t time_ms, value_order order);
  /// Sets a desired property, and counts its version up; none where there is no room.
  std::optional<std::int64_t> desire(device_index device, std::string_view property,
                                     std::string_view value);
  /// Whether desire() would find room for all of them.
  [[nodiscard]] bool may_desire(device_index device, std::span<const json_member> properties);
  /// Clears it, of that version alone if one is given (§11.7).
  void clear_desired(device_index device, std::string_view property,
                     std::optional<std::int64_t> version);
  [[nodiscard]] const desired_value* desired(device_index device, std::string_view property) const;

  /// False where the device would have too many tags, or one too long; nothing is changed then.
  bool set_tag(device_index device, std::string_view key, std::string_view value);
  void remove_tag(device_index device, std::string_view key);

  [[nodiscard]] shadow::document& shadow_of(device_index device);
  void set_firmware(device_index device, std::string_view version);
  void came_online(device_index device, std::int64_t wall_ms);
  void went_offline(device_index device, std::int64_t wall_ms);

  /// Whether anybody is told of changes.
  [[nodiscard]] bool kept() const noexcept { return keeper_ != nullptr; }
  // To be called when something changed that is not changed here.
  void tell_shadow(device_index device);
  void tell_device(device_index device);
  void tell_topology(device_index sub_device);
  void tell_product(const product& p);
  /// Before the registry is told.
  void tell_gone(device_index device);
  /// The device is taken from everything but the topology and the registry.
  void forget(device_index device);

  /// What people are shown (never a secret); its state but online is the registry's.
  [[nodiscard]] device_view view(device_index device) const;

  // At start, before the first stream: rows as state_keeper was told of them, in the order
  // products, devices, the rest. False where it makes no sense, such as for an unknown device;
  // nothing is done then.
  bool load_product(const product_row& row);
  bool load_device(const device_row& row);
  /// A device of another home: what it has is loaded there, and here that it is there.
  bool load_stranger(const device_row& row);
  bool load_shadow(const shadow_row& row);
  bool load_desired(const desired_row& row);
  bool load_reported(const reported_row& row);
  bool load_topology(const topology_row& row);

  /// Devices of the source whose secret was another one when they were kept: the source's counts.
  [[nodiscard]] const std::vector<device_index>& overruled() const noexcept { return overruled_; }
  /// Once all is loaded: has these kept with the secret that counts.
  void tell_overruled();

  /// Octets on the heap, products left out.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  static constexpr std::uint32_t page_size = 256;
  struct page {
    std::unique_ptr<device_state> of[page_size];
  };
  /// Its index, once the registry has been told of it; nothing: it is deleted, or no device.
  std::optional<device_index> enlist(const device_row& row, bool& sound);
  void tell_tags(device_index device);
  void tell_desired(device_index device, const desired_value& what);
  template <class Tell>
  void with_row(device_index device, Tell tell) const;

  registry& devices_;
  state_keeper* keeper_;
  std::vector<std::unique_ptr<page>> pages_;
  std::vector<device_index> overruled_;
  json_reader json_;
};

} // namespace fleet::cloud
