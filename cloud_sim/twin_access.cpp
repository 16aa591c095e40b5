// What the program asks of a twin and tells it to do, in between start and end.
#include <utility>

#include "cloud_sim/twin_parts.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

overruled_secrets twin::overruled() const {
  overruled_secrets out;
  if (parts_ != nullptr && parts_->state != nullptr && !parts_->state->overruled().empty()) {
    const auto& all = parts_->state->overruled();
    const auto who = parts_->devices->identity_of(all.front());
    out.count = all.size();
    out.example = who.product_key + "/" + who.device_name;
  }
  return out;
}

command_outcome twin::command(std::uint32_t device, mqtt::qos q) {
  return command(device, q, parts_ == nullptr ? never : parts_->core.now());
}

command_outcome twin::command(std::uint32_t device, mqtt::qos q, time_point due) {
  if (parts_ == nullptr) { // it was killed
    add(counters_.downlinks_skipped);
    return command_outcome::offline;
  }
  const broker::turn guard{parts_->core};
  const auto outcome = parts_->speaks().command(device, q, due);
  add(outcome == command_outcome::sent ? counters_.downlinks : counters_.downlinks_skipped);
  return outcome;
}

void twin::set_disabled(std::uint32_t device, bool disabled) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->platform != nullptr) {
    const broker::turn guard{parts_->core};
    parts_->platform->set_disabled(device, disabled);
  }
}

void twin::publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain) {
  if (parts_ == nullptr || parts_->open == nullptr) {
    return;
  }
  if (!mqtt::valid_topic(topic)) {
    add(parts_->core.counters().publishes_refused);
    return;
  }
  const broker::turn guard{parts_->core};
  parts_->open->publish(topic, payload, q, retain);
}

operations* twin::console() noexcept {
  return parts_ == nullptr ? nullptr : parts_->console.get();
}

firmware_operations* twin::firmware() noexcept {
  return parts_ == nullptr ? nullptr : parts_->firmware.get();
}

firmware_source* twin::firmware_files() noexcept {
  return parts_ == nullptr || parts_->platform == nullptr ? nullptr : &parts_->platform->firmware();
}

void twin::serve_firmware_at(std::string base) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->platform != nullptr) {
    parts_->platform->serve_firmware_at(std::move(base));
  }
}

void twin::serve_configs_at(std::string base) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->state != nullptr) {
    parts_->state->configs.serve_at(std::move(base));
  }
}

logon_registry* twin::logons() noexcept {
  return parts_ == nullptr ? nullptr : parts_->logons.get();
}

post_door* twin::posts() noexcept {
  return parts_ == nullptr || parts_->platform == nullptr ? nullptr : &parts_->platform->posts();
}

std::vector<hal::address> twin::coap_addresses() const {
  std::vector<hal::address> out;
  if (parts_ != nullptr) {
    for (const auto& desk : parts_->coap_desks) {
      out.push_back(desk->at());
    }
  }
  return out;
}

std::uint64_t twin::shadows_waiting() const {
  return parts_ == nullptr || parts_->platform == nullptr ? 0 : parts_->platform->shadows_waiting();
}

ledger_desk* twin::ledger() noexcept {
  return parts_ == nullptr ? nullptr : parts_->ledger.get();
}

const device_account* twin::account_of(std::uint32_t device) const noexcept {
  return parts_ == nullptr ? nullptr : parts_->core.ledger().find(device);
}

std::uint32_t twin::accounts_end() const noexcept {
  return parts_ == nullptr ? 0 : parts_->core.ledger().end();
}

std::size_t twin::memory_bytes() const noexcept {
  return parts_ == nullptr ? 0 : parts_->core.memory_bytes();
}

} // namespace fleet::cloud
