// Whoever finds nobody writing writes for all that wait; the others sleep until that is done.
#include "cloud_sim/store/shared_database.hpp"

namespace fleet::cloud {

thread_local const shared_database* shared_database::inside = nullptr;

std::optional<store_failure> shared_database::write(const std::vector<waiting*>& all) {
  for (std::size_t i = 0; i + 1 < all.size(); ++i) {
    if (auto bad = database_->write(all[i]->batch)) {
      return bad;
    }
  }
  return database_->apply(all.back()->batch);
}

std::optional<store_failure> shared_database::apply(bytes_view batch) {
  if (inside == this) {
    return database_->apply(batch);
  }
  waiting mine{batch};
  std::unique_lock lock{guard_};
  line_.push_back(&mine);
  changed_.wait(lock, [&] { return mine.done || !writing_; });
  if (!mine.done) {
    writing_ = true;
    const auto all = std::exchange(line_, {});
    lock.unlock();
    const auto bad = write(all);
    lock.lock();
    writing_ = false;
    for (auto* const one : all) {
      one->bad = bad;
      one->done = true;
    }
    changed_.notify_all();
  }
  return std::move(mine.bad);
}

} // namespace fleet::cloud
