// Containers of the two machines: an ordered list that mostly loses its front, and a set of packet
// ids. Both shrink to nothing when empty. Internal to protocol/mqtt.
#pragma once

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "protocol/base/fetch_ahead.hpp"
#include "protocol/mqtt/heap.hpp"

namespace fleet::mqtt {

/// Elements in order of arrival. Element needs `bool gone() const` and `void drop()`: one taken out
/// of the middle stays as a gap until the front reaches it or room is needed, so that all
/// operations but find() are O(1) amortized. Pointers live until the next push_back().
template <class Element>
class slot_list {
public:
  [[nodiscard]] std::size_t size() const noexcept { return live_; }
  [[nodiscard]] bool empty() const noexcept { return live_ == 0; }
  /// Asks for the memory of the oldest (fetch_ahead.hpp).
  void foresee() const noexcept { fetch_ahead(items_.data() + head_, sizeof(Element)); }

  Element& push_back(Element element) {
    if (items_.size() == items_.capacity() && items_.size() >= 2 * live_ && live_ != 0) {
      compact();
    }
    items_.push_back(std::move(element));
    ++live_;
    return items_.back();
  }

  /// The oldest element; must not be empty.
  [[nodiscard]] Element& front() noexcept { return items_[head_]; }

  /// The oldest element for which `is` holds; the front is tried first, as it is the usual answer.
  template <class Predicate>
  [[nodiscard]] Element* find(Predicate is) noexcept {
    for (std::size_t i = head_; i < items_.size(); ++i) {
      if (!items_[i].gone() && is(items_[i])) {
        return &items_[i];
      }
    }
    return nullptr;
  }

  /// As find(), but starts where the last call with this `hint` found something and goes round.
  template <class Predicate>
  [[nodiscard]] Element* find_from(std::uint32_t& hint, Predicate is) noexcept {
    const std::size_t count = items_.size();
    for (std::size_t tried = 0; tried < count; ++tried) {
      hint = hint < count ? hint : 0;
      Element& element = items_[hint];
      if (!element.gone() && is(element)) {
        return &element;
      }
      ++hint;
    }
    return nullptr;
  }

  void erase(Element& element) noexcept {
    element.drop();
    if (--live_ == 0) {
      empty_out();
      return;
    }
    while (items_[head_].gone()) {
      ++head_;
    }
  }

  template <class Action>
  void each(Action act) {
    for (std::size_t i = head_; i < items_.size(); ++i) {
      if (!items_[i].gone()) {
        act(items_[i]);
      }
    }
  }
  template <class Action>
  void each(Action act) const {
    for (std::size_t i = head_; i < items_.size(); ++i) {
      if (!items_[i].gone()) {
        act(items_[i]);
      }
    }
  }

  /// Gives back the memory of an empty list.
  void trim() noexcept {
    if (live_ == 0) {
      clear();
    }
  }
  void clear() noexcept {
    std::vector<Element>{}.swap(items_);
    head_ = 0;
    live_ = 0;
  }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return heap_octets(items_.capacity() * sizeof(Element));
  }

private:
  /// A few slots stay for the next message; what a burst took goes back.
  static constexpr std::size_t kept_slots = 4;
  void empty_out() noexcept {
    if (items_.capacity() > kept_slots) {
      clear();
    } else {
      items_.clear();
      head_ = 0;
    }
  }
  void compact() noexcept {
    items_.erase(std::remove_if(items_.begin(), items_.end(),
                                [](const Element& e) { return e.gone(); }),
                 items_.end());
    head_ = 0;
  }

  std::vector<Element> items_;
  std::uint32_t head_ = 0; ///< the first element that is not gone
  std::uint32_t live_ = 0;
};

/// A small sorted set of packet ids.
class id_set {
public:
  [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
  [[nodiscard]] bool empty() const noexcept { return ids_.empty(); }
  [[nodiscard]] bool contains(std::uint16_t id) const noexcept {
    return std::binary_search(ids_.begin(), ids_.end(), id);
  }
  void insert(std::uint16_t id) {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at == ids_.end() || *at != id) {
      ids_.insert(at, id);
    }
  }
  void erase(std::uint16_t id) noexcept {
    const auto at = std::lower_bound(ids_.begin(), ids_.end(), id);
    if (at != ids_.end() && *at == id) {
      ids_.erase(at);
    }
    if (ids_.empty() && ids_.capacity() > 16) {
      clear();
    }
  }
  void clear() noexcept { std::vector<std::uint16_t>{}.swap(ids_); }
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return heap_octets(ids_.capacity() * sizeof(std::uint16_t));
  }

private:
  std::vector<std::uint16_t> ids_;
};

} // namespace fleet::mqtt
