// The desk's items, one after the other; what they set off queues up behind them.
#include "cloud_sim/platform_gateways.hpp"

#include "protocol/base/json_walk.hpp"

namespace fleet::cloud {

namespace {

desk_rules rules_of(const platform_options& o, const product_secrets& products) {
  desk_rules rules;
  rules.products = &products;
  rules.registrations_max = o.bounds.registrations_per_call;
  rules.logins_max = o.bounds.logins_per_call;
  rules.swapped_changes = o.variants.swapped_changes;
  rules.duplicate_is_527 = o.variants.duplicate_is_527;
  rules.batch_code_is_text = o.variants.batch_code_is_text;
  rules.sub_device_sign = o.variants.sub_device_sign;
  return rules;
}

/// Events of all devices of a report.
std::size_t events_of(const alink::pack_report& report) {
  std::size_t count = 0;
  const auto add_up = [&count](std::string_view events) {
    json_walk walk{events.empty() ? std::string_view{"{}"} : events};
    for (json_member m; walk.next(m);) {
      ++count;
    }
  };
  add_up(report.own.events);
  for (const auto& entry : report.sub_devices) {
    add_up(entry.part.events);
  }
  return count;
}

} // namespace

platform_gateways::platform_gateways(const parts& from, const registry& devices,
                                     presence_listener& presence)
    : parts_(from), presence_(presence),
      desk_({devices, from.state.relations, rules_of(from.options, from.state.products)}) {}

bool platform_gateways::take(const uplink& what, std::uint32_t link) {
  const gateway_link through{what.device(), link};
  if (what.on.kind == alink::topic_kind::property_pack_post && !what.on.reply) {
    pack_post(what, through);
    return true;
  }
  if (what.on.reply || !alink::is_gateway_request(what.on.kind)) {
    return false;
  }
  if (what.from.as != what.from.through) {
    add(parts_.core.counters().publishes_refused); // sub-devices have no sub-devices
    return true;
  }
  if (parts_.options.no_gateways || what.of().has(product_is_no_gateway)) {
    desk_.refuse(through, what.on, what.message.payload, reader_);
    drain();
    return true;
  }
  desk_.request(through, what.on, what.message.payload, parts_.core.now(), reader_,
                [&](device_index device) {
                  const auto to = parts_.lines.find(device);
                  return to.online() && to.as == to.through;
                });
  drain();
  note_changes(what);
  return true;
}

void platform_gateways::pack_post(const uplink& what, const gateway_link& link) {
  const auto report = reader_.read_pack(what.message.payload);
  int code = report.code;
  const auto events_max = parts_.options.bounds.pack_events;
  if (code == alink::code_success && events_max != 0 && events_of(report) > events_max) {
    code = alink::gateway_code::too_many_events;
  }
  if (code == alink::code_success) {
    code = desk_.check_pack(link, report);
  }
  if (code == alink::code_success) {
    code = parts_.things.keep_pack_part(what.device(), what.of(), report.own.properties);
    for (const auto& entry : report.sub_devices) {
      const auto device = parts_.state.devices().find(entry.who.product_key, entry.who.device_name);
      if (code == alink::code_success && device) {
        code = parts_.things.keep_pack_part(*device, parts_.state.product_of(*device),
                                            entry.part.properties);
      }
    }
  }
  if (report.id.empty() || !report.wants_reply) {
    return;
  }
  byte_buffer payload;
  alink::gateway_reply_writer writer{payload, what.on.kind, report.id, code};
  writer.end();
  parts_.lines.reply(what.from, std::string{what.message.topic} + "_reply", payload.view(),
                     what.message.qos);
}

platform_client* platform_gateways::listen_for(const alink::topic& on, std::uint32_t link,
                                               const platform_client& gateway) const {
  const auto device = parts_.state.devices().find(on.product_key, on.device_name);
  return device && parts_.state.relations.may_speak({gateway.index, link}, *device)
             ? parts_.lines.sub_device(*device)
             : nullptr;
}

const platform_client* platform_gateways::listener_of(std::string_view product_key,
                                                      const platform_client& gateway) const {
  for (const device_index device : parts_.state.relations.sub_devices_of(gateway.index)) {
    const auto session = parts_.state.relations.session_of(device);
    const auto* const sub =
        session && session->gateway == gateway.index ? parts_.lines.sub_device(device) : nullptr;
    if (sub != nullptr && sub->product_key() == product_key) {
      return sub;
    }
  }
  return nullptr;
}

platform_client* platform_gateways::speak_for(platform_client& gateway, std::uint32_t link,
                                              const alink::topic& on) {
  if (auto* const who = listen_for(on, link, gateway)) {
    return who;
  }
  const auto device = parts_.state.devices().find(on.product_key, on.device_name);
  if (device && parts_.state.relations.gateway_of(*device) == gateway.index) {
    desk_.refuse_publish({gateway.index, link}, *device);
    drain();
  }
  return nullptr;
}

std::optional<device_index> platform_gateways::withdrawn(const platform_client& gateway,
                                                         std::uint32_t link,
                                                         const alink::topic& on) const {
  const auto device = parts_.state.devices().find(on.product_key, on.device_name);
  return device && parts_.state.relations.withdrawn({gateway.index, link}, *device) ? device
                                                                                    : std::nullopt;
}

void platform_gateways::connected_directly(device_index device) {
  desk_.announce(parts_.state.relations.direct_connected(device), device);
  drain();
}

void platform_gateways::link_ended(device_index gateway, std::uint32_t link) {
  desk_.link_ended({gateway, link});
  drain();
}

void platform_gateways::carry_out(const topology_decision& decision, device_index sub_device) {
  desk_.announce(decision, sub_device);
  drain();
}

void platform_gateways::kick_sub_device(device_index device) {
  if (parts_.state.relations.session_of(device)) {
    carry_out(parts_.state.relations.kick(device), device);
  }
}

std::uint32_t platform_gateways::kick_sub_devices(const fault_choice& whom) {
  const broker::turn guard{parts_.core};
  const auto& devices = parts_.state.devices();
  std::uint32_t hit = 0;
  for (auto at = devices.next(0); at; at = devices.next(*at + 1)) {
    if (parts_.state.relations.session_of(*at) && whom.hits(*at)) {
      kick_sub_device(*at);
      ++hit;
    }
  }
  return hit;
}

void platform_gateways::erase(device_index device) {
  std::vector<device_index> offline;
  const auto orphans = parts_.state.relations.past_and_present_of(device);
  desk_.announce(parts_.state.relations.erase(device, offline), device);
  drain();
  for (const device_index gone : offline) {
    close(gone);
  }
  for (const device_index orphan : orphans) {
    parts_.state.tell_topology(orphan);
  }
}

// Ending a connection ends the sessions behind it, which comes back here.
void platform_gateways::drain() {
  if (draining_) {
    return;
  }
  draining_ = true;
  while (const auto item = desk_.next()) {
    handle(*item);
  }
  draining_ = false;
  for (std::size_t i = 0; i < leaving_.size(); ++i) {
    if (!parts_.state.relations.session_of(leaving_[i])) {
      close(leaving_[i]);
    }
  }
  leaving_.clear();
}

void platform_gateways::handle(const desk_item& item) {
  switch (item.what) {
    case desk_item::form::message: deliver(item); break;
    case desk_item::form::online: open(item.device); break;
    case desk_item::form::offline: leaving_.push_back(item.device); break;
    case desk_item::form::kick: kick(item.device); break;
  }
}

// What stands on a sub-device's topic (§16.7) goes by the sub-device's subscriptions.
void platform_gateways::deliver(const desk_item& item) {
  const auto to = parts_.lines.find(item.device);
  const auto on = alink::parse_topic(item.topic);
  const auto named = parts_.state.devices().find(on.product_key, on.device_name);
  auto* const sub = named && *named != item.device ? parts_.lines.sub_device(*named) : nullptr;
  parts_.lines.push({sub != nullptr ? sub : to.as, to.through}, item.topic, item.payload,
                    mqtt::qos::at_most_once);
}

void platform_gateways::open(device_index sub_device) {
  close(sub_device); // it may come over from another link
  const auto session = parts_.state.relations.session_of(sub_device);
  const auto gateway = session ? parts_.lines.find(session->gateway) : line{};
  if (gateway.online()) {
    parts_.lines.open_sub_device(sub_device, *gateway.through, parts_.state.product_of(sub_device));
    presence_.on_sub_device(sub_device, true);
  }
}

void platform_gateways::close(device_index sub_device) {
  if (parts_.lines.close_sub_device(sub_device)) {
    presence_.on_sub_device(sub_device, false);
  }
}

void platform_gateways::kick(device_index device) {
  const auto to = parts_.lines.find(device);
  if (to.online() && to.as == to.through) {
    parts_.core.cut(*to.through, end_reason::taken_over);
  }
}

void platform_gateways::note_changes(const uplink& what) {
  if (!parts_.state.kept()
      || (what.on.kind != alink::topic_kind::topo_add
          && what.on.kind != alink::topic_kind::topo_delete)) {
    return;
  }
  for (const auto& entry : reader_.read_request(what.on.kind, what.message.payload).devices) {
    const auto device = parts_.state.devices().find(entry.who.product_key, entry.who.device_name);
    if (device) {
      parts_.state.tell_topology(*device);
    }
  }
}

} // namespace fleet::cloud
