// The director of one run: moves it from stage to stage, ramp, steady, draining, stopping, and
// writes down what it sees. Runs on the thread that called it; homes do the work.
#pragma once

#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>

#include "actors/device/speech_scratch.hpp"
#include "actors/supervision/shard.hpp"
#include "fleet/options.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/run/cloud_hands.hpp"
#include "fleet/run/company_side.hpp"
#include "fleet/run/far_hand.hpp"
#include "fleet/run/far_side.hpp"
#include "fleet/run/fault_session.hpp"
#include "fleet/run/judges.hpp"
#include "fleet/run/live_line.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/page_side.hpp"
#include "fleet/run/prepare.hpp"
#include "fleet/run/probe_row.hpp"
#include "fleet/run/rollout_side.hpp"
#include "fleet/run/run_watch.hpp"
#include "fleet/run/run_world.hpp"
#include "fleet/run/stop_pace.hpp"
#include "fleet/run/system_config.hpp"
#include "fleet/run/twin_account.hpp"
#include "fleet/run/twin_traffic.hpp"

namespace fleet::program {

/// How finely the director looks, and the virtual world is cut.
inline constexpr duration slice = std::chrono::milliseconds{100};

class twin_host;

class director {
public:
  /// `options` and `signals` outlive the director; `again` repeats the run but for the seed.
  director(const run_options& options, prepared ready, std::string again, stop_signals& signals)
      : options_(options), ready_(std::move(ready)), command_(std::move(again)), signals_(signals),
        faults_(options_, ready_, shard_list_), company_(shard_list_) {}

  void be_one_of(std::unique_ptr<company> others) { company_.others = std::move(others); }

  /// The whole run; the answer is the program's.
  exit_code execute();

  /// Instead: a signal came while the run was prepared. Whoever waits for the report learns from it
  /// that there was no run.
  exit_code never_begin(const startup_error& why);

private:
  struct product_probe {
    probe_row* at = nullptr; ///< in far_
    std::size_t product = 0;
  };
  enum class stage : std::uint8_t { ramp, steady, draining, stopping, ended };
  [[nodiscard]] std::string stage_text() const;
  /// Of a scenario, while its devices live: how long this part of its stage goes on.
  [[nodiscard]] std::optional<double> stage_left_s() const;
  [[nodiscard]] std::vector<report::stage_fact> stages_seen() const; ///< as far as they came
  [[nodiscard]] duration since_begin() const; ///< of the devices, in this world's time

