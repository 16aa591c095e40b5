// A thing's part in its shadow (aliyun-iot.md §13): the client machine and what belongs to it.
// Internal to thing.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "actors/device/thing.hpp"
#include "protocol/shadow/client.hpp"

namespace fleet::actors {

struct thing::shadow_part {
  shadow_part(std::string tokens, const shadow::client_behaviour& behaviour,
              shadow::remembered kept)
      : prefix(std::move(tokens)), client(behaviour, prefix, kept), kept_version(kept.version),
        kept_token(kept.next_token) {}

  std::string prefix; ///< of its client tokens; the client looks at it
  shadow::client client;
  std::int64_t kept_version; ///< as the board's store has it
  std::uint32_t kept_token;
  std::uint32_t clearing = 0; ///< the request that clears the desired values; 0: none
};

} // namespace fleet::actors
