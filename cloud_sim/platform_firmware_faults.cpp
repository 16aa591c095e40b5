// Faults of the firmware server while they are in force (design, part 9). Those that were ordered
// with a firmware are the firmware's own, and go before.
#include <algorithm>
#include <vector>

#include "cloud_sim/platform_firmware.hpp"
#include "cloud_sim/platform_options.hpp"
#include "protocol/ota/generated.hpp"

namespace fleet::cloud {

using faults::effect;

void platform_firmware::misbehave(served_firmware& out, device_index device) {
  auto* const faulty = parts_.core.faults();
  if (faulty == nullptr || out.fault != firmware_fault::none) {
    return;
  }
  if (const auto* const failing = faulty->firmware(effect::firmware_failing, device)) {
    out.fault = firmware_fault::status;
    out.status = failing->status;
  } else if (faulty->firmware(effect::firmware_truncated, device) != nullptr) {
    out.fault = firmware_fault::short_body;
  } else if (faulty->firmware(effect::firmware_oversize, device) != nullptr) {
    out.fault = firmware_fault::long_body;
    out.size += firmware_extra_octets;
  }
  out.spoilt = faulty->firmware(effect::firmware_wrong_digest, device) != nullptr;
  if (const auto* const slow = faulty->firmware(effect::firmware_slow, device)) {
    out.rate = slow->rate;
  }
}

bool platform_firmware::for_unbootable(const firmware& f, std::string_view token,
                                       firmware_tokens::judged& out) {
  const std::int64_t now_s = parts_.core.home().wall_ms() / 1000;
  const auto said = tokens_.judge({f.id, unbootable_signs(f).sha256}, token, now_s);
  if (said.verdict == token_verdict::forged) {
    return false;
  }
  out = said;
  return true;
}

// Read once from end to end, at the first offer of it.
const platform_firmware::signs& platform_firmware::unbootable_signs(const firmware& f) {
  auto& found = unbootable_[f.id];
  if (!found.sha256.empty()) {
    return found;
  }
  content_hash md5{content_digest::md5};
  content_hash sha256{content_digest::sha256};
  std::vector<std::uint8_t> piece;
  for (std::uint64_t at = 0; at < f.what.size; at += piece.size()) {
    const auto octets = shelf_.octets(f.id, at, firmware_block_octets);
    if (octets.empty()) {
      break;
    }
    piece.assign(octets.begin(), octets.end());
    if (at == 0) {
      std::copy_n(ota::unbootable_mark.begin(), std::min(piece.size(), ota::unbootable_mark.size()),
                  piece.begin());
    }
    md5.add(piece);
    sha256.add(piece);
  }
  found = {md5.finish().hex(), sha256.finish().hex()};
  return found;
}

} // namespace fleet::cloud
