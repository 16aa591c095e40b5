// The embedded twin of a run: on its own home in the real world, on the common one in the virtual.
#pragma once

#include <memory>

#include "cloud_sim/twin.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/run_world.hpp"

namespace fleet::program {

class twin_host final : public far_side {
public:
  /// Starts a twin for `options` and points `ready.product.peer` at it. Before the world turns.
  static result<std::unique_ptr<twin_host>, startup_error>
  start(run_world& world, const run_options& options, prepared& ready);
  ~twin_host() override;

  void quiet() override;
  [[nodiscard]] bool settled(const report::totals& devices) const override;
  void stop() override;
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override;
  [[nodiscard]] std::uint64_t corrupted() const override;
  [[nodiscard]] bool sees_dup() const override { return true; }
  void sample(std::vector<metrics::sample>& out) const override;

private:
  twin_host(hal::home& home, cloud::twin_options options);

  hal::home& home_;
  cloud::twin twin_;
};

/// The twin's profile for a run's or the server's.
cloud::profile twin_profile(profile p) noexcept;

/// Adds a twin's counters as metrics.
void sample_twin(const cloud::twin_counters& counters, std::vector<metrics::sample>& out);

/// A probe for a run against a foreign broker.
std::unique_ptr<class probe> make_probe(run_world& world, const run_options& options,
                                        const prepared& ready);

} // namespace fleet::program
