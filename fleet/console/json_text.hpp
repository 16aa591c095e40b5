// Looking into raw JSON of any depth, level by level, with protocol/base/json.hpp behind it.
// Private to this folder.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/display.hpp"
#include "protocol/base/json.hpp"

namespace fleet::program {

/// One level of an object or array; its text must outlive it.
class json_level {
public:
  explicit json_level(std::string_view text)
      : good_(reader_.read(as_bytes(text)) == json_error::none) {}

  [[nodiscard]] bool object() const { return good_ && !reader_.is_array(); }
  [[nodiscard]] bool array() const { return good_ && reader_.is_array(); }
  [[nodiscard]] std::span<const json_member> members() const { return reader_.top(); }
  [[nodiscard]] const json_member* find(std::string_view key) const {
    return good_ ? reader_.find(key) : nullptr;
  }
  /// The member's text; nothing for other types.
  [[nodiscard]] std::optional<std::string> text(std::string_view key) const {
    const json_member* const m = find(key);
    std::string out;
    if (m == nullptr || !append_json_string(out, m->value)) {
      return std::nullopt;
    }
    return out;
  }
  [[nodiscard]] std::optional<std::int64_t> integer(std::string_view key) const {
    const json_member* const m = find(key);
    return m == nullptr ? std::nullopt : json_integer(m->value);
  }

private:
  json_reader reader_;
  bool good_;
};

/// A value for people: text without its quotes, `-` for nothing.
inline std::string shown(const json_member* m) {
  if (m == nullptr || m->type == json_type::null) {
    return "-";
  }
  std::string text;
  if (m->type == json_type::string && append_json_string(text, m->value)) {
    return text.empty() ? "-" : printable(text);
  }
  return printable(m->value);
}

/// What state a device is in, and by what it is online where that is not MQTT.
inline std::string state_text(const json_level& device) {
  const auto by = device.text("protocol").value_or("mqtt");
  return shown(device.find("state")) + (by == "mqtt" ? "" : " (" + printable(by) + ")");
}

/// A member's name for people.
inline std::string shown_key(const json_member& m) {
  std::string text;
  return append_json_string(text, "\"" + std::string{m.key} + "\"") ? printable(text)
                                                                    : printable(m.key);
}

/// The raw objects of `{"products":[…]}` or of the bare list.
inline std::optional<std::vector<std::string>> listed(std::string_view body, std::string_view key) {
  const json_level whole{body};
  const json_member* const list = whole.find(key);
  const json_level items{list != nullptr && list->type == json_type::array ? list->value : body};
  if (!items.array()) {
    return std::nullopt;
  }
  std::vector<std::string> out;
  for (const json_member& m : items.members()) {
    if (m.type != json_type::object) {
      return std::nullopt;
    }
    out.emplace_back(m.value);
  }
  return out;
}

} // namespace fleet::program
