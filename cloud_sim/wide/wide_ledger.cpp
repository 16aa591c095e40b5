// Looking an account up where it is.
#include "cloud_sim/wide/wide_ledger.hpp"

#include <algorithm>

namespace fleet::cloud {

void wide_ledger::begin(std::uint32_t first, std::uint32_t count) {
  for (auto* const one : each_) {
    one->begin(first, count);
  }
}

std::optional<std::uint32_t> wide_ledger::next(std::uint32_t from) const {
  std::optional<std::uint32_t> first;
  for (const auto* const one : each_) {
    if (const auto here = one->next(from); here && (!first || *here < *first)) {
      first = here;
    }
  }
  return first;
}

const ledger_desk& wide_ledger::of(std::uint32_t device) const {
  for (const auto* const one : each_) {
    if (one->next(device) == device) {
      return *one;
    }
  }
  return *each_.front();
}

void wide_ledger::save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const {
  of(device).save(device, uplink, downlink);
}

void wide_ledger::save_refused(std::uint32_t device, byte_buffer& refused) const {
  of(device).save_refused(device, refused);
}

std::uint64_t wide_ledger::doubled(std::uint32_t device) const {
  std::uint64_t sum = 0;
  for (const auto* const one : each_) {
    sum += one->doubled(device);
  }
  return sum;
}

unbooked_tags wide_ledger::unbooked() const {
  unbooked_tags sum;
  for (const auto* const one : each_) {
    const auto here = one->unbooked();
    sum.corrupted += here.corrupted;
    sum.foreign += here.foreign;
    sum.unkept += here.unkept;
    sum.over_bound += here.over_bound;
  }
  return sum;
}

std::string wide_ledger::name(std::uint32_t device) const {
  for (const auto* const one : each_) { // one that was never heard of may be listed by none
    if (auto found = one->name(device); !found.empty()) {
      return found;
    }
  }
  return {};
}

} // namespace fleet::cloud
