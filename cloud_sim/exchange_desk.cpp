// Why nothing is lost or comes twice between a subscription and what is published elsewhere at the
// same time: a home that has learnt of a filter sends what matches it, in order and behind its
// answer; the subscription counts when all have answered and all that waited is dealt with, and
// what is retained by then is replayed under the lock under which others retain and send.
// Messages that are retained have one order on all homes, that in which they had that lock: whoever
// has it takes what waits before it retains and sends something newer.
#include "cloud_sim/exchange_desk.hpp"

#include <algorithm>
#include <utility>

namespace fleet::cloud {

exchange_desk::exchange_desk(exchange& at, broker& core, clients& own)
    : exchange_(at), core_(core), own_(own),
      tree_({at.bounds().tree_nodes_max, at.bounds().filter_levels_max, UINT32_MAX}) {
  for (std::uint32_t i = 0; i < at.size(); ++i) {
    others_.push_back(std::make_unique<elsewhere>());
    others_.back()->home = i;
  }
  at.settle(core.here(), this);
}

exchange_desk::~exchange_desk() {
  exchange_.settle(core_.here(), nullptr);
}

std::size_t exchange_desk::known() const noexcept {
  std::size_t sum = 0;
  for (const auto& other : others_) {
    sum += other->subscription_count();
  }
  return sum;
}

bool exchange_desk::publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain) {
  std::shared_ptr<mqtt::stored_message> made;
  const auto message = [&] {
    if (made == nullptr) {
      made = std::make_shared<mqtt::stored_message>();
      made->topic.assign(topic);
      made->payload.assign(payload.begin(), payload.end());
    }
    return made;
  };
  const broker::turn guard{core_}; // which ends behind the lock
  std::unique_lock lock{exchange_.retained_guard(), std::defer_lock};
  bool kept = true;
  if (retain) {
    lock.lock();
    take_waiting();
    if (payload.empty()) {
      exchange_.retained().clear(topic);
    } else {
      kept = exchange_.retained().set(message(), q);
    }
  }
  tree_.find(topic, matches_);
  for (const auto& m : matches_) {
    exchange_item item;
    item.q = q;
    item.message = message();
    if (!exchange_.send(static_cast<elsewhere&>(*m.who).home, std::move(item))) {
      add(q == mqtt::qos::at_most_once ? core_.counters().slow_drops
                                       : core_.counters().queue_drops);
    }
  }
  return kept;
}

void exchange_desk::tell_others(exchange_item::form what, std::uint64_t ticket,
                                const std::vector<std::string>& filters) {
  for (std::uint32_t home = 0; home < exchange_.size(); ++home) {
    if (home != core_.here()) {
      exchange_item item;
      item.what = what;
      item.from = core_.here();
      item.ticket = ticket;
      item.filters = filters;
      (void)exchange_.send(home, std::move(item));
    }
  }
}

// Also where all of them are known already: others may not have heard yet. One that is not answered
// yet is told again: whoever has no room for it says so to each that wants it.
std::uint64_t exchange_desk::announce(const std::vector<std::string>& filters) {
  asked_.emplace(++tickets_, asked{});
  std::vector<std::string> fresh;
  for (const auto& filter : filters) {
    auto& known = wanted_[filter];
    if (known.clients++ == 0 || std::exchange(known.unknown, false)
        || asked_.contains(known.asked)) {
      fresh.push_back(filter);
      known.asked = tickets_;
    }
  }
  tell_others(exchange_item::form::announce, tickets_, fresh);
  return tickets_;
}

void exchange_desk::release(std::string_view filter) {
  const auto found = wanted_.find(filter);
  if (found != wanted_.end() && --found->second.clients == 0) {
    tell_others(exchange_item::form::withdraw, 0, {found->first});
    wanted_.erase(found);
  }
}

void exchange_desk::learn(const exchange_item& item) {
  exchange_item answer;
  answer.what = exchange_item::form::answer;
  answer.from = core_.here();
  answer.ticket = item.ticket;
  for (const auto& filter : item.filters) {
    switch (tree_.subscribe(*others_[item.from], filter, mqtt::qos::exactly_once)) {
      case subscription_tree::outcome::added:
      case subscription_tree::outcome::replaced: break;
      case subscription_tree::outcome::too_deep:
      case subscription_tree::outcome::too_many: answer.filters.push_back(filter); break;
    }
  }
  (void)exchange_.send(item.from, std::move(answer));
}

void exchange_desk::handle(exchange_item& item) {
  switch (item.what) {
    case exchange_item::form::message: own_.on_message(*item.message, item.q); break;
    case exchange_item::form::announce: learn(item); break;
    case exchange_item::form::withdraw:
      for (const auto& filter : item.filters) {
        tree_.unsubscribe(*others_[item.from], filter);
      }
      break;
    case exchange_item::form::answer: {
      auto& of = asked_.at(item.ticket);
      for (auto& filter : item.filters) {
        if (const auto found = wanted_.find(filter); found != wanted_.end()) {
          found->second.unknown = true;
        }
        of.refused.push_back(std::move(filter));
      }
      if (++of.answers + 1 == exchange_.size()) {
        ready_.push_back(item.ticket);
      }
      break;
    }
  }
}

// What becomes ready meanwhile is settled by work(), which comes for what was in the box.
void exchange_desk::take_waiting() {
  for (auto& item : exchange_.take(core_.here())) {
    handle(item);
  }
}

void exchange_desk::work() {
  const broker::turn guard{core_};
  take_waiting();
  if (!ready_.empty()) {
    settle();
  }
}

void exchange_desk::settle() {
  std::vector<std::uint64_t> settled;
  {
    const std::lock_guard lock{exchange_.retained_guard()};
    take_waiting();
    settled.swap(ready_);
    for (const auto ticket : settled) {
      const auto found = asked_.find(ticket);
      own_.on_announced(ticket, found->second.refused);
      asked_.erase(found);
    }
  }
  for (const auto ticket : settled) {
    own_.on_settled(ticket);
  }
}

} // namespace fleet::cloud
