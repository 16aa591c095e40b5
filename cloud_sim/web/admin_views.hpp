// What the admin API's actions on firmware and on campaigns share: who they ask, numbers in paths,
// answers that are views. Internal to the folder.
#pragma once

#include <span>

#include "cloud_sim/web/admin_call.hpp"

namespace fleet::cloud::admin {

void write_view(byte_buffer& out, const firmware_view& f);
void write_view(byte_buffer& out, const campaign_view& c);
void write_view(byte_buffer& out, const campaign_device_view& d);

/// Nothing: answered.
inline firmware_operations* console_of(const admin_call& call) {
  if (call.facts().firmware == nullptr) {
    call.refuse(501, "unsupported",
                call.has_console() ? "a twin on several homes has no firmware: --homes 1 has it"
                                   : "this profile has no firmware");
  }
  return call.facts().firmware;
}

/// The number of the path; nothing: answered.
inline std::optional<std::uint32_t> id_of(const admin_call& call) {
  const auto id = json_integer(call.values.front());
  if (!id || *id < 0 || *id > UINT32_MAX) {
    call.malformed("the path has no number");
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*id);
}

inline void give_with(const admin_call& call, std::uint16_t status, byte_buffer json) {
  web_answer out;
  out.status = status;
  out.body = std::move(json);
  call.reply().answer(std::move(out));
}

template <class View>
void write_list(byte_buffer& out, std::string_view name, std::span<const View> all) {
  out.append("{\"");
  out.append(name);
  out.append("\":[");
  for (const auto& each : all) {
    if (&each != all.data()) {
      out.push(',');
    }
    write_view(out, each);
  }
  out.push(']');
}

template <class View>
void give_list(const admin_call& call, std::string_view name, const std::vector<View>& all) {
  byte_buffer out;
  write_list<View>(out, name, all);
  out.push('}');
  call.give(std::move(out));
}

template <class View>
void give_one(const admin_call& call, const result<View, operation_failure>& found,
              std::uint16_t status = 200) {
  if (!found) {
    call.refuse(found.error());
    return;
  }
  byte_buffer out;
  write_view(out, found.value());
  give_with(call, status, std::move(out));
}

/// A member that is a whole number, or `out` as it is; false: answered.
template <class Number>
bool read_number(const admin_call& call, std::string_view key, Number& out, std::int64_t high,
                 std::int64_t low = 0) {
  const auto got = call.integer(key, static_cast<std::int64_t>(out), low, high);
  out = static_cast<Number>(got.value_or(0));
  return got.has_value();
}

} // namespace fleet::cloud::admin
