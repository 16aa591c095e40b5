// Putting the pieces together.
#include "fleet/sweep/plan.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "fleet/text/quantities.hpp"

namespace fleet::sweep {

namespace {

std::string product_line(const planned_product& p) {
  std::string out = "  - {name: " + p.name;
  if (!p.children.empty()) {
    out += fmt::format(", gateways: {{count: {}, children: {{product: {}, each: {}}}{}}}", p.count,
                       p.children, p.each, p.gateway_keys);
  } else if (p.count != 0) {
    out += fmt::format(", count: {}", p.count);
  }
  return out + p.keys + "}\n";
}

/// A list of the scenario; nothing where it is empty.
void append_list(std::string& out, std::string_view key, part_kind kind, const sweep_plan& plan) {
  if (plan.count_of(kind) == 0) {
    return;
  }
  out += fmt::format("{}:\n", key);
  for (const auto& part : plan.parts) {
    if (part.kind == kind) {
      out += "  - " + part.text + "\n";
    }
  }
}

/// Faults of downloads where nothing is rolled out any more.
void leave_out_idle(sweep_plan& plan) {
  const auto idle = [&plan](const planned_part& part) {
    return part.of_downloads
           && (part.about.empty()
                   ? plan.count_of(part_kind::rollout) == 0
                   : std::none_of(part.about.begin(), part.about.end(),
                                  [&plan](const auto& of) { return rolls_out(plan, of); }));
  };
  std::vector<planned_part> kept;
  std::copy_if(plan.parts.begin(), plan.parts.end(), std::back_inserter(kept),
               [&idle](const planned_part& part) { return !idle(part); });
  plan.parts = std::move(kept);
}

} // namespace

std::size_t sweep_plan::count_of(part_kind kind) const noexcept {
  return static_cast<std::size_t>(std::count_if(
      parts.begin(), parts.end(), [kind](const planned_part& p) { return p.kind == kind; }));
}

std::uint32_t sweep_plan::devices() const noexcept {
  std::uint32_t sum = 0;
  for (const auto& p : products) {
    sum += p.count * (1 + p.each);
  }
  return sum;
}

bool sweep_plan::forgets(std::string_view product) const {
  return std::any_of(parts.begin(), parts.end(), [product](const planned_part& p) {
    return std::find(p.forgetful.begin(), p.forgetful.end(), product) != p.forgetful.end();
  });
}

bool sweep_plan::has_crashes() const noexcept {
  return std::any_of(parts.begin(), parts.end(), [](const planned_part& p) { return p.crashes; });
}

std::string_view sweep_plan::gateway_of(std::string_view product) const noexcept {
  const auto found =
      std::find_if(products.begin(), products.end(), [product](const planned_product& p) {
        return !p.children.empty() && p.children == product;
      });
  return found == products.end() ? std::string_view{} : std::string_view{found->name};
}

duration sweep_plan::least_run() const noexcept {
  duration busy{0};
  for (const auto& part : parts) {
    busy = std::max(busy, part.until);
  }
  return busy + quiet;
}

bool reaches(const planned_part& part, std::string_view product, const sweep_plan& plan) {
  const auto gateway = plan.gateway_of(product);
  return part.about.empty()
         || std::any_of(part.about.begin(), part.about.end(),
                        [&](const std::string& of) { return of == product || of == gateway; });
}

bool rolls_out(const sweep_plan& plan, std::string_view product) {
  return std::any_of(plan.parts.begin(), plan.parts.end(), [product](const planned_part& part) {
    return part.kind == part_kind::rollout && part.about.front() == product;
  });
}

std::string to_yaml(const sweep_plan& plan) {
  std::string out = fmt::format("# Made by `fleet run --virtual --sweep 1 --seed {}`.\n"
                                "name: sweep {}\nduration: {}\nproducts:\n",
                                plan.seed, plan.seed, text::format_duration(plan.run_for));
  for (const auto& p : plan.products) {
    out += product_line(p);
  }
  append_list(out, "stages", part_kind::stage, plan);
  append_list(out, "cloud_traffic", part_kind::traffic, plan);
  append_list(out, "rollouts", part_kind::rollout, plan);
  if (!plan.firmware_server.empty()) {
    out += "firmware_server: " + plan.firmware_server + "\n";
  }
  append_list(out, "faults", part_kind::fault, plan);
  return out;
}

sweep_plan with_parts(const sweep_plan& plan, const std::vector<std::size_t>& kept) {
  sweep_plan out = plan;
  out.parts.clear();
  for (const auto i : kept) {
    out.parts.push_back(plan.parts[i]);
  }
  leave_out_idle(out);
  return out;
}

sweep_plan without_product(const sweep_plan& plan, std::string_view name) {
  std::set<std::string, std::less<>> gone{std::string{name}};
  for (const auto& p : plan.products) {
    if (p.name == name && !p.children.empty()) {
      gone.insert(p.children);
    } else if (p.children == name) {
      gone.insert(p.name);
    }
  }
  sweep_plan out = plan;
  std::erase_if(out.products, [&gone](const planned_product& p) { return gone.contains(p.name); });
  std::erase_if(out.parts, [&gone](const planned_part& part) {
    return std::any_of(part.about.begin(), part.about.end(),
                       [&gone](const std::string& of) { return gone.contains(of); });
  });
  leave_out_idle(out);
  return out;
}

} // namespace fleet::sweep
