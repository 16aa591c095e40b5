// Devices' states by index, in pages, each made when it is first touched.
#include "cloud_sim/platform_state.hpp"

#include <algorithm>

#include "protocol/alink/thing_upkeep.hpp"
#include "protocol/base/json_walk.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::cloud {

namespace {

template <class Value>
auto* find_by_name(std::vector<Value>& values, std::uint16_t name) {
  const auto at =
      std::find_if(values.begin(), values.end(), [&](const Value& v) { return v.name == name; });
  return at == values.end() ? nullptr : &*at;
}

/// Names are written out again as they are, so they must not need escapes.
bool keepable(std::string_view property, std::string_view value) noexcept {
  return !property.empty() && property.size() <= kept_name_octets_max
         && property.find('\\') == std::string_view::npos && value.size() <= kept_value_octets_max;
}

} // namespace

const device_state* platform_state::look(device_index device) const noexcept {
  const std::size_t at = device / page_size;
  return at < pages_.size() && pages_[at] != nullptr ? pages_[at]->of[device % page_size].get()
                                                     : nullptr;
}

device_state& platform_state::open(device_index device) {
  const std::size_t at = device / page_size;
  if (at >= pages_.size()) {
    pages_.resize(at + 1);
  }
  if (pages_[at] == nullptr) {
    pages_[at] = std::make_unique<page>();
  }
  auto& slot = pages_[at]->of[device % page_size];
  if (slot == nullptr) {
    slot = std::make_unique<device_state>();
  }
  return *slot;
}

product& platform_state::product_of(device_index device) {
  return products.open(devices_.identity_of(device).product_key);
}

bool platform_state::report(device_index device, std::string_view property, std::string_view value,
                            std::int64_t time_ms, value_order order) {
  const auto name = keepable(property, value) ? product_of(device).intern(property) : std::nullopt;
  if (!name) {
    return false;
  }
  auto& values = open(device).reported;
  auto* known = find_by_name(values, *name);
  if (known == nullptr && values.size() >= kept_values_max) {
    return false;
  }
  if (known != nullptr && order == value_order::moment && known->time_ms > time_ms) {
    return false;
  }
  if (known == nullptr) {
    known = &values.emplace_back();
    known->name = *name;
  }
  known->time_ms = time_ms;
  known->value.assign(value);
  if (keeper_ != nullptr) {
    const auto who = devices_.identity_of(device);
    keeper_->reported_changed({who.product_key, who.device_name, property, value, time_ms});
  }
  return true;
}

void platform_state::tell_desired(device_index device, const desired_value& what) {
  if (keeper_ != nullptr) {
    const auto who = devices_.identity_of(device);
    keeper_->desired_changed({who.product_key, who.device_name,
                              product_of(device).name_of(what.name), what.value, what.version});
  }
}

std::optional<std::int64_t> platform_state::desire(device_index device, std::string_view property,
                                                   std::string_view value) {
  const auto name = keepable(property, value) ? product_of(device).intern(property) : std::nullopt;
  if (!name) {
    return std::nullopt;
  }
  auto& values = open(device).desired;
  auto* known = find_by_name(values, *name);
  if (known == nullptr) {
    if (values.size() >= kept_values_max) {
      return std::nullopt;
    }
    known = &values.emplace_back();
    known->name = *name;
  }
  ++known->version;
  known->value.assign(value);
  tell_desired(device, *known);
  return known->version;
}

bool platform_state::may_desire(device_index device, std::span<const json_member> properties) {
  auto& of = product_of(device);
  auto& values = open(device).desired;
  std::size_t fresh = 0;
  for (const auto& p : properties) {
    const auto name = keepable(p.key, p.value) ? of.intern(p.key) : std::nullopt;
    if (!name) {
      return false;
    }
    fresh += find_by_name(values, *name) == nullptr ? 1U : 0U;
  }
  return values.size() + fresh <= kept_values_max;
}

const desired_value* platform_state::desired(device_index device, std::string_view property) const {
  const auto* const state = look(device);
  const auto* const of = products.find(devices_.identity_of(device).product_key);
  const auto name = state == nullptr || of == nullptr ? std::nullopt : of->number_of(property);
  if (!name) {
    return nullptr;
  }
  const auto at = std::find_if(state->desired.begin(), state->desired.end(),
                               [&](const desired_value& v) { return v.name == *name; });
  return at == state->desired.end() || at->value.empty() ? nullptr : &*at;
}

void platform_state::clear_desired(device_index device, std::string_view property,
                                   std::optional<std::int64_t> version) {
  const auto* const known = desired(device, property);
  if (known == nullptr || (version && *version != known->version)) {
    return;
  }
  auto& mine = *find_by_name(open(device).desired, known->name);
  mine.value.clear();
  tell_desired(device, mine);
}

