// How a sub-device comes back that is down for no fault of the link: its owner or the platform says
// so, the topology lists it, or the gateway asks whether what took it down still holds.
#include "protocol/alink/gateway_machine.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using state = sub_device_state;
using step = sub_device_step;

} // namespace

void gateway::restart(std::uint16_t index, time_point now) {
  sub_device_record& r = table_[index];
  r.alone = r.probing = false;
  const step s = source_.at(index).device_secret.empty() ? step::restart_unknown
                 : r.bound                               ? step::restart_bound
                                                         : step::restart_unbound;
  if (next_state(r.state, s) != sub_device_stays) {
    table_.withdraw(index);
    r.attempts = 0;
    r.due = time_point::min();
    apply(index, s, now);
  }
}

/// After a log-on: what took it down may have been taken back, and the notice lost. It goes singly,
/// as a batch would fail on it. One that was deleted is not to be stolen back from whoever has it
/// now: it only logs in, which tells whether it belongs here, and without a secret cannot.
void gateway::ask_again(std::uint16_t index, time_point now) {
  sub_device_record& r = table_[index];
  if (r.wanted && (r.state == state::refused || r.state == state::disabled)) {
    restart(index, now);
    r.alone = true;
  } else if (r.wanted && r.state == state::deleted && !source_.at(index).device_secret.empty()) {
    r.attempts = 0;
    r.due = time_point::min();
    r.probing = r.alone = true;
    apply(index, step::restart_bound, now);
  }
}

void gateway::start(std::uint16_t index, time_point now) {
  FLEET_CHECK(index < table_.count());
  table_[index].wanted = true;
  restart(index, now);
}

/// Those that the platform lists are this gateway's, whatever was heard before.
void gateway::take_topology(const gateway_reply& reply, time_point now) {
  for (const reply_entry& entry : reply.devices) {
    const auto index = find(entry.who);
    if (!index) {
      ++counters_.strangers;
      continue;
    }
    table_[*index].bound = true;
    const bool gone = table_[*index].state == state::deleted || table_[*index].probing;
    if (gone && table_[*index].wanted) {
      restart(*index, now);
    }
  }
}

} // namespace fleet::alink
