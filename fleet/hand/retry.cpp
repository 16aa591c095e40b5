// Rounds over the addresses, and waits between the rounds.
#include "fleet/hand/retry.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"

namespace fleet::program {

retry_plan::retry_plan(std::size_t addresses, const actors::backoff_settings& backoff,
                       random_stream jitter)
    : addresses_(addresses), backoff_(backoff), jitter_(jitter) {
  FLEET_CHECK(addresses > 0);
}

void retry_plan::succeeded() noexcept {
  ever_online_ = true;
  up_ = true;
  wait_ = duration{0};
}

next_try retry_plan::after(setback what) {
  // Whoever answered at this address is there; it is the one to come back to.
  const bool reached = std::exchange(up_, false) || what == setback::rejected;
  hopeless_ = hopeless_ && what != setback::lost;
  if (what == setback::rejected && !ever_online_) {
    return {next_try::how::never, {}};
  }
  if (!reached) {
    address_ = (address_ + 1) % addresses_;
    if (++tried_ < addresses_) {
      return {next_try::how::at_once, {}};
    }
  }
  if (!ever_online_ && hopeless_) {
    return {next_try::how::never, {}};
  }
  tried_ = 0;
  hopeless_ = true;
  wait_ = wait_ == duration{0} ? backoff_.first : std::min(wait_ * 2, backoff_.cap);
  return {next_try::how::after,
          std::min(wait_ + jitter_.between(duration{0}, wait_), backoff_.cap)};
}

} // namespace fleet::program
