// Registrations and what the far side is known to have of them. At most one request a filter is
// under way: a repeat of an older one must not undo a later one.
#include "actors/device/cloud_connection.hpp"

#include <algorithm>
#include <utility>

#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::actors {

std::string_view to_string(connection_code code) noexcept {
  switch (code) {
    case connection_code::done: return "done";
    case connection_code::failed: return "held by the device itself";
    case connection_code::not_supported: return "not supported";
    case connection_code::refused: return "refused";
    case connection_code::not_connected: return "not connected";
    case connection_code::bad_topic: return "bad topic";
    case connection_code::list_full: return "list full";
    case connection_code::unknown_topic: return "unknown topic";
    case connection_code::buffer_exceeded: return "buffer exceeded";
  }
  FLEET_CHECK(false);
}

std::string topic_of(uri_type type, const alink::device_pair& who, std::string_view uri) {
  std::string_view head;
  switch (type) {
    case uri_type::undefine: return std::string{uri};
    case uri_type::sys: head = "/sys"; break;
    case uri_type::ext: head = "/ext"; break;
    case uri_type::own: break;
  }
  std::string out{head};
  for (const auto part : {who.product_key, who.device_name, uri}) {
    out.append("/").append(part);
  }
  return out;
}

connection_rules rules_of(bool sdk) noexcept {
  return sdk ? connection_rules{sdk_topics_max, false, true} : connection_rules{};
}

bool fits_better(std::string_view a, std::string_view b) noexcept {
  const auto rank = [](std::string_view rest) {
    return rest.starts_with('#') ? 0 : rest.starts_with('+') ? 1 : 2;
  };
  while (!a.empty() && !b.empty()) {
    if (rank(a) != rank(b)) {
      return rank(a) > rank(b);
    }
    const auto end_a = std::min(a.find('/'), a.size());
    const auto end_b = std::min(b.find('/'), b.size());
    a.remove_prefix(std::min(end_a + 1, a.size()));
    b.remove_prefix(std::min(end_b + 1, b.size()));
  }
  return !b.empty(); // it is the one with `/#` after the topic's last level
}

bool cloud_connection::takes(std::string_view filter) const noexcept {
  const bool visible =
      std::all_of(filter.begin(), filter.end(), [](char c) { return c >= ' ' && c <= '~'; });
  return mqtt::valid_filter(filter)
         && (!rules_.vendor_filters || (filter.starts_with('/') && visible));
}

cloud_connection::topic* cloud_connection::find(std::string_view filter) noexcept {
  const auto found = std::find_if(topics_.begin(), topics_.end(),
                                  [filter](const topic& t) { return t.filter == filter; });
  return found == topics_.end() ? nullptr : &*found;
}

cloud_connection::topic* cloud_connection::asked_with(std::uint16_t number, bool leaving) noexcept {
  const auto found = std::find_if(topics_.begin(), topics_.end(), [&](const topic& t) {
    return t.request == number && t.leaving == leaving;
  });
  return number == 0 || found == topics_.end() ? nullptr : &*found;
}

connection_code cloud_connection::send(const cloud_message& message) {
  return open() ? channel_.send(message) : connection_code::not_connected;
}

void cloud_connection::hold(std::string_view filter) {
  if (find(filter) == nullptr) {
    topics_.push_back({.filter = std::string{filter}});
  }
}

std::size_t cloud_connection::registered() const noexcept {
  return static_cast<std::size_t>(std::count_if(topics_.begin(), topics_.end(), [](const topic& t) {
    return t.handler != nullptr && t.wanted;
  }));
}

connection_code cloud_connection::register_topic(std::string_view filter, mqtt::qos q,
                                                 topic_handler& handler, std::uint32_t token) {
  if (!channel_.subscribes()) {
    return connection_code::not_supported;
  }
  if (!takes(filter)) {
    return connection_code::bad_topic;
  }
  if (!rules_.remembers && !open()) {
    return connection_code::not_connected;
  }
  topic* t = find(filter);
  if (t != nullptr && t->handler == nullptr) {
    return connection_code::failed;
  }
  const bool fresh = t == nullptr;
  if (fresh) {
    const auto taken = std::count_if(topics_.begin(), topics_.end(),
                                     [](const topic& other) { return other.handler != nullptr; });
    if (static_cast<std::size_t>(taken) >= rules_.topics_max) {
      return connection_code::list_full;
    }
    t = &topics_.emplace_back();
    t->filter = filter;
  }
  // The answer that is awaited is this one's, too.
  const bool asked = t->request != 0 && !t->leaving && t->qos == q;
  t->handler = &handler;
  t->token = token;
  t->qos = q;
  t->wanted = true;
  t->to_ask = !asked;
  const auto code = settle(*t);
  if (code == connection_code::done || rules_.remembers) {
    return connection_code::done;
  }
  if (fresh) {
    topics_.pop_back();
  }
  return code;
}

