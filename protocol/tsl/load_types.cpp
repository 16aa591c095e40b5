// Data types and their specs, kind by kind (aliyun-iot.md §12).
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "protocol/tsl/load_context.hpp"

namespace fleet::tsl {

namespace {

constexpr std::array<data_kind, 9> kinds{
    data_kind::integer,     data_kind::single,    data_kind::real,
    data_kind::enumeration, data_kind::boolean,   data_kind::text,
    data_kind::date,        data_kind::structure, data_kind::array};

/// The words of the kinds; scalars come before struct and array.
std::vector<std::string_view> kind_words(bool composite) {
  std::vector<std::string_view> words;
  for (const data_kind kind : kinds) {
    if (composite || (kind != data_kind::structure && kind != data_kind::array)) {
      words.push_back(word_of(kind));
    }
  }
  return words;
}

/// What a number of this kind can be at all.
double widest(data_kind kind) noexcept {
  return kind == data_kind::integer  ? std::numeric_limits<std::int32_t>::max()
         : kind == data_kind::single ? static_cast<double>(std::numeric_limits<float>::max())
                                     : std::numeric_limits<double>::max();
}

class type_reader {
public:
  type_reader(load_context& context, const json_node& node) noexcept
      : context_(context), node_(node) {}

  data_type read(bool composite, bool item);

private:
  void numbers(const json_node& specs);
  std::optional<double> limit(const json_node& specs, std::string_view key);
  void step(const json_node& at);
  void labels(const json_node& specs, std::int64_t low, std::int64_t high);
  void text(const json_node& specs);
  void array(const json_node& specs);
  void dispatch(const json_node& specs);
  void without_specs(bool item);

