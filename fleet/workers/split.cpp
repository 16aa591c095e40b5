// Shares by largest remainder; of groups, cut where the nearest one ends; and as water is shared by
// vessels that stand at several levels.
#include "fleet/workers/split.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

#include "protocol/base/check.hpp"

namespace fleet::program {

namespace {

std::uint32_t size_of_one(const device_groups& groups) noexcept {
  return 1 + groups.children_each;
}

/// How many groups have these `devices`, from the first of all on, as near as whole ones can.
std::uint32_t groups_in(std::span<const device_groups> all, std::uint64_t devices) noexcept {
  std::uint32_t out = 0;
  for (const auto& groups : all) {
    const std::uint64_t each = size_of_one(groups);
    const auto whole = each * groups.connecting.count;
    if (devices < whole) {
      return out + static_cast<std::uint32_t>((devices + each / 2) / each);
    }
    devices -= whole;
    out += groups.connecting.count;
  }
  return out;
}

/// The devices of the groups from `first` to before `end`.
device_set devices_in(std::span<const device_groups> all, std::uint32_t first, std::uint32_t end) {
  std::vector<actors::device_span> out;
  std::uint32_t before = 0;
  for (const auto& groups : all) {
    const auto& [connecting, children, each] = groups;
    const auto here =
        common(device_range{before, connecting.count}, device_range{first, end - first});
    const auto skipped = here.first - before;
    if (here.count != 0) {
      out.push_back({connecting.first + skipped, here.count});
      out.push_back({children + skipped * each, here.count * each});
    }
    before += connecting.count;
  }
  return device_set{std::move(out)};
}

} // namespace

std::vector<device_range> split_devices(std::uint32_t devices,
                                        std::span<const std::uint32_t> weights) {
  const auto sum = std::accumulate(weights.begin(), weights.end(), std::uint64_t{0});
  FLEET_CHECK(sum != 0);
  std::vector<device_range> out(weights.size());
  std::vector<std::size_t> by_rest(weights.size());
  std::iota(by_rest.begin(), by_rest.end(), std::size_t{0});
  const auto share = [&](std::size_t i) { return std::uint64_t{devices} * weights[i]; };
  std::uint32_t given = 0;
  for (std::size_t i = 0; i < out.size(); ++i) {
    out[i].count = static_cast<std::uint32_t>(share(i) / sum);
    given += out[i].count;
  }
  std::stable_sort(by_rest.begin(), by_rest.end(),
                   [&](std::size_t a, std::size_t b) { return share(a) % sum > share(b) % sum; });
  for (std::size_t i = 0; given < devices; ++i, ++given) {
    ++out[by_rest[i]].count;
  }
  for (std::size_t i = 1; i < out.size(); ++i) {
    out[i].first = out[i - 1].first + out[i - 1].count;
  }
  return out;
}

namespace {

/// What comes to it where each core has `level`.
std::uint32_t part_at(const taker& t, double level) {
  const double wanted = level * t.cores - static_cast<double>(t.has);
  return wanted <= 0 ? 0
                     : static_cast<std::uint32_t>(std::min(wanted, static_cast<double>(t.room)));
}

std::uint64_t sum_at(std::span<const taker> takers, double level) {
  return std::accumulate(
      takers.begin(), takers.end(), std::uint64_t{0},
      [level](std::uint64_t sum, const taker& t) { return sum + part_at(t, level); });
}

} // namespace

std::vector<std::uint32_t> share_among(std::uint32_t devices, std::span<const taker> takers) {
  double low = 0;
  double high = 0;
  for (const auto& t : takers) {
    high = std::max(high, (static_cast<double>(t.has) + t.room) / t.cores + 1);
  }
  if (sum_at(takers, high) > devices) {
    constexpr int halvings = 64;
    for (int i = 0; i < halvings; ++i) {
      const double middle = (low + high) / 2;
      (sum_at(takers, middle) > devices ? high : low) = middle;
    }
  } else {
    low = high;
  }
  std::vector<std::uint32_t> out;
  for (const auto& t : takers) {
    out.push_back(part_at(t, low));
  }
  auto given = std::accumulate(out.begin(), out.end(), std::uint64_t{0});
  // What is left by rounding: one each, to the first of those with room.
  for (bool any = true; any && given < devices;) {
    any = false;
    for (std::size_t i = 0; i < out.size() && given < devices; ++i) {
      const bool at_level = part_at(takers[i], high + 1) > out[i];
      if (at_level && out[i] < takers[i].room) {
        ++out[i];
        ++given;
        any = true;
      }
    }
  }
  return out;
}

std::vector<std::uint32_t> share_among_all(std::uint32_t devices, std::span<const taker> takers) {
  auto out = share_among(devices, takers);
  for (std::size_t i = 0; i < out.size(); ++i) {
    const auto most = std::max_element(out.begin(), out.end());
    if (out[i] == 0 && takers[i].room != 0 && *most > 1) {
      --*most;
      ++out[i];
    }
  }
  return out;
}

std::vector<std::uint32_t> share_among_few(std::uint32_t devices, std::span<const taker> takers,
                                           std::uint32_t least) {
  std::vector<taker> left{takers.begin(), takers.end()};
  auto out = share_among(devices, left);
  const auto given = std::accumulate(out.begin(), out.end(), std::uint64_t{0});
  for (;;) {
    std::size_t smallest = out.size();
    for (std::size_t i = 0; i < out.size(); ++i) {
      if (out[i] != 0 && out[i] < least && (smallest == out.size() || out[i] < out[smallest])) {
        smallest = i;
      }
    }
    if (smallest == out.size()) {
      return out;
    }
    left[smallest].room = 0;
    auto without = share_among(devices, left);
    if (std::accumulate(without.begin(), without.end(), std::uint64_t{0}) < given) {
      return out; // nobody else has room for it
    }
    out = std::move(without);
  }
}

std::vector<device_groups> groups_of(const prepared& ready) {
  std::vector<device_groups> out;
  for (const auto& product : ready.products) {
    const auto& plan = product.plan;
    if (!plan.behind_gateway) {
      out.push_back({plan.devices, plan.children_first, plan.children_each});
    }
  }
  return out;
}

std::uint32_t connections_of(std::span<const device_groups> all) noexcept {
  return std::accumulate(
      all.begin(), all.end(), std::uint32_t{0},
      [](std::uint32_t sum, const device_groups& g) { return sum + g.connecting.count; });
}

namespace {

/// The first number from `low` on that is good, where all behind one that is are; `high`: none is.
template <class Test>
std::uint32_t first_good(std::uint32_t low, std::uint32_t high, Test good) {
  while (low < high) {
    const auto middle = low + (high - low) / 2;
    if (good(middle)) {
      high = middle;
    } else {
      low = middle + 1;
    }
  }
  return low;
}

/// Behind the last group that there is room for, of those from `first` on.
template <class Test>
std::uint32_t reach_from(std::span<const device_groups> all, std::uint32_t first, Test fits) {
  return first_good(first, connections_of(all),
                    [&](std::uint32_t last) { return !fits(devices_in(all, first, last + 1)); });
}

/// groups_for(), of all that there are.
std::vector<std::uint32_t> counts_of(std::span<const device_groups> all,
                                     std::span<const std::uint32_t> parts, const room_test& fits) {
  const auto groups = connections_of(all);
  // From where on each and those behind it have room for all that is left.
  std::vector<std::uint32_t> from(parts.size() + 1, groups);
  std::uint32_t others = 0;
  for (std::size_t i = parts.size(); i-- != 0;) {
    const auto end = from[i] = from[i + 1];
    if (parts[i] != 0) {
      ++others;
      from[i] = first_good(
          0, end, [&](std::uint32_t first) { return fits(i, devices_in(all, first, end)); });
    }
  }
  std::vector<std::uint32_t> out(parts.size());
  std::uint64_t before = 0;
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] == 0) {
      continue;
    }
    before += parts[i];
    --others;
    const auto least = std::max(first + 1, from[i + 1]);
    const auto reach =
        reach_from(all, first, [&](const device_set& some) { return fits(i, some); });
    const auto most = std::min(reach, std::max(groups - std::min(others, groups), least));
    const auto end = std::min(std::max(groups_in(all, before), least), most);
    out[i] = end - first;
    first = end;
  }
  return out;
}

