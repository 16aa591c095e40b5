// A device's life as data: which phase may follow which, and on what. The picture in
// docs/architecture.md is drawn from this table; nothing else changes a device's phase.
//
// A device is off until told to run. Each attempt goes connecting → logging_on → (subscribing →)
// online; whatever ends it leads to backing_off, from where the next attempt starts. A session that
// the server kept is resumed without SUBSCRIBE, hence logging_on → online. Told to stop, a device
// drains while it is online (stopping) and is stopped at once otherwise; stopped is final. A reset
// or a power loss leads back to off until the board has booted; one that was to stop is stopped.
#pragma once

#include <array>
#include <cstdint>

#include "actors/device/meters.hpp"

namespace fleet::actors {

enum class step : std::uint8_t {
  run,          ///< the supervisor lets it go
  attempt,      ///< the back-off is over
  transport_up, ///< the stream, and TLS, stands
  welcomed,     ///< CONNACK 0 and there is something to subscribe
  resumed,      ///< CONNACK 0 and nothing to subscribe
  subscribed,   ///< all SUBACKs are in
  link_ended,   ///< whatever took the link away, or the attempt's deadline
  stop_asked,   ///< the supervisor wants it to end
  drained,      ///< DISCONNECT is out and the link is closed, or it was cut
  reset         ///< its software ended: a new boot follows
};
inline constexpr std::size_t step_count = 10;

/// What cannot happen in a phase; the engine ignores it and stays.
inline constexpr phase stay = static_cast<phase>(0xff);

namespace detail {
inline constexpr phase wait = phase::backing_off;
inline constexpr phase dial = phase::connecting;
inline constexpr phase login = phase::logging_on;
inline constexpr phase subs = phase::subscribing;
inline constexpr phase line = phase::online;
inline constexpr phase drain = phase::stopping;
inline constexpr phase end = phase::stopped;
inline constexpr phase gone = phase::off;
// Columns in the order of `step`, rows in the order of `phase`.
// clang-format off
inline constexpr std::array<std::array<phase, step_count>, phase_count> transitions{{
  // run    attempt transp. welcome resumed subscr. ended  stop    drained reset
  {{wait,  stay,   stay,   stay,   stay,   stay,   stay,  end,    stay,   stay}}, // off
  {{stay,  dial,   stay,   stay,   stay,   stay,   stay,  end,    stay,   gone}}, // backing_off
  {{stay,  stay,   login,  stay,   stay,   stay,   wait,  end,    stay,   gone}}, // connecting
  {{stay,  stay,   stay,   subs,   line,   stay,   wait,  drain,  stay,   gone}}, // logging_on
  {{stay,  stay,   stay,   stay,   stay,   line,   wait,  drain,  stay,   gone}}, // subscribing
  {{stay,  stay,   stay,   stay,   stay,   stay,   wait,  drain,  stay,   gone}}, // online
  {{stay,  stay,   stay,   stay,   stay,   stay,   end,   stay,   end,    end}}, // stopping
  {{stay,  stay,   stay,   stay,   stay,   stay,   stay,  stay,   stay,   stay}}, // stopped
}};
// clang-format on
} // namespace detail

/// The phase after `s` in phase `from`, or `stay`.
constexpr phase next_phase(phase from, step s) noexcept {
  return detail::transitions[static_cast<std::size_t>(from)][static_cast<std::size_t>(s)];
}

} // namespace fleet::actors
