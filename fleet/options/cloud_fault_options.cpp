// The `fleet cloud fault …` subcommands: their words, flags and help.
#include <array>

#include "fleet/options/console_reach.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/scenario/cloud_fault_words.hpp"
#include "fleet/scenario/fault_words.hpp"
#include "fleet/text/nearest.hpp"

namespace fleet::program {

namespace {

using namespace std::chrono_literals;
using words_view = std::span<const std::string_view>;
using sentence = std::optional<std::string>;

constexpr std::array<std::string_view, 3> verbs{"add", "list", "remove"};
constexpr std::string_view fault_overview =
    R"(fleet cloud fault: a running twin misbehaves on purpose

usage: fleet cloud fault SUBCOMMAND [words] [flags]

  add     orders a fault, from now on or later
  list    lists the faults of a running twin and what they did
  remove  ends a fault and forgets it

Each has a manual: fleet cloud fault add --help
)";

sentence place(fault_options& out, const std::vector<std::string>& words) {
  switch (out.verb) {
    case fault_verb::list:
      return words.empty() ? std::nullopt : sentence{"unexpected word \"" + words[0] + "\""};
    case fault_verb::remove:
      if (words.size() != 1) {
        return "needs the name that fault list shows, and nothing else";
      }
      out.name = words.front();
      return std::nullopt;
    case fault_verb::add: break;
  }
  auto got = read_cloud_fault(words);
  if (!got) {
    return got.error();
  }
  out.fault = std::move(got).value();
  return std::nullopt;
}

/// What a twin may be ordered.
std::vector<std::string> order_words() {
  std::vector<std::string> out;
  for (const auto& info : faults::effects()) {
    if (info.of == faults::domain::cloud || info.of == faults::domain::firmware) {
      out.emplace_back(info.word);
    }
  }
  for (const auto key : fault_keys()) {
    out.push_back(std::string{key} + "=");
  }
  return out;
}

void describe(flag_set& flags, fault_verb verb, std::vector<std::string>& line) {
  switch (verb) {
    case fault_verb::add:
      flags.words("EFFECT [key=value…]",
                  "The effect and what is said of it: name, at, for, ramp, every, by, share, rate, "
                  "status; percent and index select devices.",
                  line, order_words());
      flags.example("fleet cloud fault add drop_acks share=10% for=30s",
                    "a tenth of what devices send is taken and not acknowledged");
      flags.example("fleet cloud fault add kick percent=20% every=1m for=10m",
                    "a fifth of the devices loses its session each minute");
      break;
    case fault_verb::list: break;
    case fault_verb::remove:
      flags.words("NAME", "The fault, by the name that list shows.", line);
      flags.example("fleet cloud fault remove drop_acks", "it is over at once");
      break;
  }
}

result<command, usage_error> parse_verb(fault_verb verb, words_view words) {
  static constexpr std::array<std::string_view, 3> summaries{
      "orders a fault of a running twin", "lists the faults of a running twin and what they did",
      "ends a fault of a running twin and forgets it"};
  static constexpr std::array<std::string_view, 3> usages{"EFFECT [key=value...] [flags]",
                                                          "[flags]", "NAME [flags]"};
  const auto at = static_cast<std::size_t>(verb);
  const std::string name = "fleet cloud fault " + std::string{verbs[at]};
  fault_options out;
  out.verb = verb;
  std::vector<std::string> line;
  flag_set flags{name, std::string{summaries[at]}, std::string{usages[at]}};
  describe(flags, verb, line);
  flags.toggle("--json", "Prints the answer of the twin as it came.", out.json);
  reach_flags(flags, out.reach);
  flags.value("--timeout", "D",
              "How long the twin may take to answer: 100ms to 1m, and 2 s more. Default 5s.",
              set_duration(out.reach.timeout, 100ms, 1min));
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  auto wrong = flags.parse(words);
  wrong = wrong ? wrong : place(out, line);
  if (wrong) {
    return fail(wrong_usage(name, *wrong));
  }
  return command{std::move(out)};
}

} // namespace

words_view cloud_fault_words() {
  return verbs;
}

result<command, usage_error> parse_cloud_fault(words_view words) {
  const auto rest = words.subspan(1);
  if (rest.empty()) {
    return fail(wrong_usage("fleet cloud fault", "needs a subcommand: " + text::enumerate(verbs)));
  }
  for (std::size_t i = 0; i < verbs.size(); ++i) {
    if (rest.front() == verbs[i]) {
      return parse_verb(static_cast<fault_verb>(i), rest.subspan(1));
    }
  }
  if (asks_for_help(rest)) {
    return command{text_answer{std::string{fault_overview}}};
  }
  const auto near = text::nearest(rest.front(), verbs);
  return fail(
      wrong_usage("fleet cloud fault", "unknown subcommand " + std::string{rest.front()} + "; "
                                           + (near ? "the nearest is " + std::string{*near}
                                                   : "it takes " + text::enumerate(verbs))));
}

} // namespace fleet::program
