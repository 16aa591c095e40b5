// The hand of a run whose target is a twin in another process: orders the cloud's faults of it over
// its admin API, keeps them as long as the run goes on, and tells what they have done.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// An API that several threads may ask, one after the other.
class shared_admin final : public admin_api {
public:
  explicit shared_admin(std::unique_ptr<admin_api> api) : api_(std::move(api)) {}
  result<admin_answer, std::string> ask(const admin_request& what) override {
    const std::lock_guard held{lock_};
    return api_->ask(what);
  }
  void give_up() override { api_->give_up(); }

private:
  std::mutex lock_;
  std::unique_ptr<admin_api> api_;
};

/// How patient a far_hand is.
struct far_pace {
  duration often = std::chrono::seconds{1};    ///< how often it asks by itself
  duration patience = std::chrono::seconds{3}; ///< with one removal of a run that drains
};

/// Orders wait for their answer. A thread of its own asks beside the run, as long as there are
/// faults that may change: that keeps them at the twin, brings what was counted, orders again what
/// the twin has forgotten (it was killed and started, or did not hear of the run for too long), and
/// removes what it did not give up when it was told to.
class far_hand final : public fault_hand {
public:
  /// `where`: of the API, for people. Any thread may ask it.
  far_hand(std::shared_ptr<admin_api> api, std::string where, const prepared& ready,
           far_pace pace = {});
  /// Waits for no answer: where a fault was ordered, whoever shares the API gets none either from
  /// then on.
  ~far_hand() override;

  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) override;
  std::optional<std::string> remove(const std::string& name) override;
  /// After one that takes too long the others are left to the thread.
  void let_go(const std::string& name) override;
  std::vector<std::string> take_lost() override;
  /// As of the last answer.
  [[nodiscard]] std::optional<fault_figures> figures(const std::string& name) const override;

private:
  struct open_fault {
    std::shared_ptr<const faults::fault> fault;
    double ordered_s = 0; ///< first
    bool struck = false;  ///< seen to have begun
  };
  void keep();
  void turn();
  /// Brings what was counted, and renews; the open ones that the twin has not.
  std::vector<std::string> look();
  void order_again(const std::string& name);
  void lose(const std::string& name, const std::string& why);
  std::optional<fault_refusal> send(const faults::fault& f);
  std::optional<std::string> end(const std::string& name);
  void doom(const std::string& name);

  std::shared_ptr<admin_api> api_;
  std::string where_;
  far_pace pace_;
  const std::string mark_; ///< of this run, by which the twin knows its faults
  std::uint64_t seed_;
  std::uint32_t devices_;
  std::vector<std::uint32_t> shares_ppm_; ///< of the regions
  bool slow_ = false;                     ///< it took too long over one that it was to let go

  std::mutex orders_;       ///< held over an order and its answer; before lock_
  mutable std::mutex lock_; ///< of what follows
  std::condition_variable wake_;
  std::map<std::string, open_fault, std::less<>> open_; ///< not over, as far as is known
  std::set<std::string> doomed_;                        ///< to be removed, and not renewed
  std::map<std::string, fault_figures, std::less<>> counted_;
  std::map<std::string, fault_figures, std::less<>> before_; ///< by the twin's former lives
  std::vector<std::string> lost_;
  bool due_ = false;   ///< the thread is not to wait
  bool ended_ = false; ///< … and to end
  std::thread keeper_; ///< from the first order on
};

} // namespace fleet::program
