// The platform's state as rows: what a state_keeper is told, and what is read back at start.
#include "cloud_sim/platform_state.hpp"

#include "protocol/alink/thing_upkeep.hpp"
#include "protocol/base/json_walk.hpp"
#include "protocol/tsl/load.hpp"
#include "protocol/tsl/write.hpp"

namespace fleet::cloud {

template <class Tell>
void platform_state::with_row(device_index device, Tell tell) const {
  if (keeper_ == nullptr) {
    return;
  }
  const auto who = devices_.identity_of(device);
  const auto* const state = look(device);
  device_row row;
  row.product_key = who.product_key;
  row.device_name = who.device_name;
  row.device_secret = who.device_secret;
  row.status = devices_.disabled(device) ? device_status::disabled
               : devices_.seen(device)   ? device_status::active
                                         : device_status::unactivated;
  row.last_online_ms = std::int64_t{devices_.last_online_s(device)} * 1000;
  if (state != nullptr) {
    row.firmware = state->firmware;
    row.tags = state->tags;
    row.first_online_ms = state->first_online_ms;
  }
  tell(row);
}

void platform_state::tell_device(device_index device) {
  with_row(device, [this](const device_row& row) { keeper_->device_changed(row); });
}

void platform_state::tell_tags(device_index device) {
  with_row(device, [this](const device_row& row) { keeper_->tags_changed(row); });
}

void platform_state::tell_gone(device_index device) {
  const bool listed = !devices_.added(device);
  with_row(device, [&](device_row row) {
    keeper_->device_gone(row.product_key, row.device_name);
    if (listed) { // or its source would bring it back
      row.status = device_status::deleted;
      row.tags = {};
      keeper_->device_changed(row);
    }
  });
}

void platform_state::tell_shadow(device_index device) {
  if (keeper_ != nullptr) {
    const auto who = devices_.identity_of(device);
    keeper_->shadow_changed({who.product_key, who.device_name, shadow_of(device).text()});
  }
}

void platform_state::tell_topology(device_index sub_device) {
  if (keeper_ == nullptr) {
    return;
  }
  const auto who = devices_.identity_of(sub_device);
  const auto gateway = relations.gateway_of(sub_device);
  const auto last = gateway ? gateway : relations.former_gateway_of(sub_device);
  const auto its = last ? devices_.identity_of(*last) : alink::identity{};
  keeper_->topology_changed({who.product_key, who.device_name, its.product_key, its.device_name,
                             gateway ? relation_state::bound : relation_state::former});
}

void platform_state::tell_product(const product& p) {
  if (keeper_ == nullptr) {
    return;
  }
  byte_buffer text;
  if (p.model() != nullptr) {
    tsl::append_model(text, *p.model());
  }
  keeper_->product_changed({p.given.product_key, p.given.secret, p.given.name, as_text(text.view()),
                            p.given.flags, p.config, p.config_count, p.topics.text()});
}

bool platform_state::load_product(const product_row& row) {
  if (!alink::valid_name(row.product_key, alink::max_product_key)) {
    return false;
  }
  std::shared_ptr<const tsl::model> model;
  if (!row.model.empty()) {
    auto read = tsl::load_model(row.model, row.product_key);
    if (!read.ok()) {
      return false;
    }
    model = std::make_shared<const tsl::model>(std::move(read).value());
  }
  auto& of = products.open(row.product_key);
  if (!of.topics.load(row.topics)) {
    return false;
  }
  of.set_config(row.config, row.config_count);
  auto& given = of.given;
  given.name = row.name;
  given.model = std::move(model);
  given.flags = row.flags;
  given.secret = row.product_secret;
  return true;
}

std::optional<device_index> platform_state::enlist(const device_row& row, bool& sound) {
  auto device = devices_.find(row.product_key, row.device_name);
  sound = true;
  if (row.status == device_status::deleted) {
    if (device) {
      devices_.remove(*device);
    }
    return std::nullopt;
  }
  if (!device) {
    sound = alink::valid_name(row.product_key, alink::max_product_key)
            && alink::valid_name(row.device_name, alink::max_device_name)
            && alink::valid_secret(row.device_secret);
    device = sound ? devices_.add({std::string{row.product_key}, std::string{row.device_name},
                                   std::string{row.device_secret}})
                   : std::nullopt;
    sound = device.has_value();
  }
  return device;
}

bool platform_state::load_stranger(const device_row& row) {
  bool sound = false;
  const auto device = enlist(row, sound);
  if (device && row.status == device_status::disabled) {
    devices_.set_disabled(*device, true);
  }
  return sound;
}

bool platform_state::load_device(const device_row& row) {
  bool sound = false;
  const auto device = enlist(row, sound);
  if (!device) {
    return sound;
  }
  if (devices_.identity_of(*device).device_secret != row.device_secret) {
    overruled_.push_back(*device); // who lists it knows better than what was kept
  }
  devices_.set_disabled(*device, row.status == device_status::disabled);
  if (row.first_online_ms != 0 || row.status == device_status::active) {
    devices_.note_online(*device, row.last_online_ms);
  }
  auto& state = open(*device);
  state.tags = row.tags;
  state.firmware = row.firmware;
  state.first_online_ms = row.first_online_ms;
  return true;
}

void platform_state::tell_overruled() {
  for (const auto device : overruled_) {
    tell_device(device);
  }
}

bool platform_state::load_shadow(const shadow_row& row) {
  const auto device = devices_.find(row.product_key, row.device_name);
  auto read = shadow::document::load(json_, row.document);
  if (!device || !read) {
    return false;
  }
  open(*device).push_due = read->has_desired();
  shadow_of(*device) = std::move(*read);
  return true;
}

bool platform_state::load_desired(const desired_row& row) {
  const auto device = devices_.find(row.product_key, row.device_name);
  const auto name = device ? product_of(*device).intern(row.identifier) : std::nullopt;
  if (!name || open(*device).desired.size() >= kept_values_max) {
    return false;
  }
  open(*device).desired.push_back({*name, row.version, std::string{row.value}});
  return true;
}

bool platform_state::load_reported(const reported_row& row) {
  const auto device = devices_.find(row.product_key, row.device_name);
  const auto name = device ? product_of(*device).intern(row.identifier) : std::nullopt;
  if (!name || open(*device).reported.size() >= kept_values_max) {
    return false;
  }
  open(*device).reported.push_back({*name, row.time_ms, std::string{row.value}});
  return true;
}

bool platform_state::load_topology(const topology_row& row) {
  const auto sub_device = devices_.find(row.product_key, row.device_name);
  const auto gateway = devices_.find(row.gateway_product_key, row.gateway_device_name);
  return sub_device && gateway
         && (row.state == relation_state::bound ? relations.load(*gateway, *sub_device)
                                                : relations.load_former(*gateway, *sub_device));
}

} // namespace fleet::cloud
