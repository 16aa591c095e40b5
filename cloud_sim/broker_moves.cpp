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

// Counted where it came, once: what is exported as a counter never falls.
bool broker::hand_on(connection& c, const mqtt::connect_view& connect) {
  const auto early = std::move(c.aside_);
  const auto place = early == nullptr ? std::nullopt : character_->place_of(connect);
  if (!place || is_home_of(*place)) {
    return false;
  }
  moved_stream what{std::move(c.stream_), c.over_tls_, c.arrival_, std::move(*early)};
  bury(c);
  among_->move({here_, among_->home_of(*place)}, std::move(what));
  return true;
}

void broker::take_moved(moved_stream what) {
  const turn guard{*this};
  if (auto* const c = take(std::move(what.stream), what.over_tls)) {
    c->aside_.reset(); // it stays
    c->arrival_ = what.arrival;
    c->take_in(what.early.view());
  }
}

// [MQTT-3.1.4-2] is about the order in which connections came.
bool broker::gives_way(connection& c, const peer& who) {
  if (among_ == nullptr || who.online == nullptr
      || static_cast<std::int32_t>(who.online->arrival_ - c.arrival_) < 0) {
    return false;
  }
  end(c, end_reason::taken_over);
  return true;
}

} // namespace fleet::cloud
