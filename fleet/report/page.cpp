// A page: the template with its style, its script and a run's facts.
#include "fleet/report/page.hpp"

#include <array>
#include <utility>

#include "fleet/report/document.hpp"
#include "fleet/report/earlier.hpp"

namespace fleet::report {

namespace {

/// JSON as it may stand in a script element: nothing in it can end that, or begin a comment. Only
/// strings hold such a character.
std::string harmless(const std::string& data) {
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

} // namespace

std::string page_of(std::string_view title, const std::string& data, std::string_view plain) {
  const std::array<std::pair<std::string_view, std::string>, 5> parts{{
      {"@title@", escaped(title)},
      {"@style@", std::string{page_style()}},
      {"@plain@", escaped(plain)},
      {"@data@", harmless(data)},
      {"@script@", std::string{page_script()}},
  }};
  std::string out;
  std::string_view rest = page_template();
  // In the order of the template, so that nothing that was put in is looked at again.
  for (const auto& [mark, text] : parts) {
    const auto at = rest.find(mark);
    out += rest.substr(0, at);
    out += text;
    rest.remove_prefix(at + mark.size());
  }
  out += rest;
  return out;
}

std::string to_page(const earlier_run& run) {
  const auto& root = run.facts().root;
  const auto scenario = text_at(root, "run.scenario");
  const std::string title =
      "fleet run " + (scenario.empty() ? run.name() : scenario) + ": " + text_at(root, "verdict");
  return page_of(title, root.dump(-1, ' ', false, json::error_handler_t::replace), to_text(run));
}

} // namespace fleet::report
