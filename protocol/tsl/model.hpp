// A product's thing model (aliyun-iot.md §12): immutable once made, shared by all devices of the
// product. load.hpp makes one from text, write.hpp writes it.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/tsl/data_type.hpp"

namespace fleet::tsl {

/// Whose model it is; both may be empty, as in a file that serves many products.
struct model_profile {
  std::string product_key;
  std::string device_name;
  bool operator==(const model_profile&) const = default;
};

struct property {
  std::string identifier;
  std::string name;
  std::string description;
  bool writable = false; ///< `accessMode` is `rw`
  bool required = false;
  data_type type;
  bool operator==(const property&) const = default;
};

enum class event_kind : std::uint8_t { info, alert, error };
enum class call_kind : std::uint8_t { async, sync };

std::string_view word_of(event_kind kind) noexcept;
std::string_view word_of(call_kind kind) noexcept;

struct event {
  std::string identifier;
  std::string name;
  std::string description;
  event_kind kind = event_kind::info;
  bool required = false;
  std::vector<parameter> output;
  bool operator==(const event&) const = default;
};

struct service {
  std::string identifier;
  std::string name;
  std::string description;
  call_kind call = call_kind::async;
  bool required = false;
  std::vector<parameter> input;
  std::vector<parameter> output;
  bool operator==(const service&) const = default;
};

/// What a model is made of. The built-ins `post`, `set` and `get` follow from the properties and
/// are not among these events and services.
struct model_parts {
  model_profile profile;
  std::vector<property> properties;
  std::vector<event> events;
  std::vector<service> services;
  bool operator==(const model_parts&) const = default;
};

/// Where a thing_state keeps a property: its first number and its first text.
struct state_place {
  std::uint32_t number = 0;
  std::uint32_t text = 0;
};

class model {
public:
  static constexpr std::size_t none = static_cast<std::size_t>(-1);

  /// Takes parts that are consistent, as load_model() makes them: unique identifiers, specs in
  /// range.
  explicit model(model_parts parts);

  [[nodiscard]] const model_profile& profile() const noexcept { return parts_.profile; }
  [[nodiscard]] std::span<const property> properties() const noexcept { return parts_.properties; }
  [[nodiscard]] std::span<const event> events() const noexcept { return parts_.events; }
  [[nodiscard]] std::span<const service> services() const noexcept { return parts_.services; }

  /// Index into properties(), or none. No allocation.
  [[nodiscard]] std::size_t property_index(std::string_view identifier) const noexcept;
  /// The one of that identifier, or null.
  [[nodiscard]] const property* find_property(std::string_view identifier) const noexcept;
  [[nodiscard]] const event* find_event(std::string_view identifier) const noexcept;
  [[nodiscard]] const service* find_service(std::string_view identifier) const noexcept;

  /// For thing_state: where it keeps each property; behind the last one, the totals.
  [[nodiscard]] state_place place_of(std::size_t property) const noexcept {
    return places_[property];
  }

  bool operator==(const model& other) const { return parts_ == other.parts_; }

private:
  model_parts parts_;
  std::vector<std::uint16_t> by_identifier_; ///< properties in the order of their identifiers
  std::vector<state_place> places_;
};

/// Whether a thing_state keeps values of this kind as text rather than as a number.
constexpr bool kept_as_text(data_kind kind) noexcept {
  return kind == data_kind::text || kind == data_kind::array;
}

} // namespace fleet::tsl
