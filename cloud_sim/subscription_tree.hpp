// Who subscribed to what in the open broker: a tree by topic level, kept in one table. Answers
// which subscribers a topic reaches; knows nothing of connections or delivery.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "protocol/base/random.hpp"
#include "protocol/mqtt/session_snapshot.hpp"

namespace fleet::cloud {

/// A party that subscribes; the tree keeps its places in it, so that leaving costs O(own filters).
class subscriber {
public:
  subscriber() = default;
  subscriber(const subscriber&) = delete;
  subscriber& operator=(const subscriber&) = delete;
  [[nodiscard]] std::size_t subscription_count() const noexcept { return places_.size(); }

protected:
  ~subscriber() = default;

private:
  friend class subscription_tree;
  struct place {
    std::uint32_t node;
    std::uint32_t at : 31;
    std::uint32_t below : 1; ///< in the node's `#` list
  };
  std::vector<place> places_;
  std::uint64_t mark_ = 0; ///< the last match that met this subscriber
  std::uint32_t slot_ = 0; ///< and where in its output
};

/// The filters of all subscribers. Work per topic grows with its levels and its matches, never with
/// the number of subscribers; it never recurses.
class subscription_tree {
public:
  struct limits {
    std::uint32_t nodes_max = 4'000'000;
    std::uint32_t levels_max = 128;      ///< of one filter
    std::uint32_t per_subscriber_max = 1000;
  };
  struct match {
    subscriber* who;
    mqtt::qos qos; ///< the highest of the overlapping filters
  };
  enum class outcome : std::uint8_t { added, replaced, too_deep, too_many };

  explicit subscription_tree(const limits& bounds);

  /// `filter` must be valid. The same filter again replaces its QoS ([MQTT-3.8.4-3]).
  outcome subscribe(subscriber& who, std::string_view filter, mqtt::qos q);
  /// False when there is no such subscription.
  bool unsubscribe(subscriber& who, std::string_view filter);
  void remove_all(subscriber& who);
  /// Appends all that `who` subscribed to, each filter as it was given.
  void list(const subscriber& who, std::vector<mqtt::kept_subscription>& out) const;

  /// Fills `out` with each subscriber that `topic` reaches, once, in an order that depends only on
  /// the history of calls. A leading wildcard does not select `$…` ([MQTT-4.7.2-1]).
  void find(std::string_view topic, std::vector<match>& out);

  [[nodiscard]] std::size_t node_count() const noexcept { return nodes_.size() - free_.size(); }

private:
  struct child_key {
    std::uint32_t parent;
    std::string level;
  };
  struct child_view {
    std::uint32_t parent;
    std::string_view level;
  };
  struct child_hash {
    using is_transparent = void;
    std::size_t operator()(const child_view& k) const noexcept {
      return static_cast<std::size_t>(mix64(hash_text(k.level) + k.parent * 0x9e3779b97f4a7c15ULL));
    }
    std::size_t operator()(const child_key& k) const noexcept {
      return (*this)(child_view{k.parent, k.level});
    }
  };
  struct child_equal {
    using is_transparent = void;
    template <class A, class B>
    bool operator()(const A& a, const B& b) const noexcept {
      return a.parent == b.parent && std::string_view{a.level} == std::string_view{b.level};
    }
  };
  struct entry {
    subscriber* who;
    std::uint32_t place; ///< index in who->places_
    mqtt::qos qos;
  };
  struct node {
    std::vector<entry> here;
    std::vector<entry> below; ///< of the filter that goes on with `#`
    const child_key* key = nullptr;
    std::uint32_t plus = 0; ///< the child `+`, 0: none
    std::uint32_t children = 0;
  };
  struct spot {
    std::uint32_t node;
    bool below;
  };

  [[nodiscard]] std::uint32_t child(std::uint32_t parent, std::string_view level) const;
  std::uint32_t make_child(std::uint32_t parent, std::string_view level);
  [[nodiscard]] bool find_spot(std::string_view filter, spot& out) const;
  spot make_spot(std::string_view filter);
  void remove_place(subscriber& who, std::uint32_t place);
  void prune(std::uint32_t id);
  [[nodiscard]] std::string filter_of(std::uint32_t id, bool below) const;
  void collect(const std::vector<entry>& entries, std::vector<match>& out) const;

  limits limits_;
  std::deque<node> nodes_;
  std::vector<std::uint32_t> free_;
  std::unordered_map<child_key, std::uint32_t, child_hash, child_equal> children_;
  std::vector<std::uint32_t> frontier_;
  std::vector<std::uint32_t> next_;
  std::uint64_t mark_ = 0;
};

} // namespace fleet::cloud
