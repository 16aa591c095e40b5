// For zsh, with its completion system.
#include <algorithm>

#include "fleet/options/completion_parts.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view head = R"sh(#compdef fleet fleetw
# zsh completion for fleet. Made by: fleet completion zsh
# Use: fleet completion zsh > "${fpath[1]}/_fleet", or: source <(fleet completion zsh)

)sh";

constexpr std::string_view engine = R"sh(_fleet() {
  local place=fleet flag='' how='' helps='' cur=${words[CURRENT]}
  local -a reply given
  local -i i=2
  if ((CURRENT > 2)) && [[ ${words[2]} == help ]]; then
    helps=yes
    i=3
  fi
  while ((i < CURRENT)); do
    _fleet_next "$place"
    ((${reply[(I)${words[i]}:*]})) || break
    place+=" ${words[i]}"
    ((i++))
  done
  if [[ -n $helps ]]; then
    _fleet_next "$place"
    ((i < CURRENT)) && return
    [[ $place == fleet ]] && reply+=('metrics:all that /metrics has' '--man:a man page')
    _describe -t commands command reply
    return
  fi
  if [[ $cur == --*=* ]]; then
    flag=${cur%%=*}
    compset -P '*='
  elif [[ ${words[CURRENT - 1]} == --* ]]; then
    flag=${words[CURRENT - 1]}
  fi
  [[ -n $flag ]] && how=$(_fleet_value "$place $flag")
  if [[ -z $flag || $how == none ]]; then
    if [[ $cur == -* ]]; then
      _fleet_flags "$place"
      reply+=('--help:all of it explained')
      _describe -t flags flag reply
      return
    fi
    _fleet_next "$place"
    ((i < CURRENT)) && reply=() # what follows another word is nobody's
    if (($#reply)); then
      _describe -t commands command reply
      return
    fi
    how=$(_fleet_rest "$place")
  fi
  case $how in
    words*)
      given=(${=how#words})
      compadd -- ${given:#*=}
      compadd -S '' -- ${(M)given:#*=}
      ;;
    files) _files ;;
    folders) _files -/ ;;
  esac
}
if [[ ${funcstack[1]} == _fleet ]]; then
  _fleet "$@"
else
  compdef _fleet fleet fleetw
fi
)sh";

/// `'word:what it does'`.
std::string described(const std::string& word, const std::string& text) {
  return "      " + shell_quoted_always(word + ":" + brief(text)) + "\n";
}

std::string branch(const command_node& node, const std::string& entries) {
  return "    " + shell_quoted_always(node.name()) + ") reply=(\n" + entries + "    ) ;;\n";
}

std::string lists(const char* name, const std::string& branches) {
  return std::string{"_fleet_"} + name + "() {\n  reply=()\n  case $1 in\n" + branches
         + "  esac\n}\n\n";
}

} // namespace

std::string zsh_completion(const std::vector<command_node>& tree) {
  std::string next;
  std::string flags;
  for (const auto& node : tree) {
    std::string entries;
    for (const auto& [word, summary] : node.next) {
      entries += described(word, summary);
    }
    next += entries.empty() ? "" : branch(node, entries);
    entries.clear();
    if (node.of) {
      for (const auto& flag : node.of->flags) {
        for (const auto& name : flag.names) {
          entries += described(name, flag.text);
        }
      }
    }
    flags += entries.empty() ? "" : branch(node, entries);
  }
  return std::string{head} + lists("next", next) + lists("flags", flags) + "_fleet_value() {\n"
         + value_table(tree).text("$1", "print -r --") + "}\n\n_fleet_rest() {\n"
         + rest_table(tree).text("$1", "print -r --") + "}\n\n" + std::string{engine};
}

} // namespace fleet::program
