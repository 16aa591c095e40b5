// The words for what an operation could not do.
#include "cloud_sim/operations.hpp"

#include "protocol/base/check.hpp"

namespace fleet::cloud {

std::string_view to_string(operation_error e) noexcept {
  switch (e) {
    case operation_error::unknown_product: return "unknown-product";
    case operation_error::unknown_device: return "unknown-device";
    case operation_error::unknown_firmware: return "unknown-firmware";
    case operation_error::unknown_campaign: return "unknown-campaign";
    case operation_error::offline: return "offline";
    case operation_error::not_subscribed: return "not-subscribed";
    case operation_error::busy: return "busy";
    case operation_error::timed_out: return "timed-out";
    case operation_error::refused: return "refused";
    case operation_error::malformed: return "malformed";
    case operation_error::exists: return "exists";
    case operation_error::unsupported: return "unsupported";
  }
  FLEET_CHECK(false);
}

} // namespace fleet::cloud
