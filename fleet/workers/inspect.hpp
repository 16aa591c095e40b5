// How CAF writes and reads the messages: every field, in order.
#pragma once

#include <caf/meta/type_name.hpp>

#include "fleet/workers/messages.hpp"

namespace fleet::program {

template <class I>
auto inspect(I& f, crew_hello& x) {
  return f(caf::meta::type_name("crew_hello"), x.version, x.cores, x.process, x.nonce, x.door,
           x.orders, x.machine, x.descriptors);
}
template <class I>
auto inspect(I& f, crew_clock& x) {
  return f(caf::meta::type_name("crew_clock"), x.asked_s, x.told_s, x.awake_s, x.wall_s);
}
template <class I>
auto inspect(I& f, named_file& x) {
  return f(caf::meta::type_name("named_file"), x.name, x.text, x.octets);
}
template <class I>
auto inspect(I& f, shard_spec& x) {
  return f(caf::meta::type_name("shard_spec"), x.words, x.seed, x.devices, x.of, x.lease_s,
           x.since_s, x.life, x.keeps_accounts, x.accounts, x.files);
}
template <class I>
auto inspect(I& f, crew_ready& x) {
  return f(caf::meta::type_name("crew_ready"), x.code, x.message);
}
template <class I>
auto inspect(I& f, crew_begin& x) {
  return f(caf::meta::type_name("crew_begin"), x.at_s, x.given_s);
}
template <class I>
auto inspect(I& f, crew_pulse& x) {
  return f(caf::meta::type_name("crew_pulse"), x.at_s);
}
template <class I>
auto inspect(I& f, crew_hire& x) {
  return f(caf::meta::type_name("crew_hire"), x.address);
}
template <class I>
auto inspect(I& f, crew_order& x) {
  return f(caf::meta::type_name("crew_order"), x.kind, x.words, x.names, x.at_s);
}
template <class I>
auto inspect(I& f, crew_answer& x) {
  return f(caf::meta::type_name("crew_answer"), x.order, x.refusal);
}
template <class I>
auto inspect(I& f, crew_farewell& x) {
  return f(caf::meta::type_name("crew_farewell"), x.turned_away, x.has_report);
}
template <class I>
auto inspect(I& f, product_snapshot& x) {
  return f(caf::meta::type_name("product_snapshot"), x.counters, x.bins);
}
template <class I>
auto inspect(I& f, fault_snapshot& x) {
  return f(caf::meta::type_name("fault_snapshot"), x.name, x.effect, x.selected, x.hit, x.strikes);
}
template <class I>
auto inspect(I& f, crew_snapshot& x) {
  return f(caf::meta::type_name("crew_snapshot"), x.at_s, x.part, x.whole, x.started, x.stopped,
           x.products, x.faults, x.troubles, x.home, x.cpu_s, x.rss_bytes, x.soak, x.accounts);
}
template <class I>
auto inspect(I& f, packed_product& x) {
  return f(caf::meta::type_name("packed_product"), x.ledger_known, x.uplink_tagged, x.uplink_whole,
           x.online_end, x.expected_end, x.uplink, x.downlink);
}
template <class I>
auto inspect(I& f, packed_traffic& x) {
  return f(caf::meta::type_name("packed_traffic"), x.kind, x.product, x.rate, x.may_fail,
           x.pushes_configs, x.counts);
}
template <class I>
auto inspect(I& f, packed_trouble& x) {
  return f(caf::meta::type_name("packed_trouble"), x.reason, x.device, x.detail, x.count);
}
template <class I>
auto inspect(I& f, crew_end& x) {
  return f(caf::meta::type_name("crew_end"), x.last, x.interrupted, x.ledger_known, x.uplink_known,
           x.numbers, x.uplink, x.downlink, x.cpu_s, x.products, x.traffic, x.troubles, x.crashes,
           x.latencies, x.failures, x.missed, x.ledger_lines);
}

} // namespace fleet::program
