// What the scripts of all shells are made with. Private to this folder.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "fleet/options/command_tree.hpp"

namespace fleet::program {

/// Shells that there are scripts for.
inline constexpr std::array<std::string_view, 3> shells{"bash", "zsh", "fish"};

/// In single quotes, for bash and zsh.
std::string shell_quoted_always(std::string_view text);
/// The first sentence, without its end, cut where it is long.
std::string brief(std::string_view text);
/// With a blank between.
std::string joined(const std::vector<std::string>& words);
/// `fleet run --json`, for each name of the flag.
std::vector<std::string> flag_places(const command_node& node, const manual_entry& flag);
/// `words a b`, `files`, `folders`, or empty: nobody can tell but the user.
std::string how_text(const manual_entry& value);

/// A shell function that answers by a case over its words: places that are answered alike stand in
/// one branch, in the order of the first.
class case_table {
public:
  void add(const std::string& place, const std::string& answer);
  /// `subject`: what is looked at; `print`: what stands before a quoted answer.
  [[nodiscard]] std::string text(std::string_view subject, std::string_view print) const;

private:
  std::vector<std::pair<std::string, std::vector<std::string>>> branches_;
};

/// What to complete a flag's value by, by place; of a flag without one `none`.
case_table value_table(const std::vector<command_node>& tree);
/// Of the words that are no flags.
case_table rest_table(const std::vector<command_node>& tree);

} // namespace fleet::program