/// By weight, and one at least for each.
std::vector<std::uint32_t> parts_by(std::uint32_t devices, std::span<const std::uint32_t> weights) {
  std::vector<std::uint32_t> out;
  for (const auto& range : split_devices(devices, weights)) {
    out.push_back(range.count);
  }
  for (auto& part : out) {
    if (part == 0) {
      --*std::max_element(out.begin(), out.end());
      ++part;
    }
  }
  return out;
}

} // namespace

std::vector<device_set> split_groups(std::span<const device_groups> all,
                                     std::span<const std::uint32_t> weights,
                                     const room_test& fits) {
  const auto groups = connections_of(all);
  FLEET_CHECK(groups >= weights.size());
  const auto devices = std::accumulate(all.begin(), all.end(), std::uint32_t{0},
                                       [](std::uint32_t sum, const device_groups& g) {
                                         return sum + g.connecting.count * size_of_one(g);
                                       });
  const auto parts = parts_by(devices, weights);
  const room_test anything = [](std::size_t, const device_set&) { return true; };
  auto counts = counts_of(all, parts, fits ? fits : anything);
  const bool all_fit = std::accumulate(counts.begin(), counts.end(), 0U) == groups
                       && std::count(counts.begin(), counts.end(), 0U) == 0;
  if (!all_fit) { // whoever has too little says so
    counts = counts_of(all, parts, anything);
  }
  std::vector<device_set> out;
  std::uint32_t first = 0;
  for (const auto count : counts) {
    out.push_back(devices_in(all, first, first + count));
    first += count;
  }
  return out;
}

