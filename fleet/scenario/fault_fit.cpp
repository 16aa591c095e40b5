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

/// Over MQTT a token is asked for and used up before each connection, at once: none is held that
/// could be forgotten.
bool holds_tokens(const scenario_product& p) noexcept {
  return p.protocol != device_protocol::mqtt;
}

/// Whether anything is rolled out to it. Of a twin elsewhere its console knows that.
bool downloads(const fault_scene& scene, std::size_t i) noexcept {
  return !scene.embedded
         || std::any_of(scene.rollouts.begin(), scene.rollouts.end(),
                        [i](const rollout_plan& r) { return r.product == i; });
}

/// Whether a thing speaks for it, which remembers more than the plain device.
bool has_thing(const scenario_product& p) noexcept {
  return p.protocol == device_protocol::mqtt && p.profile != profile::mqtt;
}

/// Whether its boards have anything in flash or store that can be spoilt, or cannot be written: an
/// image, a secret that was fetched, the versions of shadow and configuration, counters.
bool keeps_something(const product_plan& plan) noexcept {
  const auto& p = plan.product;
  const bool counts = plan.counts.value_or(!p.model.empty());
  return p.firmware || registers(p.logon) || (has_thing(p) && (p.shadow || p.config || counts));
}

/// Whether something that a device of it sends is acknowledged, or answered for its number. At QoS
/// 0 its reports are not; questions of a thing, and answers to what the cloud asks, are.
bool gets_acks(const fault_scene& scene, std::size_t i) noexcept {
  const auto& plan = scene.products[i];
  const auto& p = plan.product;
  return p.protocol != device_protocol::mqtt || p.qos != mqtt::qos::at_most_once
         || plan.behind_gateway || plan.children_each != 0 || p.firmware
         || (has_thing(p) && (p.shadow || p.desired || p.config || p.model_get || !p.tags.empty()))
         || std::any_of(scene.traffic.begin(), scene.traffic.end(),
                        [i](const traffic_plan& t) { return t.product == i; });
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
    return "holds no tokens, as CoAP and HTTP do";
  }
  if (what == effect::deliver_twice && spoken.protocol == device_protocol::http) {
    return "speaks HTTP, where each answer belongs to its request";
  }
  if (what == effect::drop_acks && !gets_acks(scene, i)) {
    return "sends at QoS 0, which is not acknowledged";
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
      if (!plan.product.firmware) {
        return "has no firmware (firmware: {})";
      }
      return info.of == domain::firmware && !downloads(scene, i)
                 ? std::optional<std::string>{"has no rollout that would download"}
                 : std::nullopt;
    case need::store:
      return keeps_something(plan)
                 ? std::nullopt
                 : std::optional<std::string>{
                     "keeps nothing in flash or store, as firmware, logon register, shadow, config "
                     "and a thing model that counts do"};
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
    case effect::bit_rot:
    case effect::kv_corruption:
    case effect::full_flash: return effect::reboot_loop;
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
