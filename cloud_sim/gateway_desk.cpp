// One function per family of requests; a list is all or nothing, judged as a whole before anything
// is done.
#include "cloud_sim/gateway_desk.hpp"

#include <limits>

#include "cloud_sim/secrets.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

namespace {

using alink::device_pair;
using alink::sub_device_entry;
using alink::topic_kind;
namespace code = alink::gateway_code;
constexpr int success = alink::code_success;

topic_kind order_kind(alink::topology_change change) noexcept {
  switch (change) {
    case alink::topology_change::disabled: return topic_kind::disable;
    case alink::topology_change::enabled: return topic_kind::enable;
    case alink::topology_change::deleted: return topic_kind::remove;
    case alink::topology_change::created: break;
  }
  FLEET_CHECK(false);
}

} // namespace

device_standing gateway_desk::standing_of(std::optional<device_index> device) const {
  if (!device) {
    return device_standing::unknown;
  }
  return parts_.devices.disabled(*device) ? device_standing::disabled : device_standing::good;
}

void gateway_desk::open_message(device_index to, topic_kind kind, bool is_reply,
                                device_index topic_owner) {
  const alink::identity owner = parts_.devices.identity_of(topic_owner);
  const std::size_t before = text_.size();
  alink::topic on;
  on.kind = kind;
  on.reply = is_reply;
  on.product_key = owner.product_key;
  on.device_name = owner.device_name;
  alink::append_topic(text_, on);
  items_.push_back({desk_item::form::message, to, text_.size() - before, text_.size()});
}

void gateway_desk::close_message() {
  items_.back().payload_size = text_.size() - items_.back().payload_size;
}

std::optional<desk_item> gateway_desk::next() noexcept {
  if (next_item_ == items_.size()) {
    items_.clear();
    text_.clear();
    next_item_ = 0;
    next_text_ = 0;
    return std::nullopt;
  }
  const stored_item& stored = items_[next_item_++];
  desk_item out;
  out.what = stored.what;
  out.device = stored.device;
  out.topic = as_text(text_.view().subspan(next_text_, stored.topic_size));
  out.payload = text_.view().subspan(next_text_ + stored.topic_size, stored.payload_size);
  next_text_ += stored.topic_size + stored.payload_size;
  return out;
}

void gateway_desk::reply(const context& at, const alink::gateway_request& request, int what,
                         std::span<const device_pair> devices) {
  if (!request.wants_reply) {
    return;
  }
  open_message(at.from.gateway, at.kind, true, at.from.gateway);
  const bool quoted = at.kind == topic_kind::session_batch_login && parts_.rules.batch_code_is_text;
  alink::gateway_reply_writer writer{text_, at.kind, request.id, {what, quoted}};
  for (const device_pair& who : devices) {
    writer.add(who);
  }
  writer.end();
  close_message();
}

bool gateway_desk::too_long(const context& at, const alink::gateway_request& request) const {
  const auto& rules = parts_.rules;
  std::uint32_t most = 0;
  if (at.kind == topic_kind::sub_register || at.kind == topic_kind::product_register) {
    most = rules.registrations_max;
  } else if (at.kind == topic_kind::session_batch_login
             || at.kind == topic_kind::session_batch_logout) {
    most = rules.logins_max;
  }
  return most != 0 && request.devices.size() > most;
}

void gateway_desk::refuse(const gateway_link& from, const alink::topic& on, bytes_view payload,
                          alink::gateway_reader& reader) {
  const auto request = reader.read_request(on.kind, payload);
  if (!request.id.empty()) {
    reply({from, on.kind, {}}, request, code::forbidden);
  }
}

