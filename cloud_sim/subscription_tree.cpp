// The tree behind the open broker's subscriptions. Nodes live in a deque and are named by number;
// one hash table holds all edges. Order comes from vectors only, never from the table.
#include "cloud_sim/subscription_tree.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

constexpr std::uint32_t root = 0;

/// Takes the first level off `rest`; `more` tells whether another follows.
std::string_view take_level(std::string_view& rest, bool& more) noexcept {
  const auto slash = rest.find('/');
  more = slash != std::string_view::npos;
  const auto level = rest.substr(0, slash);
  rest = more ? rest.substr(slash + 1) : std::string_view{};
  return level;
}

} // namespace

subscription_tree::subscription_tree(const limits& bounds) : limits_(bounds), nodes_(1) {}

std::uint32_t subscription_tree::child(std::uint32_t parent, std::string_view level) const {
  const auto found = children_.find(child_view{parent, level});
  return found == children_.end() ? 0 : found->second;
}

std::uint32_t subscription_tree::make_child(std::uint32_t parent, std::string_view level) {
  std::uint32_t id = child(parent, level);
  if (id != 0) {
    return id;
  }
  if (free_.empty()) {
    id = static_cast<std::uint32_t>(nodes_.size());
    nodes_.emplace_back();
  } else {
    id = free_.back();
    free_.pop_back();
  }
  const auto made = children_.emplace(child_key{parent, std::string{level}}, id).first;
  nodes_[id].key = &made->first;
  ++nodes_[parent].children;
  if (level == "+") {
    nodes_[parent].plus = id;
  }
  return id;
}

bool subscription_tree::find_spot(std::string_view filter, spot& out) const {
  std::uint32_t at = root;
  bool more = true;
  while (more) {
    const auto level = take_level(filter, more);
    if (level == "#") {
      out = {at, true};
      return true;
    }
    at = child(at, level);
    if (at == 0) {
      return false;
    }
  }
  out = {at, false};
  return true;
}

subscription_tree::spot subscription_tree::make_spot(std::string_view filter) {
  std::uint32_t at = root;
  bool more = true;
  while (more) {
    const auto level = take_level(filter, more);
    if (level == "#") {
      return {at, true};
    }
    at = make_child(at, level);
  }
  return {at, false};
}

subscription_tree::outcome subscription_tree::subscribe(subscriber& who, std::string_view filter,
                                                        mqtt::qos q) {
  const auto levels = static_cast<std::size_t>(std::count(filter.begin(), filter.end(), '/')) + 1;
  if (levels > limits_.levels_max) {
    return outcome::too_deep;
  }
  spot where{};
  if (find_spot(filter, where)) {
    for (const auto& p : who.places_) {
      if (p.node == where.node && (p.below != 0) == where.below) {
        auto& entries = where.below ? nodes_[where.node].below : nodes_[where.node].here;
        entries[p.at].qos = q;
        return outcome::replaced;
      }
    }
  }
  if (who.places_.size() >= limits_.per_subscriber_max
      || node_count() + levels > limits_.nodes_max) {
    return outcome::too_many;
  }
  where = make_spot(filter);
  auto& entries = where.below ? nodes_[where.node].below : nodes_[where.node].here;
  const auto place = static_cast<std::uint32_t>(who.places_.size());
  who.places_.push_back({where.node, static_cast<std::uint32_t>(entries.size()) & 0x7fffffffU,
                         where.below ? 1U : 0U});
  entries.push_back({&who, place, q});
  return outcome::added;
}

bool subscription_tree::unsubscribe(subscriber& who, std::string_view filter) {
  spot where{};
  if (!find_spot(filter, where)) {
    return false;
  }
  for (std::uint32_t i = 0; i < who.places_.size(); ++i) {
    const auto& p = who.places_[i];
    if (p.node == where.node && (p.below != 0) == where.below) {
      remove_place(who, i);
      return true;
    }
  }
  return false;
}

