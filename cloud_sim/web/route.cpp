// Splitting first and resolving escapes after, so that `%2F` stays inside its part.
#include "cloud_sim/web/route.hpp"

#include <utility>

#include "protocol/base/form.hpp"

namespace fleet::cloud {

std::optional<route_path> split_target(std::string_view target) {
  if (!target.starts_with('/')) {
    return std::nullopt;
  }
  route_path out;
  const std::size_t mark = target.find('?');
  if (mark != std::string_view::npos) {
    out.query = target.substr(mark + 1);
  }
  std::string_view path = target.substr(0, mark);
  while (!path.empty()) {
    path.remove_prefix(1);
    const std::size_t end = path.find('/');
    auto part = path_text(path.substr(0, end));
    if (!part || part->find('\0') != std::string::npos || out.parts.size() == max_path_parts) {
      return std::nullopt;
    }
    out.parts.push_back(std::move(*part));
    path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
  }
  return out;
}

bool match_route(std::string_view pattern, const std::vector<std::string>& parts,
                 std::vector<std::string_view>& values) {
  values.clear();
  for (const auto& part : parts) {
    if (!pattern.starts_with('/')) {
      return false;
    }
    pattern.remove_prefix(1);
    const std::string_view wanted = pattern.substr(0, pattern.find('/'));
    pattern.remove_prefix(wanted.size());
    if (wanted.starts_with('{')) {
      if (part.empty()) {
        return false;
      }
      values.push_back(part);
    } else if (wanted != part) {
      return false;
    }
  }
  return pattern.empty();
}

} // namespace fleet::cloud
