// Topics by their hash.
#include "fleet/run/topic_share.hpp"

#include <algorithm>
#include <functional>
#include <string>
#include <tuple>

namespace fleet::program {

void topic_share::read_topics() {
  std::string topic;
  owners_.reserve(all_.count);
  for (std::uint32_t i = 0; i < all_.count; ++i) {
    speech_.report_topic(all_.first + i, topic);
    owners_.push_back({std::hash<std::string_view>{}(topic), all_.first + i});
  }
  std::sort(owners_.begin(), owners_.end(), [](const topic_owner& a, const topic_owner& b) {
    return std::tie(a.topic, a.device) < std::tie(b.topic, b.device);
  });
}

bool topic_share::has(std::string_view topic) {
  return here_ == all_ || owner(topic) - here_.first < here_.count;
}

std::uint32_t topic_share::owner(std::string_view topic) {
  if (owners_.empty()) {
    read_topics();
  }
  const auto hash = std::hash<std::string_view>{}(topic);
  const auto found =
      std::lower_bound(owners_.begin(), owners_.end(), hash,
                       [](const topic_owner& a, std::uint64_t wanted) { return a.topic < wanted; });
  const bool known = found != owners_.end() && found->topic == hash;
  return known ? found->device : all_.first;
}

} // namespace fleet::program
