// Picks named members out of JSON objects, and answers what is wrong with a request's params.
// Private to this folder.
#pragma once

#include <array>
#include <optional>

#include "protocol/alink/message.hpp"
#include "protocol/base/json_walk.hpp"

namespace fleet::alink::fields {

/// Latest moment that is believed, in ms since 1970: the end of the year 9999.
inline constexpr std::int64_t latest_ms = 253'402'300'799'999;

/// What pick() found: members by the order of their names; a value is empty where there was none.
template <std::size_t N>
struct picked {
  std::array<json_member, N> member{};
  bool repeated = false; ///< one of the names stands there twice: the object cannot be believed
  bool others = false;   ///< there are members of other names

  [[nodiscard]] bool has(std::size_t which) const noexcept { return !member[which].value.empty(); }
  [[nodiscard]] std::string_view raw(std::size_t which) const noexcept {
    return member[which].value;
  }
};

template <std::size_t N>
void take(picked<N>& out, const std::string_view (&names)[N], const json_member& m) noexcept {
  for (std::size_t i = 0; i < N; ++i) {
    if (m.key == names[i]) {
      out.repeated = out.repeated || out.has(i);
      out.member[i] = out.has(i) ? out.member[i] : m;
      return;
    }
  }
  out.others = true;
}

template <std::size_t N>
picked<N> pick(std::span<const json_member> members, const std::string_view (&names)[N]) noexcept {
  picked<N> out;
  for (const json_member& m : members) {
    take(out, names, m);
  }
  return out;
}

/// The same from a raw object that json_reader found whole; nothing from other values.
template <std::size_t N>
picked<N> pick(std::string_view raw, const std::string_view (&names)[N]) noexcept {
  picked<N> out;
  json_walk walk{raw.starts_with('{') ? raw : std::string_view{}};
  for (json_member m; walk.next(m);) {
    take(out, names, m);
  }
  return out;
}

/// What a string without escapes says; empty for anything else, and for an empty one.
inline std::string_view text_of(std::string_view raw) noexcept {
  return json_plain_text(raw).value_or(std::string_view{});
}

/// An integer written as a number or as a string (§23.12).
inline std::optional<std::int64_t> integer_of(std::string_view raw) noexcept {
  return json_integer(json_plain_text(raw).value_or(raw));
}

/// Milliseconds since 1970, as number or string; none if before or out of reason.
inline std::optional<std::int64_t> moment_of(std::string_view raw) noexcept {
  const auto ms = integer_of(raw);
  return ms && *ms >= 0 && *ms <= latest_ms ? ms : std::nullopt;
}

/// Whether a key stands twice among the members. Linear as long as the names differ; at worst
/// quadratic in `members`, so count them first.
inline bool repeats_key(std::span<const json_member> members) noexcept {
  std::array<std::uint64_t, 16> seen{};
  for (std::size_t i = 0; i < members.size(); ++i) {
    const std::string_view key = members[i].key;
    const std::size_t ends = key.empty() ? 0
                                         : static_cast<unsigned char>(key.front()) * 31U
                                               + static_cast<unsigned char>(key.back());
    const std::size_t mark = (ends * 31U + key.size()) % 1024;
    const std::uint64_t bit = 1ULL << mark % 64;
    if ((seen[mark / 64] & bit) != 0) {
      for (std::size_t before = 0; before < i; ++before) {
        if (members[before].key == key) {
          return true;
        }
      }
    }
    seen[mark / 64] |= bit;
  }
  return false;
}

/// Which codes a fault of the params gets.
enum class code_family : std::uint8_t {
  general, ///< 460, as devices and most of the platform answer
  model    ///< 6301 to 6305, where the platform checks against the thing model
};

/// What is wrong with the params of a request that needs an object or an array there.
inline int params_fault(const message& m, json_type needed, code_family family) noexcept {
  if (m.state != message_state::good) {
    return code_parameter_error;
  }
  const json_type is = json_type_of(m.params);
  if (!m.params.empty() && is == needed) {
    return code_success;
  }
  if (family == code_family::general) {
    return code_parameter_error;
  }
  if (m.params.empty()) {
    return code_params_missing;
  }
  if (is == json_type::null || m.params == "\"\"") {
    return code_params_empty;
  }
  if (is == json_type::number) {
    return code_params_number;
  }
  return is == json_type::object || is == json_type::array ? code_params_type
                                                           : code_params_no_container;
}

} // namespace fleet::alink::fields
