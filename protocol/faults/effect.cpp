// The table of effects.
#include "protocol/faults/effect.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::faults {

namespace {

constexpr auto of_the_network = std::to_array<effect_info>(
    {{effect::latency, "latency", domain::network, shape::window, need::nothing, true, takes_by,
      "delays what passes, in both directions"},
     {effect::jitter, "jitter", domain::network, shape::window, need::nothing, true, takes_by,
      "delays each piece by up to that much more, in both directions"},
     {effect::bandwidth, "bandwidth", domain::network, shape::window, need::nothing, false,
      takes_rate, "lets so many octets a second pass, in each direction"},
     {effect::stall, "stall", domain::network, shape::window, need::stream, false, takes_nothing,
      "holds everything back; it passes when the fault is over"},
     {effect::reset, "reset", domain::network, shape::moment, need::stream, false, takes_every,
      "tears connections down, both sides see a reset"},
     {effect::half_open, "half_open", domain::network, shape::moment, need::stream, false,
      takes_every, "makes the connections that stand pass nothing more, unseen by either side"},
     {effect::refuse, "refuse", domain::network, shape::window, need::nothing, false, takes_nothing,
      "refuses new connections, and answers datagrams with a refusal"},
     {effect::dns_failure, "dns_failure", domain::network, shape::window, need::nothing, false,
      takes_nothing, "makes the target's name have no address for new connections"},
     {effect::slicing, "slicing", domain::network, shape::window, need::stream, false, takes_size,
      "cuts what passes into pieces of so many octets"},
     {effect::corruption, "corruption", domain::network, shape::window, need::nothing, true,
      takes_share, "changes one octet in a share of the pieces that pass"},
     {effect::tls_failure, "tls_failure", domain::network, shape::window, need::security, false,
      takes_nothing, "makes handshakes end with a certificate that does not verify"},
     {effect::loss, "loss", domain::network, shape::window, need::datagram, true, takes_share,
      "loses a share of the datagrams, in each direction"},
     {effect::duplication, "duplication", domain::network, shape::window, need::datagram, true,
      takes_share, "delivers a share of the datagrams twice"},
     {effect::reordering, "reordering", domain::network, shape::window, need::datagram, true,
      takes_share | takes_by, "holds a share of the datagrams back until later ones have passed"},
     {effect::nat_rebinding, "nat_rebinding", domain::network, shape::moment, need::datagram, false,
      takes_every, "changes the port that devices are seen at"},
     {effect::partition, "partition", domain::network, shape::window, need::nothing, false,
      takes_nothing, "cuts devices off: what stands passes nothing, new attempts get no answer"}});

constexpr auto of_the_device = std::to_array<effect_info>(
    {{effect::power_loss, "power_loss", domain::device, shape::window, need::nothing, false,
      takes_nothing, "takes the power away, without a word to the cloud"},
     {effect::power_loss_in_write, "power_loss_in_write", domain::device, shape::window,
      need::flash, false, takes_share,
      "takes the power away in the middle of a share of the writes to flash"},
     {effect::reboot_loop, "reboot_loop", domain::device, shape::window, need::nothing, false,
      takes_every, "makes boards reboot again and again"},
     {effect::clock_jump, "clock_jump", domain::device, shape::moment, need::nothing, false,
      takes_by | takes_every, "sets the board's wall clock off"},
     {effect::clock_drift, "clock_drift", domain::device, shape::window, need::nothing, false,
      takes_drift, "makes the board's wall clock go wrong by parts of a million"},
     {effect::memory_exhaustion, "memory_exhaustion", domain::device, shape::window, need::nothing,
      false, takes_size, "leaves the board so many octets of memory"},
     {effect::bit_rot, "bit_rot", domain::device, shape::moment, need::flash, false,
      takes_size | takes_every, "flips so many bits of the flash"},
     {effect::full_flash, "full_flash", domain::device, shape::window, need::store, false,
      takes_nothing, "lets no write to flash and store succeed"},
     {effect::kv_corruption, "kv_corruption", domain::device, shape::moment, need::store, false,
      takes_every, "spoils what the board keeps in its store"},
     {effect::dead_battery, "dead_battery", domain::device, shape::window, need::nothing, false,
      takes_nothing, "takes the power away until somebody changes the battery"},
     {effect::actor_crash, "actor_crash", domain::device, shape::moment, need::nothing, false,
      takes_every, "makes the device's software throw, to try its supervisor"}});

constexpr auto of_the_firmware = std::to_array<effect_info>(
    {{effect::firmware_wrong_digest, "firmware_wrong_digest", domain::firmware, shape::window,
      need::flash, false, takes_nothing, "serves other octets than the offer's digest is of"},
     {effect::firmware_truncated, "firmware_truncated", domain::firmware, shape::window,
      need::flash, false, takes_nothing, "breaks downloads off in the middle"},
     {effect::firmware_oversize, "firmware_oversize", domain::firmware, shape::window, need::flash,
      false, takes_nothing, "serves more octets than the offer says"},
     {effect::firmware_slow, "firmware_slow", domain::firmware, shape::window, need::flash, false,
      takes_rate, "serves each download at so many octets a second"},
     {effect::firmware_failing, "firmware_failing", domain::firmware, shape::window, need::flash,
      false, takes_status, "answers downloads with an error"},
     {effect::firmware_unbootable, "firmware_unbootable", domain::firmware, shape::window,
      need::flash, false, takes_nothing, "serves images that verify and do not start"}});

constexpr auto of_the_cloud = std::to_array<effect_info>(
    {{effect::cloud_restart, "cloud_restart", domain::cloud, shape::window, need::twin, false,
      takes_nothing, "kills the twin, and starts it again when the fault is over"},
     {effect::cloud_slow, "cloud_slow", domain::cloud, shape::window, need::twin, true, takes_by,
      "delays what the twin answers"},
     {effect::cloud_throttle, "cloud_throttle", domain::cloud, shape::window, need::twin, false,
      takes_rate, "answers so many messages a second of each device, and is silent to the others"},
     {effect::drop_acks, "drop_acks", domain::cloud, shape::window, need::twin, true, takes_share,
      "takes messages and does not acknowledge a share of them"},
     {effect::deliver_twice, "deliver_twice", domain::cloud, shape::window, need::twin, true,
      takes_share, "delivers a share of the messages twice"},
     {effect::kick, "kick", domain::cloud, shape::moment, need::twin, false, takes_every,
      "ends the sessions of devices"},
     {effect::refuse_credentials, "refuse_credentials", domain::cloud, shape::window, need::twin,
      false, takes_nothing, "refuses credentials that are good"},
     {effect::expire_tokens, "expire_tokens", domain::cloud, shape::moment, need::twin, false,
      takes_every, "forgets the tokens that devices hold"},
     {effect::malformed, "malformed", domain::cloud, shape::window, need::twin, true, takes_share,
      "sends octets that are no message in place of a share of them"}});

constexpr auto table = [] {
  std::array<effect_info, effect_count> all{};
  auto end = all.begin();
  end = std::copy(of_the_network.begin(), of_the_network.end(), end);
  end = std::copy(of_the_device.begin(), of_the_device.end(), end);
  end = std::copy(of_the_firmware.begin(), of_the_firmware.end(), end);
  std::copy(of_the_cloud.begin(), of_the_cloud.end(), end);
  return all;
}();

constexpr bool in_order() {
  for (std::size_t i = 0; i < effect_count; ++i) {
    if (static_cast<std::size_t>(table[i].what) != i) {
      return false;
    }
  }
  return true;
}
static_assert(in_order(), "info_of() goes by the number");

} // namespace

std::span<const effect_info, effect_count> effects() noexcept {
  return table;
}

const effect_info& info_of(effect what) noexcept {
  const auto number = static_cast<std::size_t>(what);
  FLEET_CHECK(number < effect_count);
  return table[number];
}

std::optional<effect> effect_named(std::string_view word) noexcept {
  for (const auto& each : table) {
    if (each.word == word) {
      return each.what;
    }
  }
  return std::nullopt;
}

} // namespace fleet::faults
