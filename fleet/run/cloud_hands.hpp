// The hand of a run's own twins: carries the cloud's faults out in this process. One in another
// process is far_hand.hpp's.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "cloud_sim/fault_desk.hpp"
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

  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) override;
  std::optional<std::string> remove(const std::string& name) override;
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

} // namespace fleet::program
