// Whoever keeps the cloud's side of the ledger: an embedded twin, or a probe on a foreign broker;
// and all of them together, where the products of a run have different ones.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/metrics/exposition.hpp"
#include "fleet/report/facts.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::program {

/// What one has yet to do, and remembers.
struct far_load {
  std::uint64_t unacknowledged = 0; ///< deliveries of QoS 1 and 2
  std::uint64_t sessions = 0;
};

/// What one's side of the ledger comes to while the run goes.
struct far_ledger {
  std::uint64_t commands = 0;  ///< sent
  std::uint64_t accepted = 0;  ///< reports that arrived; a twin counts repeats too
  std::uint64_t corrupted = 0; ///< reports with a tag that does not fit
};

class far_side {
public:
  virtual ~far_side() = default;

  /// Ends the commands to devices; callable from any thread.
  virtual void quiet() = 0;
  /// Commands of the ledger sent so far; callable from any thread.
  [[nodiscard]] virtual std::uint64_t commands() const = 0;
  /// Counts how long its commands take in the meters of these devices, by one that knows: on its
  /// home's thread, before the first device.
  virtual void time_commands(const std::vector<actors::shard*>& /*shards*/) {}
  /// Messages of the ledger accepted so far, by one that sees them later than the devices see their
  /// acknowledgements; UINT64_MAX by one that does not. Callable from any thread.
  [[nodiscard]] virtual std::uint64_t accepted() const { return UINT64_MAX; }
  /// Lets go of its streams and timers, or does so by and by while it is leaving(); on its home's
  /// thread, or after the homes ended.
  virtual void stop() = 0;
  /// Nothing, by one that does not tell. Callable from any thread.
  [[nodiscard]] virtual far_load load() const { return {}; }
  /// After stop(): whether it has yet to say something, which takes no longer than it allows
  /// itself. Callable from any thread.
  [[nodiscard]] virtual bool leaving() const { return false; }

  /// None, by one that learns it afterwards. Callable from any thread.
  [[nodiscard]] virtual std::optional<far_ledger> ledger_now() const { return std::nullopt; }

  /// Devices online that have not done yet what their shadow asks, by one that keeps shadows; on
  /// its home's thread.
  [[nodiscard]] virtual std::optional<std::uint64_t> shadows_waiting() const {
    return std::nullopt;
  }

  // After the homes ended:
  [[nodiscard]] virtual const ledger::receiver_account* uplink_of(std::uint32_t index) const = 0;
  [[nodiscard]] virtual const ledger::sender_account* downlink_of(std::uint32_t index) const = 0;
  /// What it took of a device's reports and turned away, by one that says so; null: nothing.
  [[nodiscard]] virtual const ledger::receiver_account* refused_of(std::uint32_t) const {
    return nullptr;
  }
  /// The epoch from which its commands to a device are this run's; earlier ones are left out.
  [[nodiscard]] virtual std::uint32_t downlink_since(std::uint32_t) const { return 0; }
  [[nodiscard]] virtual std::uint64_t corrupted() const = 0;
  /// Reports of the run that it took and had no room to book: with any, what it has of the reports
  /// is not whole.
  [[nodiscard]] virtual std::uint64_t unkept() const { return 0; }
  /// Publishes of anybody that it acknowledged and dropped during the run as beyond its bounds, by
  /// one that tells: what of them carried a tag is lost.
  [[nodiscard]] virtual std::uint64_t over_bound() const { return 0; }
  /// Commands that it had to send again, by one behind a broker: at QoS 1 that may hand on each as
  /// a message of its own, without DUP (MQTT-4.3.2).
  [[nodiscard]] virtual std::uint64_t repeated() const { return 0; }
  /// Commands to a device that went out twice, each as a message of its own: a fault that was
  /// ordered, by one that owns up to it.
  [[nodiscard]] virtual std::uint64_t doubled(std::uint32_t /*index*/) const { return 0; }
  /// Whether it sees the DUP flag of the devices themselves; a probe behind a broker does not.
  [[nodiscard]] virtual bool sees_dup() const = 0;

  /// Why it serves nobody any more, a sentence; empty: it does. Callable from any thread.
  [[nodiscard]] virtual std::string trouble() const { return {}; }

  /// Adds its own metrics; callable from any thread.
  virtual void sample(std::vector<metrics::sample>& out) const = 0;
};

/// The far sides of a run, each for the products that it knows.
class far_sides {
public:
  /// Takes one more, for the product numbers `products`.
  void add(std::unique_ptr<far_side> side, const std::vector<std::size_t>& products);
  /// Forgets one: its products have none from now on.
  void remove(const far_side* side);
  void clear();
  [[nodiscard]] bool empty() const noexcept { return sides_.empty(); }
  /// Of a product; null where nobody keeps it.
  [[nodiscard]] const far_side* of(std::size_t product) const noexcept {
    return product < by_product_.size() ? by_product_[product] : nullptr;
  }

  void quiet();
  void time_commands(const std::vector<actors::shard*>& shards);
  /// Whether all reports and all commands of the ledger have arrived, as far as can be seen now:
  /// each side is held against the devices of its own products. Callable from any thread.
  [[nodiscard]] bool settled(const std::vector<report::product_fact>& products) const;
  void stop();
  [[nodiscard]] bool leaving() const;
  [[nodiscard]] far_load load() const;
  [[nodiscard]] std::optional<std::uint64_t> shadows_waiting() const;
  [[nodiscard]] std::uint64_t corrupted() const;
  [[nodiscard]] std::uint64_t unkept() const;
  [[nodiscard]] std::uint64_t over_bound() const;
  [[nodiscard]] std::uint64_t repeated() const;
  [[nodiscard]] bool sees_dup() const;
  /// The first one's that has any.
  [[nodiscard]] std::string trouble() const;
  /// Of those that tell.
  [[nodiscard]] std::optional<far_ledger> ledger_now() const;
  /// What several count under one name, in one sum.
  void sample(std::vector<metrics::sample>& out) const;

private:
  std::vector<std::unique_ptr<far_side>> sides_;
  std::vector<const far_side*> by_product_;
};

} // namespace fleet::program
