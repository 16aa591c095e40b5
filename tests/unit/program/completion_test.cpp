// The tree of commands against the parser, and all that is made of it: nothing may be missing.
#include "fleet/options/command_tree.hpp"

#include <algorithm>
#include <regex>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fleet/options.hpp"
#include "fleet/scenario/fault_presets.hpp"

namespace fleet::program {

namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

const std::vector<command_node>& tree() {
  static const auto made = command_tree();
  return made;
}

const command_node& at(const std::string& name) {
  const auto found = std::find_if(tree().begin(), tree().end(),
                                  [&name](const auto& node) { return node.name() == name; });
  if (found == tree().end()) {
    ADD_FAILURE() << name << " is not there";
    return tree().front();
  }
  return *found;
}

const manual_entry& flag(const std::string& command, const std::string& name) {
  const auto& flags = at(command).of->flags;
  const auto found = std::find_if(flags.begin(), flags.end(), [&name](const manual_entry& f) {
    return std::find(f.names.begin(), f.names.end(), name) != f.names.end();
  });
  if (found == flags.end()) {
    ADD_FAILURE() << command << " has no " << name;
    return flags.front();
  }
  return *found;
}

std::string complaint(const std::vector<std::string>& line) {
  const std::vector<std::string_view> words{line.begin(), line.end()};
  const auto parsed = parse_options(words);
  return parsed ? "nothing" : parsed.error().message;
}

} // namespace

TEST(command_tree, has_every_word_that_the_parser_knows) {
  for (const auto& node : tree()) {
    if (node.next.empty()) {
      continue;
    }
    auto line = node.path;
    line.emplace_back("xxxxxxxxxxxxxxxx"); // near nothing: the complaint lists what there is
    const std::string said = complaint(line);
    for (const auto& [word, summary] : node.next) {
      EXPECT_THAT(said, HasSubstr(word)) << node.name();
      EXPECT_THAT(summary, Not(IsEmpty())) << node.name() << " " << word;
    }
    std::string listed = said.substr(said.find("takes ") + 6);
    listed.resize(listed.find('\n'));
    const auto many = std::count(listed.begin(), listed.end(), ',') + 2;
    EXPECT_EQ(node.next.size(), node.next.size() == 1 ? 1U : static_cast<std::size_t>(many))
        << said;
  }
}

TEST(command_tree, has_a_manual_for_whatever_runs) {
  for (const auto& node : tree()) {
    const bool plain = node.name() == "fleet version" || node.name() == "fleet help";
    EXPECT_EQ(node.of != nullptr, node.next.empty() && !plain) << node.name();
    if (node.of) {
      EXPECT_EQ(node.of->command, node.name());
      EXPECT_EQ(help_text(*node.of), node.help);
    }
  }
}

TEST(command_tree, knows_what_values_may_be) {
  EXPECT_THAT(flag("fleet run", "--profile").words,
              ElementsAre("linkdevelop", "linkplatform", "mqtt"));
  EXPECT_THAT(flag("fleet run", "--qos").words, ElementsAre("0", "1", "2"));
  EXPECT_THAT(flag("fleet run", "--interval").words, ElementsAre("off"));
  EXPECT_EQ(flag("fleet run", "--devices").how, completes::nothing);
  EXPECT_EQ(flag("fleet run", "--scenario").how, completes::files);
  EXPECT_EQ(flag("fleet cloud serve", "--data").how, completes::folders);
  EXPECT_THAT(flag("fleet cloud serve", "--variant").words, Contains("wrong-sign-is-5"));
  EXPECT_THAT(flag("fleet cloud firmware add", "--fault").words, Contains("wrong_digest"));
  EXPECT_EQ(flag("fleet run", "--source-address").names.front(), "--bind");
  for (const auto& preset : fault_presets()) {
    EXPECT_THAT(flag("fleet run", "--fault").words, Contains(preset.word));
    EXPECT_THAT(at("fleet fault add").of->rest->words, Contains(preset.word));
  }
  EXPECT_THAT(at("fleet fault add").of->rest->words, Contains("percent="));
  EXPECT_EQ(at("fleet report").of->rest->how, completes::files);
}

TEST(completions, have_each_flag_of_each_command) {
  const auto bash = bash_completion(tree());
  const auto zsh = zsh_completion(tree());
  const auto fish = fish_completion(tree());
  for (const auto& node : tree()) {
    if (!node.of) {
      continue;
    }
    std::string names;
    for (const auto& f : node.of->flags) {
      for (const auto& name : f.names) {
        names += (names.empty() ? "" : " ") + name;
        EXPECT_THAT(zsh, HasSubstr("'" + name + ":"));
        const std::string words = node.name().substr(6);
        EXPECT_THAT(fish, HasSubstr("'__fleet_at " + words + "' -l " + name.substr(2) + " "));
      }
    }
    EXPECT_THAT(bash, HasSubstr(names.empty() ? "" : "echo '" + names + "' ;;")) << node.name();
  }
}

TEST(man_pages, have_each_flag_of_each_command_with_its_text) {
  const auto& root = tree().front();
  const auto whole = man_page(tree(), root);
  for (const auto& node : tree()) {
    if (!node.of) {
      continue;
    }
    const auto own = man_page(tree(), node);
    for (const auto& f : node.of->flags) {
      for (const auto& name : f.names) {
        const auto as_roff = std::regex_replace(name, std::regex{"-"}, "\\-");
        EXPECT_THAT(own, HasSubstr("\\fB" + as_roff + "\\fR")) << node.name();
        EXPECT_THAT(whole, HasSubstr("\\fB" + as_roff + "\\fR")) << node.name();
      }
    }
  }
}

TEST(man_pages, mean_nothing_to_roff_but_what_they_should) {
  command_node node;
  node.path = {"try"};
  node.summary = "a\\b";
  manual m{"fleet try", "a", "[x]", {}, {}, {}};
  m.flags.push_back({{"--odd"}, "'V'", ".hidden \\fB \"it's\" 1–2 …", "", {}, {}, {}});
  node.of = std::make_shared<const manual>(m);
  const auto page = man_page({node}, node);
  EXPECT_THAT(page, HasSubstr("fleet\\-try \\- a\\eb\n"));
  EXPECT_THAT(page, HasSubstr("\n\\&.hidden \\efB \\(dqit\\(aqs\\(dq 1\\[u2013]2 \\[u2026]\n"));
}

} // namespace fleet::program
