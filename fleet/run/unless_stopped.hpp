// Waiting for something that blocks and cannot be hurried, without going deaf to signals: it runs
// on a thread of its own, which is left behind when a signal or the limit comes first.
#pragma once

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "fleet/run/machine.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

/// What came of it: an answer, a signal, or neither, where the time was up.
template <class T>
struct awaited {
  std::optional<T> answer;
  std::optional<int> signal;
};

/// Runs `job`, which must own or share all that it uses, since it may outlive the caller. SIGINT
/// and SIGTERM must be blocked (stop_signals).
template <class T>
awaited<T> unless_stopped(std::function<T()> job, duration limit = duration::max()) {
  struct late_answer {
    std::atomic<bool> there{false};
    std::optional<T> what;
  };
  // What was said before the question counts, however fast the answer would be.
  if (const auto number = stop_signals::wait(duration::zero())) {
    return {std::nullopt, number};
  }
  const auto late = std::make_shared<late_answer>();
  std::thread{[late, job = std::move(job)] {
    late->what.emplace(job());
    late->there.store(true, std::memory_order_release);
  }}.detach();
  // Looks often at first, since most answers are there at once.
  duration look = std::chrono::microseconds{200};
  duration waited{0};
  while (!late->there.load(std::memory_order_acquire)) {
    if (waited >= limit) {
      return {};
    }
    if (const auto number = stop_signals::wait(look)) {
      return {std::nullopt, number};
    }
    waited += look;
    look = std::min<duration>(look * 2, std::chrono::milliseconds{20});
  }
  return {std::move(late->what), std::nullopt};
}

} // namespace fleet::program
