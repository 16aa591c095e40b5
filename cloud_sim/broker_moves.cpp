// Connections whose client lives on another home of the twin.
#include <utility>

#include "cloud_sim/broker.hpp"
#include "cloud_sim/neighbours.hpp"

namespace fleet::cloud {

void broker::live_among(neighbours& all, std::uint32_t here) {
  among_ = &all;
  here_ = here;
  all.settle(here, this);
}

void broker::leave_neighbours() noexcept {
  if (among_ != nullptr) {
    among_->settle(here_, nullptr);
  }
}

bool broker::is_home_of(std::uint64_t place) const noexcept {
  return among_ == nullptr || among_->home_of(place) == here_;
}

// There it begins anew: what it was here is not counted.
bool broker::hand_on(connection& c, const mqtt::connect_view& connect) {
  const auto early = std::move(c.early_);
  const auto place = early == nullptr ? std::nullopt : character_->place_of(connect);
  if (!place || is_home_of(*place)) {
    return false;
  }
  subtract(counters_.connections);
  subtract(counters_.bytes_received, early->size());
  auto stream = std::move(c.stream_);
  bury(c);
  among_->move({here_, among_->home_of(*place)}, std::move(stream), c.over_tls_, early->view());
  return true;
}

void broker::take_moved(hal::stream_ptr s, bool over_tls, bytes_view early) {
  const turn guard{*this};
  if (auto* const c = take(std::move(s), over_tls)) {
    c->early_.reset(); // it stays
    c->on_received(early);
  }
}

} // namespace fleet::cloud
