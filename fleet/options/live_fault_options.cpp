// `fleet fault`: its subcommands, flags and help.
#include <algorithm>
#include <array>

#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"
#include "fleet/scenario/fault_presets.hpp"
#include "fleet/scenario/fault_words.hpp"

namespace fleet::program {

namespace {

struct verb_entry {
  live_fault_verb verb;
  std::string_view word;
  std::string_view summary;
  std::string_view usage;
};

constexpr std::array<verb_entry, 5> verbs{{
    {live_fault_verb::add, "add", "puts a fault on a run that goes on",
     "EFFECT [KEY=VALUE]... [flags]"},
    {live_fault_verb::list, "list", "the faults of a run, and how far they are", "[flags]"},
    {live_fault_verb::remove, "remove", "ends faults of a run and forgets them", "NAME... [flags]"},
    {live_fault_verb::presets, "presets", "the presets, and what they stand for", ""},
    {live_fault_verb::effects, "effects", "all effects, and what they take", ""},
}};

std::string overview() {
  std::string out = "fleet fault: makes things go wrong on purpose in a run that goes on\n\n"
                    "usage: fleet fault SUBCOMMAND [words] [flags]\n\n";
  for (const auto& verb : verbs) {
    std::string left = "  " + std::string{verb.word};
    left.append(12 - left.size(), ' ');
    out += left + std::string{verb.summary} + "\n";
  }
  return out
         + "\nOf a twin on its own: fleet cloud fault. Each has a manual: fleet fault add --help. "
           "docs/faults.md\nhas all effects. Exit codes: 0 good, 2 wrong usage or a fault that "
           "cannot be, 3 no run answers.\n";
}

void examples(flag_set& flags, live_fault_verb verb) {
  if (verb == live_fault_verb::add) {
    flags.example("fleet fault add latency by=300ms for=30s percent=20%",
                  "a fifth of the devices, for half a minute from now");
    flags.example("fleet fault add flaky_wifi at=10s for=2m ramp=30s product=led name=evening",
                  "a preset, for one product, growing");
  } else if (verb == live_fault_verb::remove) {
    flags.example("fleet fault remove evening latency_2", "both, at once");
  }
}

/// What the words cannot be, without asking a run.
std::optional<std::string> contradiction(const live_fault_options& o) {
  if (o.verb == live_fault_verb::remove && o.words.empty()) {
    return "needs the names of faults; fleet fault list shows them";
  }
  if (o.verb != live_fault_verb::add) {
    return {};
  }
  if (o.words.empty()) {
    return "needs an effect, as latency by=300ms; see fleet fault effects";
  }
  std::string line;
  for (const auto& word : o.words) {
    line += (line.empty() ? "" : " ") + word;
  }
  const auto rule = parse_fault_words(line);
  return rule ? std::nullopt : std::optional{"\"" + line + "\" " + complaint_of(rule.error())};
}

/// What `add` is completed by.
std::vector<std::string> order_words() {
  const auto effects = fault_effect_words();
  std::vector<std::string> out{effects.begin(), effects.end()};
  for (const auto key : fault_keys()) {
    out.push_back(std::string{key} + "=");
  }
  return out;
}

} // namespace

std::vector<std::string_view> live_fault_words() {
  std::vector<std::string_view> out;
  for (const auto& verb : verbs) {
    out.push_back(verb.word);
  }
  return out;
}

result<command, usage_error> parse_fault(std::span<const std::string_view> words) {
  constexpr std::string_view name = "fleet fault";
  const auto valid = live_fault_words();
  if (words.empty()) {
    return fail(wrong_usage(name, "needs a subcommand: " + text::enumerate(valid)));
  }
  const auto* const verb = std::find_if(verbs.begin(), verbs.end(), [&words](const verb_entry& v) {
    return v.word == words.front();
  });
  if (verb == verbs.end()) {
    if (asks_for_help(words)) {
      return command{text_answer{overview()}};
    }
    return fail(wrong_usage(name, "the subcommand \"" + std::string{words.front()} + "\" "
                                      + unknown_word(words.front(), valid)));
  }
  live_fault_options out;
  out.verb = verb->verb;
  const std::string full = std::string{name} + " " + std::string{verb->word};
  flag_set flags{full, std::string{verb->summary}, std::string{verb->usage}};
  if (out.verb == live_fault_verb::add) {
    flags.words("EFFECT [KEY=VALUE]...",
                "An effect or a preset, and keys of docs/scenarios.md: at, for, ramp, every, name; "
                "by, share, rate, size, drift, status; percent, product, tag, index, region, "
                "devices.",
                out.words, order_words());
  } else if (out.verb == live_fault_verb::remove) {
    flags.words("NAME...", "Names of faults; of a preset, all its parts.", out.words);
  }
  if (out.verb != live_fault_verb::presets && out.verb != live_fault_verb::effects) {
    flags.value(
        "--run", "PATH",
        "The run's control socket, as the run prints it at its start. Default: that of the only "
        "run of this user.",
        set_text(out.run));
    flags.toggle("--json", "Prints the answer as it came.", out.json);
  }
  examples(flags, out.verb);
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  auto wrong = flags.parse(words.subspan(1));
  if (!wrong) {
    wrong = contradiction(out);
  }
  if (wrong) {
    return fail(wrong_usage(full, *wrong));
  }
  return command{std::move(out)};
}

} // namespace fleet::program
