// What a gateway machine takes in and gives out: replies to their requests, notices and the answers
// to them, links that come and go, and the next request.
#include <algorithm>
#include <string>

#include "protocol/alink/gateway_machine.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using state = sub_device_state;
using step = sub_device_step;
using work = sub_device_work;
using enum topic_kind;

topic_kind kind_of(work w, bool batch) noexcept {
  switch (w) {
    case work::log_out: return batch ? session_batch_logout : session_logout;
    case work::unbind: return topo_delete;
    case work::forget: return sub_unregister;
    case work::log_in: return batch ? session_batch_login : session_login;
    case work::add: return topo_add;
    case work::enroll: return sub_register;
    case work::none: break;
  }
  FLEET_CHECK(false);
}

bool is_notice(topic_kind kind) noexcept {
  return kind == topo_add_notify || kind == topo_change || kind == gateway_permit
         || kind == ext_error;
}

bool is_order(topic_kind kind) noexcept {
  return kind == disable || kind == enable || kind == topic_kind::remove;
}

topology_change change_of(topic_kind order) noexcept {
  return order == disable  ? topology_change::disabled
         : order == enable ? topology_change::enabled
                           : topology_change::deleted;
}

} // namespace

void gateway::connected(time_point now) {
  FLEET_CHECK(told_ == events_.size() && !linked_);
  linked_ = true;
  topology_unasked_ = settings_.ask_topology;
  found_untold_ = settings_.tell_found;
  holds_ = 0;
  hold_until_ = time_point::min();
  for (std::uint16_t i = 0; i < table_.count(); ++i) {
    apply(i, step::begin, now);
  }
  for (std::uint16_t i = 0; i < table_.count(); ++i) { // behind those that were up
    ask_again(i, now);
  }
}

void gateway::disconnected(time_point now) {
  FLEET_CHECK(told_ == events_.size());
  linked_ = false;
  for (request_slot& slot : slots_) {
    slot.kind = unknown;
    slot.devices.clear();
  }
  in_flight_ = 0;
  answers_.clear();
  for (std::uint16_t i = 0; i < table_.count(); ++i) {
    apply(i, step::link_lost, now);
  }
}

std::optional<std::uint16_t> gateway::find(device_pair who) const {
  const auto index = source_.find(who.product_key, who.device_name);
  return index && *index < table_.count() ? std::optional{static_cast<std::uint16_t>(*index)}
                                          : std::nullopt;
}

bool gateway::receive(std::string_view topic_name, bytes_view payload, time_point now,
                      gateway_reader& reader) {
  FLEET_CHECK(told_ == events_.size());
  const topic on = parse_topic(topic_name);
  const bool own = on.product_key == product_key_ && on.device_name == device_name_;
  if (own && on.reply && is_gateway_request(on.kind)) {
    const gateway_reply reply = reader.read_reply(payload);
    if (reply.good && linked_) {
      take_reply(on.kind, reply, now);
    } else {
      ++counters_.bad_messages;
    }
    return true;
  }
  const bool mine = !on.reply && (own ? is_notice(on.kind) : is_order(on.kind));
  return mine && take_notice(on, payload, now, reader);
}

bool gateway::take_notice(const topic& on, bytes_view payload, time_point now,
                          gateway_reader& reader) {
  gateway_message back{.kind = on.kind, .reply = true, .sub_device = std::nullopt};
  if (is_order(on.kind)) {
    back.sub_device = find({on.product_key, on.device_name});
    if (!back.sub_device) {
      return false;
    }
  }
  const gateway_notice notice = reader.read_notice(on.kind, payload);
  if (notice.code != code_success) {
    ++counters_.bad_messages;
    answer(back, notice.id, notice.code);
    return true;
  }
  if (on.kind == gateway_permit) {
    gateway_event event;
    event.kind = gateway_event_kind::permit;
    event.permit_product = notice.permit_product;
    event.permit_seconds = notice.permit_seconds;
    events_.push_back(event);
  } else if (back.sub_device) {
    take_change(change_of(on.kind), *back.sub_device, now);
  }
  for (const reply_entry& entry : notice.devices) {
    const auto index = find(entry.who);
    if (!index) {
      ++counters_.strangers;
    } else if (on.kind == ext_error) {
      take_error(notice.error, *index, now);
    } else if (on.kind == topo_change) {
      take_change(notice.change, *index, now);
    } else if (table_[*index].wanted) {
      restart(*index, now); // topo_add_notify: on its way up again unless it already is
    }
  }
  answer(back, notice.id, code_success);
  return true;
}

