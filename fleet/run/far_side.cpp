// Several far sides as one.
#include "fleet/run/far_side.hpp"

#include <algorithm>

namespace fleet::program {

void far_sides::add(std::unique_ptr<far_side> side, const std::vector<std::size_t>& products) {
  for (const auto product : products) {
    by_product_.resize(std::max(by_product_.size(), product + 1), nullptr);
    by_product_[product] = side.get();
  }
  sides_.push_back(std::move(side));
}

void far_sides::remove(const far_side* side) {
  std::replace(by_product_.begin(), by_product_.end(), side, static_cast<const far_side*>(nullptr));
  std::erase_if(sides_, [side](const auto& each) { return each.get() == side; });
}

void far_sides::clear() {
  by_product_.clear();
  sides_.clear();
}

void far_sides::quiet() {
  for (const auto& side : sides_) {
    side->quiet();
  }
}

bool far_sides::settled(const report::totals& devices) const {
  std::uint64_t commands = 0;
  std::uint64_t accepted = 0;
  bool counts_all = true;
  for (const auto& side : sides_) {
    commands += side->commands();
    const auto seen = side->accepted();
    counts_all = counts_all && seen != UINT64_MAX;
    accepted += seen == UINT64_MAX ? 0 : seen;
  }
  // What came and was too large for a board is not waited for.
  const bool heard =
      devices.commands + devices.oversized >= commands || (!counts_all && devices.online() == 0);
  return heard && (!counts_all || accepted >= devices.acknowledged);
}

void far_sides::stop() {
  for (const auto& side : sides_) {
    side->stop();
  }
}

std::optional<std::uint64_t> far_sides::shadows_waiting() const {
  std::optional<std::uint64_t> sum;
  for (const auto& side : sides_) {
    if (const auto waiting = side->shadows_waiting()) {
      sum = sum.value_or(0) + *waiting;
    }
  }
  return sum;
}

std::uint64_t far_sides::corrupted() const {
  std::uint64_t sum = 0;
  for (const auto& side : sides_) {
    sum += side->corrupted();
  }
  return sum;
}

std::uint64_t far_sides::repeated() const {
  std::uint64_t sum = 0;
  for (const auto& side : sides_) {
    sum += side->repeated();
  }
  return sum;
}

bool far_sides::sees_dup() const {
  return std::all_of(sides_.begin(), sides_.end(),
                     [](const auto& side) { return side->sees_dup(); });
}

void far_sides::sample(std::vector<metrics::sample>& out) const {
  const std::size_t before = out.size();
  std::vector<metrics::sample> all;
  for (const auto& side : sides_) {
    side->sample(all);
  }
  for (auto& one : all) {
    const auto same = std::find_if(
        out.begin() + static_cast<std::ptrdiff_t>(before), out.end(),
        [&one](const metrics::sample& s) { return s.of == one.of && s.with == one.with; });
    if (same == out.end()) {
      out.push_back(std::move(one));
    } else {
      same->value += one.value;
    }
  }
}

} // namespace fleet::program
