// A sub-device's way up and down: steps, back-off, and what the codes of replies mean for it. What
// comes in and goes out is gateway_traffic.cpp's.
#include "protocol/alink/gateway_machine.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using state = sub_device_state;
using step = sub_device_step;
using work = sub_device_work;

constexpr std::uint8_t most_attempts = 16; ///< beyond, a delay has long reached its most

/// What a code of a reply means for the one sub-device that was asked for.
enum class verdict : std::uint8_t { again, full, unbound, disabled, deleted, refused };

verdict verdict_of(std::int64_t code) noexcept {
  switch (code) {
    case gateway_code::too_many_online:
    case gateway_code::topology_full: return verdict::full;
    case gateway_code::no_relation: return verdict::unbound;
    case gateway_code::device_forbidden:
    case gateway_code::device_disabled: return verdict::disabled;
    case gateway_code::device_deleted: return verdict::deleted;
    case gateway_code::auth_error:
    case gateway_code::forbidden:
    case code_parameter_error:
    case gateway_code::product_lookup_failed:
    case gateway_code::device_not_found:
    case gateway_code::product_not_found:
    case gateway_code::device_exists:
    case gateway_code::bad_device_name:
    case gateway_code::invalid_sign:
    case gateway_code::registration_off:
    case gateway_code::already_active:
    case gateway_code::method_unsupported:
    case gateway_code::registration_sign_failed:
    case gateway_code::cannot_add_self:
    case gateway_code::bound_elsewhere: return verdict::refused;
    default: return verdict::again; // what nobody documented may pass
  }
}

bool may_be_online(state s) noexcept {
  return s == state::online || s == state::logging_out;
}

bool leads_out(state s) noexcept {
  return s == state::logging_out || s == state::unbinding || s == state::unregistering;
}

bool waits_for_link(state s) noexcept {
  return s == state::unregistered || s == state::unbound || s == state::offline;
}

} // namespace

bool valid(const gateway_settings& s) noexcept {
  const auto within = [](std::size_t value, std::size_t most) {
    return value > 0 && value <= most;
  };
  return within(s.in_flight_max, max_requests_in_flight)
         && within(s.login_batch, max_listed_devices)
         && within(s.topology_batch, max_listed_devices)
         && within(s.register_batch, max_listed_devices) && s.reply_timeout > duration::zero()
         && s.retry_first > duration::zero() && s.retry_most >= s.retry_first
         && s.takeover_first > duration::zero() && s.takeover_most >= s.takeover_first
         && s.full_wait > duration::zero() && s.steady_after >= duration::zero();
}

gateway::gateway(const parts& from, random_stream chance)
    : settings_(from.settings), source_(from.sub_devices), chance_(chance),
      product_key_(from.own.product_key), device_name_(from.own.device_name), table_(from.count),
      slots_(from.settings.in_flight_max) {
  FLEET_CHECK(valid(from.settings) && from.count <= max_sub_devices
              && from.count <= from.sub_devices.count());
  for (std::uint16_t i = 0; i < from.count; ++i) {
    table_[i].bound = from.settings.topology_known;
    table_[i].state = source_.at(i).device_secret.empty() ? state::unregistered
                      : table_[i].bound                   ? state::offline
                                                          : state::unbound;
  }
}

sub_device_state gateway::state_of(std::uint16_t index) const noexcept {
  FLEET_CHECK(index < table_.count());
  return table_[index].state;
}

void gateway::tell(gateway_event_kind kind, std::uint16_t index, std::int64_t code) {
  gateway_event event;
  event.kind = kind;
  event.index = index;
  event.code = static_cast<std::int32_t>(std::clamp<std::int64_t>(code, -1, 1'000'000));
  events_.push_back(event);
}

