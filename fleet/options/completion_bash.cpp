// For bash, from 4.4 on, without the package bash-completion.
#include "fleet/options/completion_parts.hpp"

namespace fleet::program {

namespace {

constexpr std::string_view head = R"sh(# bash completion for fleet. Made by: fleet completion bash
# Use: source <(fleet completion bash)

)sh";

constexpr std::string_view engine = R"sh(_fleet() {
  local cur=${COMP_WORDS[COMP_CWORD]} prev='' place=fleet flag='' how='' helps='' next='' i=1
  ((COMP_CWORD > 0)) && prev=${COMP_WORDS[COMP_CWORD - 1]}
  COMPREPLY=()
  # `help` goes before the words of the command that it is about.
  if ((COMP_CWORD > 1)) && [[ ${COMP_WORDS[1]} == help ]]; then
    helps=yes
    i=2
  fi
  while ((i < COMP_CWORD)) && [[ " $(_fleet_next "$place") " == *" ${COMP_WORDS[i]} "* ]]; do
    place+=" ${COMP_WORDS[i]}"
    ((i++))
  done
  # Bash takes --flag=value for three words.
  if [[ $cur == '=' ]]; then
    cur=''
    flag=$prev
  elif [[ $prev == '=' ]] && ((COMP_CWORD > 2)); then
    flag=${COMP_WORDS[COMP_CWORD - 2]}
  elif [[ $prev == --* ]]; then
    flag=$prev
  fi
  # What follows a word that is none of those is nobody's.
  ((i == COMP_CWORD)) && next=$(_fleet_next "$place")
  if [[ -n $helps ]]; then
    how="words $next"
    [[ $place == fleet ]] && how+=' metrics --man'
  else
    [[ -n $flag ]] && how=$(_fleet_value "$place $flag")
    if [[ -z $flag || $how == none ]]; then
      if [[ $cur == -* ]]; then
        how="words $(_fleet_flags "$place") --help"
      else
        how="words $next"
        [[ -z $next ]] && how=$(_fleet_rest "$place")
      fi
    fi
  fi
  case $how in
    words*)
      mapfile -t COMPREPLY < <(compgen -W "${how#words}" -- "$cur")
      # A key goes on with its value.
      [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace 2>/dev/null
      ;;
    files)
      mapfile -t COMPREPLY < <(compgen -f -- "$cur")
      compopt -o filenames 2>/dev/null
      ;;
    folders)
      mapfile -t COMPREPLY < <(compgen -d -- "$cur")
      compopt -o filenames 2>/dev/null
      ;;
  esac
  return 0
}
complete -F _fleet fleet fleetw
)sh";

} // namespace

std::string bash_completion(const std::vector<command_node>& tree) {
  case_table next;
  case_table flags;
  for (const auto& node : tree) {
    std::vector<std::string> words;
    for (const auto& [word, summary] : node.next) {
      words.push_back(word);
    }
    if (!words.empty()) {
      next.add(node.name(), joined(words));
    }
    if (node.of) {
      std::vector<std::string> names;
      for (const auto& flag : node.of->flags) {
        names.insert(names.end(), flag.names.begin(), flag.names.end());
      }
      flags.add(node.name(), joined(names));
    }
  }
  const auto function = [](const char* what, const char* name, const case_table& table) {
    return std::string{"# "} + what + "\n_fleet_" + name + "() {\n" + table.text("$1", "echo")
           + "}\n\n";
  };
  return std::string{head} + function("The words that may follow.", "next", next)
         + function("The flags of a command.", "flags", flags)
         + function("How the value of a flag is completed.", "value", value_table(tree))
         + function("How words that are no flags are completed.", "rest", rest_table(tree))
         + std::string{engine};
}

} // namespace fleet::program
