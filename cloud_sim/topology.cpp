// Relations and sessions. Whoever loses something without having asked for it is told.
#include "cloud_sim/topology.hpp"

#include <algorithm>

#include "protocol/alink/message.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

using alink::topology_change;
namespace code = alink::gateway_code;
constexpr int success = alink::code_success;
constexpr duration minute = std::chrono::minutes{1};

void insert_sorted(std::vector<device_index>& list, device_index device) {
  const auto at = std::lower_bound(list.begin(), list.end(), device);
  if (at == list.end() || *at != device) {
    list.insert(at, device);
  }
}

void erase_sorted(std::vector<device_index>& list, device_index device) {
  const auto at = std::lower_bound(list.begin(), list.end(), device);
  if (at != list.end() && *at == device) {
    list.erase(at);
  }
}

void tell(topology_decision& out, const topology_notice& notice) {
  FLEET_CHECK(out.notice_count < out.notice_list.size());
  out.notice_list[out.notice_count++] = notice;
}

void tell_change(topology_decision& out, device_index gateway, device_index sub_device,
                 topology_change change) {
  tell(out, {gateway, sub_device, topology_notice::form::change, change, 0});
}

void tell_order(topology_decision& out, device_index gateway, device_index sub_device,
                topology_change change) {
  tell(out, {gateway, sub_device, topology_notice::form::order, change, 0});
}

topology_decision decided(int what) {
  topology_decision out;
  out.code = what;
  return out;
}

} // namespace

const topology::sub_device_record* topology::look(device_index sub_device) const {
  const auto found = sub_devices_.find(sub_device);
  return found == sub_devices_.end() ? nullptr : &found->second;
}

void topology::bind(device_index gateway, device_index sub_device) {
  former_.erase(sub_device);
  sub_devices_[sub_device].gateway = gateway;
  insert_sorted(gateways_[gateway].sub_devices, sub_device);
}

void topology::unbind(device_index sub_device) {
  const auto found = sub_devices_.find(sub_device);
  FLEET_CHECK(found != sub_devices_.end() && !found->second.session);
  const device_index gateway = found->second.gateway;
  erase_sorted(gateways_[gateway].sub_devices, sub_device);
  sub_devices_.erase(found);
  former_[sub_device] = gateway;
  drop_if_idle(gateway);
}

void topology::drop_if_idle(device_index gateway) {
  const auto found = gateways_.find(gateway);
  if (found != gateways_.end() && found->second.sub_devices.empty()
      && found->second.online.empty()) {
    gateways_.erase(found);
  }
}

void topology::open_session(const gateway_link& through, device_index sub_device) {
  auto& record = sub_devices_[sub_device];
  record.session = through;
  if (record.withdrawn_from == through) {
    record.withdrawn_from.reset();
  }
  insert_sorted(gateways_[through.gateway].online, sub_device);
}

/// Ends the session if there is one; with a code other than 0 its gateway is told.
void topology::close_session(device_index sub_device, topology_decision& out, int what) {
  const auto found = sub_devices_.find(sub_device);
  if (found == sub_devices_.end() || !found->second.session) {
    return;
  }
  const device_index gateway = found->second.session->gateway;
  if (what != 0) { // whoever is told did not ask for it
    found->second.withdrawn_from = found->second.session;
  }
  found->second.session.reset();
  erase_sorted(gateways_[gateway].online, sub_device);
  drop_if_idle(gateway);
  out.session_closed = true;
  if (what != 0) {
    tell(out, {gateway, sub_device, topology_notice::form::error, {}, what});
  }
}

int topology::may_add(device_index gateway, device_index sub_device, device_standing standing,
                      std::uint32_t earlier) const {
  switch (standing) {
    case device_standing::unknown:
    case device_standing::deleted: return code::device_not_found;
    case device_standing::disabled: return code::device_disabled;
    case device_standing::good: break;
  }
  if (gateway == sub_device) {
    return code::cannot_add_self;
  }
  const sub_device_record* const known = look(sub_device);
  if (known != nullptr && known->gateway == gateway) {
    return success;
  }
  const bool gateway_full = sub_devices_of(gateway).size() + earlier >= rules_.sub_devices_max;
  const bool all_full = known == nullptr && sub_devices_.size() + earlier >= rules_.relations_max;
  return gateway_full || all_full ? code::topology_full : success;
}

