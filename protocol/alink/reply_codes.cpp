// The table of codes.
#include "protocol/alink/reply_codes.hpp"

#include <algorithm>

namespace fleet::alink {

namespace {

constexpr code_entry table[] = {
    {200, "success", "success"},
    {400, "request_error", "request error"},
    {401, "auth_error", "request auth error"},
    {403, "forbidden", "request forbidden"},
    {404, "service_not_found", "service not found"},
    {427, "connected_elsewhere", "device connected elsewhere"},
    {428, "too_many_subdevices", "too many subdevices under gateway"},
    {429, "too_busy", "too many requests"},
    {460, "parameter_error", "request parameter error"},
    {500, "system_error", "system error"},
    {503, "unavailable", "service unavailable"},
    {520, "no_session", "device no session"},
    {521, "device_deleted", "device deleted"},
    {522, "device_forbidden", "device forbidden"},
    {527, "connected_elsewhere_later", "device connected elsewhere"},
    {5001, "auth_device_not_found", "device not found"},
    {5005, "product_lookup_failed", "product lookup failed"},
    {5159, "tsl_lookup_5159", "tsl lookup failed"},
    {5160, "tsl_lookup_5160", "tsl lookup failed"},
    {5161, "tsl_lookup_5161", "tsl lookup failed"},
    {5244, "lorawan_lookup_failed", "lorawan product lookup failed"},
    {6100, "device_not_found", "device not found"},
    {6104, "list_too_long", "list size must be less than 200"},
    {6106, "map_too_large", "map size must be less than 200"},
    {6200, "no_script", "no parsing script"},
    {6201, "script_result_empty", "script result is empty"},
    {6203, "topic_not_parseable", "topic not parseable"},
    {6204, "device_disabled", "device disabled"},
    {6207, "format_error", "data format error"},
    {6250, "product_not_found", "product not found"},
    {6251, "device_exists", "device exists already"},
    {6280, "bad_device_name", "devicename not meet specs"},
    {6287, "invalid_sign", "invalid sign"},
    {6288, "registration_off", "dynamic registration is off"},
    {6289, "already_active", "device is active already"},
    {6292, "method_unsupported", "sign method unsupported"},
    {6300, "no_such_method", "tsl: method does not exist"},
    {6301, "params_no_container", "tsl: params is neither object nor array"},
    {6302, "params_empty", "tsl: params is empty"},
    {6303, "params_number", "tsl: params is a number"},
    {6304, "params_missing", "tsl: params does not exist"},
    {6305, "params_type", "tsl: params is of the wrong type"},
    {6306, "int_specs", "tsl: int out of its specs"},
    {6307, "float_specs", "tsl: float out of its specs"},
    {6308, "bool_specs", "tsl: bool out of its specs"},
    {6309, "enum_specs", "tsl: enum out of its specs"},
    {6310, "text_specs", "tsl: text out of its specs"},
    {6311, "date_specs", "tsl: date out of its specs"},
    {6312, "struct_specs", "tsl: struct out of its specs"},
    {6313, "tsl_unavailable", "tsl service not available"},
    {6314, "type_parse", "tsl: data type not parseable"},
    {6315, "tsl_mismatch", "tsl: data does not satisfy the model"},
    {6316, "specs_format", "tsl: number format of the specs"},
    {6317, "tsl_template", "tsl: template error"},
    {6318, "tsl_exception", "tsl: exception"},
    {6319, "event_call_type", "tsl: call type of the event"},
    {6320, "no_such_property", "tsl: no such property"},
    {6321, "identifier_missing", "tsl: device not exist in product"},
    {6322, "double_specs", "tsl: double out of its specs"},
    {6323, "tsl_6323", "tsl: validation failed"},
    {6324, "tsl_6324", "tsl: validation failed"},
    {6325, "tsl_6325", "tsl: validation failed"},
    {6326, "tsl_6326", "tsl: validation failed"},
    {6327, "tsl_6327", "tsl: validation failed"},
    {6328, "tsl_6328", "tsl: validation failed"},
    {6356, "too_many_events", "too many events"},
    {6357, "too_many_packed_devices", "too many sub-devices"},
    {6400, "topo_full", "topo count exceeded"},
    {6401, "no_relation", "topo relation not exist"},
    {6402, "topo_self", "device cannot add itself"},
    {6450, "no_method_after_script", "no method after script parse"},
    {6600, "sign_failed", "sign failed"},
    {6619, "bound_elsewhere", "sub-device bound to another gateway"},
    {6661, "desired_query_failed", "desired property query failed"},
    {6710, "no_config", "no config data"},
    {6713, "config_off", "config function not enabled"},
    {6760, "system_exception", "system exception"},
    {9112, "ota_device_not_found", "device not found"},
    {26001, "script_26001", "script error"},
    {26002, "script_26002", "script error"},
    {26003, "script_26003", "script error"},
    {26004, "script_26004", "script error"},
    {26005, "script_26005", "script error"},
    {26006, "script_26006", "script error"},
    {26007, "script_26007", "script error"},
    {26008, "script_26008", "script error"},
    {26009, "script_26009", "script error"},
    {26010, "script_26010", "script error"},
};

constexpr bool ascending() noexcept {
  for (std::size_t i = 1; i < std::size(table); ++i) {
    if (table[i - 1].code >= table[i].code) {
      return false;
    }
  }
  return true;
}
static_assert(ascending());

} // namespace

std::span<const code_entry> all_codes() noexcept {
  return table;
}

const code_entry* find_code(std::int64_t code) noexcept {
  const auto* const found =
      std::lower_bound(std::begin(table), std::end(table), code,
                       [](const code_entry& e, std::int64_t c) { return e.code < c; });
  return found != std::end(table) && found->code == code ? found : nullptr;
}

std::string_view code_text(std::int64_t code) noexcept {
  if (const code_entry* const found = find_code(code)) {
    return found->text;
  }
  return code >= first_device_code && code <= last_device_code ? "device defined"
                                                               : std::string_view{};
}

} // namespace fleet::alink
