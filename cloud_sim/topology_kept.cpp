// What of the topology outlives the twin: who belongs to whom, and whom those without a gateway
// belonged to last. What that one decides is here too.
#include <algorithm>

#include "cloud_sim/topology.hpp"
#include "protocol/alink/message.hpp"

namespace fleet::cloud {

namespace code = alink::gateway_code;

int topology::registration(device_index gateway, device_index sub_device, device_standing standing,
                           bool active) const {
  switch (standing) {
    case device_standing::unknown:
    case device_standing::deleted: return code::device_not_found;
    case device_standing::disabled:
    case device_standing::good: break;
  }
  if (const auto bound_to = gateway_of(sub_device)) {
    return *bound_to == gateway ? alink::code_success : code::bound_elsewhere;
  }
  const bool comes_back = former_gateway_of(sub_device) == gateway;
  return active && !comes_back ? code::already_active : alink::code_success;
}

std::optional<device_index> topology::former_gateway_of(device_index sub_device) const {
  const auto found = former_.find(sub_device);
  return found == former_.end() ? std::nullopt : std::optional{found->second};
}

std::vector<device_index> topology::past_and_present_of(device_index gateway) const {
  const auto held = sub_devices_of(gateway);
  std::vector<device_index> out{held.begin(), held.end()};
  for (const auto& [sub_device, last] : former_) {
    if (last == gateway) {
      out.push_back(sub_device);
    }
  }
  std::sort(out.begin(), out.end());
  return out;
}

bool topology::load(device_index gateway, device_index sub_device) {
  if (look(sub_device) != nullptr
      || may_add(gateway, sub_device, device_standing::good) != alink::code_success) {
    return false;
  }
  bind(gateway, sub_device);
  return true;
}

bool topology::load_former(device_index gateway, device_index sub_device) {
  return gateway != sub_device && look(sub_device) == nullptr
         && former_.try_emplace(sub_device, gateway).second;
}

} // namespace fleet::cloud
