// Building a shard's slots.
#include "actors/supervision/shard.hpp"

namespace fleet::actors {

shard::shard(hal::home& h, const product_map& products, const shard_options& o,
             speech_scratch& speech)
    : home(h), options(o) {
  around.home = &h;
  around.products = &products;
  around.counts = &counts;
  around.speech = &speech;
  for (std::uint32_t i = 0; i < o.count; ++i) {
    slots.emplace_back(h, o.first + i, products.at(o.first + i).seed);
  }
}

} // namespace fleet::actors
