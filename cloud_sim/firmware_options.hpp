// What may be chosen about firmware: where it is had, for how long, how fast. No behaviour.
#pragma once

#include <string>

#include "cloud_sim/firmware_source.hpp"
#include "protocol/base/time.hpp"

namespace fleet::cloud {

struct firmware_options {
  /// Where firmware is to be had, its number behind it (§14.2), once that is known; empty: nowhere,
  /// and there are no campaigns.
  std::string url;
  std::string key; ///< signs the tokens in addresses
  duration token_life = std::chrono::hours{24};
  firmware_pace pace;
};

} // namespace fleet::cloud
