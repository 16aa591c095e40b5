// The rows of firmware and campaigns to the store, and back at start.
#include "cloud_sim/persistence_firmware.hpp"

#include "cloud_sim/persistence.hpp"
#include "cloud_sim/platform_firmware.hpp"

namespace fleet::cloud {

void kept_firmware::firmware_changed(const firmware_row& row) {
  store_.put(row);
}

void kept_firmware::firmware_gone(std::uint32_t firmware) {
  store_.erase_firmware(firmware);
}

void kept_firmware::block_changed(const firmware_block_row& row) {
  store_.put(row);
}

bool kept_firmware::read_block(std::uint32_t firmware, std::uint32_t block, byte_buffer& out) {
  const auto found = store_.read_block(firmware, block, out);
  return found && found.value();
}

void kept_firmware::campaign_changed(const campaign_row& row) {
  store_.put(row);
}

void kept_firmware::campaign_gone(std::uint32_t campaign) {
  store_.erase_campaign(campaign);
}

void kept_firmware::rollout_changed(const rollout_row& row) {
  store_.put(row);
}

void kept_firmware::number_changed(const number_row& row) {
  store_.put(row);
}

std::optional<store_failure> persistence::load_firmware(platform_firmware& into) {
  auto& unused = core_.counters().kept_unused;
  const auto load = [&]<class Row>(const Row&) -> std::optional<store_failure> {
    const auto read = store_.read<Row>([&](const Row& row) {
      if (!into.load(row)) {
        add(unused);
      }
    });
    return read.ok() ? std::nullopt : std::optional{read.error()};
  };
  into.read_from(&firmware_);
  auto bad = load(firmware_row{});
  bad = bad ? bad : load(campaign_row{});
  bad = bad ? bad : load(rollout_row{});
  bad = bad ? bad : load(number_row{});
  add(unused, into.loaded());
  return bad;
}

} // namespace fleet::cloud
