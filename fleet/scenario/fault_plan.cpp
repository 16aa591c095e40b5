// Selections become ranges of indices; what nobody can have becomes a sentence.
#include "fleet/scenario/fault_plan.hpp"

#include <algorithm>

#include "fleet/options/setters.hpp"
#include "fleet/scenario/fault_fit.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/scenario/sections.hpp"
#include "fleet/text/nearest.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

using faults::index_range;
using mistake = std::optional<placed_mistake>;
using ranges = std::vector<index_range>;

/// Rising, and those that touch joined.
ranges joined(ranges all) {
  std::sort(all.begin(), all.end(),
            [](const index_range& a, const index_range& b) { return a.first < b.first; });
  ranges out;
  for (const auto& range : all) {
    if (!out.empty() && range.first <= out.back().last + 1) {
      out.back().last = std::max(out.back().last, range.last);
    } else {
      out.push_back(range);
    }
  }
  return out;
}

/// What is in both; each rises and lies apart.
ranges common(const ranges& a, const ranges& b) {
  ranges out;
  for (std::size_t i = 0, j = 0; i < a.size() && j < b.size();) {
    const index_range both{std::max(a[i].first, b[j].first), std::min(a[i].last, b[j].last)};
    if (both.first <= both.last) {
      out.push_back(both);
    }
    ++(a[i].last < b[j].last ? i : j);
  }
  return out;
}

ranges of_product(const product_plan& p) {
  if (p.devices.count == 0) {
    return {};
  }
  return {{p.devices.first, p.devices.first + p.devices.count - 1}};
}

/// Puts a selection together.
class selecting {
public:
  selecting(const fault_rule& rule, const fault_scene& scene) : rule_(rule), scene_(scene) {
    if (scene.devices != 0) {
      among_ = {{0, scene.devices - 1}};
    }
  }

  mistake run() {
    for (const auto step : {&selecting::take_products, &selecting::take_tags,
                            &selecting::take_indices, &selecting::take_devices}) {
      if (auto wrong = (this->*step)()) {
        return wrong;
      }
    }
    return take_regions();
  }
  [[nodiscard]] const ranges& among() const noexcept { return among_; }
  [[nodiscard]] std::uint64_t regions() const noexcept { return regions_; }

private:
  mistake keep(const ranges& those, std::string_view key) {
    among_ = common(among_, joined(those));
    if (among_.empty()) {
      return placed_mistake{rule_.place(key), "the fault selects no device: none of the "
                                                  + text::format_count(scene_.devices)
                                                  + " has all that `select` asks for"};
    }
    return {};
  }

  static std::string nearest_of(const std::vector<std::string_view>& there, std::string_view word) {
    if (there.empty()) {
      return "; there is none";
    }
    const auto near = text::nearest(word, there);
    return near ? "; the nearest is " + std::string{*near} : "; there is " + text::enumerate(there);
  }