connection_code cloud_connection::unregister_topic(std::string_view filter) {
  if (!channel_.subscribes()) {
    return connection_code::not_supported;
  }
  topic* const t = find(filter);
  if (t == nullptr || t->handler == nullptr || !t->wanted) {
    return connection_code::unknown_topic;
  }
  if (!rules_.remembers && !open()) {
    return connection_code::not_connected;
  }
  t->wanted = false;
  t->to_ask = false;
  if (t->request == 0 && !t->may_stand) {
    end(*t, topic_news::unregistered); // it was never asked for
    return connection_code::done;
  }
  const auto code = settle(*t);
  if (code == connection_code::done || rules_.remembers) {
    return connection_code::done;
  }
  t->wanted = true;
  return code;
}

/// Sends what is due for it, if anything.
connection_code cloud_connection::settle(topic& t) {
  const bool due = t.wanted ? t.to_ask : t.may_stand;
  if (!due || t.handler == nullptr || t.request != 0 || !open()) {
    return connection_code::done;
  }
  const auto sent = t.wanted ? channel_.subscribe(t.filter, t.qos) : channel_.unsubscribe(t.filter);
  if (!sent) {
    waiting_ = rules_.remembers;
    return sent.error();
  }
  t.request = sent.value();
  t.leaving = !t.wanted;
  t.to_ask = false;
  t.may_stand = true;
  return connection_code::done;
}

void cloud_connection::settle_waiting() {
  waiting_ = false;
  for (auto& t : topics_) {
    if (settle(t) == connection_code::list_full) {
      return; // the others have no room either
    }
  }
}

/// A request was answered, whoever's.
void cloud_connection::room_came() {
  if (waiting_) {
    settle_waiting();
  }
}

void cloud_connection::end(topic& t, topic_news what) {
  const piece_of_news last{t.handler, t.token, what};
  topics_.erase(topics_.begin() + (&t - topics_.data()));
  last.to->on_topic_news(last.token, last.what);
}

topic_fit cloud_connection::dispatch(const mqtt::message_view& message) {
  const topic* best = nullptr;
  bool late = false;
  for (const auto& t : topics_) {
    if (!mqtt::matches(t.filter, message.topic)) {
      continue;
    }
    if (!t.wanted) {
      late = true;
    } else if (best == nullptr || fits_better(t.filter, best->filter)) {
      best = &t;
    }
  }
  if (best == nullptr) {
    return late ? topic_fit::late : topic_fit::nobody;
  }
  if (best->handler == nullptr) {
    return topic_fit::held;
  }
  best->handler->on_topic_message(best->token, message);
  return topic_fit::handled;
}

void cloud_connection::welcomed(bool session_present) {
  if (session_present || !rules_.remembers) {
    return;
  }
  std::vector<piece_of_news> news;
  std::erase_if(topics_, [&news](topic& t) {
    t.may_stand = false;
    t.to_ask = t.wanted && t.handler != nullptr;
    if (!t.wanted) {
      news.push_back({t.handler, t.token, topic_news::unregistered});
    }
    return !t.wanted;
  });
  for (const auto& n : news) {
    n.to->on_topic_news(n.token, n.what);
  }
}

void cloud_connection::online() {
  online_ = true;
  settle_waiting();
}

void cloud_connection::lost() {
  online_ = false;
  waiting_ = false;
  std::vector<piece_of_news> news;
  std::erase_if(topics_, [&](topic& t) {
    const bool unanswered = std::exchange(t.request, std::uint16_t{0}) != 0;
    if (unanswered && !rules_.remembers) {
      news.push_back({t.handler, t.token, topic_news::timed_out});
      return true;
    }
    t.to_ask = t.to_ask || (unanswered && t.wanted && !t.leaving);
    return false;
  });
  for (const auto& n : news) {
    n.to->on_topic_news(n.token, n.what);
  }
}

bool cloud_connection::subscribed(std::uint16_t number, bool granted) {
  topic* const t = asked_with(number, false);
  if (t == nullptr) {
    room_came();
    return false;
  }
  t->request = 0;
  if (!granted) {
    end(*t, t->wanted ? topic_news::refused : topic_news::unregistered);
  } else if (t->wanted && !t->to_ask) {
    t->handler->on_topic_news(t->token, topic_news::registered);
  } else {
    (void)settle(*t); // it changed its mind meanwhile
  }
  room_came();
  return true;
}

bool cloud_connection::unsubscribed(std::uint16_t number) {
  topic* const t = asked_with(number, true);
  if (t == nullptr) {
    room_came();
    return false;
  }
  t->request = 0;
  t->may_stand = false;
  if (t->wanted) {
    (void)settle(*t);
  } else {
    end(*t, topic_news::unregistered);
  }
  room_came();
  return true;
}

bool cloud_connection::timed_out(std::uint16_t number) {
  topic* t = asked_with(number, false);
  t = t == nullptr ? asked_with(number, true) : t;
  if (t == nullptr) {
    return false;
  }
  end(*t, topic_news::timed_out);
  return true;
}

std::size_t cloud_connection::memory_bytes() const noexcept {
  std::size_t sum = topics_.capacity() * sizeof(topic);
  for (const auto& t : topics_) {
    sum += t.filter.capacity() > std::string{}.capacity() ? t.filter.capacity() + 1 : 0;
  }
  return sum;
}

} // namespace fleet::actors
