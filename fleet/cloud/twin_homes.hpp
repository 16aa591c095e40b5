// The twin that `fleet cloud serve` serves, on one home or on several with an office beside them:
// what the command does with it, whichever it is.
#pragma once

#include <future>
#include <memory>
#include <string>
#include <vector>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/wide/sum_counters.hpp"
#include "cloud_sim/wide/wide_twin.hpp"
#include "fleet/cloud/web_host.hpp"
#include "fleet/metrics/exposition.hpp"
#include "fleet/options.hpp"
#include "fleet/run/downlink_times.hpp"
#include "hal_sim/real_world/real_world.hpp"

namespace fleet::program {

class twin_homes {
public:
  /// Of the world: the twin's, and the office if there is more than one.
  static std::size_t homes_for(const cloud_options& options) noexcept;

  /// What `o` points to must outlive it. The world has homes_for() homes.
  twin_homes(hal::real_world& world, const cloud_options& options, cloud::twin_options o);
  ~twin_homes();
  twin_homes(const twin_homes&) = delete;
  twin_homes& operator=(const twin_homes&) = delete;

  /// As cloud::twin::start(). Before the world turns, as the next two.
  result<std::vector<hal::address>, cloud::start_failure> start();
  void start_commands(const cloud::command_options& options);
  result<std::unique_ptr<web_host>, startup_error> open_web(const std::vector<hal::address>& mqtt,
                                                            stream_filter_factory* security,
                                                            const cloud_options& options);
  /// The twin that is alone, or the first of them.
  [[nodiscard]] cloud::twin& first() noexcept { return *first_; }
  /// Where its web is, if it lives on several homes; null: on the twin's own.
  [[nodiscard]] hal::home* own_office() const noexcept { return wide_ ? &office() : nullptr; }
  /// As cloud::twin::coap_addresses().
  [[nodiscard]] std::vector<hal::address> coap_addresses() const {
    return wide_ ? wide_->coap_addresses() : alone_->coap_addresses();
  }
  /// As cloud::twin::overruled(), of all homes.
  [[nodiscard]] cloud::overruled_secrets overruled() const;

  /// Stops the twin and then its web, in the world's threads; ready when that is done.
  [[nodiscard]] std::future<void> stop(web_host& web);

  /// All counters of metrics; from any thread.
  void sample(std::vector<metrics::sample>& out) const;
  /// Adds what all homes counted; likewise.
  void read(cloud::twin_counters& sum) const;
  /// The cloud's side of the ledger as sorted lines; when the world has ended.
  [[nodiscard]] std::string ledger_lines() const;

private:
  [[nodiscard]] hal::home& office() const { return world_.home(world_.size() - 1); }
  [[nodiscard]] const cloud::device_account* account_of(std::uint32_t device) const;

  hal::real_world& world_;
  std::vector<downlink_meter> commands_; ///< of each home
  std::unique_ptr<cloud::fault_desk> faults_;
  std::unique_ptr<cloud::twin> alone_;
  std::unique_ptr<cloud::wide_twin> wide_; ///< one of the two
  cloud::twin* first_ = nullptr;
};

} // namespace fleet::program
