// nlohmann/json's SAX parser checks the text; a cursor of our own runs beside it, since its events
// come without positions. The only file of this folder that includes that library.
#include "protocol/tsl/json_tree.hpp"

#include <algorithm>

#include <nlohmann/json.hpp>

#include "protocol/tsl/data_type.hpp"

namespace fleet::tsl {

namespace {

/// Octets of the token that begins `text`, which the parser has found valid.
std::size_t token_size(std::string_view text) noexcept {
  if (text.empty()) {
    return 0;
  }
  constexpr std::string_view structure = "{}[]";
  if (structure.find(text.front()) != std::string_view::npos) {
    return 1;
  }
  if (text.front() != '"') {
    return std::min(text.find_first_of(" \t\r\n,:{}[]\""), text.size());
  }
  std::size_t at = 1;
  while (at < text.size() && text[at] != '"') {
    at += text[at] == '\\' ? 2 : 1;
  }
  return std::min(at + 1, text.size());
}

/// "…101] parse error at line 1, column 2: syntax error while …" without what we say better.
std::string without_prefix(std::string_view what) {
  for (const std::string_view mark : {"syntax error", "number overflow"}) {
    if (const std::size_t at = what.find(mark); at != std::string_view::npos) {
      return std::string{what.substr(at)};
    }
  }
  return std::string{what};
}

} // namespace

/// Receives the parser's events. A false answer ends the parse with error_ set.
class tree_builder final : public nlohmann::json_sax<nlohmann::json> {
public:
  tree_builder(std::string_view text, json_tree& tree) : text_(text), nodes_(tree.nodes_) {
    at_ = text.starts_with("\xef\xbb\xbf") ? 3 : 0; // the parser skips a byte-order mark, too
  }

  bool null() override { return scalar(json_type::null); }
  bool boolean(bool) override { return scalar(json_type::boolean); }
  bool number_integer(number_integer_t) override { return scalar(json_type::number); }
  bool number_unsigned(number_unsigned_t) override { return scalar(json_type::number); }
  bool number_float(number_float_t, const string_t&) override { return scalar(json_type::number); }
  bool string(string_t& value) override {
    if (!add(json_type::string)) {
      return false;
    }
    nodes_.back().text = std::move(value);
    return true;
  }
  bool binary(binary_t&) override { return false; } // no such thing in JSON text
  bool key(string_t& value) override {
    (void)take();
    key_at_ = token_at_;
    key_ = std::move(value);
    return true;
  }
  bool start_object(std::size_t) override { return open(json_type::object); }
  bool start_array(std::size_t) override { return open(json_type::array); }
  bool end_object() override { return keys_are_unique() && close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t position, const std::string&,
                   const nlohmann::detail::exception& why) override {
    const std::size_t read = std::min(position, text_.size());
    error_ = {static_cast<std::uint32_t>(read == 0 ? 0 : read - 1), without_prefix(why.what())};
    return false;
  }

  [[nodiscard]] tree_error& error() noexcept { return error_; }

private:
  /// Moves behind the next token and answers it.
  std::string_view take() noexcept {
    at_ = std::min(text_.find_first_not_of(" \t\r\n,:", at_), text_.size());
    token_at_ = static_cast<std::uint32_t>(at_);
    const std::string_view token = text_.substr(at_, token_size(text_.substr(at_)));
    at_ += token.size();
    return token;
  }

  bool add(json_type type) {
    const std::string_view token = take();
    if (nodes_.size() >= json_tree::max_nodes) {
      error_ = {token_at_, "more than " + std::to_string(json_tree::max_nodes) + " values"};
      return false;
    }
    const auto index = static_cast<std::uint32_t>(nodes_.size());
    if (!open_.empty()) {
      level& parent = open_.back();
      (parent.last == 0 ? nodes_[parent.node].first : nodes_[parent.last].next) = index;
      parent.last = index;
    }
    json_node& node = nodes_.emplace_back();
    node.type = type;
    node.at = token_at_;
    node.key_at = key_at_;
    node.key = std::move(key_);
    node.text = token;
    key_.clear();
    return true;
  }

  bool scalar(json_type type) { return add(type); }

  bool open(json_type type) {
    if (!add(type)) {
      return false;
    }
    if (open_.size() >= json_tree::max_depth) {
      error_ = {token_at_, "nested more than " + std::to_string(json_tree::max_depth) + " deep"};
      return false;
    }
    nodes_.back().text.clear();
    open_.push_back({static_cast<std::uint32_t>(nodes_.size() - 1), 0});
    return true;
  }

  bool close() {
    (void)take();
    open_.pop_back();
    return true;
  }

  /// Sorted rather than compared pair by pair: an object may have as many keys as the document.
  bool keys_are_unique() {
    std::vector<const json_node*> all;
    for (std::uint32_t i = nodes_[open_.back().node].first; i != 0; i = nodes_[i].next) {
      all.push_back(&nodes_[i]);
    }
    std::sort(all.begin(), all.end(), [](const json_node* a, const json_node* b) {
      return a->key != b->key ? a->key < b->key : a->key_at < b->key_at;
    });
    const auto twice = std::adjacent_find(
        all.begin(), all.end(), [](const auto* a, const auto* b) { return a->key == b->key; });
    if (twice == all.end()) {
      return true;
    }
    const json_node& second = **(twice + 1);
    error_ = {second.key_at, "the key \"" + second.key + "\" stands twice in its object"};
    return false;
  }

  struct level {
    std::uint32_t node;
    std::uint32_t last; ///< the value added last; 0: none yet
  };

  std::string_view text_;
  std::vector<json_node>& nodes_;
  std::vector<level> open_;
  std::size_t at_ = 0;         ///< behind the last token
  std::uint32_t token_at_ = 0; ///< the last token
  std::uint32_t key_at_ = 0;
  std::string key_;
  tree_error error_;
};

text_position position_of(std::string_view text, std::uint32_t offset) noexcept {
  const std::string_view before = text.substr(0, offset);
  const std::size_t line_end = before.rfind('\n');
  const std::size_t line_start = line_end == std::string_view::npos ? 0 : line_end + 1;
  const auto lines = std::count(before.begin(), before.end(), '\n');
  return {static_cast<std::uint32_t>(lines) + 1,
          static_cast<std::uint32_t>(before.size() - line_start) + 1};
}

result<json_tree, tree_error> json_tree::parse(std::string_view text) {
  if (text.size() > max_document) {
    return fail(tree_error{0, "larger than " + std::to_string(max_document) + " octets"});
  }
  json_tree tree;
  tree_builder builder{text, tree};
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return fail(std::move(builder.error()));
  }
  return tree;
}

std::vector<const json_node*> json_tree::children(const json_node& of) const {
  std::vector<const json_node*> all;
  for (std::uint32_t i = of.first; i != 0; i = nodes_[i].next) {
    all.push_back(&nodes_[i]);
  }
  return all;
}

const json_node* json_tree::member(const json_node& of, std::string_view key) const noexcept {
  for (std::uint32_t i = of.first; i != 0 && of.type == json_type::object; i = nodes_[i].next) {
    if (nodes_[i].key == key) {
      return &nodes_[i];
    }
  }
  return nullptr;
}

} // namespace fleet::tsl
