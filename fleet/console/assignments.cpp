// A small ordered tree of names, filled word by word and written once.
#include "fleet/console/assignments.hpp"

#include <algorithm>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/base/json.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

/// A name: either a value or names below it.
struct node {
  std::string key;
  std::string value; ///< JSON; empty: an object
  std::vector<std::unique_ptr<node>> below;

  node* find(std::string_view name) const {
    const auto at = std::find_if(below.begin(), below.end(),
                                 [name](const auto& child) { return child->key == name; });
    return at == below.end() ? nullptr : at->get();
  }
  node& add(std::string_view name) {
    below.push_back(std::make_unique<node>());
    below.back()->key = name;
    return *below.back();
  }
};

/// Depth is bounded by assignment_depth_max.
void write(const node& n, byte_buffer& out) {
  if (!n.value.empty()) {
    out.append(n.value);
    return;
  }
  out.push('{');
  bool first = true;
  for (const auto& child : n.below) {
    if (!first) {
      out.push(',');
    }
    first = false;
    append_json_text(out, child->key);
    out.push(':');
    write(*child, out);
  }
  out.push('}');
}

std::string as_json_text(std::string_view text) {
  byte_buffer out;
  append_json_text(out, text);
  return std::string{as_text(out.view())};
}

/// The value as JSON, or nothing where it begins like JSON and is none.
std::optional<std::string> typed(std::string_view text, json_reader& reader) {
  const std::string list = "[" + std::string{text} + "]";
  if (reader.read(as_bytes(list)) == json_error::none && reader.is_array()
      && reader.top().size() == 1) {
    return std::string{reader.top().front().value};
  }
  if (text.starts_with('{') || text.starts_with('[') || text.starts_with('"')) {
    return std::nullopt;
  }
  return as_json_text(text);
}

/// What is wrong with the word, or nothing once it is in the tree.
std::optional<std::string> put(node& root, std::string_view word, json_reader& reader) {
  const std::size_t equals = word.find('=');
  if (equals == std::string_view::npos || equals == 0) {
    return "is no assignment; write NAME=VALUE, as in LightSwitch=1";
  }
  std::string_view path = word.substr(0, equals);
  node* at = &root;
  for (std::size_t depth = 1;; ++depth) {
    const std::size_t dot = path.find('.');
    const std::string_view name = path.substr(0, dot);
    if (name.empty()) {
      return "has an empty name before, between or behind its dots";
    }
    if (depth > assignment_depth_max) {
      return "has more than " + std::to_string(assignment_depth_max) + " names within names";
    }
    node* const next = at->find(name);
    const bool last = dot == std::string_view::npos;
    if (next != nullptr && (last || !next->value.empty())) {
      return "gives " + std::string{name} + " a second value";
    }
    at = next != nullptr ? next : &at->add(name);
    if (last) {
      break;
    }
    path.remove_prefix(dot + 1);
  }
  auto value = typed(word.substr(equals + 1), reader);
  if (!value) {
    return "begins like JSON and is none; check its brackets and quotes, and the shell's";
  }
  at->value = std::move(*value);
  return std::nullopt;
}

/// A text that nothing but its octets can spoil.
result<std::string, std::string> checked(const byte_buffer& made, json_reader& reader) {
  const json_error wrong = reader.read(made.view());
  switch (wrong) {
    case json_error::none: return std::string{as_text(made.view())};
    case json_error::too_large:
    case json_error::too_many_members: return fail(std::string{"what is given is too large"});
    case json_error::too_deep: return fail(std::string{"what is given is nested too deep"});
    case json_error::no_container:
    case json_error::malformed: return fail(std::string{"what is given is not UTF-8"});
  }
  FLEET_CHECK(false);
}

} // namespace

result<std::string, std::string> assignments_to_json(std::span<const std::string> words) {
  node root;
  json_reader reader;
  for (const std::string& word : words) {
    if (const auto wrong = put(root, word, reader)) {
      return fail(word + " " + *wrong);
    }
  }
  byte_buffer out;
  write(root, out);
  return checked(out, reader);
}

result<std::string, std::string> names_to_json(std::span<const std::string> words) {
  byte_buffer out;
  out.push('[');
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].empty()) {
      return fail(std::string{"a name is empty"});
    }
    if (i > 0) {
      out.push(',');
    }
    append_json_text(out, words[i]);
  }
  out.push(']');
  json_reader reader;
  return checked(out, reader);
}

} // namespace fleet::program
