// `fleet completion`: which shell.
#include <algorithm>

#include "fleet/options/completion_parts.hpp"
#include "fleet/options/setters.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

result<command, usage_error> parse_completion(std::span<const std::string_view> words) {
  constexpr std::string_view name = "fleet completion";
  std::vector<std::string> line;
  flag_set flags{std::string{name}, "prints a script by which a shell completes fleet's words",
                 "bash|zsh|fish"};
  flags.words("SHELL", "bash (from 4.4 on), zsh or fish (from 3.0 on).", line,
              {shells.begin(), shells.end()});
  flags.example("source <(fleet completion bash)", "for this shell; also zsh");
  flags.example("fleet completion fish > ~/.config/fish/completions/fleet.fish", "for good");
  if (asks_for_help(words)) {
    return help_answer(flags);
  }
  auto wrong = flags.parse(words);
  if (!wrong && line.size() != 1) {
    wrong = line.empty() ? "needs a shell: " + text::enumerate(shells)
                         : "takes one shell; " + std::to_string(line.size()) + " were named";
  }
  if (!wrong && std::find(shells.begin(), shells.end(), line.front()) == shells.end()) {
    wrong = "shell " + line.front() + " " + unknown_word(line.front(), shells);
  }
  if (wrong) {
    return fail(wrong_usage(name, *wrong));
  }
  const auto tree = command_tree();
  return command{text_answer{line.front() == "bash"  ? bash_completion(tree)
                             : line.front() == "zsh" ? zsh_completion(tree)
                                                     : fish_completion(tree)}};
}

} // namespace fleet::program
