// Both accounts of one (device, direction) held against each other, and what comes of it. Keeping
// an account is ledger.hpp's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {

/// The names of design §12's `ledger` object. `lost`, `unexpected`, `corrupted`, `out_of_order`
/// and `unexplained` must be 0 in a healthy run.
struct totals {
  std::uint64_t attempted = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t accepted = 0;    ///< distinct messages that arrived
  std::uint64_t lost = 0;        ///< acknowledged and not accepted
  std::uint64_t oversized = 0;   ///< acknowledged, and too large for the receiver: not among lost
  std::uint64_t refused = 0;     ///< taken and turned away there, each by its number: likewise
  std::uint64_t duplicated = 0;  ///< arrivals beyond the first, explained or not
  std::uint64_t unexplained = 0; ///< repeats without DUP on one and the same connection
  std::uint64_t unexpected = 0;  ///< accepted and never attempted
  std::uint64_t corrupted = 0;   ///< of no known message, so counted by whoever called find_tag()
  std::uint64_t out_of_order = 0;
  std::uint64_t recovered = 0;  ///< reliable, accepted, never acknowledged
  std::uint64_t unfinished = 0; ///< reliable, neither accepted nor acknowledged when the run ended
  std::uint64_t missing_qos0 = 0; ///< sent at QoS 0 and not accepted: allowed, counted
  std::uint64_t learned =
      0; ///< among attempted: its sender's keeper died, the receiver alone tells
  /// Acknowledged by somebody who died before it could tell: likewise not among lost.
  std::uint64_t orphaned = 0;
  totals& operator+=(const totals& other) noexcept;
  /// Of one (device, direction): explains as many repeats as the sender owns up to, that is sent
  /// again without DUP on one and the same connection.
  void explain(std::uint64_t unmarked_repeats) noexcept;
};

/// Holds both accounts of one (device, direction) against each other. A missing side counts as
/// empty. `corrupted` stays 0: the caller adds it. Epochs before `since` are left out: they are of
/// an earlier sender, and some of its messages were still on their way. `refused` holds what the
/// receiver turned away: with a number in it, and not accepted after all, a message is not lost.
/// What the receiver has of the end of a sender's former life (succession.hpp) is learned of it.
totals reconcile(const sender_account* sender, const receiver_account* receiver,
                 std::uint32_t since = 0, const receiver_account* refused = nullptr);

/// Of what is lost, takes up to `oversized` messages for ones that their receiver acknowledged and
/// had no buffer for; answers how many these were.
std::uint64_t explain_oversized(totals& sum, std::uint64_t oversized) noexcept;

/// Appends the account as sorted lines, `<direction> <device> <epoch> attempted N acknowledged R
/// accepted R`, R being ranges like `1-17,19` or `-` for none, and ` refused R` behind it where
/// there are any; equal runs give equal octets.
void append_lines(std::string& out, std::string_view direction, std::uint32_t device,
                  const sender_account* sender, const receiver_account* receiver,
                  std::uint32_t since = 0, const receiver_account* refused = nullptr);

} // namespace fleet::ledger
