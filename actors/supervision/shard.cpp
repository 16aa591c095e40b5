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
  return parts;
}

} // namespace

shard::shard(hal::home& h, const product_map& from, shard_options o, speech_scratch& speech)
    : home(h), products(from), options(std::move(o)),
      counts(lend(parts, h, from, speech).front().counts) {
  for (std::uint32_t i = 0; i < options.count; ++i) {
    slots.emplace_back(h, options.first + i, products.at(options.first + i).seed);
  }
}

} // namespace fleet::actors
