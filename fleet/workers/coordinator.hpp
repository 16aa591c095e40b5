// The run that leads others: it has no devices, shares them out, and puts together what the workers
// tell of theirs.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/report/workers.hpp"
#include "fleet/run/company.hpp"
#include "fleet/run/descriptors.hpp"
#include "fleet/workers/lifeline.hpp"
#include "fleet/workers/local_process.hpp"
#include "fleet/workers/options.hpp"
#include "fleet/workers/parcel.hpp"
#include "fleet/workers/roll.hpp"
#include "fleet/workers/split.hpp"

namespace fleet::program {

/// After a worker's lease, until its devices are another's: it has stopped them by then.
inline constexpr double lease_margin_s = 5;

/// Answers of its clock that a worker can begin with. It is asked with each pulse after them.
inline constexpr int clocks_wanted = 4;

class coordinator final : public company {
public:
  struct settings {
    crew_options crew;
    std::vector<std::string> words; ///< of the run, for the workers; may hold secrets
    std::string token;
    std::uint64_t seed = 0;
    std::uint32_t devices = 0;
    std::vector<device_range> products; ///< of the run, by number
    std::vector<device_groups> groups;  ///< of the run
    parcel_maker parcels;
    descriptor_needs descriptors;
    bool accounts =
        false; ///< a far side outlives workers, so that their accounts are worth keeping
  };
  /// Listens, or connects, and starts processes of its own. Or says why it cannot.
  static result<std::unique_ptr<company>, startup_error> open(settings s);

  /// Waits a little for the processes that it started.
  ~coordinator() override;

  [[nodiscard]] bool leads() const noexcept override { return true; }
  [[nodiscard]] device_set here() const noexcept override { return {}; }
  std::vector<actors::shard*> mirrors(const actors::product_map& products) override;
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) override;
  company_news turn(double now_s) override;
  void drain() override;
  [[nodiscard]] bool all_over() const override;
  [[nodiscard]] bool waits() const override;
  [[nodiscard]] bool all_leave() const override;
  [[nodiscard]] std::vector<std::string> missed() const override { return missed_; }
  std::vector<std::string> relay(const control_order& order) override;
  std::vector<judging::process_sample> take_samples() override;
  void complete(report::run_facts& facts) override;
  [[nodiscard]] machine_use elsewhere() const override;
  [[nodiscard]] std::optional<worker_counts> workers() const override;
  [[nodiscard]] std::string ledger_lines() const override;
  [[nodiscard]] std::string with_workers(std::string json) const override;
  [[nodiscard]] std::string workers_text() const override;

private:
  explicit coordinator(settings s);
  std::optional<startup_error> open_doors();
  std::optional<startup_error> listen();
  std::optional<startup_error> start_process();
  /// Lets events come until each of these workers is as `done` says.
  std::optional<startup_error> await(const std::function<bool(const crew_worker&)>& done,
                                     std::size_t wanted, std::string_view what,
                                     stop_signals& signals);
  std::optional<startup_error> share_out();
  void assign(std::size_t share, crew_worker& to);
  void send_part(crew_worker& to);
  void let_begin(crew_worker& w);
  void send_begin(crew_worker& w);
  [[nodiscard]] static crew_hello hello_to(const std::string& nonce);
  /// What is said to one whose report is not awaited.
  [[nodiscard]] crew_farewell farewell_to(const crew_worker& w) const noexcept;

  void on_event(wire_event& event);
  void on_reached(const wire_event& event);
  void on_newcomer(peer_number from, const crew_hello& hello);
  void heard(crew_worker& w);
  void meet(crew_worker& w, peer_number from, const crew_hello& hello);
  void on_clock(crew_worker& w, const crew_clock& clock);
  void ask_clock(crew_worker& w);
  void on_end(crew_worker& w, crew_end& end);
  void on_answer(crew_worker& w, const crew_answer& answer);
  void pulse(crew_worker& w);

  /// Looks after a worker whose devices run.
  void watch(crew_worker& w);
  void seek(crew_worker& w);
  void lose(crew_worker& w, std::string why);

  /// Finds workers for shares that have none.
  void staff();
  void staff_new(std::vector<crew_worker*>& spares);
  /// Those that somebody was asked for; `there`: by who came from where that was, alone.
  void staff_hired(std::vector<crew_worker*>& spares, bool there);
  void staff_lost(std::vector<crew_worker*>& spares);
  [[nodiscard]] std::vector<crew_worker*> idle();
  /// Whether its process may open what these need.
  [[nodiscard]] bool has_room(const crew_worker& w, const device_set& some) const;
  /// How many of a share's devices it can have, about, where its groups differ.
  [[nodiscard]] std::uint32_t room_of(const crew_share& share, const crew_worker& w) const;
  void tell_spares();
  /// Of devices that one has just come for those that it has no room for.
  void leave_rest(crew_share& rest, const crew_worker& by);
  /// Pieces of a share for these, each as large as its cores say; what they have no room for
  /// stays without a worker.
  void divide(std::size_t share, const std::vector<crew_worker*>& spares);
  /// Leaves it with its first `count` groups; the number of the share that has the others, if there
  /// are any.
  std::optional<std::size_t> cut(std::size_t share, std::uint32_t count);
  /// Asks for new processes, for each piece one.
  void hire_for(std::size_t share);
  [[nodiscard]] bool may_hire(crew_share& share);
  /// By machine, of those whose devices run there, the one that has the fewest.
  [[nodiscard]] std::vector<const crew_worker*> machines() const;
  void hire_beside(const crew_worker& w);
  /// A worker with a share that has not begun it yet.
  void start_late(crew_worker& w);
  [[nodiscard]] bool takes_over() const noexcept {
    return settings_.crew.on_loss == worker_loss::takeover;
  }
  /// The numbers of those who had its devices later and reported.
  [[nodiscard]] std::vector<std::size_t> heirs_of(const crew_worker& w) const;
  /// Of its devices those that nobody had later, or nobody reported for.
  [[nodiscard]] std::vector<const crew_share*> orphans_of(const crew_worker& w) const;
  void settle_left(crew_worker& w);
  [[nodiscard]] std::string loss_of(const crew_worker& w) const;
  void order(crew_order_kind kind, const control_order& what);
  void send_orders(crew_worker& w);

  [[nodiscard]] report::run_facts lost_part(const crew_worker& w) const;
  [[nodiscard]] std::vector<report::worker_fact> told() const;
  [[nodiscard]] std::size_t index_of(const crew_worker& w) const;
  [[nodiscard]] std::size_t number_of(const crew_worker& w) const { return index_of(w) + 1; }
  [[nodiscard]] crew_worker* of(peer_number peer);
  [[nodiscard]] local_process* process_of(const crew_worker& w);
  [[nodiscard]] double lease_s() const noexcept { return seconds(settings_.crew.lease); }

  settings settings_;
  wire wire_;
  std::deque<crew_worker> workers_;
  std::deque<crew_share> shares_; ///< those of the beginning, and pieces of them
  std::deque<local_process> processes_;
  std::optional<hal::address> listening_;
  std::vector<crew_order> orders_;    ///< all that were given
  std::vector<std::string> refusals_; ///< of the order that is answered now
  std::vector<std::string> missed_;
  company_news news_;
  double now_s_ = 0;
  double began_s_ = 0; ///< by our clock
  bool began_ = false;
  bool draining_ = false;
  bool stranger_told_ = false;             ///< that somebody came with another token
  bool other_told_ = false;                ///< and one of another build
  std::vector<report::worker_fact> facts_; ///< of complete()
};

} // namespace fleet::program
