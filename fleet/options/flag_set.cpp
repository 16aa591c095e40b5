// CLI11's only door. CLI11 splits the words into flags and values; order, sentences and help are
// ours, so that every mistake is told alike and the help reads as a manual.
#include "fleet/options/flag_set.hpp"

#include <algorithm>
#include <cstddef>
#include <utility>

#include <CLI/CLI.hpp>

#include "fleet/text/nearest.hpp"

namespace fleet::program {

namespace {

constexpr std::size_t shown_most = 60;

struct flag {
  manual_entry said;
  setter set;
  value_kind kind = value_kind::once;
  CLI::Option* option = nullptr;

  [[nodiscard]] const std::string& name() const noexcept { return said.names.front(); }
};

struct mistake {
  std::size_t at = 0; ///< place on the line
  std::string sentence;
};

/// A value as a message may repeat it: quoted where it would not read as one word, its beginning
/// where it is long, and without what stands before an `@` in a URL.
std::string shown(std::string_view value) {
  const std::size_t scheme = value.find("://");
  const std::size_t at = value.rfind('@');
  if (scheme != std::string_view::npos && at != std::string_view::npos && at > scheme) {
    return std::string{value.substr(0, scheme + 3)} + "***" + std::string{value.substr(at)};
  }
  if (value.size() > shown_most) {
    return shown(std::string{value.substr(0, shown_most - 3)} + "...");
  }
  const bool plain = !value.empty() && value.find_first_of(" \t\n\"'") == std::string_view::npos;
  return plain ? std::string{value} : "\"" + std::string{value} + "\"";
}

bool names_flag(std::string_view word, std::string_view name) {
  return word == name
         || (word.size() > name.size() && word.starts_with(name) && word[name.size()] == '=');
}

/// The place of the `nth` word that names the flag; the end when there are fewer.
std::size_t place_of(std::span<const std::string_view> words, const flag& f, std::size_t nth) {
  for (std::size_t at = 0; at < words.size(); ++at) {
    const bool here =
        std::any_of(f.said.names.begin(), f.said.names.end(),
                    [&](const std::string& name) { return names_flag(words[at], name); });
    if (here && nth-- == 0) {
      return at;
    }
  }
  return words.size();
}

/// What its word says of a value.
completes completion_of(std::string_view value_word) {
  const auto has = [value_word](std::string_view part) {
    return value_word.find(part) != std::string_view::npos;
  };
  return has("FILE") || has("PATH") ? completes::files
         : has("DIR")               ? completes::folders
                                    : completes::nothing;
}

} // namespace

struct flag_set::state {
  std::string command;
  std::string summary;
  std::string usage;
  std::string group;
  std::vector<flag> flags;
  std::optional<flag> rest; ///< the words that are no flags
  std::vector<std::pair<std::string, std::string>> examples;
  CLI::App app;

  [[nodiscard]] std::string unknown_flag(std::string_view word) const {
    const std::string_view name = word.substr(0, word.find('='));
    std::vector<std::string_view> valid;
    for (const auto& f : flags) {
      valid.insert(valid.end(), f.said.names.begin(), f.said.names.end());
    }
    valid.emplace_back("--help");
    std::string sentence = "unknown flag " + std::string{name};
    if (const auto near = text::nearest(name, valid)) {
      sentence += "; the nearest is " + std::string{*near};
    }
    return sentence;
  }

  /// A scenario is the likeliest to be given without its flag.
  [[nodiscard]] std::string unexpected(std::string_view word) const {
    const bool file = word.ends_with(".yaml") || word.ends_with(".yml");
    const bool taken = std::any_of(flags.begin(), flags.end(),
                                   [](const flag& f) { return f.name() == "--scenario"; });
    return "unexpected word " + shown(word)
           + (file && taken ? "; a scenario is given as --scenario " + shown(word) : "");
  }

  /// What CLI11 itself found wrong: only how many values a flag takes. It names the flag first,
  /// with or without its dashes.
  [[nodiscard]] std::string wrong_count(std::string_view complaint) const {
    const std::string_view named = complaint.substr(0, complaint.find_first_of(": "));
    for (const auto& f : flags) {
      for (const std::string& name : f.said.names) {
        if (name == named || name == "--" + std::string{named}) {
          return name
                 + (f.said.value_word.empty() ? " takes no value"
                                              : " needs a value: " + f.said.value_word);
        }
      }
    }
    return std::string{complaint};
  }

