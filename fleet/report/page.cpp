// A page: the template with its style, its script and a run's facts.
#include "fleet/report/page.hpp"

#include <array>

#include "fleet/report/document.hpp"
#include "fleet/report/earlier.hpp"
#include "fleet/text/fill_in.hpp"

namespace fleet::report {

std::string page_of(std::string_view title, const std::string& data, std::string_view plain) {
  const std::array<text::filling, 5> parts{{
      {"@title@", escaped(title)},
      {"@style@", std::string{page_style()}},
      {"@plain@", escaped(plain)},
      {"@data@", text::harmless_json(data)},
      {"@script@", std::string{page_script()}},
  }};
  return text::fill_in(page_template(), parts);
}

std::string to_page(const earlier_run& run) {
  const auto& root = run.facts().root;
  const auto scenario = text_at(root, "run.scenario");
  const std::string title =
      "fleet run " + (scenario.empty() ? run.name() : scenario) + ": " + text_at(root, "verdict");
  return page_of(title, root.dump(-1, ' ', false, json::error_handler_t::replace), to_text(run));
}

} // namespace fleet::report