/// Takes one step of the table and does what the new state asks for; false if nothing happened.
bool gateway::apply(std::uint16_t index, step s, time_point now, std::int64_t code) {
  sub_device_record& r = table_[index];
  const state next = next_state(r.state, s);
  if (next == sub_device_stays) {
    return false;
  }
  table_.withdraw(index);
  const bool was_online = r.state == state::online;
  r.state = next;
  r.probing = r.probing && (next == state::offline || next == state::logging_in);
  if (was_online) {
    // Until now `due` told since when.
    r.attempts = now - r.due >= settings_.steady_after ? std::uint8_t{0} : r.attempts;
    r.due = time_point::min();
  }
  if (r.told_online && !may_be_online(next)) {
    r.told_online = false;
    --online_;
    tell(gateway_event_kind::offline, index, code);
  }
  if (next == state::online && !r.told_online) {
    r.told_online = true;
    ++online_;
    tell(gateway_event_kind::online, index, 0);
  }
  if (next == state::online) {
    r.due = now;
  } else if (next == state::refused) {
    tell(gateway_event_kind::refused, index, code);
  } else if (next == state::disabled) {
    tell(gateway_event_kind::disabled, index, code);
  } else if (next == state::deleted) {
    r.bound = false;
    tell(gateway_event_kind::removed, index, code);
  } else if (s == step::enable) {
    tell(gateway_event_kind::enabled, index, 0);
  }
  if (r.leaving && !leads_out(next)) {
    if (next == state::parked && s != step::forgotten && linked_) {
      return apply(index, step::dismiss, now);
    }
    r.leaving = false;
    tell(gateway_event_kind::left, index, s == step::forgotten ? 0 : -1);
  }
  if (linked_ && waits_for_link(next)) {
    return apply(index, step::begin, now);
  }
  if (work_of(next) != work::none) {
    table_.enqueue(index, now);
  }
  return true;
}

void gateway::stop(std::uint16_t index, time_point now) {
  FLEET_CHECK(index < table_.count());
  sub_device_record& r = table_[index];
  r.wanted = false;
  if (next_state(r.state, step::stop) == sub_device_stays) {
    return;
  }
  table_.withdraw(index);
  if (r.state != state::online) {
    r.due = time_point::min();
  }
  apply(index, step::stop, now);
}

bool gateway::dismiss(std::uint16_t index, time_point now) {
  FLEET_CHECK(index < table_.count());
  if (!linked_ || table_[index].state != state::online) {
    return false;
  }
  table_[index].leaving = true;
  stop(index, now);
  return true;
}

/// Lets it wait, twice as long each time.
void gateway::retry(std::uint16_t index, duration first, duration most, time_point now) {
  table_.withdraw(index); // before its time changes: the heap is ordered by it
  sub_device_record& r = table_[index];
  duration delay = first;
  for (std::uint8_t i = 0; i < r.attempts && delay < most; ++i) {
    delay *= 2;
  }
  delay = std::min(delay, most);
  r.attempts = std::min<std::uint8_t>(static_cast<std::uint8_t>(r.attempts + 1), most_attempts);
  r.due = later(now, chance_.between(delay / 2, delay));
  if (work_of(r.state) != work::none) {
    table_.enqueue(index, now);
  }
}

/// At once the first time, with back-off from the second on.
void gateway::soon(std::uint16_t index, time_point now) {
  if (table_[index].attempts == 0) {
    table_[index].attempts = 1;
  } else {
    retry(index, settings_.retry_first, settings_.retry_most, now);
  }
}

/// The platform is too busy for this gateway: everybody waits, not only whoever was told so.
void gateway::hold(time_point now) {
  if (now < hold_until_) {
    return; // the rest of what was in flight, told the same
  }
  duration delay = settings_.retry_first;
  for (std::uint8_t i = 0; i < holds_ && delay < settings_.retry_most; ++i) {
    delay *= 2;
  }
  delay = std::min(delay, settings_.retry_most);
  holds_ = std::min<std::uint8_t>(static_cast<std::uint8_t>(holds_ + 1), most_attempts);
  hold_until_ = later(now, chance_.between(delay / 2, delay));
}

void gateway::succeed(std::uint16_t index, time_point now) {
  sub_device_record& r = table_[index];
  r.alone = false;
  r.due = time_point::min();
  switch (work_of(r.state)) {
    case work::add:
      r.bound = true;
      apply(index, step::added, now);
      return;
    case work::log_in:
      r.bound = true;
      apply(index, step::logged_in, now);
      return;
    case work::log_out: apply(index, step::logged_out, now); return;
    case work::unbind:
      r.bound = false;
      apply(index, step::topology_deleted, now);
      return;
    case work::forget:
      ++counters_.left;
      apply(index, step::forgotten, now);
      return;
    case work::enroll: // the reply brought no secret for it
      retry(index, settings_.retry_first, settings_.retry_most, now);
      return;
    case work::none: return;
  }
}

