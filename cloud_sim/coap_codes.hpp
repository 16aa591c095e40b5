// What the door says, as CoAP's codes (aliyun-iot.md §17.2, §17.3, §24). Internal to the desk.
#pragma once

#include "cloud_sim/post_door.hpp"
#include "protocol/base/check.hpp"
#include "protocol/coap/types.hpp"

namespace fleet::cloud {

inline constexpr auto uri_too_long = coap::make_code(4, 14); ///< the vendor's own (§17.2)

inline coap::code code_of(logon_denial why) noexcept {
  switch (why) {
    case logon_denial::unauthorized:
    case logon_denial::by_fault: return coap::code::unauthorized;
    case logon_denial::disabled: return coap::code::forbidden;
    case logon_denial::too_many: // §17.2: a device asks again after a second
    case logon_denial::no_room: return coap::code::internal_server_error;
  }
  FLEET_CHECK(false);
}

inline coap::code code_of(post_result what) noexcept {
  switch (what) {
    case post_result::taken: return coap::code::content;
    case post_result::no_token:
    case post_result::unknown_token:
    case post_result::expired_token: // §24: 4.01, and not 4.06
    case post_result::bad_sequence: return coap::code::unauthorized;
    case post_result::undecipherable: return coap::code::bad_request;
    case post_result::not_owner:
    case post_result::forbidden: return coap::code::forbidden;
    case post_result::over_bound: return coap::code::service_unavailable;
    case post_result::too_large: return coap::code::request_entity_too_large;
    case post_result::no_room: return coap::code::internal_server_error;
  }
  FLEET_CHECK(false);
}

} // namespace fleet::cloud
