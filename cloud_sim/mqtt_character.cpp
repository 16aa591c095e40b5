// Sessions by client identifier, and the routing of the open broker.
#include "cloud_sim/mqtt_character.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

#include "cloud_sim/command_text.hpp"
#include "cloud_sim/mqtt_client.hpp"
#include "cloud_sim/persistence.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/hmac.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {
bool has_wildcard(std::string_view text) noexcept {
  return text.find_first_of("+#") != std::string_view::npos;
}
} // namespace

mqtt_character::mqtt_character(broker& core, const open_options& options,
                               const alink::credential_source* names)
    : broker_(core), options_(options), names_(names),
      tree_({core.bounds().tree_nodes_max, core.bounds().filter_levels_max,
             core.bounds().subscriptions_max}),
      retained_(core.bounds().retained_max, core.bounds().retained_bytes_max) {
  if (names_ != nullptr && names_->count() != 0) {
    listed_key_ = names_->at(0).product_key;
  }
  for (const auto& u : options_.users) {
    passwords_.emplace(u.user, &u.password);
  }
  publish("$SYS/broker/version", as_bytes("fleet twin"), mqtt::qos::at_most_once, true);
}

mqtt_character::~mqtt_character() = default;

mqtt_character::client* mqtt_character::find(std::string_view id) const {
  const auto found = clients_.find(id);
  return found == clients_.end() ? nullptr : found->second.get();
}

mqtt::connack_code mqtt_character::judge(const mqtt::connect_view& connect) const {
  using mqtt::connack_code;
  // Wildcards in an identity would grow teeth in any template made of it.
  if (connect.client_id.size() > broker_.bounds().client_id_max || has_wildcard(connect.client_id)
      || (connect.client_id.empty()
          && (connect.version == mqtt::version::v3_1 || !connect.clean_session))) {
    return connack_code::identifier_rejected; // [MQTT-3.1.3-8]
  }
  if (connect.has_username && has_wildcard(connect.username)) {
    return connack_code::bad_credentials;
  }
  const auto known = connect.has_username ? passwords_.find(connect.username) : passwords_.end();
  if (known != passwords_.end()) {
    return connect.has_password && constant_time_equal(as_bytes(*known->second), connect.password)
               ? connack_code::accepted
               : connack_code::bad_credentials;
  }
  if (options_.anonymous) {
    return connack_code::accepted;
  }
  return connect.has_username ? connack_code::bad_credentials : connack_code::not_authorized;
}

void mqtt_character::on_connect(connection& from, const mqtt::connect_view& connect) {
  const auto verdict = judge(connect);
  if (verdict != mqtt::connack_code::accepted) {
    broker_.refuse(from, verdict);
    return;
  }
  if (auto* const faults = broker_.faults()) {
    from.stands_for(number_of(connect.client_id));
    if (faults->refuses(from.device())) {
      broker_.refuse(from, mqtt::connack_code::bad_credentials);
      return;
    }
  }
  client* who = find(connect.client_id);
  if (who != nullptr && broker_.gives_way(from, *who)) {
    return;
  }
  if (who != nullptr && who->online != nullptr) {
    broker_.cut(*who, end_reason::taken_over); // [MQTT-3.1.4-2]
    who = find(connect.client_id);             // a clean one is gone by now
  }
  if (who != nullptr && connect.clean_session) {
    forget(*who); // [MQTT-3.1.2-6]
    who = nullptr;
  }
  const bool present = who != nullptr;
  if (!present) {
    if (!broker_.room_for_session()) {
      broker_.refuse(from, mqtt::connack_code::server_unavailable);
      return;
    }
    who = &seat(connect.client_id.empty() ? make_id() : std::string{connect.client_id});
  }
  broker_.admit(from, *who, connect, present, connect.keep_alive_s, true);
}

mqtt_character::client& mqtt_character::seat(std::string id) {
  auto made = std::make_unique<client>();
  made->id = std::move(id);
  auto& who = *made;
  clients_.emplace(who.id, std::move(made));
  broker_.remember(who);
  return who;
}

std::string_view mqtt_character::kept_name(const peer& who) const {
  return static_cast<const client&>(who).id;
}

void mqtt_character::describe(const peer& who, session_head& out) const {
  tree_.list(static_cast<const client&>(who), out.subscriptions);
}

peer* mqtt_character::reseat(std::string_view name, const session_head& head) {
  auto& who = seat(std::string{name});
  for (const auto& s : head.subscriptions) {
    (void)tree_.subscribe(who, s.filter, s.qos); // refused only by limits lowered since
  }
  return &who;
}

void mqtt_character::load_retained(mqtt::message_ptr message, mqtt::qos q) {
  if (!retained_.set(std::move(message), q)) {
    add(broker_.counters().retained_refused);
  }
}