  load_context& context_;
  const json_node& node_;
  data_type out_;
};

data_type type_reader::read(bool composite, bool item) {
  static constexpr std::array<std::string_view, 2> keys{"type", "specs"};
  if (!context_.object(node_, item ? "an array's item" : "dataType", keys)) {
    return out_;
  }
  std::vector<std::string_view> words = kind_words(composite);
  if (item) {
    words.pop_back(); // no arrays of arrays
  }
  const auto chosen = context_.word(node_, "type", words);
  if (!chosen) {
    return out_;
  }
  out_.kind = kinds[*chosen];
  const json_node* const specs = context_.tree().member(node_, "specs");
  if (specs == nullptr) {
    without_specs(item);
  } else {
    dispatch(*specs);
  }
  return out_;
}

void type_reader::dispatch(const json_node& specs) {
  static constexpr std::int64_t most = std::numeric_limits<std::int32_t>::max();
  switch (out_.kind) {
    case data_kind::integer:
    case data_kind::single:
    case data_kind::real: numbers(specs); return;
    case data_kind::enumeration: labels(specs, -most - 1, most); return;
    case data_kind::boolean: labels(specs, 0, 1); return;
    case data_kind::text: text(specs); return;
    case data_kind::date: (void)context_.object(specs, "the specs of date", {}); return;
    case data_kind::structure:
      out_.members = read_parameters(context_, specs, max_struct_members, false);
      if (specs.type == json_type::array && out_.members.empty() && !context_.full()) {
        context_.complain(specs.at, "a struct without members; expected at least one");
      }
      return;
    case data_kind::array: array(specs); return;
  }
}

/// §12: a date has none, an array's item may go without; the widest range stands in for them.
void type_reader::without_specs(bool item) {
  const bool numeric = out_.kind == data_kind::integer || out_.kind == data_kind::single
                       || out_.kind == data_kind::real;
  if (out_.kind == data_kind::date) {
    return;
  }
  if (item && numeric) {
    out_.max = widest(out_.kind);
    out_.min = out_.kind == data_kind::integer ? -out_.max - 1 : -out_.max;
  } else if (item && out_.kind == data_kind::text) {
    out_.length = max_text_length;
  } else if (item && out_.kind == data_kind::boolean) {
    out_.labels = {{0, ""}, {1, ""}};
  } else {
    context_.complain(node_.at, "the key \"specs\" is missing; expected it here for the type "
                                    + std::string{word_of(out_.kind)});
  }
}

std::optional<double> type_reader::limit(const json_node& specs, std::string_view key) {
  const json_node* const node = context_.need(specs, key);
  const auto value = node == nullptr ? std::nullopt : context_.number(*node, key);
  if (!value) {
    return std::nullopt;
  }
  const bool whole = out_.kind != data_kind::integer || std::floor(*value) == *value;
  const double most = widest(out_.kind);
  const double least = out_.kind == data_kind::integer ? -most - 1 : -most;
  if (!whole || *value < least || *value > most) {
    context_.complain(node->at, std::string{key} + " is " + node->text + "; expected "
                                    + (out_.kind == data_kind::integer ? "a 32-bit integer"
                                                                       : "what a float can hold"));
    return std::nullopt;
  }
  return value;
}

void type_reader::numbers(const json_node& specs) {
  static constexpr std::array<std::string_view, 5> keys{"min", "max", "step", "unit", "unitName"};
  if (!context_.object(specs, "the specs of " + std::string{word_of(out_.kind)}, keys)) {
    return;
  }
  const auto min = limit(specs, "min");
  const auto max = limit(specs, "max");
  out_.unit = context_.text(specs, "unit");
  out_.unit_name = context_.text(specs, "unitName");
  if (!min || !max) {
    return;
  }
  out_.min = *min + 0.0; // no negative zero: it would be written as -0
  out_.max = *max + 0.0;
  if (out_.min > out_.max) {
    context_.complain(context_.tree().member(specs, "min")->at,
                      "min is above max; expected it not to be");
    return;
  }
  if (const json_node* const node = context_.tree().member(specs, "step")) {
    step(*node);
  }
}

void type_reader::step(const json_node& at) {
  const auto value = context_.number(at, "step");
  if (!value) {
    return;
  }
  const bool whole = out_.kind != data_kind::integer || std::floor(*value) == *value;
  if (!whole || *value <= 0 || *value > out_.max - out_.min) {
    context_.complain(at.at, "step is " + at.text + "; expected "
                                 + (out_.kind == data_kind::integer ? "an integer" : "a number")
                                 + " above 0 that fits between min and max");
    return;
  }
  out_.step = *value;
}

void type_reader::labels(const json_node& specs, std::int64_t low, std::int64_t high) {
  const bool is_enum = out_.kind == data_kind::enumeration;
  const std::string what = "the specs of " + std::string{word_of(out_.kind)};
  if (specs.type != json_type::object) {
    context_.complain(specs.at, what + " are " + std::string{word_of(specs.type)}
                                    + "; expected an object of labels");
    return;
  }
  const auto all = context_.tree().children(specs);
  if (all.empty() || all.size() > max_enum_items || (!is_enum && all.size() != 2)) {
    context_.complain(specs.at, what + " have " + std::to_string(all.size()) + " labels; expected "
                                    + (is_enum ? "1 to " + std::to_string(max_enum_items)
                                               : std::string{"one for 0 and one for 1"}));
    return;
  }
  for (const json_node* const node : all) {
    json_node key; // the key read as if it were a value
    key.type = json_type::string;
    key.at = node->key_at;
    key.text = node->key;
    const auto value = context_.integer(key, "a label's value", low, high);
    if (node->type != json_type::string) {
      context_.complain(node->at,
                        "a label is " + std::string{word_of(node->type)} + "; expected a string");
    }
    const bool twice = value
                       && std::any_of(out_.labels.begin(), out_.labels.end(),
                                      [&](const value_label& l) { return l.value == *value; });
    if (twice) {
      context_.complain(node->key_at, "the value " + std::to_string(*value)
                                          + " stands twice; expected another one");
    } else if (value) {
      out_.labels.push_back({*value, node->text});
    }
  }
  std::sort(out_.labels.begin(), out_.labels.end(),
            [](const value_label& a, const value_label& b) { return a.value < b.value; });
}

void type_reader::text(const json_node& specs) {
  static constexpr std::array<std::string_view, 1> keys{"length"};
  if (!context_.object(specs, "the specs of text", keys)) {
    return;
  }
  if (const json_node* const node = context_.need(specs, "length")) {
    const auto value = context_.integer(*node, "length", 1, max_text_length);
    out_.length = static_cast<std::uint32_t>(value.value_or(1));
  }
}

void type_reader::array(const json_node& specs) {
  static constexpr std::array<std::string_view, 2> keys{"size", "item"};
  if (!context_.object(specs, "the specs of array", keys)) {
    return;
  }
  if (const json_node* const node = context_.need(specs, "size")) {
    const auto value = context_.integer(*node, "size", 1, max_array_size);
    out_.length = static_cast<std::uint32_t>(value.value_or(1));
  }
  if (const json_node* const node = context_.need(specs, "item")) {
    out_.item.push_back(type_reader{context_, *node}.read(true, true));
  }
}

} // namespace

data_type read_data_type(load_context& context, const json_node& node, bool composite) {
  return type_reader{context, node}.read(composite, false);
}

std::vector<parameter> read_parameters(load_context& context, const json_node& node,
                                       std::size_t most, bool composite) {
  static constexpr std::array<std::string_view, 5> keys{"identifier", "name", "dataType",
                                                        "required", "desc"};
  std::vector<parameter> all;
  std::set<std::string, std::less<>> taken;
  for (const json_node* const element : context.elements(node, "this list", most)) {
    if (context.full() || !context.object(*element, "a parameter", keys)) {
      continue;
    }
    parameter& p = all.emplace_back();
    p.identifier = context.identifier(*element, taken);
    p.name = context.text(*element, "name");
    (void)context.text(*element, "desc");
    p.required = context.truth(*element, "required", true);
    if (const json_node* const type = context.need(*element, "dataType")) {
      p.type = read_data_type(context, *type, composite);
    }
  }
  return all;
}

} // namespace fleet::tsl
