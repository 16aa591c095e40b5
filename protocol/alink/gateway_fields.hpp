// Single members of gateway messages, shared by the two halves of gateway_reader. Private to this
// folder.
#pragma once

#include <algorithm>
#include <optional>
#include <span>
#include <string_view>

#include "protocol/alink/gateway_messages.hpp"
#include "protocol/base/json.hpp"

namespace fleet::alink::gateway_fields {

inline bool is_object(std::string_view raw) noexcept {
  return raw.starts_with('{');
}

inline bool is_array(std::string_view raw) noexcept {
  return raw.starts_with('[');
}

/// The member of that name if there is exactly one; `repeated` is set if there are more.
inline const json_member* only(std::span<const json_member> members, std::string_view key,
                               bool& repeated) noexcept {
  const json_member* found = nullptr;
  for (const json_member& m : members) {
    if (m.key == key) {
      repeated = repeated || found != nullptr;
      found = &m;
    }
  }
  return found;
}

/// What a string member says; nothing when it is absent, no string or escaped. Nothing that a name
/// or a digest may hold needs an escape.
inline std::optional<std::string_view> text(std::span<const json_member> members,
                                            std::string_view key, bool& repeated) noexcept {
  const json_member* const m = only(members, key, repeated);
  return m == nullptr ? std::nullopt : json_plain_text(m->value);
}

/// A device's pair if both names are there and can stand in topics.
inline std::optional<device_pair> pair(std::span<const json_member> members) noexcept {
  bool repeated = false;
  const auto key = text(members, "productKey", repeated);
  const auto name = text(members, "deviceName", repeated);
  if (repeated || !key || !name || !valid_name(*key, max_product_key)
      || !valid_name(*name, max_device_name)) {
    return std::nullopt;
  }
  return device_pair{*key, *name};
}

} // namespace fleet::alink::gateway_fields