  mistake take_products() {
    const auto& wanted = rule_.select.products;
    ranges those;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found =
          std::find_if(scene_.products.begin(), scene_.products.end(),
                       [&](const product_plan& p) { return p.product.name == wanted[i]; });
      if (found == scene_.products.end()) {
        std::vector<std::string_view> there;
        for (const auto& p : scene_.products) {
          there.push_back(p.product.name);
        }
        return placed_mistake{rule_.place("select.product", i),
                              "no product is called " + wanted[i] + nearest_of(there, wanted[i])};
      }
      const auto its = of_product(*found);
      those.insert(those.end(), its.begin(), its.end());
    }
    return wanted.empty() ? mistake{} : keep(those, "select.product");
  }

  mistake take_tags() {
    const auto& wanted = rule_.select.tags;
    ranges those;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      bool any = false;
      std::vector<std::string_view> there;
      for (const auto& p : scene_.products) {
        const auto& tags = p.product.tags;
        there.insert(there.end(), tags.begin(), tags.end());
        if (std::find(tags.begin(), tags.end(), wanted[i]) != tags.end()) {
          const auto its = of_product(p);
          those.insert(those.end(), its.begin(), its.end());
          any = true;
        }
      }
      if (!any) {
        return placed_mistake{rule_.place("select.tag", i),
                              "no product has the tag " + wanted[i]
                                  + (there.empty() ? "; give one tags: [" + wanted[i] + "]"
                                                   : nearest_of(there, wanted[i]))};
      }
    }
    return wanted.empty() ? mistake{} : keep(those, "select.tag");
  }

  mistake take_indices() {
    const auto& wanted = rule_.select.indices;
    ranges those;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto range = parse_index_range(wanted[i]);
      if (!range || range->first >= scene_.devices) {
        return placed_mistake{
            rule_.place("select.index", i),
            "index " + wanted[i] + " is beyond the fleet; its " + text::format_count(scene_.devices)
                + " devices are numbered from 0 to " + std::to_string(scene_.devices - 1)};
      }
      those.push_back(*range);
    }
    return wanted.empty() ? mistake{} : keep(those, "select.index");
  }

  mistake take_devices() {
    const auto& wanted = rule_.select.devices;
    if (wanted.empty() || scene_.names == nullptr) {
      return {};
    }
    ranges those;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = scene_.names->find(wanted[i]);
      if (found == scene_.names->end()) {
        return placed_mistake{rule_.place("select.devices", i),
                              "no device is called " + shown_value(wanted[i])};
      }
      for (const std::uint32_t index : found->second) {
        those.push_back({index, index});
      }
    }
    return keep(those, "select.devices");
  }

  mistake take_regions() {
    const auto& wanted = rule_.select.regions;
    std::vector<std::string_view> there;
    for (const auto& region : scene_.regions) {
      there.push_back(region.name);
    }
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const auto found = std::find(there.begin(), there.end(), wanted[i]);
      if (found == there.end()) {
        return placed_mistake{rule_.place("select.region", i),
                              "there is no region " + wanted[i] + nearest_of(there, wanted[i])};
      }
      regions_ |= std::uint64_t{1} << (found - there.begin());
    }
    return {};
  }

  const fault_rule& rule_;
  const fault_scene& scene_;
  ranges among_;
  std::uint64_t regions_ = 0;
};

/// What is left of a selection when those are gone who cannot have the effect.
struct fitting {
  ranges among;
  std::vector<std::string_view> without; ///< products that were selected and cannot
  std::string why;                       ///< of the first of those
  bool over_datagrams = false;           ///< it speaks so
};

fitting fit(faults::effect what, const fault_scene& scene, const ranges& among) {
  fitting out;
  ranges able;
  for (std::size_t i = 0; i < scene.products.size(); ++i) {
    const auto its = common(among, of_product(scene.products[i]));
    if (its.empty()) {
      continue;
    }
    if (const auto why = misfit(what, scene, i)) {
      const auto& product = scene.products[i].product;
      if (out.without.empty()) {
        out.why = "product " + product.name + " " + *why;
        out.over_datagrams = product.protocol == device_protocol::coap;
      }
      out.without.push_back(product.name);
    } else {
      able.insert(able.end(), its.begin(), its.end());
    }
  }
  out.among = joined(std::move(able));
  return out;
}

/// The end of a refusal: what would do, by other products or on those that were selected.
std::string what_would(faults::effect what, const fault_scene& scene, const ranges& among,
                       bool over_datagrams) {
  std::vector<std::string_view> able;
  for (std::size_t i = 0; i < scene.products.size(); ++i) {
    if (scene.products[i].devices.count != 0 && !misfit(what, scene, i)
        && !far_misfit(what, scene)) {
      able.push_back(scene.products[i].product.name);
    }
  }
  if (!able.empty()) {
    return "; select " + text::enumerate(able) + ", which can have it";
  }
  auto near = nearest_effect(what, over_datagrams);
  if (fit(near, scene, among).among.empty()) {
    near = faults::effect::partition; // who is behind a gateway has no board
  }
  return "; the nearest that would apply is " + std::string{to_string(near)};
}

/// Whether a preset is none without it.
bool is_essential(std::string_view word, faults::effect what) noexcept {
  const auto* const preset = preset_named(word);
  return preset != nullptr
         && std::any_of(preset->parts.begin(), preset->parts.end(),
                        [what](const preset_part& p) { return p.essential && p.what == what; });
}

mistake late(const fault_rule& rule, const fault_scene& scene, const std::string& name) {
  if (!scene.run_for || rule.at < *scene.run_for) {
    return {};
  }
  return placed_mistake{rule.place("at"),
                        "fault " + name + " begins at " + text::format_duration(rule.at)
                            + ", and the run lasts " + text::format_duration(*scene.run_for)
                            + "; begin it earlier, or make the run longer"};
}

} // namespace

