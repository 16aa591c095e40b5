// All that `fleet` can be told, as a tree of words, each with what its own help says. Made by
// asking for the help, so that nothing stands twice.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fleet/options/manual.hpp"

namespace fleet::program {

/// A place on the command line: behind `fleet cloud`, say.
struct command_node {
  std::vector<std::string> path; ///< without `fleet`
  std::string summary;           ///< what it does, in a few words
  std::string help;              ///< as --help prints it; of `version` and `help` empty
  std::vector<std::pair<std::string, std::string>> next; ///< words that may follow; what each does
  std::shared_ptr<const manual> of; ///< null: other words must follow, or there are no flags

  /// `fleet cloud serve`.
  [[nodiscard]] std::string name() const;
};

/// Each place before those behind it, in the order of the overviews; `fleet` itself is the first.
std::vector<command_node> command_tree();

/// The script that completes fleet's words in a shell.
std::string bash_completion(const std::vector<command_node>& tree);
std::string zsh_completion(const std::vector<command_node>& tree);
std::string fish_completion(const std::vector<command_node>& tree);

/// The man page of the place with this name and of all behind it.
std::string man_page(const std::vector<command_node>& tree, const command_node& at);

} // namespace fleet::program
