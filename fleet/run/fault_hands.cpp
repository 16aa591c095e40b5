// Messages in, counts out.
#include "fleet/run/fault_hands.hpp"

#include <caf/send.hpp>

#include "actors/supervision/messages.hpp"

namespace fleet::program {

std::optional<fault_refusal> shard_hand::add(const std::shared_ptr<const faults::fault>& f) {
  if (!root_) {
    return fault_refusal{"no device is there any more"};
  }
  caf::anon_send(root_, actors::add_fault{f, since_});
  return std::nullopt;
}

std::optional<std::string> shard_hand::remove(const std::string& name) {
  if (root_) {
    caf::anon_send(root_, actors::remove_fault{name});
  }
  return std::nullopt;
}

std::optional<fault_figures> shard_hand::figures(const std::string& name) const {
  std::optional<fault_figures> out;
  for (const actors::shard* shard : shards_) {
    // A name may have been there before: the last of them is the one that is asked about.
    const actors::fault_mark* last = nullptr;
    shard->faults.each([&name, &last](const actors::fault_mark& mark) {
      last = mark.name == name ? &mark : last;
    });
    if (last != nullptr) {
      auto& sum = out ? *out : out.emplace();
      sum.selected += last->selected.load(std::memory_order_relaxed);
      sum.hit += last->hit.load(std::memory_order_relaxed);
      sum.strikes += last->strikes.load(std::memory_order_relaxed);
    }
  }
  return out;
}

} // namespace fleet::program