void gateway_desk::serve(const context& at, const alink::gateway_request& request) {
  if (request.id.empty()) {
    return; // §23: no reply is possible, and half a request is none
  }
  if (request.code != success || too_long(at, request)) {
    return reply(at, request,
                 request.code != success ? request.code
                                         : static_cast<int>(alink::code_parameter_error));
  }
  const auto one_of = [&](auto... kinds) { return ((at.kind == kinds) || ...); };
  if (one_of(topic_kind::sub_register, topic_kind::sub_unregister)) {
    serve_registration(at, request);
  } else if (one_of(topic_kind::product_register)) {
    serve_product_registration(at, request);
  } else if (one_of(topic_kind::topo_add, topic_kind::topo_delete, topic_kind::topo_get)) {
    serve_topology(at, request);
  } else if (one_of(topic_kind::session_login, topic_kind::session_batch_login)) {
    serve_login(at, request);
  } else if (one_of(topic_kind::session_logout, topic_kind::session_batch_logout)) {
    serve_logout(at, request);
  } else {
    serve_found(at, request);
  }
}

int gateway_desk::judge_add(const context& at, const sub_device_entry& entry,
                            std::uint32_t earlier) const {
  const auto device = find(entry.who);
  const device_standing standing = standing_of(device);
  const int what = device ? parts_.relations.may_add(at.from.gateway, *device, standing, earlier)
                          : static_cast<int>(code::device_not_found);
  if (what != success) {
    return what;
  }
  return alink::verify_sub_device(entry, parts_.devices.identity_of(*device).device_secret,
                                  parts_.rules.sub_device_sign)
             ? success
             : code::auth_error;
}

void gateway_desk::serve_topology(const context& at, const alink::gateway_request& request) {
  std::vector<device_pair> pairs;
  if (at.kind == topic_kind::topo_get) {
    std::vector<alink::identity> names;
    for (const device_index device : parts_.relations.sub_devices_of(at.from.gateway)) {
      names.push_back(parts_.devices.identity_of(device));
    }
    for (const alink::identity& who : names) {
      pairs.push_back({who.product_key, who.device_name});
    }
    return reply(at, request, success, pairs);
  }
  const bool adding = at.kind == topic_kind::topo_add;
  std::uint32_t earlier = 0;
  for (const sub_device_entry& entry : request.devices) {
    const auto device = find(entry.who);
    int what = success;
    if (adding) {
      what = judge_add(at, entry, earlier++);
    } else if (!device) {
      what = code::device_not_found;
    } else if (parts_.relations.gateway_of(*device) != at.from.gateway) {
      what = code::no_relation;
    }
    if (what != success) {
      return reply(at, request, what);
    }
  }
  for (const sub_device_entry& entry : request.devices) {
    const device_index device = *find(entry.who);
    announce(adding ? parts_.relations.add(at.from.gateway, device, device_standing::good)
                    : parts_.relations.remove(at.from.gateway, device),
             device);
    pairs.push_back(entry.who);
  }
  reply(at, request, success,
        adding ? std::span<const device_pair>{pairs} : std::span<const device_pair>{});
}

int gateway_desk::judge_login(const context& at, const sub_device_entry& entry,
                              std::uint32_t earlier) const {
  const auto device = find(entry.who);
  const int what =
      parts_.relations.may_login(at.from, device.value_or(0), standing_of(device), at.now, earlier);
  if (what != success) {
    return what;
  }
  return alink::verify_sub_device(entry, parts_.devices.identity_of(*device).device_secret,
                                  parts_.rules.sub_device_sign)
             ? success
             : code::invalid_sign;
}

void gateway_desk::serve_login(const context& at, const alink::gateway_request& request) {
  std::vector<device_pair> named;
  std::uint32_t earlier = 0;
  int first_failure = success;
  for (const sub_device_entry& entry : request.devices) {
    const int what = judge_login(at, entry, earlier++);
    if (what != success) {
      first_failure = first_failure == success ? what : first_failure;
      named.push_back(entry.who);
    }
  }
  if (first_failure != success) {
    return reply(at, request, first_failure, named);
  }
  for (const sub_device_entry& entry : request.devices) {
    const device_index device = *find(entry.who);
    const auto decision =
        parts_.relations.login(at.from, device, device_standing::good, false, at.now);
    announce(decision, device);
    if (decision.session_opened) {
      logged_in_.push_back(device);
    }
    named.push_back(entry.who);
  }
  reply(at, request, success, named);
}

