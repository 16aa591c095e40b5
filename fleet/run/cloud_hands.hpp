// Those of a run who carry the cloud's faults out: its own twins, or one in another process.
#pragma once

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

#include "cloud_sim/fault_desk.hpp"
#include "fleet/console/admin_api.hpp"
#include "fleet/run/fault_desk.hpp"
#include "fleet/run/twin_host.hpp"

namespace fleet::program {

/// The embedded twins, each with a desk of its own on its home: each finds its own devices among
/// those that a fault selects.
class twin_hand final : public fault_hand {
public:
  /// Both outlive the hand.
  void also(hal::home& home, twin_host& host) { twins_.push_back({&home, &host}); }
  [[nodiscard]] bool empty() const noexcept { return twins_.empty(); }

  std::optional<std::string> add(const std::shared_ptr<const faults::fault>& f) override;
  void remove(const std::string& name) override;
  [[nodiscard]] std::optional<fault_figures> figures(const std::string& name) const override;

private:
  /// What the desks count, by the fault's name; filled on their home.
  struct told {
    struct entry {
      std::uint64_t round; ///< of the name, which may be used again
      std::vector<std::shared_ptr<const cloud::fault_mark>> marks;
    };
    /// What is put with the number that it answers belongs to this use of the name, and no other.
    std::uint64_t begin(const std::string& name);
    void put(std::uint64_t round, std::shared_ptr<const cloud::fault_mark> mark);

    mutable std::mutex lock;
    std::uint64_t rounds = 0;
    std::map<std::string, entry, std::less<>> by;
  };
  struct twin {
    hal::home* home;
    twin_host* host;
  };
  std::vector<twin> twins_;
  std::shared_ptr<told> marks_ = std::make_shared<told>(); ///< shared with what is under way
};

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

/// A target that is a twin and shows its admin API. Orders wait for their answer; what was counted
/// is asked for beside, at most every `often_s` and as long as it can change, which also tells the
/// twin that this run is there.
class far_hand final : public fault_hand {
public:
  /// `where`: of the API, for people. Any thread may ask it.
  far_hand(std::shared_ptr<admin_api> api, std::string where, const prepared& ready,
           double often_s = 1);
  /// Waits for no answer: whoever shares the API gets none either from then on.
  ~far_hand() override;

  std::optional<std::string> add(const std::shared_ptr<const faults::fault>& f) override;
  void remove(const std::string& name) override;
  /// As of the last answer.
  [[nodiscard]] std::optional<fault_figures> figures(const std::string& name) const override;

private:
  struct counted {
    std::mutex lock;
    std::map<std::string, fault_figures, std::less<>> by;
    std::set<std::string, std::less<>> open; ///< not over, as far as is known
    bool asking = false;                     ///< asker_ is at it, and will take the lock again
    std::optional<double> asked_s;
  };
  void look() const;
  void ask_beside() const;

  std::shared_ptr<admin_api> api_;
  std::string where_;
  double often_s_;
  const std::string mark_; ///< of this run, by which the twin knows its faults
  std::uint64_t seed_;
  std::uint32_t devices_;
  std::vector<std::uint32_t> shares_ppm_; ///< of the regions
  bool slow_ = false; ///< it took too long over the last fault that it was to end
  mutable counted counted_;
  mutable std::thread asker_; ///< waits for the last answer, or has had it
};

} // namespace fleet::program