  void set_values(std::span<const std::string_view> words, std::vector<mistake>& found) {
    for (auto& f : flags) {
      const std::vector<std::string>& values = f.option->results();
      if (f.said.value_word.empty()) {
        if (!values.empty()) {
          (void)f.set({});
        }
        continue;
      }
      for (std::size_t nth = 0; nth < values.size(); ++nth) {
        const std::string& value = values[nth];
        const std::size_t at = place_of(words, f, nth);
        if (nth > 0 && f.kind != value_kind::repeated) {
          found.push_back({at, f.name() + " is given twice"});
        } else if (value.starts_with("--")) {
          found.push_back({at, f.name() + " needs a value: " + f.said.value_word});
        } else if (const auto wrong = f.set(value)) {
          found.push_back({at, f.name() + " "
                                   + (f.kind == value_kind::secret ? "***" : shown(value)) + " "
                                   + *wrong});
        }
      }
    }
  }
};

flag_set::flag_set(std::string command, std::string summary, std::string usage)
    : state_(std::make_unique<state>()) {
  state_->command = std::move(command);
  state_->summary = std::move(summary);
  state_->usage = std::move(usage);
  state_->app.set_help_flag("");
  state_->app.allow_extras(true);
}

flag_set::~flag_set() = default;

void flag_set::group(std::string title) {
  state_->group = std::move(title);
}

void flag_set::value(const std::string& names, std::string value_word, std::string text, setter set,
                     value_kind kind) {
  flag f;
  f.said = {CLI::detail::split(names, ','),
            std::move(value_word),
            std::move(text),
            state_->group,
            {},
            completes::nothing,
            set.words()};
  f.said.how = f.said.words.empty() ? completion_of(f.said.value_word) : completes::words;
  f.set = std::move(set);
  f.kind = kind;
  f.option = state_->app.add_option(names, [](const CLI::results_t&) { return true; });
  f.option->multi_option_policy(CLI::MultiOptionPolicy::TakeAll)->expected(1);
  state_->flags.push_back(std::move(f));
}

void flag_set::toggle(const std::string& name, std::string text, bool& out) {
  flag f;
  f.said.names = {name};
  f.said.text = std::move(text);
  f.said.group = state_->group;
  f.set = [&out](std::string_view) -> std::optional<std::string> {
    out = true;
    return std::nullopt;
  };
  f.option = state_->app.add_flag(name)->disable_flag_override();
  state_->flags.push_back(std::move(f));
}

void flag_set::term(std::string_view word, std::string_view text) {
  auto& said = state_->flags.back().said;
  said.terms.emplace_back(word, text);
  if (std::find(said.words.begin(), said.words.end(), word) == said.words.end()) {
    said.words.emplace_back(word);
  }
  said.how = completes::words;
}

void flag_set::words(std::string value_word, std::string text, std::vector<std::string>& out,
                     std::vector<std::string> known) {
  flag f;
  f.said.how = known.empty() ? completion_of(value_word) : completes::words;
  f.said.words = std::move(known);
  f.said.value_word = std::move(value_word);
  f.said.text = std::move(text);
  f.set = [&out](std::string_view word) -> std::optional<std::string> {
    out.emplace_back(word);
    return std::nullopt;
  };
  state_->rest = std::move(f);
}

void flag_set::example(std::string line, std::string text) {
  state_->examples.emplace_back(std::move(line), std::move(text));
}

std::optional<std::string> flag_set::parse(std::span<const std::string_view> words) {
  std::vector<mistake> found;
  try {
    // CLI11 takes its words from the back.
    std::vector<std::string> reversed(words.rbegin(), words.rend());
    state_->app.parse(std::move(reversed));
  } catch (const CLI::Error& error) {
    found.push_back({words.size(), state_->wrong_count(error.what())});
  }
  if (found.empty()) {
    state_->set_values(words, found);
  }
  bool only_words = false; // after --
  for (const std::string& extra : state_->app.remaining()) {
    const auto place = std::find(words.begin(), words.end(), extra);
    const auto at = static_cast<std::size_t>(place - words.begin());
    only_words = only_words || extra == "--";
    if (extra == "--") {
      continue;
    }
    if (!only_words && extra.size() > 1 && extra.front() == '-') {
      found.push_back({at, state_->unknown_flag(extra)});
    } else if (state_->rest) {
      (void)state_->rest->set(extra);
    } else {
      // A word nobody takes is most often the value of the mistake before it.
      found.push_back({words.size() + at, state_->unexpected(extra)});
    }
  }
  if (found.empty()) {
    return std::nullopt;
  }
  return std::min_element(found.begin(), found.end(),
                          [](const mistake& a, const mistake& b) { return a.at < b.at; })
      ->sentence;
}

bool flag_set::given(std::string_view name) const {
  return std::any_of(state_->flags.begin(), state_->flags.end(),
                     [&](const flag& f) { return f.name() == name && f.option->count() > 0; });
}

std::vector<std::string_view> flag_set::given() const {
  std::vector<std::string_view> out;
  for (const auto& f : state_->flags) {
    if (f.option->count() > 0) {
      out.emplace_back(f.name());
    }
  }
  return out;
}

manual flag_set::told() const {
  manual out{state_->command, state_->summary, state_->usage, {}, {}, state_->examples};
  if (state_->rest) {
    out.rest = state_->rest->said;
  }
  for (const auto& f : state_->flags) {
    out.flags.push_back(f.said);
  }
  return out;
}

bool asks_for_help(std::span<const std::string_view> words) {
  return std::any_of(words.begin(), words.end(),
                     [](std::string_view w) { return w == "--help" || w == "-h"; });
}

} // namespace fleet::program
