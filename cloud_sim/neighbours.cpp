// Streams go by a job of the home that they go to.
#include "cloud_sim/neighbours.hpp"

#include <utility>

#include "cloud_sim/broker.hpp"

namespace fleet::cloud {

neighbours::neighbours(std::vector<hal::home_of_many*> homes)
    : homes_(std::move(homes)), brokers_(homes_.size()) {}

neighbours::~neighbours() = default;

void neighbours::move(way by, hal::stream_ptr s, bool over_tls, bytes_view early) {
  const std::string octets{as_text(early)};
  homes_[by.from]->take_to(*homes_[by.to], std::move(s),
                           [this, to = by.to, over_tls, octets](hal::stream_ptr there) {
                             if (auto* const who = brokers_[to]) {
                               who->take_moved(std::move(there), over_tls, as_bytes(octets));
                             }
                           });
}

} // namespace fleet::cloud
