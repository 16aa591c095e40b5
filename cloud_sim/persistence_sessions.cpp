// Clients, their messages and retained messages to rows, and back at start; the ledger's way back
// too. What is read is not trusted.
#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "cloud_sim/mqtt_character.hpp"
#include "cloud_sim/persistence.hpp"
#include "protocol/base/packed.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

/// Open the octets; another layout gets another number.
constexpr std::uint64_t head_layout = 3;
constexpr std::uint64_t retained_layout = 4;

/// One message that many clients wait for is one again.
struct by_content {
  bool operator()(const mqtt::message_ptr& a, const mqtt::message_ptr& b) const {
    return std::tie(a->cookie, a->topic, a->payload) < std::tie(b->cookie, b->topic, b->payload);
  }
};

} // namespace

void append_head(byte_buffer& out, const session_head& head) {
  append_packed(out, head_layout);
  append_packed(out, std::uint64_t{head.away ? 1U : 0U});
  append_packed(out, static_cast<std::uint64_t>(std::max<std::int64_t>(head.away_since, 0)));
  append_packed(out, head.marks);
  byte_buffer subscriptions;
  mqtt::append_subscriptions(subscriptions, head.subscriptions);
  append_packed(out, subscriptions.view());
}

std::optional<session_head> read_head(bytes_view kept) {
  packed_reader from{kept};
  const bool known = from.number() == head_layout;
  session_head head;
  head.away = from.number(1) != 0;
  head.away_since = static_cast<std::int64_t>(from.number(INT64_MAX));
  head.marks = from.number();
  auto subscriptions = mqtt::read_subscriptions(from.octets());
  if (!known || !from.finished() || !subscriptions) {
    return std::nullopt;
  }
  head.subscriptions = std::move(*subscriptions);
  return head;
}

void kept_session::keep(std::int64_t place, const mqtt::session_record& record) {
  into_.keep_message(name_, place, record);
}

void kept_session::drop(std::int64_t place) {
  into_.drop_message(name_, place);
}

void persistence::keep_message(std::string_view name, std::int64_t place,
                               const mqtt::session_record& record) {
  row_.clear();
  mqtt::append_record(row_, record);
  store_.put(session_message_row{name, place, row_.view()});
}

void persistence::drop_message(std::string_view name, std::int64_t place) {
  store_.erase_session_message(name, place);
}

void persistence::came(peer& who) {
  if (who.kept == nullptr) {
    who.kept = std::make_unique<kept_session>(*this, speaks_->kept_name(who));
    // Rows of a former client of this name may be left: one that found no place at start.
    store_.erase_session(who.kept->name());
    who.session.keep_in(who.kept.get());
  }
  put_head(who, false);
}

void persistence::left(const peer& who) {
  put_head(who, true);
}

void persistence::subscriptions_changed(const peer& who) {
  if (who.kept != nullptr) {
    put_head(who, false);
  }
}

void persistence::forgotten(const peer& who) {
  if (who.kept != nullptr) {
    store_.erase_session(who.kept->name());
  }
}

void persistence::put_head(const peer& who, bool away) {
  head_.away = away;
  head_.away_since = away ? core_.home().wall_ms() : 0;
  head_.marks = 0;
  head_.subscriptions.clear();
  speaks_->describe(who, head_);
  row_.clear();
  append_head(row_, head_);
  store_.put(session_row{who.kept->name(), row_.view()});
}

std::optional<store_failure> persistence::load_sessions(character& into) {
  speaks_ = &into;
  struct waiting {
    std::int64_t since;
    peer* who;
    bool away;
  };
  std::vector<waiting> line;
  std::map<std::string, peer*, std::less<>> by_name;
  std::optional<store_failure> bad;
  const std::int64_t wall_ms = core_.home().wall_ms();
  const auto heads = store_.read<session_row>([&](const session_row& row) {
    const auto place = into.place_of_kept(row.client_id);
    if (place ? !core_.is_home_of(*place) : core_.here() != 0) {
      return;
    }
    const auto head = read_head(row.head);
    if (!head) {
      bad = store_.corrupt("a session");
      return;
    }
    peer* const who = into.reseat(row.client_id, *head);
    if (who == nullptr) {
      add(core_.counters().kept_unused);
      return;
    }
    who->clean = false;
    who->kept = std::make_unique<kept_session>(*this, into.kept_name(*who));
    by_name.emplace(row.client_id, who);
    // One that was connected is away since the twin died, which is not later than now.
    line.push_back({head->away ? std::min(head->away_since, wall_ms) : wall_ms, who, head->away});
  });
  if (!heads.ok()) {
    return heads.error();
  }
  std::set<mqtt::message_ptr, by_content> known;
  const auto messages = store_.read<session_message_row>([&](const session_message_row& row) {
    const auto found = by_name.find(row.client_id);
    if (found == by_name.end()) {
      return;
    }
    const auto record = mqtt::read_record(row.message);
    mqtt::message_ptr message;
    if (record && !record->topic.empty()) {
      // Its due time went with the twin that died: nobody times what is left of its commands.
      message = core_.messages().make(record->topic, record->payload, {record->cookie, never});
      message = *known.insert(std::move(message)).first;
    }
    if (!record || !found->second->session.restore(row.place, *record, std::move(message))) {
      bad = store_.corrupt("a message of a session");
    }
  });
  if (!messages.ok()) {
    return messages.error();
  }
  std::stable_sort(line.begin(), line.end(),
                   [](const waiting& a, const waiting& b) { return a.since < b.since; });
  for (const auto& w : line) {
    if (!w.away) {
      put_head(*w.who, true);
    }
    w.who->session.keep_in(w.who->kept.get());
    core_.wait_for_return(*w.who, std::chrono::milliseconds{wall_ms - w.since});
  }
  return bad;
}

void persistence::keep_retained(const mqtt::stored_message& message, mqtt::qos q) {
  row_.clear();
  append_packed(row_, retained_layout);
  append_packed(row_, static_cast<std::uint64_t>(q));
  append_packed(row_, bytes_view{message.payload});
  store_.put(retained_row{message.topic, row_.view()});
}

void persistence::drop_retained(std::string_view topic) {
  store_.erase_retained(topic);
}

std::optional<store_failure> persistence::load_retained(mqtt_character& into) {
  std::optional<store_failure> bad;
  const auto read = store_.read<retained_row>([&](const retained_row& row) {
    packed_reader from{row.message};
    const bool known = from.number() == retained_layout;
    const auto q = static_cast<mqtt::qos>(from.number(2));
    const auto payload = from.octets();
    if (!known || !from.finished() || payload.empty() || !mqtt::valid_topic(row.topic)) {
      bad = store_.corrupt("a retained message");
      return;
    }
    into.load_retained(core_.messages().make(row.topic, payload), q);
  });
  return read.ok() ? bad : std::optional{read.error()};
}

std::optional<store_failure>
persistence::load_ledger(std::uint32_t end, const std::function<bool(std::uint32_t)>& ours) {
  std::optional<store_failure> bad;
  const auto read = store_.read<ledger_row>([&](const ledger_row& row) {
    const auto way = static_cast<account_way>(row.way);
    if (row.device >= end) {
      add(core_.counters().kept_unused, core_.here() == 0 ? 1 : 0);
    } else if (!ours(row.device)) {
      return;
    } else if (!core_.ledger().load(row.device, way, row.account)) {
      bad = store_.corrupt("an account of the ledger");
    } else if (way != account_way::downlink && row.account.size() > account_octets_max) {
      core_.ledger().confine(row.device);
    }
  });
  return read.ok() ? bad : std::optional{read.error()};
}

} // namespace fleet::cloud
