// For fish, from 3.0 on.
#include "fleet/options/completion_parts.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view head = R"sh(# fish completion for fleet. Made by: fleet completion fish
# Use: fleet completion fish > ~/.config/fish/completions/fleet.fish

# The words of the command so far, without `help` before them and what comes after a flag.
function __fleet_words
    set -l words (commandline -opc)
    set -e words[1]
    if test "$words[1]" = help
        set -e words[1]
    end
    for word in $words
        string match -q -- '-*' $word; and break
        echo $word
    end
end

# Whether the line is at this command.
function __fleet_at
    set -l words (__fleet_words)
    set -l many (count $argv)
    test (count $words) -ge $many; and test "$words[1..$many]" = "$argv"
end

# Whether it is, and no more words have followed.
function __fleet_just
    set -l words (__fleet_words)
    test "$words" = "$argv"
end

complete -c fleet -f
complete -c fleetw -w fleet
)sh";

std::string fish_quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string{c};
  }
  return out + "'";
}

/// How a value, or a word, is completed, as flags of `complete`; `value`: of a flag.
std::string completed_by(const manual_entry& e, bool value) {
  switch (e.how) {
    case completes::nothing: return value ? " -x" : "";
    case completes::words: return (value ? " -x -a " : " -a ") + fish_quoted(joined(e.words));
    case completes::files: return value ? " -r -F" : " -F";
    case completes::folders:
      return (value ? std::string{" -x"} : "") + " -a '(__fish_complete_directories)'";
  }
  return "";
}

} // namespace

std::string fish_completion(const std::vector<command_node>& tree) {
  std::string out{head};
  for (const auto& node : tree) {
    const std::string words = joined(node.path);
    const auto when = [&words](const char* question) {
      return "complete -c fleet -n " + fish_quoted(std::string{question} + " " + words);
    };
    for (const auto& [word, summary] : node.next) {
      out += when("__fleet_just") + " -a " + word + " -d " + fish_quoted(brief(summary)) + "\n";
    }
    if (!node.of) {
      continue;
    }
    for (const auto& flag : node.of->flags) {
      for (const auto& name : flag.names) {
        out += when("__fleet_at") + " -l " + name.substr(2)
               + (flag.value_word.empty() ? "" : completed_by(flag, true)) + " -d "
               + fish_quoted(brief(flag.text)) + "\n";
      }
    }
    if (node.of->rest && node.of->rest->how != completes::nothing) {
      out += when("__fleet_at") + completed_by(*node.of->rest, false) + "\n";
    }
  }
  return out;
}

} // namespace fleet::program