void gateway::answer(const gateway_message& on, std::string_view raw_id, int code) {
  if (raw_id.empty() || on.kind == ext_error) {
    return;
  }
  if (answers_.size() == max_pending_answers) {
    ++counters_.dropped_answers;
    return;
  }
  answers_.push_back({on, std::string{raw_id}, code});
}

/// A secret is worth taking however late it comes, and whatever happened to the sub-device while it
/// was on its way: the platform may give it only once (6289).
void gateway::take_secrets(const gateway_reply& reply, time_point now) {
  for (const reply_entry& entry : reply.devices) {
    const auto index = entry.device_secret.empty() ? std::nullopt : find(entry.who);
    const bool waits = index && table_[*index].state == state::registering;
    if (index && (waits || source_.at(*index).device_secret.empty())) {
      gateway_event event;
      event.kind = gateway_event_kind::registered;
      event.index = *index;
      event.device_secret = entry.device_secret;
      events_.push_back(event);
      ++counters_.registered;
    }
    if (waits) {
      table_.withdraw(*index);
      table_[*index].alone = false;
      table_[*index].due = time_point::min();
      apply(*index, step::registered, now);
    }
  }
}

void gateway::take_reply(topic_kind kind, const gateway_reply& reply, time_point now) {
  if ((kind == sub_register || kind == product_register) && reply.code == code_success) {
    take_secrets(reply, now);
  }
  if (kind == topo_get && reply.code == code_success) {
    take_topology(reply, now);
  }
  const auto slot = std::find_if(slots_.begin(), slots_.end(), [&](const request_slot& s) {
    return s.kind == kind && s.id == reply.id;
  });
  if (slot == slots_.end()) {
    ++counters_.late_replies;
    return;
  }
  const auto number = static_cast<std::uint8_t>(slot - slots_.begin());
  if (reply.code == code_success) {
    holds_ = 0;
    count_success(kind);
  } else if (reply.code == code_too_busy) {
    hold(now);
  }
  const bool busy = reply.code == code_too_busy || reply.code == code_system_error
                    || reply.code == gateway_code::unavailable;
  if (reply.code != code_success && slot->devices.size() > 1 && !busy) {
    fail_batch(*slot, number, reply, now);
  } else {
    for (const std::uint16_t index : slot->devices) {
      const sub_device_record& r = table_[index];
      if (r.place != sub_device_place::in_flight || r.slot != number) {
        continue; // it went another way meanwhile
      }
      table_.withdraw(index);
      const std::int64_t code = code_for(reply, index);
      if (code == code_success) {
        succeed(index, now);
      } else {
        fail_one(index, code, now);
      }
    }
  }
  close(*slot);
}

void gateway::close(request_slot& slot) noexcept {
  slot.kind = unknown;
  slot.devices.clear();
  --in_flight_;
}

/// Takes a free slot, of which there is one, for a request of that kind.
std::uint8_t gateway::open(topic_kind kind, time_point now) {
  const auto slot = std::find_if(slots_.begin(), slots_.end(),
                                 [](const request_slot& s) { return s.kind == unknown; });
  FLEET_CHECK(slot != slots_.end());
  slot->kind = kind;
  slot->id = next_id_++;
  slot->deadline = later(now, settings_.reply_timeout);
  ++in_flight_;
  ++counters_.requests;
  return static_cast<std::uint8_t>(slot - slots_.begin());
}

void gateway::handle_timeout(time_point now) {
  FLEET_CHECK(told_ == events_.size());
  if (!linked_) {
    return;
  }
  for (std::uint8_t number = 0; number < slots_.size(); ++number) {
    request_slot& slot = slots_[number];
    if (slot.kind == unknown || slot.deadline > now) {
      continue;
    }
    ++counters_.timeouts;
    for (const std::uint16_t index : slot.devices) {
      if (table_[index].place == sub_device_place::in_flight && table_[index].slot == number) {
        table_.withdraw(index);
        retry(index, settings_.retry_first, settings_.retry_most, now);
      }
    }
    topology_unasked_ = topology_unasked_ || slot.kind == topo_get;
    found_untold_ = found_untold_ || slot.kind == list_found;
    close(slot);
  }
  table_.wake(now);
}

