// Every metric this program exports: name, type, unit, labels and help in one table. Nothing
// exports a name that is not there, nor with other labels.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "fleet/metrics/family.hpp"

namespace fleet::metrics {

/// All, in the order of `family`.
std::span<const family_facts, family_count> families() noexcept;

inline const family_facts& facts_of(family f) noexcept {
  return families()[static_cast<std::size_t>(f)];
}

/// The names of its labels, in order.
std::vector<std::string_view> labels_of(const family_facts& facts);

std::string_view to_string(kind k) noexcept;
std::string_view to_string(group g) noexcept;

} // namespace fleet::metrics
