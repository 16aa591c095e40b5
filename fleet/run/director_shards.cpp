// The director's shards: which devices live on which home, and when each of them is on.
#include <algorithm>

#include "fleet/run/director.hpp"
#include "fleet/run/run_faults.hpp"

namespace fleet::program {

namespace {

/// As many on each home as on any other, in the order of the devices.
std::vector<actors::shard_options> shares_of_homes(const device_set& here, std::uint32_t homes) {
  std::vector<actors::shard_options> out(homes);
  std::uint32_t place = 0;
  for (std::uint32_t i = 0; i < homes; ++i) {
    auto& shard = out[i];
    shard.count = here.count() / homes + (i < here.count() % homes ? 1 : 0);
    const auto devices = here.part(place, shard.count);
    place += shard.count;
    shard.first = shard.count != 0 ? devices.first() : here.end();
    if (devices.spans().size() > 1) {
      shard.apart = devices;
    }
  }
  return out;
}

} // namespace

void director::order_devices(std::vector<actors::shard_options>& shards) const {
  const auto& lines = ready_.plan->lines;
  const auto here = company_.here(options_.devices);
  for (std::size_t i = 0; i < lines.size(); ++i) {
    for (auto& shard : shards) {
      shard.lines.push_back({&loads_[i], {}});
    }
    std::uint32_t position = 0;
    for (const std::uint32_t device : start_order(*ready_.plan, lines[i])) {
      const std::uint32_t place = position++;
      if (!here.contains(device)) {
        continue;
      }
      const auto after = std::upper_bound(
          shards.begin(), shards.end(), device,
          [](std::uint32_t d, const actors::shard_options& s) { return d < s.first; });
      // Shards without devices begin where the next one does; the last that begins here holds it.
      auto& shard = *(after - 1);
      const auto slot =
          shard.apart.count() == 0 ? device - shard.first : shard.apart.place_of(device).value();
      shard.lines.back().order.push_back({slot, place});
    }
  }
}

void director::make_shards() {
  const auto homes = world_->device_homes();
  const auto count = static_cast<std::uint32_t>(homes.size());
  const double ramp = options_.ramp_per_second.value_or(1000.0);
  for (const auto& product : ready_.products) {
    products_.add(product.plan.devices.count, product.settings);
  }
  if (company_.leads()) {
    shard_list_ = company_.others->mirrors(products_);
    return;
  }
  const auto here = company_.here(options_.devices);
  const double share =
      options_.devices == 0 ? 1.0 : static_cast<double>(here.count()) / options_.devices;
  auto all = shares_of_homes(here, count);
  for (auto& shard : all) {
    shard.ramp_per_second = ramp * share / count;
    shard.draw = draw_of(ready_);
  }
  if (ready_.plan) {
    for (const auto& line : ready_.plan->lines) {
      loads_.push_back(line.load);
    }
    order_devices(all);
  }
  for (std::uint32_t i = 0; i < count; ++i) {
    scratches_.push_back(std::make_unique<actors::speech_scratch>());
    shards_.push_back(std::make_unique<actors::shard>(*homes[i], products_, std::move(all[i]),
                                                      *scratches_.back()));
    shard_list_.push_back(shards_.back().get());
  }
  if (!far_.empty()) {
    world_->call(far_home(), [this] { far_.time_commands(shard_list_); });
  }
}

} // namespace fleet::program
