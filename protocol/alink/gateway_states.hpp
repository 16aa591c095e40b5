// A sub-device's life at its gateway as data (aliyun-iot.md §16.1 to §16.3, §16.7): which state may
// follow which, and on what. Nothing but this table changes a state of gateway_machine.hpp.
//
// unregistered → registering → adding → logging_in → online is the way up; unbound and offline are
// where it waits while the gateway has no link. A sub-device that is refused, disabled or deleted
// stays so until the platform or the owner says otherwise, or the gateway logs on again: what says
// otherwise comes once, at QoS 0, and may be lost. Parked is one that its owner does not want
// online.
#pragma once

#include <array>
#include <cstdint>

namespace fleet::alink {

enum class sub_device_state : std::uint8_t {
  unregistered, ///< has no secret, and there is no link
  registering,
  unbound, ///< is not known to belong to the gateway, and there is no link
  adding,
  offline, ///< belongs to the gateway, and there is no link
  logging_in,
  online,
  logging_out,
  unbinding,     ///< on its way out for good: its relation is being deleted
  unregistering, ///< and then its registration
  parked,
  refused,
  disabled,
  deleted
};
inline constexpr std::size_t sub_device_state_count = 14;

enum class sub_device_step : std::uint8_t {
  begin, ///< there is a link
  registered,
  added,
  logged_in,
  logged_out,
  topology_missing, ///< 6401 at login
  session_lost,     ///< 520 or 427 in `/ext/error`
  link_lost,
  refuse,
  disable,
  enable,
  erase,
  stop,             ///< the owner wants it offline
  dismiss,          ///< and out of the gateway's topology
  topology_deleted, ///< as asked
  forgotten,        ///< its registration is gone, too
  restart_unknown,  ///< from the start again: it has no secret
  restart_unbound,  ///< it has a secret
  restart_bound     ///< and belongs to the gateway
};
inline constexpr std::size_t sub_device_step_count = 19;

/// What cannot happen in a state; the machine ignores it and stays.
inline constexpr sub_device_state sub_device_stays = static_cast<sub_device_state>(0xff);

namespace detail {
inline constexpr auto no = sub_device_stays;
inline constexpr auto ur = sub_device_state::unregistered;
inline constexpr auto rg = sub_device_state::registering;
inline constexpr auto ub = sub_device_state::unbound;
inline constexpr auto ad = sub_device_state::adding;
inline constexpr auto of = sub_device_state::offline;
inline constexpr auto li = sub_device_state::logging_in;
inline constexpr auto on = sub_device_state::online;
inline constexpr auto lo = sub_device_state::logging_out;
inline constexpr auto ui = sub_device_state::unbinding;
inline constexpr auto ug = sub_device_state::unregistering;
inline constexpr auto pk = sub_device_state::parked;
inline constexpr auto rf = sub_device_state::refused;
inline constexpr auto ds = sub_device_state::disabled;
inline constexpr auto dl = sub_device_state::deleted;
using sub_device_row = std::array<sub_device_state, sub_device_step_count>;
// Columns in the order of sub_device_step, rows in the order of sub_device_state.
// clang-format off
inline constexpr std::array<sub_device_row, sub_device_state_count> sub_device_transitions{{
  // beg reg add in  out top ses lnk ref dis ena era sto dsm del fgt unk unb bnd
  {{rg, no, no, no, no, no, no, no, no, ds, no, dl, pk, no, no, no, no, no, no}}, // unregistered
  {{no, ad, no, no, no, no, no, ur, rf, ds, no, dl, pk, no, no, no, no, no, no}}, // registering
  {{ad, no, no, no, no, no, no, no, no, ds, no, dl, pk, no, no, no, no, no, no}}, // unbound
  {{no, no, li, no, no, no, no, ub, rf, ds, no, dl, pk, no, no, no, no, no, no}}, // adding
  {{li, no, no, no, no, no, no, no, no, ds, no, dl, pk, no, no, no, no, no, no}}, // offline
  {{no, no, no, on, no, ad, no, of, rf, ds, no, dl, lo, no, no, no, no, no, no}}, // logging_in
  {{no, no, no, no, no, no, li, of, no, ds, no, dl, lo, no, no, no, no, no, no}}, // online
  {{no, no, no, no, pk, no, pk, pk, no, ds, no, dl, no, no, no, no, no, no, li}}, // logging_out
  {{no, no, no, no, no, no, no, pk, no, ds, no, no, no, no, ug, no, no, no, no}}, // unbinding
  {{no, no, no, no, no, no, no, pk, no, ds, no, no, no, no, no, pk, no, no, no}}, // unregistering
  {{no, no, no, no, no, no, no, no, no, ds, no, dl, no, ui, no, no, ur, ub, of}}, // parked
  {{no, no, no, no, no, no, no, no, no, ds, no, dl, pk, no, no, no, ur, ub, of}}, // refused
  {{no, no, no, no, no, no, no, no, no, no, pk, dl, no, no, no, no, ur, ub, of}}, // disabled
  {{no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, no, ur, ub, of}}, // deleted
}};
// clang-format on
} // namespace detail

/// The state after `s` in state `from`, or sub_device_stays.
constexpr sub_device_state next_state(sub_device_state from, sub_device_step s) noexcept {
  return detail::sub_device_transitions[static_cast<std::size_t>(from)]
                                       [static_cast<std::size_t>(s)];
}

} // namespace fleet::alink
