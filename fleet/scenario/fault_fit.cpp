// The table of needs, one function for each.
#include "fleet/scenario/fault_fit.hpp"

#include <algorithm>

namespace fleet::program {

namespace {

using faults::domain;
using faults::effect;
using faults::need;

/// The product whose connection product `i` speaks through: its gateways', or its own.
const scenario_product& speaks_through(const fault_scene& scene, std::size_t i) {
  for (const auto& other : scene.products) {
    if (scene.products[i].behind_gateway && other.children_each != 0
        && other.children_product == i) {
      return other.product;
    }
  }
  return scene.products[i].product;
}

bool holds_tokens(const scenario_product& p) noexcept {
  return p.protocol != device_protocol::mqtt || asks_auth_host(p.logon);
}

} // namespace

std::optional<std::string> misfit(effect what, const fault_scene& scene, std::size_t i) {
  const auto& info = faults::info_of(what);
  const auto& plan = scene.products[i];
  const auto& spoken = speaks_through(scene, i);
  const bool datagrams = spoken.protocol == device_protocol::coap;
  if (plan.behind_gateway && info.of == domain::device) {
    return "is behind gateways and has no board of its own";
  }
  if (plan.behind_gateway && what == effect::refuse_credentials) {
    return "is behind gateways and comes in by their log-on";
  }
  if (what == effect::expire_tokens && !holds_tokens(spoken)) {
    return "holds no tokens, as logon pre-auth, CoAP and HTTP do";
  }
  switch (info.need) {
    case need::nothing:
    case need::twin: return std::nullopt;
    case need::stream:
      return datagrams ? std::optional<std::string>{"speaks CoAP, in datagrams"} : std::nullopt;
    case need::datagram:
      return datagrams ? std::nullopt
                       : std::optional{"speaks " + std::string{to_string(spoken.protocol)}
                                       + ", over a stream"};
    case need::security:
      return over_tls(spoken.security) || over_dtls(spoken.security)
                 ? std::nullopt
                 : std::optional{"has security " + std::string{to_string(spoken.security)}
                                 + ", without TLS or DTLS"};
    case need::flash:
      return plan.product.firmware ? std::nullopt
                                   : std::optional<std::string>{"has no firmware (firmware: {})"};
  }
  return std::nullopt;
}

std::optional<std::string> far_misfit(effect what, const fault_scene& scene) {
  const auto& info = faults::info_of(what);
  if (scene.embedded || info.of == domain::network || info.of == domain::device) {
    return std::nullopt;
  }
  if (what == effect::cloud_restart) {
    return "is for the embedded twin; a target's process is killed and started by whoever runs it";
  }
  if (!scene.target_admin) {
    return "is the twin's to do, and the target shows no admin API of one (--target-admin)";
  }
  return std::nullopt;
}

effect nearest_effect(effect what, bool over_datagrams) noexcept {
  switch (what) {
    case effect::stall:
    case effect::half_open: return effect::partition;
    case effect::reset: return over_datagrams ? effect::nat_rebinding : effect::partition;
    case effect::slicing: return effect::bandwidth;
    case effect::tls_failure:
    case effect::refuse_credentials:
    case effect::cloud_restart: return effect::refuse;
    case effect::loss: return over_datagrams ? effect::corruption : effect::stall;
    case effect::duplication: return over_datagrams ? effect::reordering : effect::jitter;
    case effect::reordering: return effect::jitter;
    case effect::nat_rebinding: return over_datagrams ? effect::partition : effect::reset;
    case effect::power_loss_in_write: return effect::power_loss;
    case effect::bit_rot: return effect::kv_corruption;
    case effect::firmware_wrong_digest:
    case effect::firmware_truncated:
    case effect::firmware_oversize:
    case effect::firmware_failing: return effect::refuse;
    case effect::firmware_slow: return effect::bandwidth;
    case effect::firmware_unbootable: return effect::reboot_loop;
    case effect::cloud_slow: return effect::latency;
    case effect::cloud_throttle: return effect::bandwidth;
    case effect::drop_acks: return over_datagrams ? effect::loss : effect::stall;
    case effect::deliver_twice: return over_datagrams ? effect::duplication : effect::jitter;
    case effect::kick:
    case effect::expire_tokens: return over_datagrams ? effect::nat_rebinding : effect::reset;
    case effect::malformed: return effect::corruption;
    case effect::power_loss:
    case effect::reboot_loop:
    case effect::clock_jump:
    case effect::clock_drift:
    case effect::memory_exhaustion:
    case effect::full_flash:
    case effect::kv_corruption:
    case effect::dead_battery:
    case effect::actor_crash: return effect::partition;
    case effect::latency:
    case effect::jitter:
    case effect::bandwidth:
    case effect::refuse:
    case effect::dns_failure:
    case effect::corruption:
    case effect::partition: return what;
  }
  return what;
}

} // namespace fleet::program
