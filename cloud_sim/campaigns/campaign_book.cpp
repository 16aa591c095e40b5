// Who has a device is found by a look into each campaign: there are few.
#include "cloud_sim/campaigns/campaign_book.hpp"

#include <algorithm>
#include <vector>

namespace fleet::cloud {

namespace {

bool goes_on(const campaign& c) noexcept {
  switch (c.sums().state) {
    case campaign_state::ready:
    case campaign_state::running:
    case campaign_state::halted: return true;
    case campaign_state::cancelled:
    case campaign_state::finished: break;
  }
  return c.under_way() != 0;
}

/// Whether the device would take part, wherever it is now.
bool wants(const campaign_rules& rules, const device_facts& d) noexcept {
  return chosen(rules.select, d.device) && d.version != rules.version
         && runs_chosen_version(rules.select, d.version);
}

/// Whether the campaign still wants something of the device.
bool holds(const campaign& c, std::uint32_t device) noexcept {
  const rollout_device* d = c.find(device);
  return d != nullptr
         && (d->state == rollout_state::waiting || d->state == rollout_state::offered
             || d->state == rollout_state::upgrading);
}

} // namespace

bool campaign_book::known(std::string_view name) const noexcept {
  return std::ranges::any_of(
      campaigns_, [&](const auto& each) { return each.second.rules().select.name == name; });
}

result<campaign_book::id, campaign_error> campaign_book::add(const campaign_rules& rules,
                                                             std::span<const device_facts> devices,
                                                             campaign_overlap overlap,
                                                             time_point now) {
  if (!valid(rules)) {
    return fail(campaign_error::invalid);
  }
  if (known(rules.select.name)) {
    return fail(campaign_error::name_taken);
  }
  if (campaigns_.size() >= campaigns_max) {
    return fail(campaign_error::full);
  }
  std::vector<device_facts> free;
  std::vector<std::pair<campaign*, std::uint32_t>> taken;
  for (const device_facts& d : devices) {
    const id holder = wants(rules, d) ? holder_of(d.device) : 0;
    if (holder == 0) {
      free.push_back(d);
      continue;
    }
    campaign& other = campaigns_.at(holder);
    if (overlap == campaign_overlap::take_over
        && other.find(d.device)->state != rollout_state::upgrading) {
      free.push_back(d);
      taken.emplace_back(&other, d.device);
    }
  }
  campaign made{rules, free};
  if (made.sums().devices == 0) {
    return fail(campaign_error::nobody);
  }
  for (const auto& [other, device] : taken) {
    (void)other->withdraw(device, now);
  }
  campaigns_.emplace(++last_, std::move(made));
  return last_;
}

result<campaign_book::id, campaign_error>
campaign_book::restore(id number, const campaign_rules& rules, std::span<const rollout_device> rows,
                       const campaign_sums& sums, time_point now) {
  if (!valid(rules) || number == 0) {
    return fail(campaign_error::invalid);
  }
  if (campaigns_.contains(number) || known(rules.select.name)) {
    return fail(campaign_error::name_taken);
  }
  if (campaigns_.size() >= campaigns_max) {
    return fail(campaign_error::full);
  }
  campaign made{rules, {}};
  made.restore(rows, sums, now);
  campaigns_.emplace(number, std::move(made));
  last_ = std::max(last_, number);
  return number;
}

template <class Change>
result<campaign_book::id, campaign_error>
campaign_book::change(id number, std::initializer_list<campaign_state> from, Change what) {
  const auto found = campaigns_.find(number);
  if (found == campaigns_.end()) {
    return fail(campaign_error::unknown);
  }
  if (std::ranges::find(from, found->second.sums().state) == from.end()) {
    return fail(campaign_error::not_now);
  }
  what(found->second);
  return number;
}

result<campaign_book::id, campaign_error> campaign_book::remove(id number) {
  const auto found = campaigns_.find(number);
  if (found == campaigns_.end()) {
    return fail(campaign_error::unknown);
  }
  if (goes_on(found->second)) {
    return fail(campaign_error::not_now);
  }
  campaigns_.erase(found);
  return number;
}

result<campaign_book::id, campaign_error> campaign_book::start(id number, time_point now) {
  return change(number, {campaign_state::ready}, [&](campaign& c) { c.start(now); });
}

result<campaign_book::id, campaign_error> campaign_book::halt(id number) {
  return change(number, {campaign_state::running}, [](campaign& c) { c.halt(); });
}

result<campaign_book::id, campaign_error> campaign_book::resume(id number, time_point now) {
  return change(number, {campaign_state::halted}, [&](campaign& c) { c.resume(now); });
}

result<campaign_book::id, campaign_error> campaign_book::cancel(id number) {
  return change(number, {campaign_state::ready, campaign_state::running, campaign_state::halted},
                [](campaign& c) { c.cancel(); });
}

result<campaign_book::id, campaign_error> campaign_book::retry_failed(id number, time_point now) {
  std::vector<std::uint32_t> elsewhere;
  std::size_t failed = 0;
  if (const campaign* const c = find(number)) {
    for (const rollout_device& d : c->devices()) {
      if (d.state == rollout_state::failed) {
        ++failed;
        if (holder_of(d.device) != 0) {
          elsewhere.push_back(d.device);
        }
      }
    }
  }
  std::size_t again = 0;
  const auto done =
      change(number, {campaign_state::running, campaign_state::halted, campaign_state::finished},
             [&](campaign& c) { again = c.retry_failed(now, elsewhere); });
  if (done.ok() && again == 0 && failed != 0) {
    return fail(campaign_error::nobody);
  }
  return done;
}

campaign_book::id campaign_book::holder_of(std::uint32_t device) const noexcept {
  for (const auto& [number, c] : campaigns_) {
    if (holds(c, device)) {
      return number;
    }
  }
  return 0;
}

campaign_book::holders campaign_book::holders_of(const campaign_rules& rules,
                                                 std::span<const device_facts> devices) const {
  holders out;
  for (const device_facts& d : devices) {
    if (const id holder = wants(rules, d) ? holder_of(d.device) : 0; holder != 0) {
      ++out[holder];
    }
  }
  return out;
}

campaign_book::holders campaign_book::holders_of_failed(id number) const {
  holders out;
  if (const campaign* const c = find(number)) {
    for (const rollout_device& d : c->devices()) {
      const id holder = d.state == rollout_state::failed ? holder_of(d.device) : 0;
      if (holder != 0) {
        ++out[holder];
      }
    }
  }
  return out;
}

void campaign_book::online(std::uint32_t device, std::string_view version, time_point now,
                           const std::function<bool(id)>& concerns) {
  id holder = holder_of(device);
  if (holder != 0 && concerns && !concerns(holder)) {
    holder = 0; // it waits for another module's version; those of this one may have failed before
  }
  for (auto& [number, c] : campaigns_) {
    if (!concerns || concerns(number)) {
      const bool hears = holder == 0 || holder == number;
      c.online(device, hears ? version : std::string_view{}, now);
    }
  }
}

void campaign_book::offline(std::uint32_t device) {
  for (auto& [number, c] : campaigns_) {
    c.offline(device);
  }
}

void campaign_book::progressed(std::uint32_t device, int step, time_point now) {
  if (const auto holder = campaigns_.find(holder_of(device)); holder != campaigns_.end()) {
    holder->second.progressed(device, step, now);
  }
}

void campaign_book::withdraw(std::uint32_t device, time_point now) {
  for (auto& [number, c] : campaigns_) {
    (void)c.withdraw(device, now);
  }
}

std::optional<campaign_book::id> campaign_book::asked(std::uint32_t device, time_point now) {
  for (auto& [number, c] : campaigns_) {
    if (c.asked(device, now)) {
      return number;
    }
  }
  return std::nullopt;
}

void campaign_book::handle_timeout(time_point now) {
  for (auto& [number, c] : campaigns_) {
    c.handle_timeout(now);
  }
}

time_point campaign_book::next_timeout() const noexcept {
  time_point next = never;
  for (const auto& [number, c] : campaigns_) {
    next = std::min(next, c.next_timeout());
  }
  return next;
}

std::optional<campaign_book::event> campaign_book::next_event() {
  for (auto& [number, c] : campaigns_) {
    if (const auto what = c.next_event()) {
      return event{number, *what};
    }
  }
  return std::nullopt;
}

const campaign* campaign_book::find(id number) const noexcept {
  const auto found = campaigns_.find(number);
  return found == campaigns_.end() ? nullptr : &found->second;
}

} // namespace fleet::cloud
