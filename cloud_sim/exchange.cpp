// A box for each home; the first that is put into an empty one wakes the home.
#include "cloud_sim/exchange.hpp"

#include <utility>

#include "cloud_sim/exchange_desk.hpp"

namespace fleet::cloud {

namespace {
std::uint64_t weight(const exchange_item& item) noexcept {
  return item.message == nullptr ? 0 : item.message->topic.size() + item.message->payload.size();
}
} // namespace

exchange::exchange(neighbours& all, const limits& bounds)
    : all_(all), bounds_(bounds), retained_(bounds.retained_max, bounds.retained_bytes_max) {
  for (std::uint32_t i = 0; i < all.size(); ++i) {
    inboxes_.push_back(std::make_unique<inbox>());
  }
}

exchange::~exchange() = default;

void exchange::settle(std::uint32_t number, exchange_desk* desk) noexcept {
  inboxes_[number]->desk = desk;
}

bool exchange::send(std::uint32_t to, exchange_item item) {
  auto& box = *inboxes_[to];
  bool first = false;
  {
    const std::lock_guard lock{box.guard};
    const auto octets = weight(item);
    if (octets != 0 && box.octets + octets > bounds_.waiting_bytes_max) {
      return false;
    }
    box.octets += octets;
    first = box.items.empty();
    box.items.push_back(std::move(item));
  }
  if (first) {
    all_.home(to).post([&box] {
      if (box.desk != nullptr) {
        box.desk->work();
      }
    });
  }
  return true;
}

std::vector<exchange_item> exchange::take(std::uint32_t number) {
  auto& box = *inboxes_[number];
  const std::lock_guard lock{box.guard};
  box.octets = 0;
  return std::exchange(box.items, {});
}

} // namespace fleet::cloud