// By its name the device that bears it, of those that are listed; else whose reports it sent; else
// nobody knows, and the name itself is the number.
std::uint32_t mqtt_character::number_of(std::string_view id) const {
  const auto listed = listed_key_.empty() ? std::nullopt : names_->find(listed_key_, id);
  if (listed) {
    return *listed;
  }
  if (std::uint32_t index = 0; names_ == nullptr && id.starts_with("dev_")) { // as name_of()
    const auto* const end = id.data() + id.size();
    const auto [stopped, error] = std::from_chars(id.data() + 4, end, index);
    if (error == std::errc{} && stopped == end) {
      return index;
    }
  }
  const auto* const known = find(id);
  return known != nullptr && known->device != accounts::anybody
             ? known->device
             : static_cast<std::uint32_t>(hash_text(id));
}

std::uint32_t mqtt_character::number_of(const peer& who) const {
  return number_of(static_cast<const client&>(who).id);
}

void mqtt_character::forget(peer& who) {
  auto& gone = static_cast<client&>(who);
  broker_.dismiss(gone);
  if (abroad_ != nullptr) {
    release_all(gone);
  }
  tree_.remove_all(gone);
  const auto found = clients_.find(gone.id);
  FLEET_CHECK(found != clients_.end());
  clients_.erase(found);
}

void mqtt_character::on_publish(connection& from, const mqtt::message_view& message) {
  if (message.topic.front() == '$') { // 4.7.2: clients exchange nothing there
    add(broker_.counters().publishes_refused);
    return;
  }
  const auto device =
      broker_.ledger().uplink(message.payload, message.dup, from.number(), accounts::anybody);
  if (device != accounts::anybody) {
    static_cast<client&>(*from.who()).device = device;
    if (listener_ != nullptr) {
      listener_->on_device(device);
    }
  }
  publish(message.topic, message.payload, message.qos, message.retain);
}

void mqtt_character::on_will(const mqtt::stored_message& will, mqtt::qos q, bool retain) {
  if (will.topic.front() != '$') {
    publish(will.topic, will.payload, q, retain);
  }
}

void mqtt_character::retain(const mqtt::message_ptr& message, mqtt::qos q) {
  const bool kept = retained_.set(message, q);
  if (!kept) {
    add(broker_.counters().retained_refused);
  }
  if (auto* const store = broker_.kept()) {
    kept ? store->keep_retained(*message, q) : store->drop_retained(message->topic);
  }
}

void mqtt_character::publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain) {
  mqtt::message_ptr stored;
  if (abroad_ != nullptr) {
    if (!abroad_->publish(topic, payload, q, retain)) {
      add(broker_.counters().retained_refused);
    }
  } else if (retain && payload.empty()) {
    retained_.clear(topic);
    if (broker_.kept() != nullptr) {
      broker_.kept()->drop_retained(topic);
    }
  } else if (retain) {
    stored = broker_.messages().make(topic, payload);
    this->retain(stored, q);
  }
  tree_.find(topic, matches_);
  mqtt::message_view message;
  message.topic = topic;
  message.payload = payload;
  message.qos = q;
  route(message, std::move(stored), nullptr, {});
}

void mqtt_character::route(const mqtt::message_view& message, mqtt::message_ptr stored,
                           const client* to, message_mark mark) {
  FLEET_CHECK(!routing_); // deliveries publish nothing, so the list below is ours alone
  routing_ = true;
  for (const auto& m : matches_) {
    auto& who = static_cast<client&>(*m.who);
    const auto granted = std::min(message.qos, m.qos);
    if (granted == mqtt::qos::at_most_once) {
      broker_.deliver_now(who, message.topic, message.payload);
      continue;
    }
    if (&who == to) {
      auto own = broker_.messages().make(message.topic, message.payload, mark);
      broker_.deliver(who, own, granted, false);
      continue;
    }
    if (stored == nullptr) {
      stored = broker_.messages().make(message.topic, message.payload);
    }
    broker_.deliver(who, stored, granted, false); // [MQTT-3.3.1-9]
  }
  routing_ = false;
}

std::uint8_t mqtt_character::subscribe(client& who, const mqtt::server_event::filter& f) {
  switch (tree_.subscribe(who, f.text, f.qos)) {
    case subscription_tree::outcome::added:
    case subscription_tree::outcome::replaced: return static_cast<std::uint8_t>(f.qos);
    case subscription_tree::outcome::too_deep:
    case subscription_tree::outcome::too_many: break;
  }
  return mqtt::subscribe_refused;
}

