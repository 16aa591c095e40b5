// Building a shard's slots.
#include "actors/supervision/shard.hpp"

#include <utility>

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

} // namespace

shard::shard(hal::home& h, const product_map& from, shard_options o, speech_scratch& speech)
    : home(h), products(from), options(std::move(o)),
      counts(lend(parts, h, from, speech).front().counts) {
  for (auto& part : parts) {
    part.around.stock = &stock;
  }
  for (std::uint32_t i = 0; i < options.count; ++i) {
    slots.emplace_back(h, options.first + i, products.at(options.first + i).seed);
  }
}

std::vector<const device_slot*> shard::accounts() const {
  std::vector<const device_slot*> out;
  out.reserve(slots.size());
  for (const auto& slot : slots) {
    out.push_back(&slot);
  }
  for (const auto& slot : slots) {
    if (slot.behind) {
      for (const auto& sub : *slot.behind) {
        out[sub.board.index() - options.first] = &sub;
      }
    }
  }
  return out;
}

} // namespace fleet::actors
