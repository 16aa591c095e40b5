// Devices as ranges, for those who have a range each and for people.
#include "fleet/run/company.hpp"

#include <fmt/format.h>

namespace fleet::program {

device_range common(const device_range& a, const device_set& b) {
  device_range out{a.first, 0};
  for (const auto& span : b.spans()) {
    const auto both = common(a, device_range{span.first, span.count});
    if (both.count != 0) {
      out.first = out.count == 0 ? both.first : out.first;
      out.count = both.first + both.count - out.first;
    }
  }
  return out;
}

std::vector<device_range> ranges_of(const device_set& devices) {
  std::vector<device_range> out;
  for (const auto& span : devices.spans()) {
    out.push_back({span.first, span.count});
  }
  return out;
}

std::string range_text(const device_set& devices) {
  std::string out = "devices ";
  for (const auto& span : devices.spans()) {
    out += fmt::format("{}{} to {}", span.first == devices.first() ? "" : ", ", span.first,
                       span.first + span.count - 1);
  }
  return out;
}

} // namespace fleet::program
