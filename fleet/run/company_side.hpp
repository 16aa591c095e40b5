// What a director has for the others of its company; without one it is empty and says that all
// devices are here.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>

#include "fleet/run/company.hpp"
#include "fleet/run/fault_hands.hpp"

namespace fleet::program {

/// Takes faults that are carried out in another process.
class elsewhere_hand final : public fault_hand {
public:
  /// Counts are those of these shards' marks, which outlive it.
  explicit elsewhere_hand(const std::vector<actors::shard*>& shards) : marks_(shards) {}
  std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>&) override {
    return std::nullopt;
  }
  std::optional<std::string> remove(const std::string&) override { return std::nullopt; }
  [[nodiscard]] std::optional<fault_figures> figures(const std::string& name) const override {
    return marks_.figures(name);
  }

private:
  shard_hand marks_;
};

struct company_side {
  explicit company_side(const std::vector<actors::shard*>& shards) : elsewhere(shards) {}

  [[nodiscard]] bool leads() const noexcept { return others && others->leads(); }
  [[nodiscard]] bool serves() const noexcept { return others && !others->leads(); }
  /// Of `devices` in all.
  [[nodiscard]] device_set here(std::uint32_t devices) const {
    return others ? others->here() : device_set{0, devices};
  }
  /// Beginning with the others, where there are any.
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) const {
    return others ? others->begin(run, signals) : std::nullopt;
  }
  [[nodiscard]] duration head_start() const { return others ? others->head_start() : duration{0}; }
  [[nodiscard]] double late_s() const { return others ? others->late_s() : 0; }
  /// Commands to a device that a former worker may have had, and nobody can ask; null: none.
  [[nodiscard]] const ledger::receiver_account* unheard_of(std::uint32_t device) const {
    const auto found = unheard.find(device);
    return found == unheard.end() ? nullptr : &found->second;
  }
  [[nodiscard]] std::string workers_text() const {
    return others ? others->workers_text() : std::string{};
  }

  std::unique_ptr<company> others; ///< none: a run of one process
  elsewhere_hand elsewhere;
  bool end_now = false; ///< they want the run to end
  unheard_commands unheard;
  bool alone = false; ///< nobody is there any more: the devices may soon be another's
};

} // namespace fleet::program
