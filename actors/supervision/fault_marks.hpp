// What came of each fault in one shard, as numbers that any thread may read while the run goes on.
// Written by the shard's home alone; without faults a null pointer.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "protocol/base/time.hpp"
#include "protocol/faults/effect.hpp"

namespace fleet::actors {

/// One fault's counts. A device counts as hit when it has had its turn, whatever it was doing then;
/// a strike is one that found something to act on: a link that stood, power to take, a clock.
struct fault_mark {
  fault_mark(std::string fault, faults::effect does) : name(std::move(fault)), what(does) {}

  const std::string name;
  const faults::effect what;
  std::atomic<std::uint32_t> selected{0}; ///< devices, once it has begun
  std::atomic<std::uint32_t> hit{0};      ///< devices, each once
  std::atomic<std::uint64_t> strikes{0};  ///< devices, each time
  std::atomic<bool> in_force{false};
  std::atomic<time_point> began{never}; ///< never: not yet
  std::atomic<time_point> ended{never}; ///< also of one that was removed before it began
};

/// A list that only grows, so that no reader ever waits.
class fault_marks {
public:
  static constexpr std::uint32_t marks_max = 10'000;

  fault_marks() = default;
  ~fault_marks() {
    for (node* n = first_.load(std::memory_order_relaxed); n != nullptr;) {
      delete std::exchange(n, n->next.load(std::memory_order_relaxed));
    }
  }
  fault_marks(const fault_marks&) = delete;
  fault_marks& operator=(const fault_marks&) = delete;

  /// Null when there are marks_max; the director adds no more than that in a run. On the shard's
  /// home only, as all writing is.
  fault_mark* add(std::string name, faults::effect what) {
    if (size() == marks_max) {
      return nullptr;
    }
    auto fresh = std::make_unique<node>(std::move(name), what);
    fault_mark* const added = &fresh->mark;
    auto& end = last_ == nullptr ? first_ : last_->next;
    last_ = fresh.get();
    end.store(fresh.release(), std::memory_order_release);
    size_.store(size() + 1, std::memory_order_release);
    return added;
  }
  /// Calls `f` with each, in the order in which they came.
  template <class F>
  void each(F&& f) const {
    for (auto* n = first_.load(std::memory_order_acquire); n != nullptr;
         n = n->next.load(std::memory_order_acquire)) {
      f(std::as_const(n->mark));
    }
  }
  [[nodiscard]] std::uint32_t size() const noexcept {
    return size_.load(std::memory_order_acquire);
  }

private:
  struct node {
    node(std::string name, faults::effect what) : mark(std::move(name), what) {}
    fault_mark mark;
    std::atomic<node*> next{nullptr};
  };
  std::atomic<node*> first_{nullptr};
  node* last_ = nullptr;
  std::atomic<std::uint32_t> size_{0};
};

} // namespace fleet::actors
