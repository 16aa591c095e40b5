// What the command line says of workers. Beside run_options, so that a run of one process knows
// nothing of them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/options.hpp"

namespace fleet::program {

/// Workers that one run may have.
inline constexpr std::uint32_t workers_most = 256;

/// What becomes of a run that lost a worker.
enum class worker_loss : std::uint8_t {
  takeover, ///< another one gets its devices
  leave,    ///< the others go on, and its devices stay away
  stop      ///< the run ends as at the end of its time
};

/// Why a listener or worker at `at` cannot be; nothing: it can. `certificates`: whether there are
/// any.
std::optional<std::string> beyond_loopback(std::string_view flag, const hal::address& at,
                                           bool certificates);

/// The flags of `fleet run` about workers.
struct crew_options {
  std::uint32_t processes = 0;       ///< started here; 0: none
  std::vector<hal::address> workers; ///< that wait for a coordinator
  std::uint32_t expected = 0;        ///< that come by themselves; 0: none
  std::uint32_t begin_with = 0;      ///< the run begins when so many have; 0: all
  std::optional<hal::address> listen;
  std::string token_file;   ///< empty: FLEET_WORKER_TOKEN, or one of our own for our own processes
  std::string certificates; ///< a folder as `fleet worker --init-certs` makes it; empty: none
  worker_loss on_loss = worker_loss::takeover;
  /// A worker goes on for so long without its coordinator.
  duration lease = std::chrono::seconds{30};

  [[nodiscard]] bool any() const noexcept {
    return processes != 0 || !workers.empty() || expected != 0;
  }
};

/// `fleet worker`.
struct worker_options {
  std::optional<hal::address> listen; ///< waits there for a coordinator
  std::optional<hal::address> join;   ///< goes to one that waits there
  std::string join_name;              ///< or to where this name leads; empty: none
  std::uint16_t join_port = 0;
  std::vector<hal::address> join_any; ///< which it is, once that is known
  std::string token_file;             ///< empty: FLEET_WORKER_TOKEN
  std::string certificates;           ///< as in crew_options
  std::string init_certificates;      ///< instead of all else: makes such a folder
};

/// The flags about workers among those of `fleet run`; `words` are behind `run`, and
/// parse_options() has taken them.
crew_options crew_of(std::span<const std::string_view> words);
/// The same words without them: what a worker is told.
std::vector<std::string> words_for_workers(std::span<const std::string_view> words);
/// `words` are behind `worker`, and parse_options() has taken them.
worker_options worker_of(std::span<const std::string_view> words);

} // namespace fleet::program
