// Asking for help, word by word.
#include "fleet/options/command_tree.hpp"

#include <algorithm>
#include <string_view>

#include "fleet/options.hpp"
#include "fleet/options/subcommands.hpp"

namespace fleet::program {

namespace {

using path = std::vector<std::string>;
using words_view = std::span<const std::string_view>;

path strings(words_view words) {
  return {words.begin(), words.end()};
}

/// The words that may follow.
path next_words(const path& at) {
  if (at.empty()) {
    return strings(subcommand_words());
  }
  const auto& last = at.back();
  if (at == path{"cloud"}) {
    return strings(cloud_words());
  }
  if (at == path{"fault"}) {
    return strings(live_fault_words());
  }
  if (at == path{"device"}) {
    return strings(device_words());
  }
  if (at.size() == 2 && at.front() == "device") {
    return {"start"};
  }
  if (at == path{"cloud", "fault"}) {
    return strings(cloud_fault_words());
  }
  const auto nouns = rollout_words();
  if (at.size() == 2 && at.front() == "cloud"
      && std::find(nouns.begin(), nouns.end(), last) != nouns.end()) {
    return rollout_verbs_of(last);
  }
  return {};
}

/// Of an overview, `fleet cloud: WHAT IT DOES` up to its line's end.
std::string summary_of(const std::string& help) {
  const auto from = help.find(": ");
  return from == std::string::npos ? "" : help.substr(from + 2, help.find('\n') - from - 2);
}

command_node node_of(const path& at) {
  command_node out;
  out.path = at;
  if (at == path{"version"} || at == path{"help"}) {
    out.summary = at.front() == "help" ? "prints the manual of a subcommand" : "prints the version";
    return out;
  }
  std::vector<std::string_view> words{at.begin(), at.end()};
  words.emplace_back("--help");
  auto parsed = parse_options(words);
  FLEET_CHECK(parsed.ok());
  const auto& answer = std::get<text_answer>(parsed.value());
  out.help = answer.text;
  out.of = answer.of;
  out.summary = out.of ? out.of->summary : summary_of(out.help);
  return out;
}

void add_below(std::vector<command_node>& to, const path& at) {
  const std::size_t mine = to.size();
  to.push_back(node_of(at));
  for (const auto& word : next_words(at)) {
    path below = at;
    below.push_back(word);
    const std::size_t its = to.size();
    add_below(to, below);
    to[mine].next.emplace_back(word, to[its].summary);
  }
}

} // namespace

std::string command_node::name() const {
  std::string out = "fleet";
  for (const auto& word : path) {
    out += " " + word;
  }
  return out;
}

std::vector<command_node> command_tree() {
  std::vector<command_node> out;
  add_below(out, {});
  return out;
}

} // namespace fleet::program
