// An ordered map, since replay order shows and wildcard filters share prefixes.
#include "cloud_sim/retained.hpp"

#include <utility>

#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {
std::uint64_t weight(const mqtt::stored_message& m) noexcept {
  return m.topic.size() + m.payload.size();
}
} // namespace

bool retained_messages::set(mqtt::message_ptr message, mqtt::qos q) {
  const std::uint64_t added = weight(*message);
  const auto found = by_topic_.find(message->topic);
  const std::uint64_t freed = found == by_topic_.end() ? 0 : weight(*found->second.message);
  if (bytes_ - freed + added > bytes_max_
      || (found == by_topic_.end() && by_topic_.size() >= count_max_)) {
    clear(message->topic);
    return false;
  }
  bytes_ = bytes_ - freed + added;
  if (found != by_topic_.end()) {
    found->second = {std::move(message), q};
    return true;
  }
  std::string topic = message->topic;
  by_topic_.emplace(std::move(topic), kept{std::move(message), q});
  return true;
}

void retained_messages::clear(std::string_view topic) {
  const auto found = by_topic_.find(topic);
  if (found != by_topic_.end()) {
    bytes_ -= weight(*found->second.message);
    by_topic_.erase(found);
  }
}

void retained_messages::find(std::string_view filter, std::vector<kept>& out) const {
  out.clear();
  const auto wild = filter.find_first_of("+#");
  if (wild == std::string_view::npos) {
    const auto found = by_topic_.find(filter);
    if (found != by_topic_.end()) {
      out.push_back(found->second);
    }
    return;
  }
  auto literal = filter.substr(0, wild);
  // `a/#` selects `a`, which sorts before `a/`.
  if (!literal.empty() && filter[wild] == '#') {
    literal.remove_suffix(1);
  }
  for (auto at = by_topic_.lower_bound(literal); at != by_topic_.end(); ++at) {
    if (!std::string_view{at->first}.starts_with(literal)) {
      break;
    }
    if (mqtt::matches(filter, at->first)) {
      out.push_back(at->second);
    }
  }
}

} // namespace fleet::cloud
