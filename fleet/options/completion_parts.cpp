// Quoting, and cases.
#include "fleet/options/completion_parts.hpp"

#include <algorithm>

namespace fleet::program {

std::string shell_quoted_always(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    out += c == '\'' ? std::string{"'\\''"} : std::string{c};
  }
  return out + "'";
}

std::string brief(std::string_view text) {
  constexpr std::size_t most = 72;
  text = text.substr(0, std::min({text.find(". "), text.find("; "), text.find(": "), text.size()}));
  if (text.ends_with('.')) {
    text.remove_suffix(1);
  }
  if (text.size() <= most) {
    return std::string{text};
  }
  // At a blank, so that no character is cut.
  return std::string{text.substr(0, text.rfind(' ', most))} + " ...";
}

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const auto& word : words) {
    out += (out.empty() ? "" : " ") + word;
  }
  return out;
}

std::vector<std::string> flag_places(const command_node& node, const manual_entry& flag) {
  std::vector<std::string> out;
  for (const auto& name : flag.names) {
    out.push_back(node.name() + " " + name);
  }
  return out;
}

std::string how_text(const manual_entry& value) {
  switch (value.how) {
    case completes::nothing: return "";
    case completes::words: return "words " + joined(value.words);
    case completes::files: return "files";
    case completes::folders: return "folders";
  }
  return "";
}

void case_table::add(const std::string& place, const std::string& answer) {
  const auto there = std::find_if(branches_.begin(), branches_.end(),
                                  [&answer](const auto& b) { return b.first == answer; });
  if (there != branches_.end()) {
    there->second.push_back(place);
  } else {
    branches_.push_back({answer, {place}});
  }
}

std::string case_table::text(std::string_view subject, std::string_view print) const {
  std::string out = "  case " + std::string{subject} + " in\n";
  for (const auto& [answer, places] : branches_) {
    std::string line = "   ";
    for (std::size_t i = 0; i < places.size(); ++i) {
      const std::string pattern =
          " " + shell_quoted_always(places[i]) + (i + 1 < places.size() ? " |" : ")");
      if (line.size() + pattern.size() > 96) {
        out += line + " \\\n";
        line = "     ";
      }
      line += pattern;
    }
    out += line + "\n      " + std::string{print} + " " + shell_quoted_always(answer) + " ;;\n";
  }
  return out + "  esac\n";
}

case_table value_table(const std::vector<command_node>& tree) {
  case_table out;
  for (const auto& node : tree) {
    if (!node.of) {
      continue;
    }
    for (const auto& flag : node.of->flags) {
      const std::string how = flag.value_word.empty() ? "none" : how_text(flag);
      for (const auto& place : flag_places(node, flag)) {
        if (!how.empty()) {
          out.add(place, how);
        }
      }
    }
  }
  return out;
}

case_table rest_table(const std::vector<command_node>& tree) {
  case_table out;
  for (const auto& node : tree) {
    if (node.of && node.of->rest) {
      if (const auto how = how_text(*node.of->rest); !how.empty()) {
        out.add(node.name(), how);
      }
    }
  }
  return out;
}

} // namespace fleet::program
