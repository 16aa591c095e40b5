// A worker's connection to its coordinator, and its lease. Where the connection is cut, another one
// is made: by this side where it went to the coordinator, by the coordinator where that came.
#pragma once

#include <optional>
#include <string>

#include "fleet/workers/certificates.hpp"
#include "fleet/workers/knock.hpp"
#include "fleet/workers/messages.hpp"
#include "fleet/workers/options.hpp"
#include "fleet/workers/wire.hpp"

namespace fleet::program {

/// Who has heard nothing for so long takes the connection for cut; both sides speak each second.
inline constexpr double cut_after_s = 4;
/// A worker that has no devices yet goes on for so long without its coordinator.
inline constexpr double spare_lease_s = 30;
/// Between two tries to make another one.
inline constexpr double try_each_s = 1;

class lifeline {
public:
  lifeline(const worker_options& options, std::string token);

  /// Connects, or listens and says where. Or why it cannot; a signal ends it too.
  std::optional<std::string> open();
  /// What the coordinator says; waits for it up to `at_most`. Greetings, pulses and clocks are
  /// answered here.
  std::optional<crew_message> next(duration at_most = duration::zero());
  /// As wire::send().
  bool send(crew_message message);
  [[nodiscard]] bool listens() const noexcept { return options_.listen.has_value(); }
  [[nodiscard]] const std::optional<hal::address>& joined() const noexcept { return joined_; }
  [[nodiscard]] const std::string& certificates() const noexcept { return options_.certificates; }
  [[nodiscard]] const std::string& token() const noexcept { return token_; }

  /// A coordinator has come, or was found.
  [[nodiscard]] bool met() const noexcept { return coordinator_.has_value(); }
  /// The connection ended, and no other one has been made yet.
  [[nodiscard]] bool cut() const noexcept { return met() && !connected_; }
  /// From now on a connection that is cut is made anew.
  void hold_on() { holds_on_ = true; }
  /// From now on, too, the journal is told when the coordinator is not heard, and heard again.
  void keep_journal() { journal_ = true; }
  /// No longer: all has been said.
  void let_go() { holds_on_ = journal_ = false; }
  /// True once after it was made anew: what was sent before may never have arrived.
  bool renewed();
  /// The place where the coordinator was answers that nobody is there.
  [[nodiscard]] bool coordinator_is_over() const noexcept { return refused_; }

  /// It counts from the last pulse, or from here. One of a spare begins by itself when a
  /// coordinator comes.
  void begin_lease(double seconds);
  /// The same from when it was given, by our clock; not of the future.
  void begin_lease(double seconds, double given_s);
  [[nodiscard]] double lease_left_s() const;
  /// How many orders were carried out, for a coordinator that comes anew.
  void orders_done(std::uint32_t count) noexcept { orders_ = count; }

private:
  std::optional<std::string> join();
  void turn_away(peer_number other);
  static void tell_other_version(const crew_hello& said);
  std::optional<crew_message> take(wire_event& event);
  void greet(const wire_event& event, const crew_hello& hello);
  void on_reached(const wire_event& event);
  void meet(peer_number peer);
  void seek();
  void note_silence(bool lost);
  [[nodiscard]] crew_hello hello() const;

  worker_options options_;
  std::string token_;
  std::string nonce_;
  wire wire_;
  std::optional<hal::address> joined_; ///< of those that it may join, who was there
  std::optional<door> door_;           ///< of a worker that joins
  std::optional<peer_number> coordinator_;
  /// In whose place that is, until it is heard there: who sees this one end first takes us for
  /// gone.
  std::optional<peer_number> former_;
  bool connected_ = false;
  bool holds_on_ = false;
  bool renewed_ = false;
  bool refused_ = false;
  bool stranger_told_ = false;
  bool seeking_ = false;
  bool journal_ = false;
  bool silence_noted_ = false;
  double heard_s_ = 0;
  double looked_s_ = 0; ///< into the box
  double next_try_s_ = 0;
  double lease_from_s_ = 0;
  double lease_s_ = 0;
  std::uint32_t orders_ = 0;
};

} // namespace fleet::program
