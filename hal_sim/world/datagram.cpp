// The words for datagram_trouble.
#include "hal_sim/world/datagram.hpp"

#include "protocol/base/check.hpp"

namespace fleet::hal {

std::string_view to_string(datagram_trouble trouble) noexcept {
  switch (trouble) {
    case datagram_trouble::refused: return "refused";
    case datagram_trouble::unreachable: return "unreachable";
    case datagram_trouble::too_large: return "too_large";
    case datagram_trouble::exhausted: return "exhausted";
  }
  FLEET_CHECK(false);
}

} // namespace fleet::hal
