// Counts and gateways first, then shares, then the products that said neither.
#include "fleet/scenario/apportion.hpp"

#include <algorithm>
#include <numeric>

#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using mistake = std::optional<plan_mistake>;

std::string many(std::uint64_t devices) {
  return text::format_count(devices) + (devices == 1 ? " device" : " devices");
}

plan_mistake about(std::string_view key, std::optional<std::size_t> index, std::string message) {
  return {key, index, std::move(message)};
}

/// What each product has before the ranges are laid out; 64 bits, since a wrong file may ask for
/// more devices than an index can name.
struct sizes {
  std::vector<std::uint64_t> of;
  std::vector<std::size_t> shared;
  std::vector<std::uint32_t> shares;
  std::vector<std::size_t> open; ///< neither count nor share
  std::uint64_t fixed = 0;       ///< counts, gateways and what is behind them
};

/// Notes whose devices sit behind whose gateways.
mistake link_children(scenario_plan& plan, sizes& s) {
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    auto& gateway = plan.products[i];
    if (!gateway.product.gateways) {
      continue;
    }
    const auto& rule = *gateway.product.gateways;
    std::size_t child = 0;
    while (child < plan.products.size()
           && plan.products[child].product.name != rule.children.product) {
      ++child;
    }
    if (child == plan.products.size() || plan.products[child].product.gateways) {
      return about("products", i,
                   "gateways " + gateway.product.name
                       + " have no product of plain devices behind them");
    }
    gateway.children_product = child;
    gateway.children_each = rule.children.each;
    plan.products[child].behind_gateway = true;
    s.of[i] = rule.count;
    s.of[child] += std::uint64_t{rule.count} * rule.children.each;
    s.fixed += std::uint64_t{rule.count} * (1ULL + rule.children.each);
  }
  return {};
}

void sort_by_rule(const scenario_plan& plan, sizes& s) {
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    const auto& p = plan.products[i].product;
    if (p.gateways || plan.products[i].behind_gateway) {
      continue;
    }
    if (p.count) {
      s.of[i] = *p.count;
      s.fixed += *p.count;
    } else if (p.share_ppm) {
      s.shared.push_back(i);
      s.shares.push_back(*p.share_ppm);
    } else {
      s.open.push_back(i);
    }
  }
}

/// What the gateways of a product are made to, of `whole` devices `asked`: whole ones, at least
/// one.
std::uint64_t scaled_gateways(std::uint32_t count, std::uint32_t asked, std::uint64_t whole) {
  return std::max<std::uint64_t>(1, std::uint64_t{count} * asked / whole);
}

/// --devices where every product counts: each gets its part of them, gateways with all that is
/// behind them, so that a little less may come of it.
mistake scale(std::uint32_t asked, const scenario_plan& plan, sizes& s) {
  const std::uint64_t whole = s.fixed;
  std::vector<std::uint64_t> scaled(s.of.size(), 0);
  std::uint64_t used = 0;
  std::uint64_t plain = 0; // devices of products without gateways, as the file counts them
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    const auto& p = plan.products[i];
    if (p.product.gateways) {
      scaled[i] = scaled_gateways(p.product.gateways->count, asked, whole);
      scaled[p.children_product] += scaled[i] * p.children_each;
      used += scaled[i] * (1ULL + p.children_each);
    } else if (!p.behind_gateway) {
      plain += s.of[i];
    }
  }
  if (used > asked) {
    return about("devices", std::nullopt,
                 "one gateway of each kind and what is behind it are " + many(used)
                     + ", and --devices is " + text::format_count(asked));
  }
  std::uint64_t left = plain > 0 ? asked - used : 0;
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    const auto& p = plan.products[i];
    if (!p.product.gateways && !p.behind_gateway) {
      // Of what is left, the part that this one has of those not yet served: the sum comes out
      // even.
      scaled[i] = plain == 0 ? 0 : left * s.of[i] / plain;
      left -= scaled[i];
      plain -= s.of[i];
    }
  }
  s.of = std::move(scaled);
  s.fixed = std::accumulate(s.of.begin(), s.of.end(), std::uint64_t{0});
  return {};
}

