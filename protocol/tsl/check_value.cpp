// One value against its data type. Recursion is over the model's depth, three at most, never over
// the peer's.
#include "protocol/tsl/check_value.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "protocol/base/check.hpp"

namespace fleet::tsl {

namespace {

constexpr int code_type = 6305;    ///< params type
constexpr int code_struct = 6312;  ///< specs of a struct
constexpr int code_not_tsl = 6315; ///< data does not satisfy the TSL

finding check_number(const data_type& type, std::string_view raw) noexcept {
  const auto value = json_number(raw);
  if (!value || !std::isfinite(*value)) {
    return found(mistake::wrong_type, code_type);
  }
  return *value < type.min || *value > type.max
             ? found(mistake::out_of_range, specs_code(type.kind))
             : finding{};
}

/// int, enum and bool: a number without fraction or exponent.
finding check_integer(const data_type& type, std::string_view raw) noexcept {
  const auto value = json_integer(raw);
  if (!value) {
    // A whole number too large for 64 bits is still a number.
    const bool digits =
        !raw.empty() && json_number(raw) && raw.find_first_of(".eE") == std::string_view::npos;
    return digits ? found(mistake::out_of_range, specs_code(type.kind))
                  : found(mistake::wrong_type, code_type);
  }
  const bool good =
      type.kind == data_kind::integer
          ? static_cast<double>(*value) >= type.min && static_cast<double>(*value) <= type.max
          : std::binary_search(
              type.labels.begin(), type.labels.end(), value_label{*value, {}},
              [](const value_label& a, const value_label& b) { return a.value < b.value; });
  return good ? finding{} : found(mistake::out_of_range, specs_code(type.kind));
}

finding check_text(const data_type& type, std::string_view raw) noexcept {
  const auto size = raw_text_size(raw);
  if (!size) {
    return found(mistake::wrong_type, code_type);
  }
  return *size > type.length ? found(mistake::too_long, specs_code(type.kind)) : finding{};
}

finding check_date(std::string_view raw) noexcept {
  const auto text = json_plain_text(raw);
  if (!text) {
    return found(mistake::wrong_type, code_type);
  }
  const auto value = json_integer(*text);
  return !value || *value < 0 || *value > max_date
             ? found(mistake::out_of_range, specs_code(data_kind::date))
             : finding{};
}

finding check_struct(const data_type& type, std::string_view raw, const check_policy& policy) {
  if (raw_type(raw) != json_type::object) {
    return found(mistake::wrong_type, code_type);
  }
  const list_rules rules{policy.unknown, policy.whole_structs, code_struct, code_struct};
  finding f = check_list(type.members, raw_members{raw}, rules, policy);
  f.member = f.identifier; // of this value, it is the member that has the name
  f.identifier = {};
  return f;
}

finding check_array(const data_type& type, std::string_view raw, const check_policy& policy) {
  if (raw_type(raw) != json_type::array) {
    return found(mistake::wrong_type, code_type);
  }
  raw_members elements{raw};
  json_member element;
  for (std::size_t i = 0; elements.next(element); ++i) {
    finding f = i < type.length ? check_value(type.item.front(), element.value, policy)
                                : found(mistake::too_long, code_not_tsl);
    if (!f.ok()) {
      f.element = i < type.length ? i : no_element;
      return f;
    }
  }
  return elements.whole() ? finding{} : found(mistake::wrong_type, code_type);
}

} // namespace

finding found(mistake what, int code) noexcept {
  finding f;
  f.what = what;
  f.code = code;
  return f;
}

int specs_code(data_kind kind) noexcept {
  switch (kind) {
    case data_kind::integer: return 6306;
    case data_kind::single: return 6307;
    case data_kind::boolean: return 6308;
    case data_kind::enumeration: return 6309;
    case data_kind::text: return 6310;
    case data_kind::date: return 6311;
    case data_kind::structure: return code_struct;
    case data_kind::real: return 6322;
    case data_kind::array: return code_not_tsl; // §10.1 names no code for arrays
  }
  FLEET_CHECK(false);
}

finding check_value(const data_type& type, std::string_view raw, const check_policy& policy) {
  switch (type.kind) {
    case data_kind::integer:
    case data_kind::enumeration:
    case data_kind::boolean: return check_integer(type, raw);
    case data_kind::single:
    case data_kind::real: return check_number(type, raw);
    case data_kind::text: return check_text(type, raw);
    case data_kind::date: return check_date(raw);
    case data_kind::structure: return check_struct(type, raw, policy);
    case data_kind::array: return check_array(type, raw, policy);
  }
  FLEET_CHECK(false);
}

} // namespace fleet::tsl
