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

void far_sides::time_commands(const std::vector<actors::shard*>& shards) {
  for (const auto& side : sides_) {
    side->time_commands(shards);
  }
}

bool far_sides::settled(const std::vector<report::product_fact>& products) const {
  return std::all_of(sides_.begin(), sides_.end(), [&](const auto& side) {
    std::uint64_t came = 0;
    std::uint64_t acknowledged = 0;
    std::uint64_t online = 0;
    for (std::size_t i = 0; i < products.size(); ++i) {
      if (of(i) == side.get()) {
        const auto& devices = products[i].counts;
        // What came and was too large for a board is not waited for.
        came += devices.ledger_commands + devices.oversized;
        acknowledged += devices.acknowledged;
        online += devices.online();
      }
    }
    const auto seen = side->accepted();
    const bool heard = came >= side->commands() || (seen == UINT64_MAX && online == 0);
    return heard && seen >= acknowledged;
  });
}

void far_sides::stop() {
  for (const auto& side : sides_) {
    side->stop();
  }
}

bool far_sides::leaving() const {
  return std::any_of(sides_.begin(), sides_.end(),
                     [](const auto& side) { return side->leaving(); });
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

far_load far_sides::load() const {
  far_load sum;
  for (const auto& side : sides_) {
    const auto one = side->load();
    sum.unacknowledged += one.unacknowledged;
    sum.sessions += one.sessions;
  }
  return sum;
}

std::optional<far_ledger> far_sides::ledger_now() const {
  std::optional<far_ledger> sum;
  for (const auto& side : sides_) {
    if (const auto one = side->ledger_now()) {
      const auto before = sum.value_or(far_ledger{});
      sum = far_ledger{before.commands + one->commands, before.accepted + one->accepted,
                       before.corrupted + one->corrupted};
    }
  }
  return sum;
}

std::uint64_t far_sides::unkept() const {
  std::uint64_t sum = 0;
  for (const auto& side : sides_) {
    sum += side->unkept();
  }
  return sum;
}

std::uint64_t far_sides::over_bound() const {
  std::uint64_t sum = 0;
  for (const auto& side : sides_) {
    sum += side->over_bound();
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

std::string far_sides::trouble() const {
  for (const auto& side : sides_) {
    if (auto why = side->trouble(); !why.empty()) {
      return why;
    }
  }
  return {};
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
