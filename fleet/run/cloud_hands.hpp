// Those of a run who carry the cloud's faults out: its own twins, or one in another process.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
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

/// A target that is a twin and shows its admin API. Each call waits for its answer.
class far_hand final : public fault_hand {
public:
  /// `where`: of the API, for people. `ready` outlives the hand.
  far_hand(std::shared_ptr<admin_api> api, std::string where, const prepared& ready);

  std::optional<std::string> add(const std::shared_ptr<const faults::fault>& f) override;
  void remove(const std::string& name) override;
  /// Not while it runs: asking takes longer than whoever asks can wait.
  [[nodiscard]] std::optional<fault_figures> figures(const std::string&) const override {
    return std::nullopt;
  }

private:
  std::shared_ptr<admin_api> api_;
  std::string where_;
  std::uint64_t seed_;
  std::uint32_t devices_;
  std::vector<std::uint32_t> shares_ppm_; ///< of the regions
};

} // namespace fleet::program
