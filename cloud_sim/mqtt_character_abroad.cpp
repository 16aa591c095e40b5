// The open broker on several homes: where its clients live, and what it does otherwise than on
// one.
#include <algorithm>
#include <utility>

#include "cloud_sim/mqtt_client.hpp"
#include "cloud_sim/neighbours.hpp"

namespace fleet::cloud {

std::optional<std::uint64_t> mqtt_character::place_of(const mqtt::connect_view& connect) const {
  return connect.client_id.empty() ? std::nullopt
                                   : std::optional{place_of_client(connect.client_id)};
}

std::optional<std::uint64_t> mqtt_character::place_of_kept(std::string_view name) const {
  return place_of_client(name);
}

std::string mqtt_character::make_id() {
  std::string id;
  do {
    id = "auto-" + std::to_string(++made_ids_);
  } while (find(id) != nullptr || !broker_.is_home_of(place_of_client(id)));
  return id;
}

void mqtt_character::live_abroad(exchange& between) {
  exchange_desk::clients& own = *this; // for nobody but its desk
  abroad_ = std::make_unique<exchange_desk>(between, broker_, own);
  publish("$SYS/broker/version", as_bytes("fleet twin"), mqtt::qos::at_most_once, true);
}

void mqtt_character::on_message(const mqtt::stored_message& stored, mqtt::qos q) {
  tree_.find(stored.topic, matches_);
  mqtt::message_view message;
  message.topic = stored.topic;
  message.payload = stored.payload;
  message.qos = q;
  route(message, nullptr, nullptr, {});
}

// What the client sends behind it waits until it is answered: an UNSUBSCRIBE of the same filter
// must not overtake it.
void mqtt_character::ask_abroad(connection& from, std::uint16_t packet_id,
                                std::span<const mqtt::server_event::filter> filters) {
  asking made;
  made.who = static_cast<client*>(from.who());
  made.from = &from;
  made.number = from.number();
  made.packet_id = packet_id;
  for (const auto& f : filters) {
    made.filters.emplace_back(f.text);
    made.qos.push_back(f.qos);
  }
  from.hold();
  const auto ticket = abroad_->announce(made.filters);
  asking_.emplace(ticket, std::move(made));
}

std::uint8_t mqtt_character::settle(client& who, const std::string& filter, mqtt::qos q,
                                    bool refused) {
  if (!refused) {
    switch (tree_.subscribe(who, filter, q)) {
      case subscription_tree::outcome::added: return static_cast<std::uint8_t>(q);
      case subscription_tree::outcome::replaced:
        abroad_->release(filter);
        return static_cast<std::uint8_t>(q);
      case subscription_tree::outcome::too_deep:
      case subscription_tree::outcome::too_many: break;
    }
  }
  abroad_->release(filter);
  return mqtt::subscribe_refused;
}

void mqtt_character::on_announced(std::uint64_t ticket, const std::vector<std::string>& refused) {
  const auto found = asking_.find(ticket);
  if (found == asking_.end() || !found->second.from->alive()) {
    return; // its connection has gone, or is about to
  }
  auto& of = found->second;
  auto& who = *std::exchange(of.who, nullptr);
  codes_.clear();
  for (std::size_t i = 0; i < of.filters.size(); ++i) {
    const bool unknown = std::find(refused.begin(), refused.end(), of.filters[i]) != refused.end();
    codes_.push_back(settle(who, of.filters[i], of.qos[i], unknown));
  }
  broker_.grant(*of.from, of.packet_id, codes_);
  for (std::size_t i = 0; i < of.filters.size(); ++i) {
    if (codes_[i] != mqtt::subscribe_refused) {
      replay(who, {of.filters[i], of.qos[i]}, static_cast<mqtt::qos>(codes_[i]));
    }
  }
}

void mqtt_character::on_settled(std::uint64_t ticket) {
  const auto found = asking_.find(ticket);
  if (found != asking_.end() && found->second.who == nullptr) {
    auto& from = *found->second.from;
    asking_.erase(found);
    from.resume();
  }
}

void mqtt_character::on_gone(peer&, std::uint32_t connection) {
  std::erase_if(asking_, [&](const auto& each) {
    const asking& of = each.second;
    if (of.number != connection) {
      return false;
    }
    if (of.who != nullptr) {
      for (const auto& filter : of.filters) {
        abroad_->release(filter);
      }
    }
    return true;
  });
}

void mqtt_character::release_all(const client& who) {
  std::vector<mqtt::kept_subscription> all;
  tree_.list(who, all);
  for (const auto& s : all) {
    abroad_->release(s.filter);
  }
}

} // namespace fleet::cloud
