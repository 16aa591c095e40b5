// What faults do to tokens of devices that only post (design, part 9).
#include <algorithm>
#include <vector>

#include "cloud_sim/post_talk.hpp"

namespace fleet::cloud {

/// Those of them who have a token.
std::vector<device_index> post_door::chosen(const fault_choice& whom) const {
  std::vector<device_index> hit;
  for (const auto& [expires, device] : by_expiry_) {
    if (whom.hits(device)) {
      hit.push_back(device);
    }
  }
  return hit;
}

// Who has only a token has no other session: it has to authenticate again.
std::uint32_t post_door::kick(const fault_choice& whom) {
  const broker::turn guard{parts_.core};
  const auto hit = chosen(whom);
  for (const auto device : hit) {
    withdraw(device);
  }
  return static_cast<std::uint32_t>(hit.size());
}

// A device that comes with such a token is told that it is too old (aliyun-iot.md §18, 20001), and
// logs on again.
std::uint32_t post_door::expire(const fault_choice& whom) {
  const broker::turn guard{parts_.core};
  const auto hit = chosen(whom);
  const time_point now = parts_.core.now();
  for (const auto device : hit) {
    auto& who = *posters_.at(device);
    by_expiry_.erase({who.expires, device});
    who.current.ends = std::min(who.current.ends, now);
    if (who.next != nullptr) {
      who.next->ends = std::min(who.next->ends, now);
    }
    who.expires = now;
    by_expiry_.emplace(who.expires, device);
  }
  return static_cast<std::uint32_t>(hit.size());
}

std::uint32_t post_door::number_of(const alink::post_logon_request& asked) const {
  return parts_.devices.find(asked.product_key, asked.device_name).value_or(fault_desk::nobody);
}

std::optional<device_index> post_door::token_owner(std::string_view token) const noexcept {
  const auto* const whose = find(token);
  return whose == nullptr ? std::nullopt : std::optional{whose->as.index};
}

} // namespace fleet::cloud
