// What a fault is when little is said of it, and what cannot be.
#include "protocol/faults/fault.hpp"

namespace fleet::faults {

using namespace std::chrono_literals;

fault default_fault(effect what) {
  fault f;
  f.name = to_string(what);
  f.what = what;
  const effect_info& info = info_of(what);
  f.span = info.shape == shape::window ? duration{30s} : duration{0};
  switch (what) {
    case effect::latency: f.by = 300ms; break;
    case effect::jitter: f.by = 100ms; break;
    case effect::reordering:
      f.by = 200ms;
      f.share_ppm = 100'000;
      break;
    case effect::bandwidth: f.rate = 10'000; break;
    case effect::firmware_slow: f.rate = 10'000; break;
    case effect::cloud_throttle: f.rate = 1; break;
    case effect::slicing: f.size = 1; break;
    case effect::memory_exhaustion: f.size = 256; break;
    case effect::bit_rot: f.size = 1; break;
    case effect::corruption: f.share_ppm = 1'000; break;
    case effect::loss: f.share_ppm = 200'000; break;
    case effect::duplication: f.share_ppm = 50'000; break;
    case effect::power_loss_in_write: f.share_ppm = 10'000; break;
    case effect::drop_acks:
    case effect::deliver_twice: f.share_ppm = 100'000; break;
    case effect::malformed: f.share_ppm = 10'000; break;
    case effect::reboot_loop: f.every = 10s; break;
    case effect::clock_jump: f.by = 1h; break;
    case effect::clock_drift: f.drift_ppm = 500; break;
    case effect::firmware_failing: f.status = 503; break;
    case effect::cloud_slow: f.by = 1s; break;
    case effect::cloud_restart: f.span = 5s; break;
    case effect::dead_battery: f.span = no_end; break;
    case effect::stall:
    case effect::reset:
    case effect::half_open:
    case effect::refuse:
    case effect::dns_failure:
    case effect::tls_failure:
    case effect::nat_rebinding:
    case effect::partition:
    case effect::power_loss:
    case effect::full_flash:
    case effect::kv_corruption:
    case effect::actor_crash:
    case effect::firmware_wrong_digest:
    case effect::firmware_truncated:
    case effect::firmware_oversize:
    case effect::firmware_unbootable:
    case effect::kick:
    case effect::refuse_credentials:
    case effect::expire_tokens: break;
  }
  return f;
}

std::string_view complaint_of(const fault& f) noexcept {
  const effect_info& info = info_of(f.what);
  const auto takes = [&info](parameter p) { return (info.takes & p) != 0; };
  if (f.name.empty()) {
    return "has no name";
  }
  if (f.at < 0ns || f.span < 0ns || f.ramp < 0ns || f.every < 0ns) {
    return "has a time below nothing";
  }
  if (info.shape == shape::window && f.span == 0ns) {
    return "needs `for`: how long it lasts";
  }
  if (info.shape == shape::window && f.ramp > f.span) {
    return "takes longer to its full strength than it lasts; make ramp shorter, or for longer";
  }
  if (info.shape == shape::moment && f.span != 0ns && f.every == 0ns) {
    return "strikes once: `for` needs `every`";
  }
  if (info.shape == shape::moment && f.every != 0ns && f.ramp > f.every) {
    return "is not done with one strike before the next begins";
  }
  if (takes(takes_by) && f.by == 0ns) {
    return "needs `by`: how much";
  }
  if (takes(takes_by) && f.by < 0ns && f.what != effect::clock_jump) {
    return "cannot take time back; write by without its minus";
  }
  if (takes(takes_share) && (f.share_ppm == 0 || f.share_ppm > whole_ppm)) {
    return "needs `share`: a part of all, up to 100%";
  }
  if (takes(takes_rate) && f.rate == 0) {
    return "needs `rate`";
  }
  if (f.what == effect::slicing && f.size == 0) {
    return "needs `size`: octets of a piece";
  }
  if (f.what == effect::reboot_loop && f.every == 0ns) {
    return "needs `every`: how long until the next reboot";
  }
  if (takes(takes_drift) && (f.drift_ppm == 0 || f.drift_ppm <= -1'000'000)) {
    return "needs `drift`: parts of a million";
  }
  if (takes(takes_status) && (f.status < 400 || f.status > 599)) {
    return "needs `status`: 400 to 599";
  }
  return valid(f.select) ? std::string_view{} : "selects ranges that do not rise";
}

} // namespace fleet::faults
