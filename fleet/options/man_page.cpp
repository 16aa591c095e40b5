// Man pages: roff with the macros of man.
#include <algorithm>
#include <string_view>

#include <fmt/format.h>

#include "fleet/options.hpp"
#include "fleet/options/command_tree.hpp"

namespace fleet::program {

namespace {

/// The next code point of valid UTF-8.
std::uint32_t take_code_point(std::string_view& text) {
  const auto first = static_cast<unsigned char>(text.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  std::uint32_t out = length == 1 ? first : first & (0x7fU >> length);
  for (std::size_t i = 1; i < std::min(length, text.size()); ++i) {
    out = (out << 6U) | (static_cast<unsigned char>(text[i]) & 0x3fU);
  }
  text.remove_prefix(std::min(length, text.size()));
  return out;
}

/// Text in which nothing means anything to roff, not even at the beginning of a line.
std::string plain(std::string_view text) {
  std::string out = !text.empty() && (text.front() == '.' || text.front() == '\'') ? "\\&" : "";
  while (!text.empty()) {
    const auto c = take_code_point(text);
    switch (c) {
      case '\\': out += "\\e"; break;
      case '-': out += "\\-"; break;
      case '\'': out += "\\(aq"; break;
      case '`': out += "\\(ga"; break;
      case '^': out += "\\(ha"; break;
      case '~': out += "\\(ti"; break;
      case '"': out += "\\(dq"; break;
      default:
        out += c < 0x80 ? std::string(1, static_cast<char>(c)) : fmt::format("\\[u{:04X}]", c);
    }
  }
  return out;
}

std::string upper(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(), [](char c) {
    return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  });
  return text;
}

/// Lines as they are.
void put_block(std::string& out, std::string_view text) {
  out += ".nf\n";
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    out += line.empty() ? ".sp\n" : plain(line) + "\n";
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  out += ".fi\n";
}

void put_entry(std::string& out, const manual_entry& e) {
  std::string head;
  for (const auto& name : e.names) {
    head += (head.empty() ? "" : ", ") + fmt::format("\\fB{}\\fR", plain(name));
  }
  if (!e.value_word.empty()) {
    head += (head.empty() ? "" : " ") + fmt::format("\\fI{}\\fR", plain(e.value_word));
  }
  out += ".TP\n" + head + "\n" + plain(e.text) + "\n";
  if (!e.terms.empty()) {
    out += ".RS\n";
    for (const auto& [word, text] : e.terms) {
      out += ".TP\n\\fB" + plain(word) + "\\fR\n" + plain(text) + "\n";
    }
    out += ".RE\n";
  }
}

/// Words, flags by group and examples; `heading`: of a part of a page, `.SS`, or of a whole one.
void put_manual(std::string& out, const manual& m) {
  if (m.rest) {
    put_entry(out, *m.rest);
  }
  std::string group;
  for (const auto& f : m.flags) {
    if (f.group != group) {
      group = f.group;
      out += ".PP\n" + plain(group) + "\n";
    }
    put_entry(out, f);
  }
  if (!m.examples.empty()) {
    out += ".PP\nExamples\n";
    for (const auto& [line, text] : m.examples) {
      out += ".TP\n\\fB" + plain(line) + "\\fR\n" + plain(text) + "\n";
    }
  }
}

bool below(const command_node& node, const command_node& at) {
  return node.path.size() >= at.path.size()
         && std::equal(at.path.begin(), at.path.end(), node.path.begin());
}

constexpr std::string_view environment =
    ".SH ENVIRONMENT\n"
    ".TP\n\\fBFLEET_ADMIN\\fR, \\fBFLEET_ADMIN_TOKEN\\fR\n"
    "Where a running twin\\(aqs admin API is, and the token it asks for.\n"
    ".TP\n\\fBNO_COLOR\\fR\nNot empty: the live view of a run has no colours.\n"
    ".TP\n\\fBTERM\\fR\nUnset or \\fBdumb\\fR: a run tells of itself by lines.\n"
    ".TP\n\\fBLC_ALL\\fR, \\fBLC_CTYPE\\fR, \\fBLANG\\fR\n"
    "The first that is set decides whether the live view is drawn in UTF\\-8.\n";

} // namespace

std::string man_page(const std::vector<command_node>& tree, const command_node& at) {
  std::string title = at.name();
  std::replace(title.begin(), title.end(), ' ', '-');
  std::string out = fmt::format(".TH \"{}\" 1 \"\" \"fleet {}\" \"fleet\"\n.SH NAME\n{} \\- {}\n",
                                plain(upper(title)), version, plain(title), plain(at.summary));
  out += ".SH SYNOPSIS\n";
  for (const auto& node : tree) {
    if (below(node, at) && node.of) {
      const auto& usage = node.of->usage;
      out += fmt::format(".B {}\n{}.br\n", plain(node.name()),
                         usage.empty() ? "" : plain(usage) + "\n");
    }
  }
  if (at.of) {
    out += ".SH OPTIONS\n";
    put_manual(out, *at.of);
  } else {
    out += ".SH DESCRIPTION\n";
    put_block(out, at.help);
    out += ".SH COMMANDS\n";
    for (const auto& node : tree) {
      if (below(node, at) && node.of) {
        out += ".SS \"" + plain(node.name()) + "\"\n" + plain(node.summary) + "\n";
        put_manual(out, *node.of);
      }
    }
  }
  return out.append(environment);
}

} // namespace fleet::program