time_point gateway::next_timeout() const noexcept {
  if (!linked_) {
    return never;
  }
  time_point next = table_.next_due();
  for (const request_slot& slot : slots_) {
    next = slot.kind == unknown ? next : std::min(next, slot.deadline);
  }
  const bool held = hold_until_ != time_point::min() && in_flight_ < slots_.size();
  const bool unsaid = topology_unasked_ || found_untold_ || table_.any_ready();
  return held && unsaid ? std::min(next, hold_until_) : next;
}

std::optional<gateway_event> gateway::next_event() noexcept {
  if (told_ == events_.size()) {
    events_.clear();
    told_ = 0;
    return std::nullopt;
  }
  return events_[told_++];
}

std::uint16_t gateway::batch_of(work w) const noexcept {
  switch (w) {
    case work::log_out:
    case work::log_in: return settings_.login_batch;
    case work::unbind:
    case work::add: return settings_.topology_batch;
    case work::forget:
    case work::enroll: return settings_.register_batch;
    case work::none: break;
  }
  return 1;
}

std::optional<gateway_message> gateway::next_message(byte_buffer& out, time_point now) {
  if (!linked_) {
    return std::nullopt;
  }
  if (!answers_.empty()) {
    const pending_answer first = std::move(answers_.front());
    answers_.erase(answers_.begin());
    append_reply(
        out,
        {.raw_id = first.raw_id, .code = first.code, .message = gateway_code_text(first.code)});
    return first.on;
  }
  if (now >= hold_until_) {
    hold_until_ = time_point::min();
  }
  if (now < hold_until_ || in_flight_ == slots_.size()) {
    return std::nullopt;
  }
  if (const auto first = ask_about_all(out, now)) {
    return first;
  }
  for (const work w :
       {work::log_out, work::unbind, work::forget, work::log_in, work::add, work::enroll}) {
    if (table_.any_ready(w)) {
      return ask(w, out, now);
    }
  }
  return std::nullopt;
}

/// What is asked once a connect, for no sub-device in particular. There is a free slot.
std::optional<gateway_message> gateway::ask_about_all(byte_buffer& out, time_point now) {
  if (topology_unasked_) {
    topology_unasked_ = false;
    const request_slot& slot = slots_[open(topo_get, now)];
    gateway_request_writer{out, topo_get, settings_.dialect, slot.id}.end();
    return gateway_message{.kind = topo_get, .reply = false, .sub_device = std::nullopt};
  }
  std::vector<std::uint16_t> found;
  for (std::uint16_t i = 0; found_untold_ && i < table_.count() && found.size() < max_found; ++i) {
    if (!table_[i].bound) {
      found.push_back(i);
    }
  }
  found_untold_ = false;
  if (found.empty()) {
    return std::nullopt;
  }
  const request_slot& slot = slots_[open(list_found, now)];
  gateway_request_writer request{out, list_found, settings_.dialect, slot.id};
  for (const std::uint16_t index : found) {
    request.add(source_.at(index));
  }
  request.end();
  return gateway_message{.kind = list_found, .reply = false, .sub_device = std::nullopt};
}

/// Puts the front of a line into one request. There is a free slot.
gateway_message gateway::ask(work w, byte_buffer& out, time_point now) {
  const std::uint8_t number = open(kind_of(w, false), now);
  request_slot& slot = slots_[number];
  const std::uint16_t most = batch_of(w);
  while (slot.devices.size() < most && table_.any_ready(w)) {
    const std::uint16_t index = table_.first_ready(w);
    if (table_[index].alone && !slot.devices.empty()) {
      break;
    }
    table_.put_in_flight(index, number);
    slot.devices.push_back(index);
    if (table_[index].alone) {
      break;
    }
  }
  const bool by_product = w == work::enroll && !settings_.product_secret.empty();
  slot.kind = by_product ? product_register : kind_of(w, slot.devices.size() > 1);
  const std::string uptime = std::to_string(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
  gateway_request_writer request{out, slot.kind, settings_.dialect, slot.id};
  for (const std::uint16_t index : slot.devices) {
    const identity who = source_.at(index);
    if (by_product) {
      request.add_by_product({who.product_key, who.device_name}, settings_.product_secret,
                             std::to_string(chance_.next()));
    } else {
      request.add(who, settings_.dialect == gateway_dialect::sdk_2_10 ? sdk_timestamp : uptime);
    }
  }
  request.end();
  return {.kind = slot.kind, .reply = false, .sub_device = std::nullopt};
}

} // namespace fleet::alink