/// Takes the sub-device from its former gateway, if it has one, and gives it to another.
void topology::move(device_index gateway, device_index sub_device, topology_decision& out) {
  if (const sub_device_record* const known = look(sub_device); known != nullptr) {
    const device_index former = known->gateway;
    tell_change(out, former, sub_device, topology_change::deleted);
    if (rules_.move_ends_session) {
      close_session(sub_device, out, code::no_relation);
    }
    const auto record = gateways_.find(former); // gone if the session was all it had
    if (record != gateways_.end()) {
      erase_sorted(record->second.sub_devices, sub_device);
      drop_if_idle(former);
    }
  }
  bind(gateway, sub_device);
}

topology_decision topology::add(device_index gateway, device_index sub_device,
                                device_standing standing) {
  topology_decision out = decided(may_add(gateway, sub_device, standing));
  if (out.code == success && gateway_of(sub_device) != gateway) {
    move(gateway, sub_device, out);
  }
  return out;
}

topology_decision topology::remove(device_index gateway, device_index sub_device) {
  if (gateway_of(sub_device) != gateway) {
    return decided(code::no_relation);
  }
  topology_decision out;
  const auto session = session_of(sub_device);
  const bool asked_by_holder = session && session->gateway == gateway;
  close_session(sub_device, out, asked_by_holder ? 0 : code::no_relation);
  unbind(sub_device);
  return out;
}

int topology::may_login(const gateway_link& through, device_index sub_device,
                        device_standing standing, time_point now, std::uint32_t earlier) const {
  switch (standing) {
    case device_standing::unknown: return code::device_not_found;
    case device_standing::deleted: return code::device_deleted;
    case device_standing::disabled: return code::device_forbidden;
    case device_standing::good: break;
  }
  const sub_device_record* const known = look(sub_device);
  if (known == nullptr || known->gateway != through.gateway) {
    return code::no_relation;
  }
  const auto found = gateways_.find(through.gateway);
  FLEET_CHECK(found != gateways_.end());
  const gateway_record& record = found->second;
  const std::uint32_t logins = now - record.minute_began < minute ? record.logins : 0;
  if (logins + earlier >= rules_.logins_per_minute) {
    return alink::code_too_busy;
  }
  const bool here = known->session && known->session->gateway == through.gateway;
  const bool full = !here && record.online.size() + earlier >= rules_.online_max;
  return full ? code::too_many_online : success;
}

topology_decision topology::login(const gateway_link& through, device_index sub_device,
                                  device_standing standing, bool directly_online, time_point now) {
  topology_decision out = decided(may_login(through, sub_device, standing, now));
  if (out.code != success) {
    return out;
  }
  gateway_record& record = gateways_[through.gateway];
  if (now - record.minute_began >= minute) {
    record.minute_began = now;
    record.logins = 0;
  }
  ++record.logins;
  const auto former = session_of(sub_device);
  if (former == through) {
    return out; // asked again: its reply was lost, or it is unsure
  }
  // Another link of the same gateway is its own successor and need not be told.
  const bool another = former && former->gateway != through.gateway;
  close_session(sub_device, out, another ? code::duplicate_login : 0);
  open_session(through, sub_device);
  out.session_opened = true;
  out.kick_direct = directly_online;
  return out;
}

topology_decision topology::logout(const gateway_link& through, device_index sub_device) {
  if (!may_speak(through, sub_device)) {
    return decided(code::no_session);
  }
  topology_decision out;
  close_session(sub_device, out, 0);
  return out;
}

topology_decision topology::kick(device_index sub_device) {
  topology_decision out;
  close_session(sub_device, out, code::no_session);
  return out;
}

bool topology::withdrawn(const gateway_link& through, device_index sub_device) const {
  const sub_device_record* const known = look(sub_device);
  return known != nullptr && known->withdrawn_from == through;
}

