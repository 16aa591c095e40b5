// The run that leads others: it has no devices, shares them out, and puts together what the workers
// tell of theirs.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fleet/report/workers.hpp"
#include "fleet/run/company.hpp"
#include "fleet/workers/local_process.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/options.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {

/// A worker that has said nothing for so long is lost.
inline constexpr double worker_silence_s = 8;

class coordinator final : public company {
public:
  struct settings {
    crew_options crew;
    std::vector<std::string> words; ///< of the run, for the workers; may hold secrets
    std::string token;
    std::uint64_t seed = 0;
    std::uint32_t devices = 0;
    bool quiet = false;
  };
  /// Listens, or connects, and starts processes of its own. Or says why it cannot.
  static result<std::unique_ptr<company>, startup_error> open(settings s);

  /// Waits a little for the processes that it started.
  ~coordinator() override;

  [[nodiscard]] bool leads() const noexcept override { return true; }
  [[nodiscard]] device_range here() const noexcept override { return {0, 0}; }
  std::vector<actors::shard*> mirrors(const actors::product_map& products) override;
  std::optional<startup_error> begin(const shown_run& run, stop_signals& signals) override;
  company_news turn(double now_s) override;
  void drain() override;
  [[nodiscard]] bool all_over() const override;
  void relay(const control_order& order) override;
  void complete(report::run_facts& facts) override;
  [[nodiscard]] std::string ledger_lines() const override;
  [[nodiscard]] std::string with_workers(std::string json) const override;
  [[nodiscard]] std::string workers_text() const override;

private:
  struct worker {
    std::optional<peer_number> peer; ///< none: it has not come yet
    bool known = false;              ///< it said the token
    std::uint32_t cores = 1;
    std::uint64_t process = 0;
    device_range devices;
    double clock_ahead_s = 0; ///< of its clock, before ours
    double best_trip_s = 1e9; ///< to it and back, of those its clock was asked in
    int clocks = 0;
    std::optional<crew_ready> ready;
    double heard_s = 0;
    crew_snapshot last;
    std::unique_ptr<shard_mirror> mirror;
    std::optional<report::run_facts> report;
    std::string ledger_lines;
    std::optional<double> lost_at_s;
    std::string why;
  };

  explicit coordinator(settings s);
  std::optional<startup_error> open_doors();
  /// Lets events come until each worker is as `done` says.
  std::optional<startup_error> await(const std::function<bool(const worker&)>& done,
                                     std::string_view what, double at_most_s,
                                     stop_signals& signals);
  void on_event(wire_event& event);
  void on_stranger(peer_number from, const crew_message& message);
  void on_clock(worker& w, const crew_clock& clock);
  void on_end(worker& w, crew_end& end);
  void share_out();
  void lose(worker& w, std::string why);
  [[nodiscard]] report::run_facts lost_part(const worker& w,
                                            const std::vector<device_range>& products) const;
  [[nodiscard]] std::vector<report::worker_fact> told() const;
  [[nodiscard]] std::size_t number_of(const worker& w) const noexcept {
    return static_cast<std::size_t>(&w - workers_.data()) + 1;
  }
  [[nodiscard]] worker* of(peer_number peer);

  settings settings_;
  wire wire_;
  std::vector<worker> workers_;
  std::vector<local_process> processes_;
  company_news news_;
  double now_s_ = 0;
  bool began_ = false;
  std::vector<report::worker_fact> facts_; ///< of complete()
};

} // namespace fleet::program