void mqtt_character::on_subscribe(connection& from, std::uint16_t packet_id,
                                  std::span<const mqtt::server_event::filter> filters) {
  if (abroad_ != nullptr) {
    ask_abroad(from, packet_id, filters);
    return;
  }
  auto& who = static_cast<client&>(*from.who());
  codes_.clear();
  for (const auto& f : filters) {
    codes_.push_back(subscribe(who, f));
  }
  broker_.grant(from, packet_id, codes_);
  for (std::size_t i = 0; i < filters.size(); ++i) {
    if (codes_[i] != mqtt::subscribe_refused) {
      replay(who, filters[i], static_cast<mqtt::qos>(codes_[i]));
    }
  }
}

void mqtt_character::replay(client& who, const mqtt::server_event::filter& f, mqtt::qos granted) {
  abroad_ != nullptr ? abroad_->find_retained(f.text, replayed_)
                     : retained_.find(f.text, replayed_);
  for (const auto& r : replayed_) {
    broker_.deliver(who, r.message, std::min(r.qos, granted), true); // [MQTT-3.3.1-8]
  }
  replayed_.clear();
}

void mqtt_character::on_unsubscribe(connection& from, std::span<const std::string_view> filters) {
  auto& who = static_cast<client&>(*from.who());
  for (const auto f : filters) {
    if (tree_.unsubscribe(who, f) && abroad_ != nullptr) {
      abroad_->release(f);
    }
  }
}

std::string mqtt_character::name_of(std::uint32_t device) const {
  if (names_ != nullptr) {
    return names_->at(device).device_name;
  }
  std::string name = std::to_string(device);
  name.insert(0, name.size() < 6 ? 6 - name.size() : 0, '0');
  return "dev_" + name;
}

void mqtt_character::write_command_topic(std::string_view name, std::uint32_t device) {
  command_topic_.clear();
  std::string_view rest = options_.command_topic;
  while (!rest.empty()) {
    const auto open = rest.find('{');
    command_topic_ += rest.substr(0, open);
    if (open == std::string_view::npos) {
      return;
    }
    rest.remove_prefix(open);
    if (rest.starts_with("{device}")) {
      command_topic_ += name;
      rest.remove_prefix(8);
    } else if (rest.starts_with("{index}")) {
      command_topic_ += std::to_string(device);
      rest.remove_prefix(7);
    } else {
      command_topic_ += '{';
      rest.remove_prefix(1);
    }
  }
}

command_outcome mqtt_character::command(std::uint32_t device, mqtt::qos q, time_point due) {
  const broker::turn guard{broker_};
  if (device >= broker_.bounds().devices_max || (names_ != nullptr && device >= names_->count())) {
    return command_outcome::unknown_device;
  }
  const auto name = name_of(device);
  write_command_topic(name, device);
  if (!mqtt::valid_topic(command_topic_)) { // [MQTT-3.3.2-2]: the template may say anything
    return command_outcome::not_subscribed;
  }
  tree_.find(command_topic_, matches_);
  const auto to = find_addressee(device, name);
  if (to.who == nullptr) {
    return command_outcome::not_subscribed;
  }
  if (to.who->online == nullptr) {
    return command_outcome::offline;
  }
  if (to.who->online->congested()) {
    return command_outcome::busy;
  }
  const auto granted = std::min(q, to.granted);
  const auto tag = broker_.ledger().downlink(device, granted != mqtt::qos::at_most_once);
  write_property_set(command_payload_, ++command_id_, tag);
  mqtt::message_view message;
  message.topic = command_topic_;
  message.payload = command_payload_.view();
  message.qos = q;
  if (abroad_ != nullptr) {
    abroad_->publish(message.topic, message.payload, q, false);
  }
  route(message, nullptr, to.sole ? to.who : nullptr, {accounts::cookie(tag), due});
  return command_outcome::sent;
}

bool mqtt_character::listens_to(const client& who, std::string_view topic) const {
  std::vector<mqtt::kept_subscription> all;
  tree_.list(who, all);
  return std::any_of(all.begin(), all.end(), [topic](const auto& s) { return s.filter == topic; });
}

/// The client that bears the device's name; or that sent the device's reports; or that subscribed
/// to its very topic. One that is online goes before one that is not.
mqtt_character::addressee mqtt_character::find_addressee(std::uint32_t device,
                                                         std::string_view name) const {
  addressee best;
  int best_rank = 1; // of nobody: a wildcard alone makes no addressee
  for (const auto& m : matches_) {
    auto& who = static_cast<client&>(*m.who);
    const int likeness = who.id == name                    ? 3
                         : who.device == device            ? 2
                         : listens_to(who, command_topic_) ? 1
                                                           : 0;
    const int rank = 2 * likeness + (who.online != nullptr ? 1 : 0);
    if (rank > best_rank) {
      best = {&who, m.qos, true};
      best_rank = rank;
    } else if (rank == best_rank && best.who != nullptr) {
      best.granted = std::max(best.granted, m.qos);
      best.sole = false;
    }
  }
  return best;
}

} // namespace fleet::cloud