topology_decision topology::direct_connected(device_index sub_device) {
  topology_decision out;
  close_session(sub_device, out, code::duplicate_login);
  return out;
}

void topology::link_ended(const gateway_link& link, std::vector<device_index>& offline) {
  const auto found = gateways_.find(link.gateway);
  if (found == gateways_.end()) {
    return;
  }
  std::erase_if(found->second.online, [&](device_index sub_device) {
    auto& session = sub_devices_[sub_device].session;
    if (session != link) {
      return false;
    }
    session.reset();
    offline.push_back(sub_device);
    return true;
  });
  drop_if_idle(link.gateway);
}

topology_decision topology::attach(device_index gateway, device_index sub_device) {
  const bool already = gateway_of(sub_device) == gateway;
  topology_decision out = add(gateway, sub_device, device_standing::good);
  if (out.code == success && !already) {
    tell_change(out, gateway, sub_device, topology_change::created);
  }
  return out;
}

topology_decision topology::detach(device_index sub_device) {
  const auto gateway = gateway_of(sub_device);
  if (!gateway) {
    return decided(code::no_relation);
  }
  topology_decision out;
  tell_change(out, *gateway, sub_device, topology_change::deleted);
  close_session(sub_device, out, code::no_relation);
  unbind(sub_device);
  return out;
}

topology_decision topology::disable(device_index sub_device) {
  topology_decision out;
  if (const auto gateway = gateway_of(sub_device)) {
    tell_order(out, *gateway, sub_device, topology_change::disabled);
    tell_change(out, *gateway, sub_device, topology_change::disabled);
    close_session(sub_device, out, code::device_forbidden);
  }
  return out;
}

topology_decision topology::enable(device_index sub_device) {
  topology_decision out;
  if (const auto gateway = gateway_of(sub_device)) {
    tell_order(out, *gateway, sub_device, topology_change::enabled);
    tell_change(out, *gateway, sub_device, topology_change::enabled);
  }
  return out;
}

topology_decision topology::erase(device_index device, std::vector<device_index>& offline) {
  topology_decision out;
  const auto begin = static_cast<std::ptrdiff_t>(offline.size());
  if (const auto gateway = gateway_of(device)) {
    tell_order(out, *gateway, device, topology_change::deleted);
    tell_change(out, *gateway, device, topology_change::deleted);
    close_session(device, out, code::device_deleted);
    unbind(device);
  }
  former_.erase(device);
  const auto found = gateways_.find(device);
  const auto its = found == gateways_.end() ? gateway_record{} : found->second;
  for (const device_index sub_device : its.online) {
    topology_decision silent; // nobody is left to be told
    close_session(sub_device, silent, 0);
    offline.push_back(sub_device);
  }
  for (const device_index sub_device : its.sub_devices) {
    topology_decision former; // one that moved here and still speaks through its former gateway
    close_session(sub_device, former, 0);
    if (former.session_closed) {
      offline.push_back(sub_device);
    }
    unbind(sub_device);
  }
  std::erase_if(former_, [device](const auto& entry) { return entry.second == device; });
  std::sort(offline.begin() + begin, offline.end());
  return out;
}

std::optional<device_index> topology::gateway_of(device_index sub_device) const {
  const sub_device_record* const known = look(sub_device);
  return known == nullptr ? std::nullopt : std::optional{known->gateway};
}

std::optional<gateway_link> topology::session_of(device_index sub_device) const {
  const sub_device_record* const known = look(sub_device);
  return known == nullptr ? std::nullopt : known->session;
}

bool topology::may_speak(const gateway_link& through, device_index sub_device) const {
  return session_of(sub_device) == through;
}

std::span<const device_index> topology::sub_devices_of(device_index gateway) const {
  const auto found = gateways_.find(gateway);
  return found == gateways_.end() ? std::span<const device_index>{}
                                  : std::span<const device_index>{found->second.sub_devices};
}

std::uint32_t topology::online_count(device_index gateway) const {
  const auto found = gateways_.find(gateway);
  return found == gateways_.end() ? 0 : static_cast<std::uint32_t>(found->second.online.size());
}

} // namespace fleet::cloud
