// The run queue common to both worlds: actors and jobs, from this thread without a lock and from
// others through one.
#include "hal_sim/world/home.hpp"

#include <mutex>
#include <utility>

namespace fleet::hal {

struct home::remote_queue {
  std::mutex guard;
  std::deque<task> tasks;
  std::atomic<bool> filled{false};
};

namespace {
/// Messages an actor may handle before others get their turn.
constexpr std::size_t messages_per_turn = 64;
} // namespace

home::home() : remote_(std::make_unique<remote_queue>()) {}

home::~home() {
  drop_queued();
}

void home::drop_queued() noexcept {
  // Queued actors hold a reference that running them would have given back; what dies with them may
  // queue something else.
  for (auto* queue : {&local_, &remote_->tasks}) {
    while (!queue->empty()) {
      const task t = std::move(queue->front());
      queue->pop_front();
      if (t.actor != nullptr) {
        caf::intrusive_ptr_release(t.actor);
      }
    }
  }
}

std::int64_t home::wall_ms() const noexcept {
  return wall_origin_ms_
         + std::chrono::duration_cast<std::chrono::milliseconds>(now_.time_since_epoch()).count();
}

void home::push(task t) {
  if (on_own_thread()) {
    local_.push_back(std::move(t));
    return;
  }
  {
    const std::lock_guard lock{remote_->guard};
    remote_->tasks.push_back(std::move(t));
  }
  // In one order with a home that says it will sleep and then looks whether something is queued.
  if (!remote_->filled.exchange(true, std::memory_order_seq_cst)) {
    interrupt();
  }
}

void home::post(std::function<void()> job) {
  push(task{nullptr, std::move(job)});
}

void home::exec_later(caf::resumable* actor) {
  push(task{actor, {}});
}

bool home::queued() const {
  return !local_.empty() || remote_->filled.load(std::memory_order_seq_cst);
}

void home::run(task& t) {
  if (t.actor == nullptr) {
    t.job();
    return;
  }
  switch (t.actor->resume(this, messages_per_turn)) {
    case caf::resumable::resume_later: local_.push_back(task{t.actor, {}}); break;
    case caf::resumable::awaiting_message:
    case caf::resumable::done:
    case caf::resumable::shutdown_execution_unit: caf::intrusive_ptr_release(t.actor); break;
  }
}

bool home::run_queued() {
  if (remote_->filled.load(std::memory_order_acquire)) {
    const std::lock_guard lock{remote_->guard};
    remote_->filled.store(false, std::memory_order_release);
    for (auto& t : remote_->tasks) {
      local_.push_back(std::move(t));
    }
    remote_->tasks.clear();
  }
  const std::size_t count = local_.size();
  for (std::size_t i = 0; i < count; ++i) {
    task t = std::move(local_.front());
    local_.pop_front();
    run(t);
  }
  return count != 0;
}

void home::wake_due() {
  for (time_point due = timers_.next(); due <= now_; due = timers_.next()) {
    bump(meters_.wakes);
    bump(meters_.wake_lag_ns, static_cast<std::uint64_t>((now_ - due).count()));
    timers_.wake_one(now_);
  }
}

} // namespace fleet::hal
