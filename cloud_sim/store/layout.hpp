// Which member of a row is which column, in the order of schema.cpp, and which table it is. Private
// to this folder.
#pragma once

#include <cstdint>

#include "cloud_sim/store/rows.hpp"

namespace fleet::cloud {

/// Numbers of the tables, as in table_shapes().
enum class table : std::uint8_t {
  products,
  devices,
  shadows,
  desired,
  reported,
  topology,
  sessions,
  session_messages,
  retained,
  ledger,
  firmwares,
  firmware_blocks,
  campaigns,
  rollouts,
  numbers
};

template <class Row>
inline constexpr table table_of{};
template <>
inline constexpr table table_of<product_row> = table::products;
template <>
inline constexpr table table_of<device_row> = table::devices;
template <>
inline constexpr table table_of<shadow_row> = table::shadows;
template <>
inline constexpr table table_of<desired_row> = table::desired;
template <>
inline constexpr table table_of<reported_row> = table::reported;
template <>
inline constexpr table table_of<topology_row> = table::topology;
template <>
inline constexpr table table_of<session_row> = table::sessions;
template <>
inline constexpr table table_of<session_message_row> = table::session_messages;
template <>
inline constexpr table table_of<retained_row> = table::retained;
template <>
inline constexpr table table_of<ledger_row> = table::ledger;
template <>
inline constexpr table table_of<firmware_row> = table::firmwares;
template <>
inline constexpr table table_of<firmware_block_row> = table::firmware_blocks;
template <>
inline constexpr table table_of<campaign_row> = table::campaigns;
template <>
inline constexpr table table_of<rollout_row> = table::rollouts;
template <>
inline constexpr table table_of<number_row> = table::numbers;

/// Calls `with` with all columns of `r` at once, each a reference to the member.
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.model;
}
{
  return with(r.product_key, r.product_secret, r.name, r.model, r.flags, r.config, r.config_count,
              r.topics);
}
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.device_secret;
}
{
  return with(r.product_key, r.device_name, r.device_secret, r.status, r.firmware, r.tags,
              r.first_online_ms, r.last_online_ms);
}
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.document;
}
{ return with(r.product_key, r.device_name, r.document); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.version;
}
{ return with(r.product_key, r.device_name, r.identifier, r.value, r.version); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.time_ms;
}
{ return with(r.product_key, r.device_name, r.identifier, r.value, r.time_ms); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.gateway_device_name;
}
{
  return with(r.product_key, r.device_name, r.gateway_product_key, r.gateway_device_name, r.state);
}
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.head;
}
{ return with(r.client_id, r.head); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.place;
}
{ return with(r.client_id, r.place, r.message); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.topic;
}
{ return with(r.topic, r.message); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.way;
}
{ return with(r.device, r.way, r.account); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.sha256;
}
{
  return with(r.firmware, r.product_key, r.target, r.module, r.size, r.received, r.traits, r.seed,
              r.md5, r.sha256);
}
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.block;
}
{ return with(r.firmware, r.block, r.octets); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.rules;
}
{
  return with(r.campaign, r.firmware, r.rules, r.state, r.halted_by, r.wave, r.already,
              r.attempts_failed, r.attempts_succeeded, r.judged_failed, r.judged);
}
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.offers;
}
{ return with(r.campaign, r.device_name, r.state, r.cause, r.step, r.attempts, r.wave, r.offers); }
template <class Visit>
decltype(auto) columns(auto& r, Visit&& with) requires requires {
  r.last;
}
{ return with(r.kind, r.last); }

} // namespace fleet::cloud
