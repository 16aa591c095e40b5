// Walks along the spans, of which there are a few.
#include "actors/supervision/device_set.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::actors {

device_set::device_set(std::uint32_t first, std::uint32_t count)
    : device_set(std::vector<device_span>{{first, count}}) {}

device_set::device_set(std::vector<device_span> spans) {
  std::erase_if(spans, [](const device_span& s) { return s.count == 0; });
  std::ranges::sort(spans, {}, &device_span::first);
  for (const auto& span : spans) {
    FLEET_CHECK(spans_.empty() || span.first >= end());
    if (!spans_.empty() && span.first == end()) {
      spans_.back().count += span.count;
    } else {
      spans_.push_back(span);
    }
    count_ += span.count;
  }
}

std::uint32_t device_set::at(std::uint32_t place) const noexcept {
  for (const auto& span : spans_) {
    if (place < span.count) {
      return span.first + place;
    }
    place -= span.count;
  }
  FLEET_CHECK(false);
}

std::optional<std::uint32_t> device_set::place_of(std::uint32_t device) const noexcept {
  std::uint32_t before = 0;
  for (const auto& span : spans_) {
    if (device - span.first < span.count) {
      return before + (device - span.first);
    }
    before += span.count;
  }
  return std::nullopt;
}

bool device_set::meets(const device_set& other) const noexcept {
  return std::ranges::any_of(spans_, [&other](const device_span& a) {
    return std::ranges::any_of(other.spans_, [&a](const device_span& b) {
      return a.first < b.first + b.count && b.first < a.first + a.count;
    });
  });
}

device_set device_set::part(std::uint32_t place, std::uint32_t count) const {
  std::vector<device_span> out;
  for (const auto& span : spans_) {
    const auto skipped = std::min(place, span.count);
    const auto taken = std::min(count, span.count - skipped);
    out.push_back({span.first + skipped, taken});
    place -= skipped;
    count -= taken;
  }
  return device_set{std::move(out)};
}

} // namespace fleet::actors
