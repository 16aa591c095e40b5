// Marks and what they stand for.
#include "fleet/text/fill_in.hpp"

#include "protocol/base/check.hpp"

namespace fleet::text {

std::string fill_in(std::string_view page, std::span<const filling> parts) {
  std::string out;
  for (const auto& [mark, text] : parts) {
    const auto at = page.find(mark);
    FLEET_CHECK(at != std::string_view::npos);
    out += page.substr(0, at);
    out += text;
    page.remove_prefix(at + mark.size());
  }
  out += page;
  return out;
}

std::string harmless_json(std::string_view data) {
  std::string out;
  out.reserve(data.size());
  for (const char c : data) {
    switch (c) {
      case '<': out += "\\u003c"; break;
      case '>': out += "\\u003e"; break;
      case '&': out += "\\u0026"; break;
      default: out += c;
    }
  }
  return out;
}

} // namespace fleet::text
