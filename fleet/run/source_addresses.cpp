// Only where one address is too few: others may be meant for something else.
#include "fleet/run/source_addresses.hpp"

#include <utility>

#include "hal_sim/real_world/own_addresses.hpp"

namespace fleet::program {

std::vector<hal::address> sources_of(const run_options& o, const prepared& ready) {
  const auto& peer = ready.products.front().settings.peer;
  const std::size_t round = ready.places().round();
  if (!o.source_addresses.empty() || o.virtual_world || peer.loopback()
      || o.target.scheme == text::scheme::embedded
      || (ready.connections() + round - 1) / round <= connections_per_source) {
    return o.source_addresses;
  }
  auto found = hal::own_addresses_towards(peer);
  return found.size() > 1 ? std::move(found) : std::vector<hal::address>{};
}

} // namespace fleet::program
