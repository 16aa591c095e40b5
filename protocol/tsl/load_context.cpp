// Complaints and strict look-ups.
#include "protocol/tsl/load_context.hpp"

#include <algorithm>
#include <cmath>

#include "protocol/base/check.hpp"
#include "protocol/tsl/nearest.hpp"

namespace fleet::tsl {

namespace {

/// What somebody wrote, fit for a message: short, without line ends.
std::string shown(std::string_view text) {
  std::string out{text.substr(0, 40)};
  std::replace_if(
      out.begin(), out.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; }, ' ');
  return '"' + out + (text.size() > 40 ? "…\"" : "\"");
}

std::string expectation(std::string_view wrote, std::span<const std::string_view> words) {
  const std::string_view near = nearest(wrote, words);
  std::string out = "; expected " + enumerate(words);
  return near.empty() ? out : out + "; the nearest is " + std::string{near};
}

bool fit_for_identifier(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
}

} // namespace

std::string_view word_of(json_type type) noexcept {
  switch (type) {
    case json_type::object: return "an object";
    case json_type::array: return "an array";
    case json_type::string: return "a string";
    case json_type::number: return "a number";
    case json_type::boolean: return "true or false";
    case json_type::null: return "null";
  }
  FLEET_CHECK(false);
}

void load_context::complain(std::uint32_t at, std::string message) {
  if (full()) {
    return;
  }
  const text_position where = position_of(text_, at);
  errors_.push_back({where.line, where.column,
                     std::string{file_} + ':' + std::to_string(where.line) + ':'
                         + std::to_string(where.column) + ": " + std::move(message)});
}

bool load_context::object(const json_node& node, std::string_view what,
                          std::span<const std::string_view> keys) {
  if (node.type != json_type::object) {
    complain(node.at,
             std::string{what} + " is " + std::string{word_of(node.type)} + "; expected an object");
    return false;
  }
  for (const json_node* const child : tree_.children(node)) {
    if (std::find(keys.begin(), keys.end(), child->key) == keys.end()) {
      complain(child->key_at, "unknown key " + shown(child->key) + " in " + std::string{what}
                                  + expectation(child->key, keys));
    }
  }
  return true;
}

std::vector<const json_node*> load_context::elements(const json_node& node, std::string_view what,
                                                     std::size_t most) {
  if (node.type != json_type::array) {
    complain(node.at,
             std::string{what} + " is " + std::string{word_of(node.type)} + "; expected an array");
    return {};
  }
  std::vector<const json_node*> all = tree_.children(node);
  if (all.size() > most) {
    complain(all[most]->at, std::string{what} + " has " + std::to_string(all.size())
                                + " elements; expected at most " + std::to_string(most));
    all.resize(most);
  }
  return all;
}

const json_node* load_context::need(const json_node& object, std::string_view key) {
  const json_node* const found = tree_.member(object, key);
  if (found == nullptr) {
    complain(object.at, "the key \"" + std::string{key} + "\" is missing; expected it here");
  }
  return found;
}

std::string load_context::text(const json_node& object, std::string_view key) {
  const json_node* const found = tree_.member(object, key);
  if (found == nullptr) {
    return {};
  }
  if (found->type != json_type::string) {
    complain(found->at,
             std::string{key} + " is " + std::string{word_of(found->type)} + "; expected a string");
    return {};
  }
  return found->text;
}

bool load_context::truth(const json_node& object, std::string_view key, bool otherwise) {
  const json_node* const found = tree_.member(object, key);
  if (found == nullptr) {
    return otherwise;
  }
  if (found->type != json_type::boolean) {
    complain(found->at, std::string{key} + " is " + std::string{word_of(found->type)}
                            + "; expected true or false");
  }
  return found->text == "true";
}

std::optional<std::size_t> load_context::word(const json_node& object, std::string_view key,
                                              std::span<const std::string_view> words) {
  const json_node* const found = need(object, key);
  if (found == nullptr) {
    return std::nullopt;
  }
  const auto at = std::find(words.begin(), words.end(), found->text);
  if (found->type != json_type::string || at == words.end()) {
    complain(found->at, "unknown " + std::string{key} + ' ' + shown(found->text)
                            + expectation(found->text, words));
    return std::nullopt;
  }
  return static_cast<std::size_t>(at - words.begin());
}

std::optional<double> load_context::number(const json_node& node, std::string_view what) {
  std::optional<double> value;
  if (node.type == json_type::number || node.type == json_type::string) {
    value = json_number(node.text);
  }
  if (!value || !std::isfinite(*value)) {
    complain(node.at, std::string{what} + " is "
                          + (node.type == json_type::string ? shown(node.text)
                                                            : std::string{word_of(node.type)})
                          + "; expected a number");
    return std::nullopt;
  }
  return value;
}

std::optional<std::int64_t> load_context::integer(const json_node& node, std::string_view what,
                                                  std::int64_t low, std::int64_t high) {
  std::optional<std::int64_t> value;
  if (node.type == json_type::number || node.type == json_type::string) {
    value = json_integer(node.text);
  }
  if (!value || *value < low || *value > high) {
    complain(node.at, std::string{what} + " is " + shown(node.text) + "; expected an integer from "
                          + std::to_string(low) + " to " + std::to_string(high));
    return std::nullopt;
  }
  return value;
}

std::string load_context::identifier(const json_node& object,
                                     std::set<std::string, std::less<>>& taken) {
  const json_node* const found = need(object, "identifier");
  if (found == nullptr) {
    return {};
  }
  const std::string& name = found->text;
  const bool fit = found->type == json_type::string && !name.empty()
                   && name.size() <= max_identifier
                   && std::all_of(name.begin(), name.end(), fit_for_identifier);
  if (!fit) {
    complain(found->at, "the identifier " + shown(name) + " will not do; expected 1 to "
                            + std::to_string(max_identifier) + " letters, digits or _");
    return {};
  }
  if (!taken.insert(name).second) {
    complain(found->at, "the identifier " + shown(name) + " stands twice; expected another one");
  }
  return name;
}

} // namespace fleet::tsl
