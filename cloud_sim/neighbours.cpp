// Streams go by a job of the home that they go to.
#include "cloud_sim/neighbours.hpp"

#include <memory>
#include <utility>

#include "cloud_sim/broker.hpp"

namespace fleet::cloud {

neighbours::neighbours(std::vector<hal::home_of_many*> homes)
    : homes_(std::move(homes)), brokers_(homes_.size()) {}

neighbours::~neighbours() = default;

void neighbours::move(way by, moved_stream what) {
  auto stream = std::move(what.stream);
  const auto rest = std::make_shared<moved_stream>(std::move(what)); // a job can be copied
  homes_[by.from]->take_to(*homes_[by.to], std::move(stream),
                           [this, to = by.to, rest](hal::stream_ptr there) {
                             if (auto* const who = brokers_[to]) {
                               rest->stream = std::move(there);
                               who->take_moved(std::move(*rest));
                             }
                           });
}

} // namespace fleet::cloud
