// Accounts that outlive whoever kept them: somebody else goes on with what is known of them, and
// must neither repeat a tag nor take the last that the former one did for somebody else's.
#pragma once

#include <algorithm>
#include <cstdint>

#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {

/// Each keeper of a sender's account has so many epochs for itself: a life. Nobody boots as often
/// in the time that the copy of an account is old.
inline constexpr std::uint32_t epochs_of_a_life = 1U << 16;
inline constexpr std::uint32_t lives_most = UINT32_MAX / epochs_of_a_life;

constexpr std::uint32_t life_of(std::uint32_t epoch) noexcept {
  return epoch / epochs_of_a_life;
}

/// Another keeper takes over: the next boot() opens the first epoch of another life, of `life` or a
/// later one. False, and nothing happens: there are no more.
inline bool begin_life(sender_account& account, std::uint32_t life) {
  const std::uint32_t next =
      std::max(life, account.epoch() == 0 ? 0 : life_of(account.epoch()) + 1);
  if (next == 0 || next >= lives_most) {
    return next == 0;
  }
  account.boot_after(next * epochs_of_a_life - 1);
  return true;
}

/// What `sender` holds as acknowledged, in the epochs from `since` on, beyond the newest that is
/// known to have arrived: its receiver may have had it, and died before it could tell. `before`:
/// the same of those who had it earlier, with which the answer begins.
receiver_account unheard_of(const sender_account& sender, const receiver_account& known,
                            std::uint32_t since, receiver_account before = {});

} // namespace fleet::ledger
