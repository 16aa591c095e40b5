// Desired properties (aliyun-iot.md §11.7): what a device asks of them and what it is told. Their
// versions are kept elsewhere.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/base/json_walk.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_desired = 200; ///< properties in one request

/// One property of a desired/delete or of the reply to a desired/get.
struct desired_property {
  std::string_view identifier;
  std::string_view value;                ///< JSON, raw; empty in a delete
  std::optional<std::int64_t> version{}; ///< none in a delete: clear it whatever its version is
};

/// `thing/property/desired/get`; params is the list of identifiers.
void append_desired_get(byte_buffer& out, std::uint64_t id,
                        std::span<const std::string_view> identifiers);

struct desired_get_request {
  int code = code_success;                  ///< 460: no list of plain text; 6104: over 200
  std::span<const json_member> identifiers; ///< identifier_at() of each
};
desired_get_request read_desired_get(const message& request) noexcept;

/// The reply to a get; a property without a desired value is left out by whoever calls.
void append_desired_reply(byte_buffer& out, std::string_view raw_id,
                          std::span<const desired_property> properties);

/// `thing/property/desired/delete`.
void append_desired_delete(byte_buffer& out, std::uint64_t id,
                           std::span<const desired_property> properties);

/// The properties in the params of a delete or in the data of a get's reply, one by one.
class desired_cursor {
public:
  explicit desired_cursor(std::string_view raw, bool with_values) noexcept
      : walk_(raw), with_values_(with_values) {}
  /// False at the end and at one of the wrong shape; broken() tells which.
  bool next(desired_property& out) noexcept;
  [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
  json_walk walk_;
  bool with_values_;
  bool broken_ = false;
};

struct desired_delete_request {
  int code = code_success;     ///< 460: shape or a version that is no number from 0; 6104: over 200
  std::string_view properties; ///< for desired_cursor without values
};
/// Params may be the object or, as one edition has it, a list of just that object (§24).
desired_delete_request read_desired_delete(const message& request) noexcept;

struct desired_reply {
  int code = code_success;     ///< the reply's own; 460 if its data cannot be read
  std::string_view properties; ///< for desired_cursor with values; empty unless 200
};
desired_reply read_desired_reply(const message& reply) noexcept;

} // namespace fleet::alink
