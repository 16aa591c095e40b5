// Orders that came in on one thread, for the director to answer on its own: a few at a time, since
// it looks once a slice. Understands none of them.
#pragma once

#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "fleet/run/control_lines.hpp"

namespace fleet::program {

class order_box {
public:
  static constexpr std::size_t waiting_most = 16;
  /// Told the answer, a line of JSON; on the thread that serves.
  using answered = std::function<void(const std::string&)>;

  /// False: as many wait as may. Callable from any thread.
  bool put(control_order order, answered then) {
    const std::lock_guard lock{lock_};
    if (waiting_.size() >= waiting_most) {
      return false;
    }
    waiting_.emplace_back(std::move(order), std::move(then));
    return true;
  }

  /// Answers all that wait.
  void serve(const std::function<std::string(const control_order&)>& answer) {
    std::vector<std::pair<control_order, answered>> now;
    {
      const std::lock_guard lock{lock_};
      now.swap(waiting_);
    }
    for (const auto& [order, then] : now) {
      then(answer(order));
    }
  }

private:
  std::mutex lock_;
  std::vector<std::pair<control_order, answered>> waiting_;
};

} // namespace fleet::program
