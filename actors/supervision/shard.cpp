// Building a shard's slots.
#include "actors/supervision/shard.hpp"

#include <utility>

#include "actors/device/gateway_part.hpp"
#include "protocol/base/check.hpp"

namespace fleet::actors {

namespace {

std::deque<product_part>& lend(std::deque<product_part>& parts, hal::home& h,
                               const product_map& products, speech_scratch& speech) {
  for (std::size_t i = 0; i < products.size(); ++i) {
    auto& around = parts.emplace_back().around;
    around.home = &h;
    around.products = &products;
    around.counts = &parts.back().counts;
    around.speech = &speech;
  }
  std::vector<device_surroundings*> all;
  for (auto& part : parts) {
    all.push_back(&part.around);
  }
  if (all.size() > 1) {
    for (auto* one : all) {
      one->by_product = all;
    }
  }
  return parts;
}

device_set devices_of(const shard_options& o) {
  const bool apart = o.apart.count() != 0;
  FLEET_CHECK(!apart || (o.apart.count() == o.count && o.apart.first() == o.first));
  return apart ? o.apart : device_set{o.first, o.count};
}

/// `all` are the slots of `devices`; those of devices behind gateways are put in their places.
template <class Slots, class Slot>
std::vector<Slot*> accounts_of(Slots& all, const device_set& devices) {
  std::vector<Slot*> out;
  out.reserve(all.size());
  for (auto& slot : all) {
    out.push_back(&slot);
  }
  for (auto& slot : all) {
    if (slot.behind) {
      for (auto& sub : *slot.behind) {
        out[devices.place_of(sub.board.index()).value()] = &sub;
      }
    }
  }
  return out;
}

} // namespace

shard::shard(hal::home& h, const product_map& from, shard_options o, speech_scratch& speech)
    : home(h), products(from), options(std::move(o)), devices(devices_of(options)),
      counts(lend(parts, h, from, speech).front().counts) {
  for (auto& part : parts) {
    part.around.stock = &stock;
  }
  for (const auto& span : devices.spans()) {
    for (std::uint32_t i = 0; i < span.count; ++i) {
      slots.emplace_back(h, span.first + i, products.at(span.first + i).seed);
    }
  }
}

std::vector<const device_slot*> shard::accounts() const {
  return accounts_of<const std::deque<device_slot>, const device_slot>(slots, devices);
}

std::vector<device_slot*> shard::accounts() {
  return accounts_of<std::deque<device_slot>, device_slot>(slots, devices);
}

void shard::make_slots_behind() {
  for (auto& slot : slots) {
    if (products.at(slot.board.index()).features.children.each != 0) {
      give_slots_behind(slot, home, products);
    }
  }
}

} // namespace fleet::actors
