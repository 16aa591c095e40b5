// All a run has to say about itself, as plain numbers: what the table, the JSON and the exit code
// are made from. Nothing here holds a secret.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "actors/supervision/shard.hpp"
#include "fleet/report/course.hpp"
#include "fleet/report/dialect.hpp"
#include "fleet/report/judged.hpp"
#include "fleet/report/process_facts.hpp"
#include "fleet/report/rollouts.hpp"
#include "fleet/report/totals.hpp"
#include "protocol/ledger/reconcile.hpp"

namespace fleet::report {

/// The reasons that came up, as `3 while offline, 1 too large for the board's memory or the
/// platform`; empty: none.
std::string skipped_text(const totals& t);

/// Adds up the shards' meters; callable while they run.
totals read_totals(const std::vector<actors::shard*>& shards);
/// Those of one product alone, by its number; started, stopped and bytes stay 0.
totals read_totals(const std::vector<actors::shard*>& shards, std::size_t product);
firmware_fact read_firmware(const std::vector<actors::shard*>& shards);
actors::histogram_snapshot read_latency(const std::vector<actors::shard*>& shards,
                                        actors::latency which);
actors::histogram_snapshot read_waits(const std::vector<actors::shard*>& shards);

/// One reason of failure, with one example.
struct trouble_fact {
  std::string reason;
  std::uint64_t count = 0;
  std::string example_device;
  std::string example_detail;
};

struct crash_fact {
  std::string device;
  std::string what;
  std::string last_events;
};

/// A product of the run.
struct product_fact {
  std::string name;
  std::string profile;
  std::string protocol;            ///< and how it is kept, as `coap, dtls`; mqtt alone where plain
  std::string product_key;         ///< empty with profile mqtt
  std::vector<std::string> topics; ///< filters listened to for a while, as the scenario has them
  std::uint64_t devices = 0;
  bool behind_gateway = false;
  std::uint64_t online_max = 0;
  std::uint64_t online_end = 0;
  std::uint64_t expected_end = 0; ///< to be online at the end; behind gateways, to be logged in
  totals counts;
  bool ledger_known = false;    ///< the far side's account exists: the twin's, or a probe's
  bool uplink_tagged = true;    ///< its reports carry the ledger's tag
  bool uplink_whole = true;     ///< the far side had room for all of its products' reports
  bool errors_expected = false; ///< some of its reports may be answered with an error
  [[nodiscard]] bool uplink_known() const noexcept {
    return ledger_known && uplink_tagged && uplink_whole;
  }
  ledger::totals uplink; ///< where not known: what the devices alone can tell (figures.hpp)
  ledger::totals downlink;
};

/// An entry of the cloud's traffic.
struct traffic_fact {
  std::string kind;
  std::string product;
  double rate = 0; ///< a second, as planned
  std::uint64_t attempted = 0;
  std::uint64_t answered = 0; ///< or sent, where nobody answers
  std::uint64_t timed_out = 0;
  std::uint64_t refused = 0;
  std::uint64_t offline = 0;
  std::uint64_t not_subscribed = 0; ///< of those refused, as the next two
  std::uint64_t busy = 0;
  std::uint64_t unknown = 0;
  std::uint64_t absent = 0;     ///< of those offline: the load had the device on
  std::uint64_t skipped = 0;    ///< due and not attempted: too many were without answer
  std::uint64_t unanswered = 0; ///< that had no end although their time was up
  bool may_fail = false;        ///< the scenario expects some to be refused or not answered
  bool pushes_configs = false;  ///< whose failures may_fail excuses too
};

struct run_facts {
  std::uint64_t seed = 0;
  std::string scenario; ///< empty: from flags
  std::string world;    ///< `real` or `virtual`
  std::string target;
  std::string profile;
  std::string command; ///< repeats the run
  double duration_s = 0;
  double wall_s = 0;
  bool interrupted = false;
  bool ledger_known = false;    ///< of every product
  bool uplink_known = false;    ///< likewise
  std::uint64_t unkept = 0;     ///< reports that the far sides took and had no room to book
  std::uint64_t over_bound = 0; ///< publishes that they dropped as beyond their bounds
  std::uint64_t requested = 0;
  std::uint64_t connections = 0;  ///< those of them with a connection of their own
  std::uint64_t expected_end = 0; ///< to be online at the end, as the load has it
  std::uint64_t online_max = 0;
  std::uint64_t online_end = 0; ///< when the time was up, or came back while the run drained
  /// Devices online when the run had drained that had not done what their shadow asked; none where
  /// no product keeps a shadow or nobody knows.
  std::optional<std::uint64_t> shadows_waiting;
  totals counts;
  ledger::totals uplink; ///< the products' sum
  ledger::totals downlink;
  std::array<actors::histogram_snapshot, actors::latency_count> latencies;
  std::vector<product_fact> products;
  std::vector<traffic_fact> traffic;
  std::vector<rollout_fact> rollouts;
  firmware_fact firmware;
  std::vector<trouble_fact> troubles;
  std::vector<crash_fact> crashes;
  std::optional<std::string> digest;
  process_facts process;
  judged_facts judged;
  course_facts course;
  std::vector<std::string> failures; ///< why the verdict is not `passed`, a sentence each

  [[nodiscard]] bool passed() const noexcept { return failures.empty(); }
};

/// How much of the ledger has been judged.
enum class ledger_reach : std::uint8_t {
  both_sides,   ///< what was sent against what arrived
  some,         ///< both sides for some products, less for the others
  downlink,     ///< that of the commands; of the reports no side can be told, or not all of it
  devices_side, ///< what the devices alone can tell
};
ledger_reach reach_of(const run_facts& facts) noexcept;

/// Adds up the products' accounts, each of which holds what both sides say; where the far side is
/// not known, all that only that side could tell is dropped. Fills `ledger_known`, `uplink_known`.
void add_up_ledger(run_facts& facts);

/// Fills `failures` from the ledger and the state at the end: what every healthy run keeps.
void judge(run_facts& facts);

/// The summary table for people, with a trailing newline; what is told of the workers stands before
/// the verdict, which is last.
std::string to_text(const run_facts& facts, std::string_view workers = {});
/// The same as JSON with the names of design §12.
std::string to_json(const run_facts& facts);

} // namespace fleet::report
