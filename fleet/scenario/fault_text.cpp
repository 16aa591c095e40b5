// A planned fault for people, and how many it selects.
#include <algorithm>

#include "fleet/scenario/fault_plan.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

/// `20%`, `0.1%`.
std::string percent_text(std::uint32_t ppm) {
  constexpr std::uint32_t one = 10'000;
  std::string text = std::to_string(ppm / one);
  if (ppm % one != 0) {
    std::string decimals = std::to_string(one + ppm % one).substr(1);
    decimals.erase(decimals.find_last_not_of('0') + 1);
    text += "." + decimals;
  }
  return text + "%";
}

/// What strength it has, with a blank before each word.
std::string strength_of(const faults::fault& f) {
  const auto takes = [&f](faults::parameter p) { return (faults::info_of(f.what).takes & p) != 0; };
  std::string out;
  if (takes(faults::takes_by)) {
    out += f.by < duration{0} ? " -" + text::format_duration(-f.by)
                              : " " + text::format_duration(f.by);
  }
  if (takes(faults::takes_share)) {
    out += " " + percent_text(f.share_ppm);
  }
  if (takes(faults::takes_rate)) {
    const bool messages = f.what == faults::effect::cloud_throttle;
    out += " " + (messages ? text::format_count(f.rate) : text::format_size(f.rate)) + "/s";
  }
  if (takes(faults::takes_size) && f.size != 0) {
    out += " "
           + (f.what == faults::effect::bit_rot ? text::format_count(f.size) + " bits"
                                                : text::format_size(f.size));
  }
  if (takes(faults::takes_drift)) {
    out += " " + std::to_string(f.drift_ppm) + "ppm";
  }
  if (takes(faults::takes_status)) {
    out += " " + std::to_string(f.status);
  }
  return out;
}

} // namespace

std::uint32_t count_selected(const faults::fault& f, const faults::draw& by,
                             std::uint32_t devices) {
  const auto& select = f.select;
  if (select.nobody) {
    return 0;
  }
  auto among = select.among;
  if (among.empty() && devices != 0) {
    among.push_back({0, devices - 1});
  }
  const bool all_of_them = select.share_ppm >= faults::whole_ppm
                           && select.family_ppm >= faults::whole_ppm && select.regions == 0;
  const auto key = faults::key_of(f.name);
  std::uint32_t count = 0;
  for (const auto& range : among) {
    const std::uint32_t last = std::min(range.last, devices - 1);
    if (all_of_them) {
      count += range.first <= last ? last - range.first + 1 : 0;
      continue;
    }
    for (std::uint32_t device = range.first; device <= last && device < devices; ++device) {
      count += faults::selects(select, by, key, device) ? 1 : 0;
    }
  }
  return count;
}

std::string describe(const faults::fault& f) {
  const std::string word{to_string(f.what)};
  std::string out = f.name == word ? word : f.name + " (" + word + ")";
  out += strength_of(f);
  if (f.every != duration{0}) {
    out += " every " + text::format_duration(f.every);
  }
  if (f.span == faults::no_end) {
    out += " to the end";
  } else if (f.span != duration{0}) {
    out += " for " + text::format_duration(f.span);
  }
  if (f.ramp != duration{0}) {
    out += " over " + text::format_duration(f.ramp);
  }
  return out;
}

std::string announcement(const faults::fault& f, std::uint32_t selected, std::uint32_t devices) {
  return text::format_duration(f.at) + ": " + describe(f) + " on " + text::format_count(selected)
         + " of " + text::format_count(devices) + (devices == 1 ? " device" : " devices");
}

} // namespace fleet::program
