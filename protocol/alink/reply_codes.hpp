// The platform's codes (aliyun-iot.md §10.1): as constants, and as one table of names and texts.
// Which fault gets which code is decided where the fault is found.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace fleet::alink {

/// Codes of §10.1 that have one meaning worth a name; find_code() knows all of them.
enum alink_code : int {
  code_success = 200,
  code_request_error = 400,
  code_auth_error = 401,
  code_forbidden = 403,
  code_service_not_found = 404,
  code_connected_elsewhere = 427,
  code_too_many_subdevices = 428,
  code_too_busy = 429,
  code_parameter_error = 460,
  code_system_error = 500,
  code_unavailable = 503,
  code_no_session = 520,
  code_device_deleted = 521,
  code_device_forbidden = 522,
  code_auth_device_not_found = 5001,
  code_product_lookup_failed = 5005,
  code_tsl_lookup_failed = 5159,
  code_lorawan_lookup_failed = 5244,
  code_device_not_found = 6100,
  code_list_too_long = 6104,
  code_map_too_large = 6106,
  code_no_script = 6200,
  code_script_result_empty = 6201,
  code_topic_not_parseable = 6203,
  code_device_disabled = 6204,
  code_format_error = 6207,
  code_product_not_found = 6250,
  code_device_exists = 6251,
  code_bad_device_name = 6280,
  code_invalid_sign = 6287,
  code_registration_off = 6288,
  code_already_active = 6289,
  code_method_unsupported = 6292,
  code_no_such_method = 6300,
  code_params_no_container = 6301,
  code_params_empty = 6302,
  code_params_number = 6303,
  code_params_missing = 6304,
  code_params_type = 6305,
  code_int_specs = 6306,
  code_float_specs = 6307,
  code_bool_specs = 6308,
  code_enum_specs = 6309,
  code_text_specs = 6310,
  code_date_specs = 6311,
  code_struct_specs = 6312,
  code_tsl_unavailable = 6313,
  code_type_parse = 6314,
  code_tsl_mismatch = 6315,
  code_specs_format = 6316,
  code_tsl_template = 6317,
  code_tsl_exception = 6318,
  code_event_call_type = 6319,
  code_no_such_property = 6320,
  code_identifier_missing = 6321,
  code_double_specs = 6322,
  code_too_many_events = 6356,
  code_too_many_packed_devices = 6357,
  code_topo_full = 6400,
  code_no_relation = 6401,
  code_topo_self = 6402,
  code_no_method_after_script = 6450,
  code_sign_failed = 6600,
  code_bound_elsewhere = 6619,
  code_desired_query_failed = 6661,
  code_no_config = 6710,
  code_config_off = 6713,
  code_system_exception = 6760,
  code_ota_device_not_found = 9112
};

/// First and last of the codes that devices define themselves (§10.1).
inline constexpr int first_device_code = 100'000;
inline constexpr int last_device_code = 110'000;

/// One code: what a program calls it and what the platform says of it.
struct code_entry {
  int code = 0;
  std::string_view name; ///< a word of lower-case letters, digits and underscores; unique
  std::string_view text; ///< the `message` of a reply
};

/// All codes of §10.1, ascending; the device-defined ones are a range and not in it.
std::span<const code_entry> all_codes() noexcept;

/// The entry of a code, or null.
const code_entry* find_code(std::int64_t code) noexcept;

/// The message of a code; `device defined` for a device's own, empty for an unknown one.
std::string_view code_text(std::int64_t code) noexcept;

/// Whether a device may answer a request with this code (§10.1).
constexpr bool device_may_answer(std::int64_t code) noexcept {
  return code == code_success || code == code_request_error || code == code_too_busy
         || code == code_parameter_error || (code >= first_device_code && code <= last_device_code);
}

} // namespace fleet::alink
