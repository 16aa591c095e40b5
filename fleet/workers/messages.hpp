// What coordinator and workers say to each other. Plain data; CAF carries it (wire.cpp). Nothing
// here is written to a log: shard_spec may hold secrets.
//
//   whoever connects → the other:  crew_hello      and a worker answers a coordinator's with its
//   own; of a connection in place of one that was cut, with the worker's nonce. Both have proven
//   before that they know the token (proof.hpp)
//   coordinator → worker:          crew_clock      asks for its clock, again and again
//                                  shard_spec      its part of the run
//                                  crew_begin      when its devices start, by its own clock
//                                  crew_pulse      it was heard; its lease counts from then
//                                  crew_order      live faults; or that the load is over
//                                  crew_hire       starts one more worker on its machine
//                                  crew_farewell   its report has arrived, or it is not needed
//   worker → coordinator:          crew_clock      with the answer
//                                  crew_ready      it can begin, or why it cannot
//                                  crew_snapshot   once a second
//                                  crew_pulse      once a second, where it has nothing to show
//                                  crew_answer     of an order
//                                  crew_end        its report
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "fleet/files.hpp"

namespace fleet::program {

using wire_counts = std::vector<std::uint64_t>;

/// Stays as it is, so that builds whose other messages differ understand each other so far.
struct crew_hello {
  std::string version; ///< spoken_version(); both must be of one
  std::uint32_t cores = 0;
  std::uint64_t process = 0;
  std::string nonce;             ///< of the worker that is meant; of a coordinator's first: empty
  std::string door;              ///< where a worker that joins can be looked for; empty: nowhere
  std::uint32_t orders = 0;      ///< that it has carried out
  std::string machine{};         ///< this_machine()
  std::uint64_t descriptors = 0; ///< that the worker's process may open; 0: nobody asked
};

struct crew_clock {
  double asked_s = 0;  ///< by the coordinator's clock, which goes on while its machine sleeps
  double told_s = -1;  ///< by the worker's; below 0: a question
  double awake_s = -1; ///< by one that stands while the machine sleeps
  double wall_s = -1;  ///< since 1970
};

struct shard_spec {
  std::vector<std::string> words; ///< behind `fleet run`
  std::uint64_t seed = 0;
  wire_counts devices;         ///< twos of a first one and how many; one at least (split.hpp)
  std::uint32_t of = 0;        ///< devices in all
  double lease_s = 30;         ///< it goes on for so long without its coordinator
  double since_s = 0;          ///< how long the run has been going
  std::uint32_t life = 0;      ///< how many workers had these devices before
  bool keeps_accounts = false; ///< its snapshots have its devices' accounts
  std::string accounts;        ///< of those before it, as snapshots have them
  /// That the words name, or the scenario: it reads no others. Of credentials its devices' rows,
  /// of images their lengths.
  std::vector<named_file> files{};
};

struct crew_ready {
  std::int32_t code = 0; ///< an exit code; 0: it can begin
  std::string message;
};

struct crew_begin { ///< by the worker's clock
  double at_s = 0;
  double given_s = 0; ///< its lease counts from then
};

struct crew_pulse {
  double at_s = 0; ///< by the worker's clock
};

struct crew_hire {
  std::string address; ///< of the coordinator, for one that does not know it
};

enum class crew_order_kind : std::uint8_t { drain, add_fault, remove_fault };
struct crew_order {
  std::uint8_t kind = 0;
  std::string words;
  std::vector<std::string> names;
  double at_s = 0; ///< since the run's devices started
};

struct crew_answer {
  std::uint32_t order = 0; ///< the n-th, from 1
  std::string refusal;     ///< empty: it is carried out
};

struct crew_farewell {
  bool turned_away = false; ///< it has not been wanted, rather than being wanted no longer
  bool has_report = false;  ///< its own arrived
};

/// A product's counts; numbers in the order of each_counter() and each_histogram().
struct product_snapshot {
  wire_counts counters;
  wire_counts bins; ///< threes of histogram, bucket, and how many came since the last snapshot,
                    ///< or since the devices started where it is a whole one
};

struct fault_snapshot {
  std::string name;
  std::uint8_t effect = 0;
  std::uint32_t selected = 0;
  std::uint32_t hit = 0;
  std::uint64_t strikes = 0;
};

struct crew_snapshot {
  double at_s = 0;       ///< since the run's devices started
  std::uint8_t part = 0; ///< of the run that it is in (run_part)
  bool whole = false;
  std::uint32_t started = 0;
  std::uint32_t stopped = 0;
  std::vector<product_snapshot> products;
  std::vector<fault_snapshot> faults;
  wire_counts troubles; ///< by outcome
  wire_counts home;     ///< in the order of each_home_counter()
  double cpu_s = 0;
  std::uint64_t rss_bytes = 0;
  wire_counts soak;     ///< its process's last sample, by soak_watched(); empty: there is none
  std::string accounts; ///< of devices that changed, or of all (accounts.hpp)
};

/// A run_facts, as far as a report of a part has something to say (packing.hpp).
struct packed_product {
  bool ledger_known = false;
  bool uplink_tagged = true;
  bool uplink_whole = true;
  std::uint64_t online_end = 0;
  std::uint64_t expected_end = 0;
  wire_counts uplink;
  wire_counts downlink;
};
struct packed_traffic {
  std::string kind;
  std::string product;
  double rate = 0;
  bool may_fail = false;
  bool pushes_configs = false;
  wire_counts counts;
};
struct packed_trouble {
  std::string reason;
  std::string device;
  std::string detail;
  std::uint64_t count = 0; ///< of a crash: 0
};
struct crew_end {
  crew_snapshot last;
  bool interrupted = false;
  bool ledger_known = false;
  bool uplink_known = false;
  wire_counts numbers; ///< in the order of packing.cpp
  wire_counts uplink;
  wire_counts downlink;
  double cpu_s = 0;
  std::vector<packed_product> products;
  std::vector<packed_traffic> traffic;
  std::vector<packed_trouble> troubles;
  std::vector<packed_trouble> crashes;
  std::vector<wire_counts> latencies; ///< twos of bucket and count, then the sum and the largest
  std::vector<std::string> failures;
  std::vector<std::string> missed; ///< faults that were to be, and were not
  std::string ledger_lines;
};

using crew_message =
    std::variant<crew_hello, crew_clock, shard_spec, crew_ready, crew_begin, crew_pulse, crew_hire,
                 crew_order, crew_farewell, crew_answer, crew_snapshot, crew_end>;

} // namespace fleet::program
