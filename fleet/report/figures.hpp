// The figures of the ledger, each with its name and with whom one has to ask for it: the devices'
// own side can tell some of them alone. Internal to the folder and to whoever fills the facts.
#pragma once

#include <array>
#include <string_view>

#include "protocol/ledger/reconcile.hpp"

namespace fleet::report {

/// One figure of ledger::totals.
struct ledger_figure {
  std::string_view key;  ///< in the JSON (design §12)
  std::string_view name; ///< in the table
  std::uint64_t ledger::totals::*value;
  bool uplink_own;   ///< what the devices sent: they know it without the far side
  bool downlink_own; ///< what the devices received: likewise
};

inline constexpr std::array<ledger_figure, 16> ledger_figures{{
    {"attempted", "attempted", &ledger::totals::attempted, true, false},
    {"acknowledged", "acknowledged", &ledger::totals::acknowledged, true, false},
    {"accepted", "accepted", &ledger::totals::accepted, false, true},
    {"lost", "lost", &ledger::totals::lost, false, false},
    {"oversized", "too large", &ledger::totals::oversized, false, false},
    {"refused", "refused there", &ledger::totals::refused, false, false},
    {"duplicated", "duplicated", &ledger::totals::duplicated, false, true},
    {"unexplained", "  unexplained", &ledger::totals::unexplained, false, true},
    {"unexpected", "unexpected", &ledger::totals::unexpected, false, false},
    {"corrupted", "corrupted", &ledger::totals::corrupted, false, true},
    {"out_of_order", "out of order", &ledger::totals::out_of_order, false, true},
    {"recovered", "recovered", &ledger::totals::recovered, false, false},
    {"unfinished", "unfinished", &ledger::totals::unfinished, false, false},
    {"missing_qos0", "missing (QoS 0)", &ledger::totals::missing_qos0, false, false},
    {"learned", "learned there", &ledger::totals::learned, false, false},
    {"orphaned", "orphaned", &ledger::totals::orphaned, false, false},
}};

enum class ledger_direction : std::uint8_t { uplink, downlink };

/// Whether the devices alone can tell this figure.
constexpr bool own(const ledger_figure& f, ledger_direction d) noexcept {
  return d == ledger_direction::uplink ? f.uplink_own : f.downlink_own;
}

/// What the devices alone can tell; the other figures are 0, and mean nothing.
constexpr ledger::totals own_side(const ledger::totals& all, ledger_direction d) noexcept {
  ledger::totals out;
  for (const auto& f : ledger_figures) {
    out.*f.value = own(f, d) ? all.*f.value : 0;
  }
  return out;
}

} // namespace fleet::report
