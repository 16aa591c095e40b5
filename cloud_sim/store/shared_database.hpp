// One database for the stores of several homes, each on a thread of its own: what waits goes into
// one transaction, written by one of those that wait for it. Private to this folder.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "cloud_sim/store/database.hpp"

namespace fleet::cloud {

class shared_database {
public:
  explicit shared_database(std::unique_ptr<database> own) : database_(std::move(own)) {}

  /// As database::apply(), from any thread. Waits for the transaction under way, if there is one,
  /// and for its own, which has what others bring meanwhile; where it fails, it fails for all of
  /// them.
  std::optional<store_failure> apply(bytes_view batch);

  /// Calls `what` with the database while nobody else has it. What it calls may use() it again, as
  /// whoever looks at a row does.
  template <class Use>
  auto use(Use what) {
    if (inside == this) {
      return what(*database_);
    }
    std::unique_lock lock{guard_};
    changed_.wait(lock, [this] { return !writing_; });
    const stay here{this};
    return what(*database_);
  }

private:
  /// The one that this thread uses now.
  static thread_local const shared_database* inside;
  struct stay {
    explicit stay(const shared_database* which) noexcept { inside = which; }
    ~stay() { inside = nullptr; }
    stay(const stay&) = delete;
    stay& operator=(const stay&) = delete;
  };
  struct waiting {
    bytes_view batch;
    std::optional<store_failure> bad{};
    bool done = false;
  };
  std::optional<store_failure> write(const std::vector<waiting*>& all);

  std::unique_ptr<database> database_;
  std::mutex guard_;
  std::condition_variable changed_;
  std::vector<waiting*> line_; ///< in the order in which they came
  bool writing_ = false;       ///< the database is whose thread does that
};

} // namespace fleet::cloud
