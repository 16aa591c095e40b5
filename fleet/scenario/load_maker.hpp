// Puts the stages of a scenario one after the other: who is on when, and how often reports are
// made.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "fleet/scenario/plan.hpp"

namespace fleet::program {

class load_maker {
public:
  /// `plan` has its products and lines, outlives the object and is filled in by it.
  explicit load_maker(scenario_plan& plan) : plan_(plan), curves_(plan.products.size()) {}

  /// The next stage, or what is wrong with it.
  std::optional<plan_mistake> append(const scenario_stage& stage);

  /// How long all stages so far take.
  [[nodiscard]] duration taken() const noexcept { return at_; }
  /// Of a product; empty: as planned throughout.
  [[nodiscard]] const std::vector<actors::curve_step>& curve_of(std::size_t product) const {
    return curves_[product];
  }

private:
  using mistake = std::optional<plan_mistake>;
  using curve = std::vector<actors::curve_step>;

  /// Where the aim leads each line; those that it is not about stay.
  mistake targets(const stage_aim& aim, stage_kind kind);
  [[nodiscard]] bool meant(const load_line& line, const stage_aim& aim) const;
  mistake ramp(const stage_ramp& r);
  mistake step(const stage_step& s);
  mistake spike(const stage_spike& s);

  /// All lines go where the targets say, at once.
  void jump();
  /// Time with as many devices as there are now.
  void pass(duration length, stage_kind kind);
  void note(duration length, stage_kind kind);

  [[nodiscard]] bool about(std::size_t product, const stage_aim& aim) const;
  /// How often a product reports by now, in millionths of what it says.
  [[nodiscard]] std::uint32_t reports_of(std::size_t product) const;
  void set(curve& c, std::uint32_t ppm) const { set(c, ppm, at_); }
  static void set(curve& c, std::uint32_t ppm, duration at);
  void set_reports(const stage_aim& aim, std::uint32_t ppm);
  /// For those who tell of it.
  void tell(const stage_aim& aim, duration length, stage_kind kind, std::uint32_t steps = 1);
  /// Reports get more or fewer over a ramp; whether they do.
  bool bend(const stage_aim& aim, duration length);

  scenario_plan& plan_;
  std::vector<curve> curves_; ///< by product
  std::vector<std::uint32_t> targets_;
  std::size_t stage_ = 0;
  duration at_{0};
};

} // namespace fleet::program
