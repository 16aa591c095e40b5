// Tags out and in (aliyun-iot.md §11.8).
#include <algorithm>

#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_upkeep.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view names[] = {"attrKey", "attrValue", "domain"};

bool letter(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

/// A raw string without its quotes; empty for other values.
std::string_view between_quotes(std::string_view raw) noexcept {
  return raw.starts_with('"') ? raw.substr(1, raw.size() - 2) : std::string_view{};
}

bool text_or_none(std::string_view raw) noexcept {
  return raw.empty() || raw.starts_with('"');
}

} // namespace

bool valid_tag_key(std::string_view key) noexcept {
  return !key.empty() && key.size() <= max_tag_key && letter(key.front())
         && std::all_of(key.begin(), key.end(),
                        [](char c) { return letter(c) || (c >= '0' && c <= '9'); });
}

void append_tags_update(byte_buffer& out, std::uint64_t id, std::span<const device_tag> tags) {
  begin_request(out, id);
  out.push('[');
  for (std::size_t i = 0; i < tags.size(); ++i) {
    out.append(std::string_view{i > 0 ? "," : ""});
    object_writer object{out};
    object.text("attrKey", tags[i].key);
    object.text("attrValue", tags[i].value);
    if (!tags[i].domain.empty()) {
      object.text("domain", tags[i].domain);
    }
    object.end();
  }
  out.push(']');
  end_request(out, topic_kind::deviceinfo_update);
}

void append_tags_delete(byte_buffer& out, std::uint64_t id,
                        std::span<const std::string_view> keys) {
  begin_request(out, id);
  out.push('[');
  for (std::size_t i = 0; i < keys.size(); ++i) {
    out.append(std::string_view{i > 0 ? "," : ""});
    object_writer object{out};
    object.text("attrKey", keys[i]);
    object.end();
  }
  out.push(']');
  end_request(out, topic_kind::deviceinfo_delete);
}

bool tag_cursor::next(device_tag& out) noexcept {
  json_member m;
  if (broken_ || !walk_.next(m)) {
    return false;
  }
  const auto found = fields::pick(m.value, names);
  out = {.key = fields::text_of(found.raw(0)),
         .value = between_quotes(found.raw(1)),
         .domain = between_quotes(found.raw(2))};
  broken_ = found.repeated || !valid_tag_key(out.key) || !text_or_none(found.raw(1))
            || !text_or_none(found.raw(2)) || (use_ == tag_use::update && !found.has(1));
  return !broken_;
}

tags_request read_tags(const message& request, tag_use use) noexcept {
  tags_request out;
  out.code = fields::params_fault(request, json_type::array, fields::code_family::general);
  if (out.code != code_success) {
    return out;
  }
  const std::size_t count = request.params_members.size();
  tag_cursor cursor{request.params, use};
  for (device_tag t; count <= max_tags_per_call && cursor.next(t);) {
  }
  if (count == 0 || count > max_tags_per_call || cursor.broken()) {
    out.code = code_parameter_error;
    return out;
  }
  out.tags = request.params;
  return out;
}

} // namespace fleet::alink
