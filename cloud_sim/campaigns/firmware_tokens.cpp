// The subject is the firmware's number and its digest.
#include "cloud_sim/campaigns/firmware_tokens.hpp"

namespace fleet::cloud {

namespace {

/// Of one length for all firmwares.
std::string subject_of(const firmware_image& of) {
  std::string out{"firmware."};
  for (unsigned digit = 8; digit-- > 0;) {
    out += "0123456789abcdef"[of.firmware >> 4 * digit & 15];
  }
  return out.append(1, '.').append(of.sha256);
}

} // namespace

std::string firmware_tokens::issue(const firmware_image& of, std::uint32_t device,
                                   std::int64_t now_s, std::int64_t life_s) const {
  return tokens_.issue(subject_of(of), device, now_s, life_s);
}

firmware_tokens::judged firmware_tokens::judge(const firmware_image& of, std::string_view token,
                                               std::int64_t now_s) const {
  return tokens_.judge(subject_of(of), token, now_s);
}

} // namespace fleet::cloud