  void name_run();
  void announce() const;
  std::optional<startup_error> set_up();
  std::optional<startup_error> set_up_twins();
  std::optional<startup_error> set_up_probes();
  std::optional<startup_error> await_probes();
  std::optional<startup_error> set_up_books();
  std::optional<startup_error> clear_far_twin(); ///< of what former runs left there
  std::optional<startup_error> judge_probe(product_probe& one);
  void note_once(const std::string& note); ///< on standard error
  exit_code give_up(const startup_error& why);
  void make_traffic(twin_host& host, profile p);
  [[nodiscard]] hal::link_kind link_to(std::size_t product) const;
  void make_rollouts(twin_host& host, profile p);
  void make_shards();
  void order_devices(std::vector<actors::shard_options>& shards) const;
  void look();
  void count_shadows();
  void drive();
  void miss_fault(std::string why); ///< that was to be, and is not: the run ends with it
  void advance();
  void advance_leading(); ///< of a coordinator, once the time is up
  [[nodiscard]] bool time_is_up() const;
  void end_load();
  void spawn_root(); ///< the devices' tree, or what stands for it
  void turn_company();
  std::optional<startup_error> begin_together(); ///< with the others, where there are any
  std::optional<startup_error> inherit();        ///< of a worker: what an earlier one left
  std::optional<startup_error> find_unheard();
  void enter(stage s);
  void on_signal(int number);
  void show(); ///< on the terminal, where there is one, or by lines
  void show_progress();
  /// Listens for whoever wants to see metrics and page, if the run has them.
  std::optional<startup_error> serve_page();
  [[nodiscard]] bool page_takes_orders() const;
  /// Where they are, for people; and the token, for this user's programs.
  void announce_page();
  void open_page();    ///< watches the homes for it, if there is one
  void tell_page();    ///< how the run is, once a slice
  void judge_moment(); ///< recovery, expectations and growth, as of this slice
  [[nodiscard]] std::uint64_t wanted_now() const; ///< however long each takes to connect
  /// Of a line, without those that its load switched on just now; at the end what is expected then.
  [[nodiscard]] std::uint32_t wanted_of(const load_line& line) const;
  /// With those behind them, and while it drains also those without power: faults end then.
  [[nodiscard]] wanted_devices wanted_whole() const;
  /// Of the devices with a connection, those that are to be online at the end: what the load
  /// switched on in the last second is not held against anybody.
  [[nodiscard]] std::uint32_t expected_at_end() const;
  [[nodiscard]] std::uint32_t expected_at_end(const load_line& line) const;
  void expect_of_products(); ///< those behind gateways with their gateways
  /// Nobody expects those to be online whose power a fault takes to the end.
  void excuse_powerless();
  [[nodiscard]] bool all_back() const;
  [[nodiscard]] std::string name_of(std::uint32_t device) const;
  [[nodiscard]] const far_side* far_of(std::uint32_t device) const;
  [[nodiscard]] std::uint64_t traffic_pending() const;
  [[nodiscard]] hal::home& far_home();
  /// Of the stop: what was said, and what the slowest simulated link needs beyond that.
  [[nodiscard]] duration grace() const;
  void tear_down();
  /// Waits until a far side that was stopped is gone; answers the number of a signal that came.
  std::optional<int> see_off(double at_most_s);
  void fetch_books();
  void settle_ledger();
  void gather_products();
  void gather_traffic();
  bool gather_rollouts(); ///< whether it has, or waits no longer
  void gather_troubles();
  [[nodiscard]] std::string ledger_lines() const;
  exit_code end_service();
  bool write_files();
  bool write_json();
  bool write(const std::string& path, const std::string& text);

  const run_options& options_;
  prepared ready_;
  std::vector<sampled_product> sampled_products_;
  actors::product_map products_; ///< into ready_
  std::string command_;
  stop_signals& signals_;
  system_config config_;
  std::unique_ptr<run_world> world_;
  std::unique_ptr<caf::actor_system> system_;
  far_sides far_;
  std::vector<product_probe> probes_;
  std::set<std::string> noted_;
  std::shared_ptr<admin_api> admin_; ///< of a target that is a twin; shared with who waits for it
  twin_account* books_ = nullptr;    ///< in far_, when the target is such a twin
  std::string books_trouble_;
  std::vector<std::unique_ptr<twin_traffic>> clouds_;
  std::vector<std::unique_ptr<traffic_flow>> traffic_;
  rollout_side rollouts_;
  std::vector<actors::timetable> loads_; ///< of each line of the plan
  std::vector<std::unique_ptr<actors::speech_scratch>> scratches_;
  std::vector<std::unique_ptr<actors::shard>> shards_;
  std::vector<actors::shard*> shard_list_;
  twin_hand twins_;                    ///< in far_
  std::unique_ptr<far_hand> far_twin_; ///< of a target that is a twin
  fault_session faults_;
  company_side company_;
  std::vector<std::string> faults_missed_;
  double shadows_next_s_ = 0;
  page_side page_;
  std::shared_ptr<std::atomic<bool>> all_ended_ = std::make_shared<std::atomic<bool>>(false);
  caf::actor root_;
  report::run_facts facts_;
  std::uint64_t rss_start_ = 0;
  std::unique_ptr<live_line> line_;
  std::unique_ptr<judges> judges_;
  std::unique_ptr<run_watch> watch_; ///< none: by lines
  report::totals shown_;
  actors::histogram_snapshot shown_ack_;
  double shown_at_ = 0;
  double shown_elapsed_ = 0;
  /// Of each line, behind its first n connections; empty: there are none.
  std::vector<std::vector<std::uint32_t>> children_;
  std::uint64_t wanted_at_end_ = 0; ///< powerless ones too
  double began_at_ = 0;
  double stage_began_ = 0;
  stop_pace pace_;
  double wall_began_ = 0;
  stage stage_ = stage::ramp;
};

} // namespace fleet::program