namespace {
/// The object without that key, ready for another member; `kept` counts what stays.
std::string without(std::string_view tags, std::string_view key, std::size_t& kept) {
  std::string out = "{";
  kept = 0;
  json_walk walk{tags};
  for (json_member m; walk.next(m);) {
    if (m.key != key) {
      out.append(kept++ == 0 ? "\"" : ",\"").append(m.key).append("\":").append(m.value);
    }
  }
  return out;
}
} // namespace

bool platform_state::set_tag(device_index device, std::string_view key, std::string_view value) {
  std::size_t kept = 0;
  auto& tags = open(device).tags;
  std::string changed = without(tags, key, kept);
  if (kept >= alink::max_tags || value.size() > tag_octets_max) {
    return false;
  }
  changed.append(kept == 0 ? "\"" : ",\"").append(key).append("\":\"");
  changed.append(value).append("\"}");
  if (changed != tags) {
    tags = std::move(changed);
    tell_tags(device);
  }
  return true;
}

void platform_state::remove_tag(device_index device, std::string_view key) {
  if (look(device) == nullptr || look(device)->tags.empty()) {
    return;
  }
  std::size_t kept = 0;
  auto& tags = open(device).tags;
  std::string changed = without(tags, key, kept) + "}";
  if (changed != tags) {
    tags = kept == 0 ? std::string{} : std::move(changed);
    tell_tags(device);
  }
}

shadow::document& platform_state::shadow_of(device_index device) {
  auto& slot = open(device).shadow;
  if (slot == nullptr) {
    slot = std::make_unique<shadow::document>();
  }
  return *slot;
}

void platform_state::set_firmware(device_index device, std::string_view version) {
  auto& known = open(device).firmware;
  if (known != version) {
    known.assign(version);
    tell_device(device);
  }
}

// Without a keeper a plain device has nothing to be kept, so it stays without a state.
void platform_state::came_online(device_index device, std::int64_t wall_ms) {
  const bool first = devices_.note_online(device, wall_ms);
  if (first && keeper_ != nullptr) {
    open(device).first_online_ms = wall_ms;
    tell_device(device);
  }
}

void platform_state::went_offline(device_index device, std::int64_t wall_ms) {
  devices_.note_online(device, wall_ms);
  tell_device(device);
}

void platform_state::forget(device_index device) {
  if (look(device) != nullptr) {
    pages_[device / page_size]->of[device % page_size].reset();
  }
}

device_view platform_state::view(device_index device) const {
  device_view out;
  auto who = devices_.identity_of(device);
  const auto* const of = products.find(who.product_key);
  out.index = device;
  out.product_key = std::move(who.product_key);
  out.device_name = std::move(who.device_name);
  out.state = devices_.disabled(device) ? "disabled"
              : devices_.seen(device)   ? "offline"
                                        : "unactivated";
  out.last_online_ms = std::int64_t{devices_.last_online_s(device)} * 1000;
  if (const auto gateway = relations.gateway_of(device)) {
    const auto its = devices_.identity_of(*gateway);
    out.gateway = its.product_key + "/" + its.device_name;
  }
  const auto* const state = look(device);
  if (state == nullptr) {
    return out;
  }
  out.firmware_version = state->firmware;
  out.tags = state->tags.empty() ? "{}" : state->tags;
  if (of == nullptr) { // nobody has said a value yet
    return out;
  }
  byte_buffer text;
  object_writer reported{text};
  for (const auto& v : state->reported) {
    reported.open(of->name_of(v.name));
    text.append(std::string_view{"\"value\":"});
    text.append(v.value);
    text.append(std::string_view{",\"time\":"});
    append_integer(text, v.time_ms);
    reported.close();
  }
  reported.end();
  out.properties = as_text(text.view());
  text.clear();
  object_writer desired{text};
  for (const auto& v : state->desired) {
    if (!v.value.empty()) {
      desired.open(of->name_of(v.name));
      text.append(std::string_view{"\"value\":"});
      text.append(v.value);
      text.append(std::string_view{",\"version\":"});
      append_integer(text, v.version);
      desired.close();
    }
  }
  desired.end();
  out.desired = as_text(text.view());
  return out;
}

std::size_t platform_state::memory_bytes() const noexcept {
  std::size_t bytes = pages_.capacity() * sizeof pages_[0];
  for (const auto& p : pages_) {
    if (p == nullptr) {
      continue;
    }
    bytes += sizeof *p;
    for (const auto& s : p->of) {
      if (s == nullptr) {
        continue;
      }
      bytes += sizeof *s + s->reported.capacity() * sizeof(reported_value)
               + s->desired.capacity() * sizeof(desired_value) + s->tags.capacity()
               + s->firmware.capacity();
      for (const auto& v : s->reported) {
        bytes += v.value.capacity();
      }
      for (const auto& v : s->desired) {
        bytes += v.value.capacity();
      }
      bytes += s->shadow == nullptr ? 0 : sizeof *s->shadow + s->shadow->memory_bytes();
    }
  }
  return bytes;
}

} // namespace fleet::cloud
