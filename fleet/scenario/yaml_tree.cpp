// yaml-cpp's only door. Its events, not its nodes: they show duplicate keys, and its exceptions end
// here.
#include "fleet/scenario/yaml_tree.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <sstream>

#include <yaml-cpp/depthguard.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "fleet/scenario/yaml_mistakes.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

namespace {

text_place place_of(const YAML::Mark& mark) {
  if (mark.is_null()) {
    return {};
  }
  return {static_cast<std::uint32_t>(mark.line) + 1, static_cast<std::uint32_t>(mark.column) + 1};
}

/// Ends the parser from within an event.
struct stop {
  placed_mistake why;
};

std::string deeper() {
  return "lists and maps nest deeper than " + std::to_string(yaml_depth_most) + "; write them flat";
}

/// How many values a value is, itself included.
std::size_t weight(const yaml_value& value) {
  std::size_t sum = 1;
  for (const auto& item : value.list) {
    sum += weight(item);
  }
  for (const auto& key : value.map) {
    sum += 1 + weight(key.value);
  }
  return sum;
}

std::size_t height(const yaml_value& value) {
  std::size_t most = 0;
  for (const auto& item : value.list) {
    most = std::max(most, height(item));
  }
  for (const auto& key : value.map) {
    most = std::max(most, height(key.value));
  }
  return value.kind == yaml_kind::list || value.kind == yaml_kind::map ? most + 1 : 0;
}

class tree_builder final : public YAML::EventHandler {
public:
  /// `text` is what the parser reads; its marks point into it.
  explicit tree_builder(std::string_view text) : text_(text) {}

  [[nodiscard]] yaml_value take() { return std::move(root_); }
  /// Where the innermost list or map begins that has no end yet.
  [[nodiscard]] std::optional<text_place> unfinished() const {
    return open_.empty() ? std::nullopt : std::optional{open_.back().value.at};
  }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (used_) {
      // Without a line of dashes or dots the parser takes what it cannot go on with for another.
      throw stop{{place_of(mark),
                  separated(mark) ? "a second document begins here; a file holds one"
                                  : "this belongs to nothing above; a file is one map of keys"}};
    }
    used_ = true;
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    yaml_value value;
    value.at = place_of_nothing(mark);
    put(std::move(value), anchor);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) {
      throw stop{{place_of(mark), "an alias inside of what it stands for; write it out"}};
    }
    count(known->second.weight, place_of(mark));
    if (open_.size() + known->second.height > yaml_depth_most) {
      too_deep(place_of(mark));
    }
    place(known->second.value);
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& word) override {
    refuse_tag(tag, mark);
    if (tag == "!" && !quotation_ends(static_cast<std::size_t>(mark.pos))) {
      throw stop{
          {place_of(mark), "broken YAML: the quotation that begins here has no end; close it"}};
    }
    yaml_value value;
    value.kind = yaml_kind::word;
    value.at = place_of(mark);
    value.word = word;
    put(std::move(value), anchor);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(tag, mark);
    open(yaml_kind::list, place_of(mark), anchor);
  }
  void OnSequenceEnd() override { close(); }

  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value /*style*/) override {
    refuse_tag(tag, mark);
    open(yaml_kind::map, place_of(mark), anchor);
  }
  void OnMapEnd() override { close(); }

