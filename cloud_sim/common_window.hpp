// A window of the platform's rates for several homes of a twin.
#pragma once

#include <mutex>

#include "cloud_sim/platform_rates.hpp"

namespace fleet::cloud {

/// One for all of them; asked at CONNECT, and where there is a bound, alone.
class common_window {
public:
  /// As rate_window, from any thread.
  bool take(const rate_bound& bound, time_point now) {
    if (bound.most == 0) {
      return true;
    }
    const std::lock_guard lock{guard_};
    return window_.take(bound, now);
  }

private:
  std::mutex guard_;
  rate_window window_;
};

} // namespace fleet::cloud
