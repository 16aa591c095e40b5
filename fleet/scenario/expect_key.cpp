// The key `expect`: lines that a run is held against, each read to its column.
#include "fleet/options/judging_options.hpp"
#include "fleet/report/judged.hpp"
#include "fleet/scenario/nested_keys.hpp"
#include "fleet/scenario/sections.hpp"

namespace fleet::program {

namespace {

void read_lines(reading& r, const scenario_key& info, const yaml_value& value, scenario& out) {
  const bool alone = value.kind == yaml_kind::word;
  if (!alone && !expect_kind(r, info, value, yaml_kind::list)) {
    return;
  }
  for (const auto& item : alone ? std::vector{value} : value.list) {
    if (out.expect.size() == expectations_most) {
      r.complain(item.at, "expect has more than " + text::format_count(expectations_most)
                              + " items; leave some out");
      return;
    }
    if (item.kind != yaml_kind::word) {
      r.complain(item.at, "an item of expect is a single line, as lost == 0");
      continue;
    }
    const auto read = judging::read_expectation(item.word, report::figures());
    if (!read) {
      auto at = item.at; // of the line; what is wrong in it stands further right
      at.column += static_cast<std::uint32_t>(read.error().column - 1);
      r.complain(at, "expectation " + shown_value(item.word) + ": " + read.error().message);
      continue;
    }
    out.expect.push_back({read.value().text, item.at});
  }
}

} // namespace

key_of<scenario> expect_key() {
  auto info = info_of({"expect",
                       "What the run must come to, a line each; docs/expectations.md has every "
                       "figure. A run that comes to something else fails.",
                       "[lost == 0, p99(publish_ack) < 250ms]", "none"},
                      "list of expectations");
  info.range = "0 to " + text::format_count(expectations_most) + " items";
  const auto read = [info](reading& r, const yaml_value& value, scenario& out) {
    read_lines(r, info, value, out);
  };
  return {std::move(info), read, {}};
}

} // namespace fleet::program
