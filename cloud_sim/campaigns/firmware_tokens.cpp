// The subject is the firmware's number.
#include "cloud_sim/campaigns/firmware_tokens.hpp"

namespace fleet::cloud {

namespace {

/// Of one length for all firmwares.
std::string subject_of(std::uint32_t firmware) {
  std::string out{"firmware."};
  for (unsigned digit = 8; digit-- > 0;) {
    out += "0123456789abcdef"[firmware >> 4 * digit & 15];
  }
  return out;
}

} // namespace

std::string firmware_tokens::issue(std::uint32_t firmware, std::uint32_t device, std::int64_t now_s,
                                   std::int64_t life_s) const {
  return tokens_.issue(subject_of(firmware), device, now_s, life_s);
}

firmware_tokens::judged firmware_tokens::judge(std::uint32_t firmware, std::string_view token,
                                               std::int64_t now_s) const {
  return tokens_.judge(subject_of(firmware), token, now_s);
}

} // namespace fleet::cloud
