// What a device tells of itself beside its values (aliyun-iot.md §8.2, §9.2, §11.8, §12): tags, the
// MID report, reset, logs, diagnostics, and its question for the thing model. Both sides; the thing
// model itself is not read here.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/base/json_walk.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_tags_per_call = 200;
inline constexpr std::size_t max_tags = 100;      ///< that a device may have
inline constexpr std::size_t max_tag_key = 100;   ///< octets
inline constexpr std::size_t max_log_lines = 200; ///< in one log post

/// One tag; the value empty in a delete.
struct device_tag {
  std::string_view key;      ///< attrKey
  std::string_view value;    ///< attrValue, between its quotes, escapes as written
  std::string_view domain{}; ///< `SYSTEM` for the SDK's own; mostly empty
};

/// A tag's key: a letter or underscore, then letters, digits, underscores, at most 100 (§11.8).
bool valid_tag_key(std::string_view key) noexcept;

/// `thing/deviceinfo/update` and `…/delete`; values are text that is escaped here.
void append_tags_update(byte_buffer& out, std::uint64_t id, std::span<const device_tag> tags);
void append_tags_delete(byte_buffer& out, std::uint64_t id, std::span<const std::string_view> keys);

enum class tag_use : std::uint8_t { update, remove };

/// The tags in a raw list.
class tag_cursor {
public:
  tag_cursor(std::string_view raw, tag_use use) noexcept : walk_(raw), use_(use) {}
  /// False at the end and at one of the wrong shape; broken() tells which.
  bool next(device_tag& out) noexcept;
  [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
  json_walk walk_;
  tag_use use_;
  bool broken_ = false;
};

struct tags_request {
  int code = code_success; ///< 460: no list, empty, over 200, or a tag of the wrong shape
  std::string_view tags;   ///< for tag_cursor
};
tags_request read_tags(const message& request, tag_use use) noexcept;

/// `thing/status/update`, the MID report of §8.2; nobody replies to it.
struct mid_report {
  std::string_view partner_id;
  std::string_view module_id;
};
/// `{"id":"PK_DN_mid","params":{…}}`, without version and method.
void append_mid_report(byte_buffer& out, std::string_view product_key, std::string_view device_name,
                       const mid_report& report);
/// None unless both ids are there once, as plain text.
std::optional<mid_report> read_mid_report(const message& request) noexcept;

/// `thing/reset`: unbind; the id a number.
void append_reset(byte_buffer& out, std::uint64_t id);
/// 200, or 460 for params that are there and no object.
int read_reset(const message& request) noexcept;

/// `thing/log/post`: lines of text, no reply wanted.
void append_log_post(byte_buffer& out, std::uint64_t id, std::span<const std::string_view> lines);

struct log_post_request {
  int code = code_success;            ///< 460: no list of strings, or over 200 lines
  std::span<const json_member> lines; ///< raw strings
};
log_post_request read_log_post(const message& request) noexcept;

/// `thing/config/log/get` and what answers it or is pushed: whether logs are to be posted.
void append_log_config_get(byte_buffer& out, std::uint64_t id);
int read_log_config_get(const message& request) noexcept; ///< 200 or 460
void append_log_config_reply(byte_buffer& out, std::string_view raw_id, bool enabled);
void append_log_config_push(byte_buffer& out, std::uint64_t id, bool enabled);
/// From the params of a push or the data of a reply; none if it is not there.
std::optional<bool> read_log_config(std::span<const json_member> members) noexcept;

/// `_thing/diag/post`: network diagnostics, now (an object) or of the past (a list).
void append_diag_post(byte_buffer& out, std::uint64_t id, std::string_view points, bool history);

struct diag_post_request {
  int code = code_success; ///< 460: no `p` of an object or a list, or no `model`
  std::string_view points; ///< raw
  std::string_view model;  ///< such as `format=simple|quantity=single|time=now`
};
diag_post_request read_diag_post(const message& request) noexcept;

/// `thing/dsltemplate/get`, params `{}`; the reply's data is the thing model.
void append_model_get(byte_buffer& out, std::uint64_t id);
int read_model_get(const message& request) noexcept; ///< 200 or 460

/// `thing/dynamicTsl/get`: a thing model trimmed to some of its nodes.
void append_dynamic_model_get(byte_buffer& out, std::uint64_t id,
                              std::span<const std::string_view> nodes, bool add_default);

struct dynamic_model_request {
  int code = code_success; ///< 460: nodes that are no list of plain text, addDefault no boolean
  std::string_view nodes;  ///< raw list; empty: all
  bool add_default = false;
};
dynamic_model_request read_dynamic_model_get(const message& request) noexcept;

} // namespace fleet::alink
