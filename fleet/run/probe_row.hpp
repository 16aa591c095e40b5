// The probes of one product, one at each place that its devices connect to: each keeps the far side
// of the devices of its place and passes over the others, so that brokers that know nothing of one
// another and listeners of one cluster, where each probe hears all, are judged alike.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "fleet/run/prepare.hpp"
#include "fleet/run/probe.hpp"

namespace fleet::program {

class probe_row final : public far_side {
public:
  /// `product` outlives it; `probes` are one for each of its places, in their order.
  probe_row(const actors::product_settings& product, std::vector<std::unique_ptr<probe>> probes);

  /// On the home's thread, or before it runs.
  void start();
  /// Trying while one is; then the worst of all.
  [[nodiscard]] probe_start started() const noexcept;
  /// The first that is as started() says: the number of its place, and what the target did.
  [[nodiscard]] std::size_t place() const noexcept;
  [[nodiscard]] const std::string& why() const noexcept { return probes_[place()]->why(); }
  [[nodiscard]] std::string filter() const { return probes_.front()->filter(); }

  void quiet() override;
  [[nodiscard]] std::uint64_t commands() const override;
  [[nodiscard]] std::uint64_t accepted() const override;
  [[nodiscard]] std::optional<far_ledger> ledger_now() const override;
  void stop() override;
  [[nodiscard]] bool leaving() const override;
  [[nodiscard]] const ledger::receiver_account* uplink_of(std::uint32_t index) const override;
  [[nodiscard]] const ledger::sender_account* downlink_of(std::uint32_t index) const override;
  [[nodiscard]] std::uint64_t corrupted() const override;
  [[nodiscard]] std::uint64_t repeated() const override;
  [[nodiscard]] bool sees_dup() const override { return false; }
  void sample(std::vector<metrics::sample>& out) const override;

private:
  const actors::product_settings& product_;
  std::vector<std::unique_ptr<probe>> probes_;
};

/// The probes for devices of a product of a run against foreign brokers.
std::unique_ptr<probe_row> make_probes(class run_world& world, const run_options& options,
                                       const prepared& ready, const prepared_product& product,
                                       const device_range& devices);

} // namespace fleet::program