/// Shares of `total` devices, and the rest for those that said nothing.
mistake divide(std::uint32_t total, std::string_view by, sizes& s) {
  if (s.fixed > total) {
    return about("devices", std::nullopt,
                 "the products count " + many(s.fixed) + ", and " + std::string{by} + " is "
                     + text::format_count(total));
  }
  std::uint64_t used = s.fixed;
  const auto parts = parts_of(total, s.shares);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    s.of[s.shared[i]] = parts[i];
    used += parts[i];
  }
  if (used > total) {
    return about("devices", std::nullopt,
                 "counts and shares make " + many(used) + ", and " + std::string{by} + " is "
                     + text::format_count(total));
  }
  const std::uint64_t left = total - used;
  if (left < s.open.size()) {
    return about("products", s.open.back(),
                 "counts and shares leave " + many(left) + " of " + text::format_count(total)
                     + " for products that have neither; make one smaller");
  }
  for (std::size_t i = 0; i < s.open.size(); ++i) {
    s.of[s.open[i]] = left / s.open.size() + (i < left % s.open.size() ? 1 : 0);
  }
  return {};
}

void lay_out(const sizes& s, scenario_plan& plan) {
  std::uint32_t first = 0;
  for (std::size_t i = 0; i < plan.products.size(); ++i) {
    plan.products[i].devices = {first, static_cast<std::uint32_t>(s.of[i])};
    first += plan.products[i].devices.count;
    if (!plan.products[i].behind_gateway) {
      plan.connections += plan.products[i].devices.count;
    }
  }
  plan.devices = first;
  // Where several products of gateways share children, each takes up where the last one ended.
  std::vector<std::uint32_t> taken(plan.products.size(), 0);
  for (auto& gateway : plan.products) {
    if (gateway.children_each > 0) {
      const auto child = gateway.children_product;
      gateway.children_first = plan.products[child].devices.first + taken[child];
      taken[child] += gateway.devices.count * gateway.children_each;
    }
  }
}

/// Of millionths: whole ones by largest remainder, ties to the first.
std::vector<std::uint32_t> whole_parts(std::span<const std::uint64_t> millionths) {
  std::vector<std::uint32_t> parts;
  std::uint64_t sum = 0;
  std::uint64_t given = 0;
  for (const std::uint64_t one : millionths) {
    parts.push_back(static_cast<std::uint32_t>(one / whole_ppm));
    sum += one;
    given += parts.back();
  }
  std::vector<std::size_t> order(parts.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return millionths[a] % whole_ppm > millionths[b] % whole_ppm;
  });
  for (std::size_t i = 0; given < sum / whole_ppm; ++i, ++given) {
    ++parts[order[i]];
  }
  return parts;
}

} // namespace

std::vector<std::uint32_t> parts_of(std::uint32_t total, std::span<const std::uint32_t> ppm) {
  std::vector<std::uint64_t> products;
  for (const std::uint32_t share : ppm) {
    products.push_back(std::uint64_t{total} * share);
  }
  return whole_parts(products);
}

std::vector<std::uint32_t> part_of_each(std::span<const std::uint32_t> wholes, std::uint32_t ppm) {
  std::vector<std::uint64_t> products;
  for (const std::uint32_t whole : wholes) {
    products.push_back(std::uint64_t{whole} * ppm);
  }
  return whole_parts(products);
}

mistake apportion(const scenario& file, const scenario_overrides& flags, scenario_plan& plan) {
  constexpr std::uint32_t default_devices = 100;
  sizes s;
  s.of.resize(plan.products.size());
  if (auto wrong = link_children(plan, s)) {
    return wrong;
  }
  sort_by_rule(plan, s);
  const auto asked = flags.devices ? flags.devices : file.devices;
  const std::string_view by = flags.devices ? "--devices" : "devices";
  if (s.shared.empty() && s.open.empty()) {
    if (flags.devices && s.fixed > 0) {
      if (auto wrong = scale(*flags.devices, plan, s)) {
        return wrong;
      }
    } else if (asked && *asked != s.fixed) {
      return about("devices", std::nullopt,
                   "the products count " + many(s.fixed) + ", and " + std::string{by} + " is "
                       + text::format_count(*asked) + "; write shares instead of counts");
    }
  } else if (auto wrong = divide(asked.value_or(default_devices), by, s)) {
    return wrong;
  }
  if (s.fixed > scenario_devices_most) {
    return about("products", std::nullopt,
                 "the products count " + many(s.fixed) + "; at most "
                     + text::format_count(scenario_devices_most));
  }
  lay_out(s, plan);
  return {};
}

} // namespace fleet::program
