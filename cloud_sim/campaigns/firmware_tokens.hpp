// The tokens in a firmware's addresses: for one firmware, one device and a time. Knows no firmware
// and no URL.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include "cloud_sim/campaigns/url_tokens.hpp"

namespace fleet::cloud {

/// What a token is for. The digest stands beside the number, so that none is good for octets which
/// its device was not offered.
struct firmware_image {
  std::uint32_t firmware = 0;
  std::string_view sha256; ///< hexadecimal
};

class firmware_tokens {
public:
  static constexpr std::size_t octets = url_tokens::octets;

  /// Whoever has the key can make tokens; a twin with another key takes none of these.
  explicit firmware_tokens(std::string key) : tokens_(std::move(key)) {}

  /// Good for `life_s` seconds, until before now_s + life_s.
  [[nodiscard]] std::string issue(const firmware_image& of, std::uint32_t device,
                                  std::int64_t now_s, std::int64_t life_s) const;

  using judged = url_tokens::judged;
  /// In a time that depends on lengths only.
  [[nodiscard]] judged judge(const firmware_image& of, std::string_view token,
                             std::int64_t now_s) const;

private:
  url_tokens tokens_;
};

} // namespace fleet::cloud
