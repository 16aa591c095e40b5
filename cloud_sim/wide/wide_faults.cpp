// Every desk is told the same.
#include "cloud_sim/wide/wide_faults.hpp"

#include <algorithm>
#include <string>

namespace fleet::cloud {

bool wide_faults::add(faults::fault f, time_point start, const fault_draw& draw,
                      fault_lease lease) {
  if (find_fault(f.name) != nullptr) {
    return false;
  }
  bool all = true;
  for (auto* const one : each_) {
    // A lease may have lapsed on one home and not yet on another: the name is free for all.
    (void)one->remove(f.name);
    all = one->add(f, start, draw, lease) && all;
  }
  if (!all) {
    (void)remove(f.name);
  }
  return all;
}

void wide_faults::renew(std::string_view owner) {
  for (auto* const one : each_) {
    one->renew(owner);
  }
}

void wide_faults::renew(std::string_view owner, const std::vector<std::string>& names) {
  for (auto* const one : each_) {
    one->renew(owner, names);
  }
}

bool wide_faults::remove(std::string_view name) {
  const std::string own{name}; // it may be the entry's
  bool any = false;
  for (auto* const one : each_) {
    any = one->remove(own) || any;
  }
  return any;
}

// In the order of the first, as all() is.
std::vector<std::shared_ptr<const fault_mark>> wide_faults::marks() const {
  std::vector<std::shared_ptr<const fault_mark>> out;
  for (const auto& first : each_.front()->marks()) {
    auto sum = std::make_shared<fault_mark>();
    sum->name = first->name;
    sum->what = first->what;
    sum->selected = first->selected.load();
    sum->strikes = first->strikes.load();
    sum->in_force = first->in_force.load();
    sum->began = first->began.load();
    sum->ended = first->ended.load();
    for (const auto* const one : each_) {
      const auto here = one->marks();
      const auto same = std::find_if(here.begin(), here.end(),
                                     [&](const auto& mark) { return mark->name == sum->name; });
      if (same != here.end()) {
        sum->hit += (*same)->hit.load();
        sum->done += (*same)->done.load();
      }
    }
    out.push_back(std::move(sum));
  }
  return out;
}

} // namespace fleet::cloud