private:
  /// A list or map whose end has not come yet.
  struct opened {
    yaml_value value;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<yaml_key> key; ///< read, and its value still to come
  };

  struct anchored {
    yaml_value value;
    std::size_t weight = 0;
    std::size_t height = 0;
  };

  [[noreturn]] static void too_deep(text_place at) { throw stop{{at, deeper()}}; }

  /// Whether a document that begins at the mark was announced.
  [[nodiscard]] bool separated(const YAML::Mark& mark) const {
    const auto at = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
    const auto above = text_.substr(0, text_.substr(0, at).find_last_not_of(" \n") + 1);
    return text_.substr(at).starts_with("---") || above.ends_with("\n---")
           || above.ends_with("\n...");
  }

  static void refuse_tag(const std::string& tag, const YAML::Mark& mark) {
    // `?` stands for none, `!` for a quoted word.
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw stop{{place_of(mark), "a tag is not read here; write the value alone"}};
    }
  }

  /// A missing value has the place of its key, or of the dash or bracket that announced it: the
  /// parser's mark is at whatever comes next.
  [[nodiscard]] text_place place_of_nothing(const YAML::Mark& mark) const {
    if (!open_.empty() && open_.back().key) {
      return open_.back().key->at;
    }
    const auto at = std::min(static_cast<std::size_t>(std::max(mark.pos, 0)), text_.size());
    const std::size_t before = text_.substr(0, at).find_last_not_of(" \n");
    if (before == std::string_view::npos || text_[before] != '-') {
      return place_of(mark);
    }
    // Counted back from the mark: from the front it would be quadratic.
    const auto gap = text_.substr(before, at - before);
    const auto lines = static_cast<std::uint32_t>(std::count(gap.begin(), gap.end(), '\n'));
    const std::size_t line_start = text_.substr(0, before).rfind('\n') + 1; // npos + 1 is 0
    return {place_of(mark).line - lines, static_cast<std::uint32_t>(before - line_start) + 1};
  }

  /// Whether the quoted word at `at` is closed; the parser takes the end of the text for a quote.
  [[nodiscard]] bool quotation_ends(std::size_t at) const {
    while (at < text_.size() && (text_[at] == '&' || text_[at] == '!')) {
      at = std::min(text_.find_first_of(" \n", at), text_.size());
      at = std::min(text_.find_first_not_of(" \n", at), text_.size());
    }
    if (at >= text_.size() || (text_[at] != '"' && text_[at] != '\'')) {
      return true; // a block, which ends where its indentation does
    }
    const char quote = text_[at];
    for (++at; at < text_.size(); ++at) {
      if (quote == '"' && text_[at] == '\\') {
        ++at;
      } else if (text_[at] == quote) {
        if (quote == '"' || at + 1 >= text_.size() || text_[at + 1] != quote) {
          return true;
        }
        ++at;
      }
    }
    return false;
  }

  void count(std::size_t more, text_place at) {
    values_ += more;
    if (values_ > yaml_values_most) {
      throw stop{{at, "more than " + text::format_count(yaml_values_most)
                          + " values, aliases expanded; leave some out"}};
    }
  }

  void open(yaml_kind kind, text_place at, YAML::anchor_t anchor) {
    if (open_.size() >= yaml_depth_most) {
      too_deep(at);
    }
    count(1, at);
    yaml_value value;
    value.kind = kind;
    value.at = at;
    open_.push_back({std::move(value), anchor, std::nullopt});
  }

  void close() {
    opened done = std::move(open_.back());
    open_.pop_back();
    remember(done.value, done.anchor);
    place(std::move(done.value));
  }

  void put(yaml_value value, YAML::anchor_t anchor) {
    count(1, value.at);
    remember(value, anchor);
    place(std::move(value));
  }

  void remember(const yaml_value& value, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) {
      // What anchors keep beside the tree counts as well: an anchor may stand inside an anchor.
      const std::size_t weighs = weight(value);
      count(weighs, value.at);
      anchors_[anchor] = {value, weighs, height(value)};
    }
  }

  /// Puts a finished value where it belongs: the root, a list's end, a map's key or its value.
  void place(yaml_value value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return;
    }
    opened& in = open_.back();
    if (in.value.kind == yaml_kind::list) {
      in.value.list.push_back(std::move(value));
    } else if (!in.key) {
      if (value.kind != yaml_kind::word) {
        throw stop{{value.at, "a key must be a word, as devices"}};
      }
      in.key = yaml_key{std::move(value.word), value.at, {}};
    } else {
      in.key->value = std::move(value);
      in.value.map.push_back(std::move(*in.key));
      in.key.reset();
    }
  }

  std::string_view text_;
  yaml_value root_;
  std::vector<opened> open_;
  std::map<YAML::anchor_t, anchored> anchors_;
  std::size_t values_ = 0;
  bool used_ = false;
};

std::string without_carriage_returns(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\r' || i + 1 >= text.size() || text[i + 1] != '\n') {
      out += text[i];
    }
  }
  return out;
}

/// What the parser stumbled over, where its author can see it.
placed_mistake misread(const YAML::Exception& e, std::string_view text) {
  const auto at = static_cast<std::size_t>(std::max(e.mark.pos, 0));
  const bool in_escape = e.msg.starts_with(YAML::ErrorMsg::INVALID_ESCAPE)
                         || e.msg.starts_with(YAML::ErrorMsg::INVALID_HEX);
  if (!in_escape) {
    return {place_of(e.mark), broken_yaml(e.msg, text, at)};
  }
  // The parser's mark is behind the escape, and beyond the end where it made up a character there.
  const auto begins = text.rfind('\\', at == 0 ? 0 : at - 1);
  return {place_in(text, begins == std::string_view::npos ? at : begins),
          broken_yaml(e.msg, text, at)};
}

} // namespace

const yaml_value* yaml_value::find(std::string_view key) const noexcept {
  for (const auto& entry : map) {
    if (entry.name == key) {
      return &entry.value;
    }
  }
  return nullptr;
}

result<yaml_value, placed_mistake> parse_yaml(std::string_view text) {
  if (text.size() > yaml_octets_most) {
    return fail(
        placed_mistake{{}, "the file is larger than " + text::format_size(yaml_octets_most)});
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    text.remove_prefix(3);
  }
  if (auto wrong = encoding_mistake(text)) {
    return fail(std::move(*wrong));
  }
  const std::string plain = without_carriage_returns(text);
  std::istringstream in{plain};
  tree_builder tree{plain};
  try {
    YAML::Parser parser{in};
    while (parser.HandleNextDocument(tree)) {
    }
  } catch (const stop& s) {
    return fail(placed_mistake{s.why});
  } catch (const YAML::DeepRecursion& e) {
    return fail(placed_mistake{place_of(e.mark), deeper()});
  } catch (const YAML::Exception& e) {
    if (e.msg == YAML::ErrorMsg::END_OF_SEQ_FLOW || e.msg == YAML::ErrorMsg::END_OF_MAP_FLOW) {
      // The mark is at the end of the text by then, which helps nobody.
      return fail(placed_mistake{tree.unfinished().value_or(place_of(e.mark)),
                                 "broken YAML: the bracket that opens here has no end; close it"});
    }
    return fail(misread(e, plain));
  }
  return tree.take();
}

} // namespace fleet::program