void subscription_tree::remove_all(subscriber& who) {
  while (!who.places_.empty()) {
    remove_place(who, static_cast<std::uint32_t>(who.places_.size() - 1));
  }
  std::vector<subscriber::place>{}.swap(who.places_);
}

std::string subscription_tree::filter_of(std::uint32_t id, bool below) const {
  std::vector<std::string_view> levels;
  if (below) {
    levels.push_back("#");
  }
  for (std::uint32_t at = id; at != root; at = nodes_[at].key->parent) {
    levels.push_back(nodes_[at].key->level);
  }
  std::string out;
  for (auto level = levels.rbegin(); level != levels.rend(); ++level) {
    out.append(out.empty() && level == levels.rbegin() ? "" : "/").append(*level);
  }
  return out;
}

void subscription_tree::list(const subscriber& who,
                             std::vector<mqtt::kept_subscription>& out) const {
  for (const auto& p : who.places_) {
    const bool below = p.below != 0;
    const auto& entries = below ? nodes_[p.node].below : nodes_[p.node].here;
    out.push_back({filter_of(p.node, below), entries[p.at].qos});
  }
}

void subscription_tree::remove_place(subscriber& who, std::uint32_t place) {
  const auto gone = who.places_[place];
  // Both lists close the gap with their last element, and tell its owner where it went.
  auto& entries = gone.below != 0 ? nodes_[gone.node].below : nodes_[gone.node].here;
  const entry moved = entries.back();
  entries.pop_back();
  if (gone.at < entries.size()) {
    entries[gone.at] = moved;
    moved.who->places_[moved.place].at = gone.at;
  }
  if (entries.empty()) {
    std::vector<entry>{}.swap(entries);
  }
  const auto last = who.places_.back();
  who.places_.pop_back();
  if (place < who.places_.size()) {
    who.places_[place] = last;
    auto& list = last.below != 0 ? nodes_[last.node].below : nodes_[last.node].here;
    list[last.at].place = place;
  }
  prune(gone.node);
}

void subscription_tree::prune(std::uint32_t id) {
  while (id != root) {
    node& n = nodes_[id];
    if (n.children != 0 || !n.here.empty() || !n.below.empty()) {
      return;
    }
    const std::uint32_t parent = n.key->parent;
    if (nodes_[parent].plus == id) {
      nodes_[parent].plus = 0;
    }
    --nodes_[parent].children;
    const auto found = children_.find(child_view{parent, n.key->level});
    FLEET_CHECK(found != children_.end());
    children_.erase(found);
    n = node{};
    free_.push_back(id);
    id = parent;
  }
}

void subscription_tree::collect(const std::vector<entry>& entries, std::vector<match>& out) const {
  for (const auto& e : entries) {
    if (e.who->mark_ == mark_) {
      out[e.who->slot_].qos = std::max(out[e.who->slot_].qos, e.qos);
      continue;
    }
    e.who->mark_ = mark_;
    e.who->slot_ = static_cast<std::uint32_t>(out.size());
    out.push_back({e.who, e.qos});
  }
}

void subscription_tree::find(std::string_view topic, std::vector<match>& out) {
  out.clear();
  ++mark_;
  // What `#` and `+` at the root must not see.
  const bool dollar = !topic.empty() && topic.front() == '$';
  frontier_.assign(1, root);
  bool first = true;
  bool more = true;
  while (more && !frontier_.empty()) {
    const auto level = take_level(topic, more);
    next_.clear();
    for (const auto id : frontier_) {
      const node& n = nodes_[id];
      const bool wild = !(first && dollar);
      if (wild) {
        collect(n.below, out);
      }
      if (n.children == 0) {
        continue;
      }
      if (const auto exact = child(id, level); exact != 0) {
        next_.push_back(exact);
      }
      if (wild && n.plus != 0) {
        next_.push_back(n.plus);
      }
    }
    frontier_.swap(next_);
    first = false;
  }
  for (const auto id : frontier_) {
    collect(nodes_[id].here, out);
    collect(nodes_[id].below, out); // `a/#` selects `a` too (4.7.1.2)
  }
}

} // namespace fleet::cloud
