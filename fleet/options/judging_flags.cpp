// Expectations and soak.
#include "fleet/options/judging_flags.hpp"

#include "fleet/report/judged.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

setter add_expectation(std::vector<std::string>& out) {
  return [&out](std::string_view word) -> std::optional<std::string> {
    const auto read = judging::read_expectation(word, report::figures());
    if (!read) {
      return "is no expectation: column " + std::to_string(read.error().column) + ": "
             + read.error().message;
    }
    if (out.size() == expectations_most) {
      return "is one too many; a run takes " + text::format_count(expectations_most);
    }
    out.push_back(read.value().text);
    return std::nullopt;
  };
}

void judging_flags(flag_set& flags, run_options& out) {
  flags.group("Judging");
  flags.value("--expect", "LINE",
              "What the run must come to, as \"lost == 0\" or \"p99(publish_ack) < 250ms\"; may be "
              "given several times, beside those of a scenario. docs/expectations.md has every "
              "figure. Default: none.",
              add_expectation(out.judged.expect), value_kind::repeated);
  flags.toggle("--no-early-stop", "Goes on to the end although an expectation has become hopeless.",
               out.judged.no_early_stop);
  flags.toggle("--soak",
               "Watches memory, descriptors, timers and queues over the steady part of the run, "
               "and fails when one of them keeps growing.",
               out.judged.soak);
}

} // namespace fleet::program