void gateway_desk::serve_logout(const context& at, const alink::gateway_request& request) {
  std::vector<device_pair> named;
  for (const sub_device_entry& entry : request.devices) {
    const auto device = find(entry.who);
    if (!device || !parts_.relations.may_speak(at.from, *device)) {
      named.push_back(entry.who);
    }
  }
  if (!named.empty()) {
    return reply(at, request, code::no_session, named);
  }
  for (const sub_device_entry& entry : request.devices) {
    const device_index device = *find(entry.who);
    announce(parts_.relations.logout(at.from, device), device);
    named.push_back(entry.who);
  }
  reply(at, request, success, named);
}

int gateway_desk::check_pack(const gateway_link& from, const alink::pack_report& report) const {
  for (const alink::pack_entry& entry : report.sub_devices) {
    const auto device = find(entry.who);
    if (!device || parts_.relations.gateway_of(*device) != from.gateway) {
      return code::no_relation;
    }
    if (!parts_.relations.may_speak(from, *device)) {
      return code::no_session;
    }
  }
  return report.code;
}

void gateway_desk::refuse_publish(const gateway_link& from, device_index sub_device) {
  topology_notice notice;
  notice.gateway = from.gateway;
  notice.sub_device = sub_device;
  notice.what = topology_notice::form::error;
  notice.code = code::no_session;
  tell(notice);
}

alink::topology_change gateway_desk::written(alink::topology_change change) const noexcept {
  using alink::topology_change;
  if (parts_.rules.swapped_changes
      && (change == topology_change::enabled || change == topology_change::disabled)) {
    return change == topology_change::enabled ? topology_change::disabled
                                              : topology_change::enabled;
  }
  return change;
}

void gateway_desk::tell(const topology_notice& notice) {
  const alink::identity names = parts_.devices.identity_of(notice.sub_device);
  const device_pair who{names.product_key, names.device_name};
  const std::uint64_t id = next_id_;
  // Cloud-made ids fit an int32 (§10).
  next_id_ = next_id_ == std::numeric_limits<std::int32_t>::max() ? 1 : next_id_ + 1;
  switch (notice.what) {
    case topology_notice::form::change:
      open_message(notice.gateway, topic_kind::topo_change, false, notice.gateway);
      alink::append_topo_change(text_, id, written(notice.change), std::span{&who, 1});
      break;
    case topology_notice::form::error:
      open_message(notice.gateway, topic_kind::ext_error, false, notice.gateway);
      alink::append_ext_error(text_, id, who,
                              parts_.rules.duplicate_is_527 && notice.code == code::duplicate_login
                                  ? code::duplicate_login_elsewhere
                                  : notice.code);
      break;
    case topology_notice::form::order:
      open_message(notice.gateway, order_kind(notice.change), false, notice.sub_device);
      alink::append_standing_order(text_, id, order_kind(notice.change));
      break;
  }
  close_message();
}

void gateway_desk::announce(const topology_decision& decision, device_index sub_device) {
  if (decision.session_closed) {
    items_.push_back({desk_item::form::offline, sub_device, 0, 0});
  }
  for (const topology_notice& notice : decision.notices()) {
    tell(notice);
  }
  if (decision.session_opened) {
    items_.push_back({desk_item::form::online, sub_device, 0, 0});
  }
  if (decision.kick_direct) {
    items_.push_back({desk_item::form::kick, sub_device, 0, 0});
  }
}

void gateway_desk::link_ended(const gateway_link& link) {
  std::vector<device_index> offline;
  parts_.relations.link_ended(link, offline);
  for (const device_index device : offline) {
    items_.push_back({desk_item::form::offline, device, 0, 0});
  }
}

} // namespace fleet::cloud
