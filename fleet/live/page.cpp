// The template with its style, its script and the vocabulary of faults.
#include "fleet/live/page.hpp"

#include <array>
#include <span>
#include <utility>

#include "fleet/scenario/fault_plan.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/text/fill_in.hpp"
#include "fleet/text/quantities.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::string_view, 4> domains{"Network", "Device", "Firmware", "Cloud"};

void append_entry(byte_buffer& out, std::string_view group, std::string_view word,
                  std::string_view text, std::string_view usual) {
  if (out.size() > 1) {
    out.push(',');
  }
  object_writer writer{out};
  writer.text("group", group);
  writer.text("word", word);
  writer.text("text", text);
  writer.text("usual", usual);
  writer.end();
}

/// Presets, then effects by their domain, as fleet fault knows them.
std::string vocabulary() {
  byte_buffer out;
  out.push('[');
  for (const auto& preset : fault_presets()) {
    append_entry(out, "Presets", preset.word, preset.text, text::format_duration(preset.span));
  }
  for (const auto& info : faults::effects()) {
    append_entry(out, domains[static_cast<std::size_t>(info.of)], info.word, info.text,
                 describe(faults::default_fault(info.what)));
  }
  out.push(']');
  return std::string{as_text(out.view())};
}

} // namespace

std::string live_page() {
  const std::array<text::filling, 3> parts{{
      {"@style@", std::string{page_style()}},
      {"@vocabulary@", text::harmless_json(vocabulary())},
      {"@script@", std::string{page_script()}},
  }};
  return text::fill_in(page_template(), parts);
}

std::string twin_page() {
  return "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
         "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
         "<meta name=\"color-scheme\" content=\"light dark\">\n<title>fleet: the twin</title>\n"
         "<style>\n"
         + std::string{page_style()}
         + "</style>\n</head>\n<body>\n<main>\n"
           "<p class=\"brand\"><b>fleet</b> cloud</p>\n<h1>The twin is up</h1>\n"
           "<p class=\"sub\">Its figures are for Prometheus, at <a href=\"metrics\">/metrics</a>. "
           "fleet cloud --help has what can be asked of it; the fleet that talks to it has a page "
           "of "
           "its own, where its metrics are.</p>\n</main>\n</body>\n</html>\n";
}

} // namespace fleet::program
