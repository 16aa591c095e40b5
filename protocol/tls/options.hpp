// Protocol versions, as options of both roles name them.
#pragma once

#include <cstdint>

namespace fleet::tls {

/// Protocol versions (RFC 2246, 4346, 5246, 8446).
enum class version : std::uint8_t { tls10, tls11, tls12, tls13 };

/// Both ends included. Below tls12 the ciphers' security level drops to 0, certificates' does not.
struct version_range {
  version lowest = version::tls12;
  version highest = version::tls13;
};

} // namespace fleet::tls
