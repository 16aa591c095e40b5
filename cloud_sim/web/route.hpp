// Matching a request's path against patterns such as `/v1/devices/{pk}/{dn}`. No handlers, no
// methods.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::cloud {

/// A target taken apart: the path's parts with their escapes resolved, and the query as written.
struct route_path {
  std::vector<std::string> parts;
  std::string_view query; ///< view into the target
};

inline constexpr std::size_t max_path_parts = 16;

/// Nothing for `*`, a malformed escape, an escaped NUL, or more than max_path_parts parts.
std::optional<route_path> split_target(std::string_view target);

/// Whether the parts are those of `pattern`, where `{…}` stands for any one part that is not
/// empty; these are appended to `values` in order.
bool match_route(std::string_view pattern, const std::vector<std::string>& parts,
                 std::vector<std::string_view>& values);

} // namespace fleet::cloud