std::string fault_mistake::text() const {
  return words.empty() ? wrong.message : "--fault \"" + words + "\" " + complaint_of(wrong);
}

std::optional<std::string> free_name(const fault_rule& rule, const std::set<std::string>& taken) {
  if (!rule.name.empty()) {
    return taken.contains(rule.name) ? std::nullopt : std::optional{rule.name};
  }
  std::string name = rule.effect;
  for (std::size_t i = 2; taken.contains(name); ++i) {
    name = rule.effect + "_" + std::to_string(i);
  }
  return name;
}

result<planned_faults, placed_mistake>
resolve_fault(const fault_rule& rule, const std::string& name, const fault_scene& scene) {
  if (auto wrong = mistake_within(rule)) {
    return fail(std::move(*wrong));
  }
  if (auto wrong = late(rule, scene, name)) {
    return fail(std::move(*wrong));
  }
  selecting whom{rule, scene};
  if (auto wrong = whom.run()) {
    return fail(std::move(*wrong));
  }
  planned_faults out;
  std::optional<std::string> refusal; // of the first part that nobody can have
  for (auto& f : faults_of(rule, name)) {
    auto able = fit(f.what, scene, whom.among());
    const std::string word{to_string(f.what)};
    auto why = far_misfit(f.what, scene);
    if (why || able.among.empty()) {
      const bool datagrams = able.over_datagrams;
      auto sentence = (why ? word + " " + *why : "nobody here can have " + word + ": " + able.why)
                      + what_would(f.what, scene, whom.among(), datagrams);
      if (is_essential(rule.effect, f.what)) {
        refusal = std::move(sentence);
        out.faults.clear();
        break;
      }
      refusal = refusal ? refusal : std::optional{sentence};
      if (preset_named(rule.effect) != nullptr) {
        out.notes.push_back("fault " + name + " goes without " + word + ": " + sentence);
      }
      continue;
    }
    if (!able.without.empty()) {
      out.notes.push_back("fault " + f.name + " leaves out " + text::enumerate(able.without) + ": "
                          + able.why);
    }
    const bool all = able.among == ranges{{0, scene.devices - 1}};
    f.select.among = all ? ranges{} : std::move(able.among);
    f.select.regions = whom.regions();
    // All parts of a preset hit the same devices; what a part has of its own is a part of those.
    auto& drawn = f.select.family != 0 ? f.select.family_ppm : f.select.share_ppm;
    drawn = rule.select.percent_ppm.value_or(faults::whole_ppm);
    out.faults.push_back({std::move(f), rule.at_place});
  }
  if (out.faults.empty()) {
    const auto key = rule.has("select.product") ? "select.product" : "effect";
    return fail(placed_mistake{rule.place(key), refusal.value_or("there is no device to be hit")});
  }
  return out;
}

result<planned_faults, fault_mistake> resolve_faults(std::span<const fault_rule> rules,
                                                     const fault_scene& scene) {
  planned_faults out;
  std::set<std::string> taken;
  for (const auto& rule : rules) {
    const auto wrong = [&rule](placed_mistake m) {
      return fail(fault_mistake{std::move(m), rule.words});
    };
    const auto name = free_name(rule, taken);
    if (!name) {
      return wrong({rule.place("name"), "two faults are called " + rule.name + "; rename one"});
    }
    taken.insert(*name);
    auto one = resolve_fault(rule, *name, scene);
    if (!one) {
      return wrong(one.error());
    }
    auto& got = one.value();
    for (const auto& part : got.faults) {
      const auto& called = part.fault.name;
      if (called != *name && !taken.insert(called).second) {
        return wrong({rule.place("name"), "a part of it is called " + called
                                              + ", as another fault is; give it another `name`"});
      }
    }
    std::move(got.faults.begin(), got.faults.end(), std::back_inserter(out.faults));
    std::move(got.notes.begin(), got.notes.end(), std::back_inserter(out.notes));
    if (out.faults.size() > faults::timeline::faults_max) {
      return wrong({rule.at_place, "presets taken apart, there are more than "
                                       + text::format_count(faults::timeline::faults_max)
                                       + " faults"});
    }
  }
  return out;
}

faults::region_map region_map_of(std::span<const region_rule> regions) {
  std::vector<std::uint32_t> shares;
  for (const auto& region : regions) {
    shares.push_back(region.share_ppm);
  }
  return faults::region_map{std::move(shares)};
}

} // namespace fleet::program