void gateway::fail_one(std::uint16_t index, std::int64_t code, time_point now) {
  sub_device_record& r = table_[index];
  if (leads_out(r.state)) {
    // Whatever the reason, it has no session, relation or registration any more, or never had.
    if (verdict_of(code) == verdict::again && code != gateway_code::no_session) {
      retry(index, settings_.retry_first, settings_.retry_most, now);
    } else if (r.state == state::logging_out) {
      apply(index, step::logged_out, now, code);
    } else {
      succeed(index, now);
    }
    return;
  }
  const verdict what = verdict_of(code);
  if (r.probing && what != verdict::again && what != verdict::full && what != verdict::disabled) {
    apply(index, step::erase, now, code); // still deleted
    return;
  }
  switch (what) {
    case verdict::again: retry(index, settings_.retry_first, settings_.retry_most, now); return;
    case verdict::full: retry(index, settings_.full_wait, settings_.full_wait, now); return;
    case verdict::unbound:
      r.bound = false;
      if (apply(index, step::topology_missing, now, code)) {
        soon(index, now); // should the platform forget it again and again, ever more slowly
      } else {
        retry(index, settings_.retry_first, settings_.retry_most, now);
      }
      return;
    case verdict::disabled:
      if (r.state == state::adding && !r.bound) {
        // Without a relation the platform has nobody to tell that it is enabled again.
        r.alone = true;
        retry(index, settings_.retry_first, settings_.retry_most, now);
      } else {
        apply(index, step::disable, now, code);
      }
      return;
    case verdict::deleted: apply(index, step::erase, now, code); return;
    case verdict::refused: apply(index, step::refuse, now, code); return;
  }
}

/// A batch is all or nothing (§16.3): those that it failed on are asked for singly from now on, so
/// that each gets its own code; the others go together again at once.
void gateway::fail_batch(const request_slot& slot, std::uint8_t number, const gateway_reply& reply,
                         time_point now) {
  const auto ours = [&](std::uint16_t index) {
    return table_[index].place == sub_device_place::in_flight && table_[index].slot == number;
  };
  bool named = false;
  for (const reply_entry& entry : reply.devices) {
    const auto index = find(entry.who);
    if (index && ours(*index)) {
      table_[*index].alone = true;
      named = true;
    }
  }
  for (const std::uint16_t index : slot.devices) {
    if (ours(index)) {
      table_[index].alone = table_[index].alone || !named;
      table_.enqueue(index, now);
    }
  }
}

void gateway::count_success(topic_kind kind) {
  counters_.batches +=
      kind == topic_kind::session_batch_login || kind == topic_kind::session_batch_logout ? 1U : 0U;
  counters_.topologies += kind == topic_kind::topo_get ? 1U : 0U;
  counters_.found += kind == topic_kind::list_found ? 1U : 0U;
}

/// What a reply says of one device: product_register answers 200 and lists those that failed.
std::int64_t gateway::code_for(const gateway_reply& reply, std::uint16_t index) const {
  for (const reply_entry& entry : reply.devices) {
    if (reply.code == code_success && entry.failed && find(entry.who) == index) {
      return entry.code == 0 ? std::int64_t{code_parameter_error} : entry.code;
    }
  }
  return reply.code;
}

void gateway::take_change(topology_change change, std::uint16_t index, time_point now) {
  sub_device_record& r = table_[index];
  switch (change) {
    case topology_change::created:
      r.bound = true;
      if (r.wanted) {
        restart(index, now);
      }
      return;
    case topology_change::deleted: apply(index, step::erase, now); return;
    case topology_change::enabled:
      if (apply(index, step::enable, now) && r.wanted) {
        restart(index, now);
      }
      return;
    case topology_change::disabled: apply(index, step::disable, now); return;
  }
}

void gateway::take_error(std::int64_t code, std::uint16_t index, time_point now) {
  const bool taken =
      code == gateway_code::duplicate_login || code == gateway_code::duplicate_login_elsewhere;
  if (code == gateway_code::no_session || taken) {
    if (!apply(index, step::session_lost, now, code) || table_[index].state != state::logging_in) {
      return;
    }
    // Without session for the first time: log in again at once (§16.8). Taken over: not so fast.
    if (taken) {
      retry(index, settings_.takeover_first, settings_.takeover_most, now);
    } else {
      soon(index, now);
    }
    return;
  }
  switch (verdict_of(code)) {
    case verdict::unbound: // taken away, not missing: adding it again would be stealing it back
    case verdict::deleted: apply(index, step::erase, now, code); return;
    case verdict::disabled: apply(index, step::disable, now, code); return;
    case verdict::again:
    case verdict::full:
    case verdict::refused: return;
  }
}

} // namespace fleet::alink