std::uint32_t fewest_for(std::span<const device_groups> all,
                         const std::function<bool(const device_set&)>& fits, std::uint32_t most) {
  const auto groups = connections_of(all);
  std::uint32_t out = 0;
  for (std::uint32_t first = 0; first != groups; ++out) {
    const auto end = reach_from(all, first, fits);
    if (end == first || out == most) {
      return 0;
    }
    first = end;
  }
  return out;
}

std::optional<std::string> too_few_for(std::span<const device_groups> all, std::size_t workers) {
  const auto groups = connections_of(all);
  if (groups >= workers) {
    return std::nullopt;
  }
  const bool gateways = std::any_of(all.begin(), all.end(),
                                    [](const device_groups& g) { return g.children_each != 0; });
  return fmt::format("{} devices{} cannot be shared out over {} workers: each takes one at least",
                     groups, gateways ? ", gateways with all that is behind them," : "", workers);
}

namespace {

/// Those of them that are in a set of whole ones.
std::vector<device_groups> groups_within(std::span<const device_groups> all,
                                         const device_set& devices) {
  std::vector<device_groups> out;
  for (const auto& groups : all) {
    const auto here = common(groups.connecting, devices);
    if (here.count != 0) {
      const auto skipped = here.first - groups.connecting.first;
      out.push_back(
          {here, groups.children_first + skipped * groups.children_each, groups.children_each});
    }
  }
  return out;
}

} // namespace

std::uint32_t connections_in(std::span<const device_groups> all, const device_set& devices) {
  return connections_of(groups_within(all, devices));
}

std::pair<device_set, device_set> cut_groups(std::span<const device_groups> all,
                                             const device_set& devices, std::uint32_t count) {
  const auto here = groups_within(all, devices);
  return {devices_in(here, 0, count), devices_in(here, count, connections_of(here))};
}

std::vector<std::uint32_t> groups_for(std::span<const device_groups> all, const device_set& devices,
                                      std::span<const std::uint32_t> parts, const room_test& fits) {
  return counts_of(groups_within(all, devices), parts, fits);
}

std::uint32_t fitting_groups(std::span<const device_groups> all, const device_set& devices,
                             const std::function<bool(const device_set&)>& fits) {
  return reach_from(groups_within(all, devices), 0, fits);
}

std::uint32_t room_in(std::span<const device_groups> all, const device_set& devices,
                      const std::function<bool(const device_set&)>& fits) {
  const std::uint64_t groups = connections_in(all, devices);
  const std::uint64_t fitting = fitting_groups(all, devices, fits);
  return fitting == 0 ? 0 : static_cast<std::uint32_t>(devices.count() * fitting / groups);
}

bool whole_groups(std::span<const device_groups> all, const device_set& devices) {
  std::vector<actors::device_span> whole;
  for (const auto& groups : all) {
    const auto here = common(groups.connecting, devices);
    const auto skipped = here.first - groups.connecting.first;
    whole.push_back({here.first, here.count});
    whole.push_back({groups.children_first + skipped * groups.children_each,
                     here.count * groups.children_each});
  }
  return devices.count() != 0 && device_set{std::move(whole)} == devices;
}

wire_counts numbers_of(const device_set& devices) {
  wire_counts out;
  for (const auto& span : devices.spans()) {
    out.insert(out.end(), {span.first, span.count});
  }
  return out;
}

std::optional<device_set> devices_of(const wire_counts& numbers) {
  std::vector<actors::device_span> spans;
  std::uint64_t end = 0;
  if (numbers.empty() || numbers.size() % 2 != 0) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < numbers.size(); i += 2) {
    const auto first = numbers[i];
    const auto count = numbers[i + 1];
    if (first < end || count == 0 || count > UINT32_MAX || first > UINT32_MAX - count) {
      return std::nullopt;
    }
    end = first + count;
    spans.push_back({static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(count)});
  }
  return device_set{std::move(spans)};
}

} // namespace fleet::program
