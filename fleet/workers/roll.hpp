// Who is in a run of several processes, as its coordinator has it: workers, and the shares of the
// fleet that they have, one worker after the other. Plain data.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fleet/metrics/label_words.hpp"
#include "fleet/report/facts.hpp"
#include "fleet/report/workers.hpp"
#include "fleet/run/company.hpp"
#include "fleet/workers/accounts.hpp"
#include "fleet/workers/far_clock.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/mirror.hpp"
#include "fleet/workers/split.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {

struct crew_worker {
  std::optional<peer_number> peer;    ///< none: it has not come yet
  std::optional<peer_number> tried;   ///< a connection in place of that, not answered yet
  std::optional<hal::address> called; ///< where it waits for us; none: it came by itself
  std::optional<hal::address> door;   ///< where it can be looked for
  bool door_seen = false;             ///< somebody was there while it lived
  bool known = false;                 ///< it said the token
  bool connected = false;
  bool begun = false; ///< its devices run
  std::string nonce;
  std::uint32_t cores = 1;
  std::uint64_t process = 0;
  bool near = false;                ///< on our machine
  std::string machine;              ///< this_machine() of it
  std::uint64_t descriptors = 0;    ///< that it may open; 0: it has not said
  std::optional<std::size_t> share; ///< none: it is a spare
  bool spare_told = false;          ///< that it is one
  device_set devices;               ///< that it was given
  far_clock clock;
  /// Of a clock that jumps without end the first ones alone.
  static constexpr std::size_t events_most = 100;
  std::vector<report::worker_event> events;
  std::optional<crew_ready> ready;
  double assigned_s = 0;
  double heard_s = 0;
  double pulsed_s = 0; ///< its lease counts from there at the latest
  bool away = false;   ///< not heard, and said so
  bool seeking = false;
  double next_try_s = 0;
  std::size_t orders = 0;   ///< that it was sent
  std::size_t answered = 0; ///< of them, the last
  crew_snapshot last;
  std::optional<std::vector<std::optional<double>>> sample; ///< for --soak, the last
  bool sample_is_new = false;                               ///< it was not taken yet
  bool told_end = false;                                    ///< a report of it arrived
  std::optional<report::run_facts> report;
  std::string ledger_lines;
  std::optional<double> lost_at_s;
  std::string why;
  std::optional<std::size_t> after; ///< the worker whose devices it took over
  std::uint64_t published = 0;      ///< by its devices, known at the end
  std::uint64_t acknowledged = 0;
  std::optional<report::run_facts> left; ///< of one that was lost: what it had counted

  [[nodiscard]] bool lives() const noexcept { return known && !report && !lost_at_s; }
  /// For people; nothing: it has not come yet, or went without ever having had devices that run.
  [[nodiscard]] std::optional<metrics::worker_state> state() const noexcept {
    using enum metrics::worker_state;
    if (report || (lost_at_s && begun)) {
      return report ? done : lost;
    }
    if (!known || lost_at_s) {
      return std::nullopt;
    }
    if (away) {
      return unheard;
    }
    return begun ? working : share ? preparing : spare;
  }

  /// Its clocks at `now_s` since the devices started. What they did that time does not do by itself
  /// is kept for the report, and answered: the rest of sentences that begin with the worker.
  std::vector<std::string> hear(const clock_look& look, double now_s) {
    clock.take(look);
    auto news = clock.take_news();
    for (auto& what : news) {
      what.insert(0, "its ");
      if (events.size() < events_most) {
        events.push_back({now_s, what});
      }
    }
    return news;
  }
};

/// Devices that one worker has, whole groups. Where a worker is lost they may go on in several
/// pieces, each a share of its own.
struct crew_share {
  device_set devices;
  /// Of all pieces of what was one share at first.
  std::shared_ptr<shard_mirror> mirror;
  std::optional<std::size_t> worker; ///< who has it
  std::uint32_t lives = 0;           ///< workers that had it
  std::optional<std::size_t> last;   ///< the last of them
  account_shelf accounts;
  double hired_s = -1e9; ///< when somebody was asked to start one more worker for it
  int hired = 0;         ///< how often
  std::string hired_at;  ///< on which machine
  bool no_room_told = false;
  std::string why_not{"no worker came for them"}; ///< it has never begun
  bool given_up = false;                          ///< nobody is asked for any more
  bool rest = false;                              ///< who came for them had no room for these
  bool too_large = false; ///< no message has room for what is to be sent of them

  /// Whoever comes may have it.
  [[nodiscard]] bool waits() const noexcept { return !worker && !too_large; }
  /// Others are asked for.
  [[nodiscard]] bool looked_for() const noexcept { return waits() && (lives != 0 || rest); }
};

/// How many devices there are on a machine: those that its workers have, and those of each share
/// that somebody there was asked for, but for `but`.
std::uint64_t devices_at(const std::string& machine, const std::deque<crew_worker>& workers,
                         const std::deque<crew_share>& shares, const crew_share& but);

} // namespace fleet::program
