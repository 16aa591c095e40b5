// The twin on several homes as the program uses it: N twins that share listeners, each with the
// devices and clients of its home, and one office from where they are looked at as one.
#pragma once

#include <memory>
#include <span>
#include <vector>

#include "cloud_sim/common_window.hpp"
#include "cloud_sim/exchange.hpp"
#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/ferry/coap_ferry.hpp"
#include "cloud_sim/ferry/web_ferry.hpp"
#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/message.hpp"
#include "cloud_sim/wide/wide_faults.hpp"
#include "cloud_sim/wide/wide_ledger.hpp"
#include "cloud_sim/wide/wide_operations.hpp"

namespace fleet::cloud {

/// Why a twin with these options cannot live on more than one home, in one sentence; nothing: it
/// can.
std::optional<std::string> narrow(const twin_options& options);

class wide_twin final : public web_handler {
public:
  struct places {
    std::vector<hal::home_of_many*> homes; ///< of one world; more than one
    hal::home* office = nullptr;           ///< another of it, on which the admin API is asked
    /// Told of the commands that arrive, each on the home of the same place; may be none.
    std::vector<command_watcher*> told;
  };
  /// As each of the twins is to be, none of which narrow() minds. It serves no gateways: who asks
  /// as one is answered with 403. A store is for all of them, and each keeps its own devices in it;
  /// firmware and campaigns stay there as they are. `store_told` is told by each of them on its
  /// home, or, while it stands still, on the office. All that is pointed to must outlive it.
  wide_twin(const twin_options& options, places where);
  ~wide_twin();
  wide_twin(const wide_twin&) = delete;
  wide_twin& operator=(const wide_twin&) = delete;

  /// As twin::start(). Before the world turns.
  result<std::vector<hal::address>, start_failure> start();
  /// As twin::start_commands(). Before the world turns.
  void start_commands(const command_options& options);
  /// As twin::stop(), on the office's thread, while all homes turn.
  void stop();

  /// As twin::coap_addresses().
  [[nodiscard]] std::vector<hal::address> coap_addresses() const;
  /// The front door of devices, for a service on the first home: what comes there goes to the
  /// handler in `each` of the home that it is for. Once started; dies before this.
  [[nodiscard]] std::unique_ptr<web_ferry> carry_to(std::vector<web_handler*> each);
  [[nodiscard]] hal::home& home(std::size_t number) const noexcept { return *where_.homes[number]; }

  /// As twin::settle() of all, on the office's thread, while the homes stand still.
  void settle();

  /// Once started: what the admin API asks; null where a twin's own would be. What it asks comes by
  /// this handler, which holds the homes still for as long as `inner` is in its call.
  [[nodiscard]] operations* console() noexcept { return console_.get(); }
  [[nodiscard]] ledger_desk* ledger() noexcept { return ledger_.get(); }
  [[nodiscard]] fault_orders* faults() noexcept { return faults_.get(); }
  void ask_through(web_handler& inner) noexcept { inner_ = &inner; }
  void on_request(const web_request& request, const responder& reply) override;
  /// As they were when the last request came.
  [[nodiscard]] const twin_counters& counters_at_request() const noexcept { return counted_; }

  /// Adds up what all have counted; from any thread.
  void read(twin_counters& sum) const;
  /// Likewise what faults did, by effect.
  void read(std::array<counter, faults::effect_count>& sum) const;

  [[nodiscard]] std::size_t size() const noexcept { return twins_.size(); }
  /// Before the world turns, and after it has ended.
  [[nodiscard]] twin& first() noexcept { return *twins_.front(); }
  [[nodiscard]] const twin& at(std::size_t home) const { return *twins_[home]; }
  [[nodiscard]] twin& at(std::size_t home) { return *twins_[home]; }

private:
  places where_;
  neighbours all_;
  exchange between_;
  common_window connects_;
  std::vector<coap_desk_options> coap_;
  std::vector<std::unique_ptr<coap_ferry>> ferries_; ///< one for each of them
  std::vector<std::unique_ptr<fault_desk>> desks_;
  std::vector<std::unique_ptr<twin>> twins_;
  std::unique_ptr<wide_operations> console_;
  std::unique_ptr<wide_ledger> ledger_;
  std::unique_ptr<wide_faults> faults_;
  web_handler* inner_ = nullptr;
  twin_counters counted_;
};

} // namespace fleet::cloud
