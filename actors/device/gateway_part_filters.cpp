// What a gateway subscribes: its own topics at log-on, and those of each sub-device once that is
// logged in, in its turn. What comes on them is gateway_part.cpp's.
#include "actors/device/gateway_part.hpp"

#include <algorithm>

namespace fleet::actors {

using alink::topic_kind;

void gateway_part::filters(std::vector<filter_text>& out) const {
  const auto own = of_.product.speech->triples()->at(of_.slot.board.index());
  const auto& how = of_.product.features.gateway;
  const auto want = [&](topic_kind kind, bool reply) {
    out.push_back({alink::make_topic({kind, reply, own.product_key, own.device_name, {}}),
                   mqtt::qos::at_most_once});
  };
  const auto enroll =
      how.product_secret.empty() ? topic_kind::sub_register : topic_kind::product_register;
  for (const auto kind :
       {enroll, topic_kind::topo_add, topic_kind::session_login, topic_kind::session_logout}) {
    want(kind, true);
  }
  if (how.login_batch > 1) {
    want(topic_kind::session_batch_login, true);
    want(topic_kind::session_batch_logout, true);
  }
  if (how.ask_topology) {
    want(topic_kind::topo_get, true);
  }
  if (how.tell_found) {
    want(topic_kind::list_found, true);
  }
  if (of_.product.features.children.rejoin > duration::zero()) {
    want(topic_kind::topo_delete, true);
    want(topic_kind::sub_unregister, true);
  }
  for (const auto kind : {topic_kind::topo_add_notify, topic_kind::topo_change,
                          topic_kind::gateway_permit, topic_kind::ext_error}) {
    want(kind, false);
  }
}

void gateway_part::forget(std::uint16_t place) {
  std::erase(waiting_, place);
  std::erase_if(pending_, [place](const pending_subscribe& p) { return p.place == place; });
}

void gateway_part::subscribe_waiting() {
  auto& filters = of_.around.filters;
  while (!waiting_.empty() && pending_.size() < subscribes_max) {
    const auto place = waiting_.front();
    filters.clear();
    subs_[place].it().filters(filters);
    const alink::device_pair who = subs_[place].it().names();
    for (const auto order : {topic_kind::disable, topic_kind::enable, topic_kind::remove}) {
      filters.push_back({alink::make_topic({order, false, who.product_key, who.device_name, {}}),
                         mqtt::qos::at_most_once});
    }
    std::uint8_t packets = 0;
    for (std::size_t at = 0; at < filters.size(); at += filters_per_packet) {
      const auto id = port_.subscribe(
          std::span{filters}.subspan(at, std::min(filters_per_packet, filters.size() - at)));
      if (!id) {
        return; // once there is room, from its first filter again
      }
      pending_.push_back({*id, place});
      ++packets;
    }
    subs_[place].logged_in(packets);
    waiting_.pop_front();
  }
}

void gateway_part::subscribed(std::uint16_t packet_id) {
  const auto found =
      std::find_if(pending_.begin(), pending_.end(),
                   [packet_id](const pending_subscribe& p) { return p.packet_id == packet_id; });
  if (found != pending_.end()) {
    const auto place = found->place;
    pending_.erase(found);
    if (subs_[place].subscribed()) {
      touch(place);
    }
  }
  subscribe_waiting(); // whoever's answer it was, there is room for one more
}

} // namespace fleet::actors
