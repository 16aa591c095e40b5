// simdjson's on-demand parser, walked to the end so that nothing goes unchecked. The only file that
// includes it.
#include "protocol/base/json.hpp"

#include <algorithm>
#include <cstring>
#include <vector>

#include "protocol/base/check.hpp"

#if defined(__GNUC__)
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wold-style-cast"
#pragma GCC diagnostic ignored "-Wshadow"
#endif
#include <simdjson.h>
#if defined(__GNUC__)
#pragma GCC diagnostic pop
#endif

namespace fleet {

namespace {

namespace ondemand = simdjson::ondemand;

std::string_view trim_end(const char* first, const char* last) noexcept {
  while (last != first
         && (last[-1] == ' ' || last[-1] == '\n' || last[-1] == '\r' || last[-1] == '\t')) {
    --last;
  }
  return {first, static_cast<std::size_t>(last - first)};
}

bool has_escape(std::string_view text) noexcept {
  return text.find('\\') != std::string_view::npos;
}

/// A key from behind its opening quote to its closing one; simdjson has seen that there is one.
std::string_view key_from(const char* first) noexcept {
  const char* at = first;
  while (*at != '"') {
    at += *at == '\\' ? 2 : 1;
  }
  return {first, static_cast<std::size_t>(at - first)};
}

} // namespace

struct json_reader::state {
  ondemand::parser parser;
  std::vector<char> scratch; ///< the text and the padding that simdjson reads beyond it
  std::vector<json_member> top;
  std::vector<json_member> children;
  bool is_array = false;
};

namespace {

/// One walk over one document.
class walker {
public:
  walker(std::vector<json_member>& top, std::vector<json_member>& children, const char* copy,
         const char* original) noexcept
      : top_(top), children_(children), copy_(copy), original_(original) {}

  json_error document(ondemand::document& doc) {
    ondemand::json_type type{};
    if (doc.type().get(type) != simdjson::SUCCESS) {
      return json_error::malformed;
    }
    json_error error = json_error::no_container;
    if (type == ondemand::json_type::object) {
      ondemand::object object;
      error = doc.get_object().get(object) != simdjson::SUCCESS ? json_error::malformed
                                                                : members(object, 1);
    } else if (type == ondemand::json_type::array) {
      ondemand::array array;
      error = doc.get_array().get(array) != simdjson::SUCCESS ? json_error::malformed
                                                              : elements(array, 1);
    }
    // Only past the last token is there no location; anywhere else something follows the document.
    const bool at_end = doc.current_location().error() == simdjson::OUT_OF_BOUNDS;
    return error == json_error::none && !at_end ? json_error::malformed : error;
  }

private:
  json_error members(ondemand::object& object, int depth) {
    for (auto next : object) {
      ondemand::field field;
      if (std::move(next).get(field) != simdjson::SUCCESS) {
        return json_error::malformed;
      }
      const std::string_view key = key_from(field.key().raw());
      std::string_view checked;
      if (has_escape(key) && field.unescaped_key().get(checked) != simdjson::SUCCESS) {
        return json_error::malformed;
      }
      const json_error error = member(key, field.value(), depth);
      if (error != json_error::none) {
        return error;
      }
    }
    return json_error::none;
  }

  json_error elements(ondemand::array& array, int depth) {
    for (auto next : array) {
      ondemand::value value;
      if (next.get(value) != simdjson::SUCCESS) {
        return json_error::malformed;
      }
      const json_error error = member({}, value, depth);
      if (error != json_error::none) {
        return error;
      }
    }
    return json_error::none;
  }

  /// Walks one value and, in the first two levels, notes it once it proved whole.
  json_error member(std::string_view key, ondemand::value& value, int depth) {
    const auto first_child = static_cast<std::uint32_t>(children_.size());
    const std::string_view token = value.raw_json_token();
    ondemand::json_type type{};
    if (value.type().get(type) != simdjson::SUCCESS) {
      return json_error::malformed;
    }
    const json_error error = whole(value, type, token, depth);
    if (error != json_error::none || depth > 2) {
      return error;
    }
    if (top_.size() + children_.size() >= json_reader::max_members) {
      return json_error::too_many_members;
    }
    const bool container =
        type == ondemand::json_type::object || type == ondemand::json_type::array;
    const char* end = token.data() + token.size();
    if (container && value.current_location().get(end) != simdjson::SUCCESS) {
      return json_error::malformed; // nothing behind it: the parent is not closed
    }
    json_member out;
    out.key = moved(key);
    out.value = moved(trim_end(token.data(), end));
    out.type = translated(type);
    if (depth == 2) {
      children_.push_back(out);
      return json_error::none;
    }
    out.first_child = first_child;
    out.child_count = static_cast<std::uint32_t>(children_.size()) - first_child;
    top_.push_back(out);
    return json_error::none;
  }

  json_error whole(ondemand::value& value, ondemand::json_type type, std::string_view token,
                   int depth) {
    bool good = false;
    switch (type) {
      case ondemand::json_type::object: {
        ondemand::object object;
        if (depth >= json_reader::max_depth) {
          return json_error::too_deep;
        }
        return value.get_object().get(object) != simdjson::SUCCESS ? json_error::malformed
                                                                   : members(object, depth + 1);
      }
      case ondemand::json_type::array: {
        ondemand::array array;
        if (depth >= json_reader::max_depth) {
          return json_error::too_deep;
        }
        return value.get_array().get(array) != simdjson::SUCCESS ? json_error::malformed
                                                                 : elements(array, depth + 1);
      }
      case ondemand::json_type::string: {
        ondemand::raw_json_string raw;
        std::string_view text;
        good = has_escape(token) ? value.get_string().get(text) == simdjson::SUCCESS
                                 : value.get_raw_json_string().get(raw) == simdjson::SUCCESS;
        break;
      }
      case ondemand::json_type::number: {
        ondemand::number number;
        good = value.get_number().get(number) == simdjson::SUCCESS;
        break;
      }
      case ondemand::json_type::boolean: {
        bool truth = false;
        good = value.get_bool().get(truth) == simdjson::SUCCESS;
        break;
      }
      case ondemand::json_type::null: {
        bool is_null = false;
        good = value.is_null().get(is_null) == simdjson::SUCCESS && is_null;
        break;
      }
    }
    return good ? json_error::none : json_error::malformed;
  }

  static json_type translated(ondemand::json_type type) noexcept {
    switch (type) {
      case ondemand::json_type::object: return json_type::object;
      case ondemand::json_type::array: return json_type::array;
      case ondemand::json_type::string: return json_type::string;
      case ondemand::json_type::number: return json_type::number;
      case ondemand::json_type::boolean: return json_type::boolean;
      case ondemand::json_type::null: return json_type::null;
    }
    FLEET_CHECK(false);
  }

  /// The same octets in the caller's text.
  std::string_view moved(std::string_view in_copy) const noexcept {
    return in_copy.data() == nullptr
               ? std::string_view{}
               : std::string_view{original_ + (in_copy.data() - copy_), in_copy.size()};
  }

  std::vector<json_member>& top_;
  std::vector<json_member>& children_;
  const char* copy_;
  const char* original_;
};

} // namespace

json_reader::json_reader() : state_(std::make_unique<state>()) {}
json_reader::json_reader(json_reader&&) noexcept = default;
json_reader& json_reader::operator=(json_reader&&) noexcept = default;
json_reader::~json_reader() = default;

json_error json_reader::read(bytes_view text) {
  state& s = *state_;
  s.top.clear();
  s.children.clear();
  s.is_array = false;
  if (text.empty()) {
    return json_error::no_container;
  }
  if (text.size() > max_text) {
    return json_error::too_large;
  }
  const std::size_t padded = text.size() + simdjson::SIMDJSON_PADDING;
  if (s.scratch.size() < padded) {
    s.scratch.resize(padded);
  }
  std::memcpy(s.scratch.data(), text.data(), text.size());
  std::memset(s.scratch.data() + text.size(), ' ', simdjson::SIMDJSON_PADDING);
  ondemand::document doc;
  if (s.parser.iterate(s.scratch.data(), text.size(), s.scratch.size()).get(doc)
      != simdjson::SUCCESS) {
    return json_error::malformed;
  }
  walker walk{s.top, s.children, s.scratch.data(), as_text(text).data()};
  const json_error error = walk.document(doc);
  s.is_array =
      as_text(text)[std::min(as_text(text).find_first_not_of(" \t\r\n"), text.size() - 1)] == '[';
  return error;
}

bool json_reader::is_array() const noexcept {
  return state_->is_array;
}

std::span<const json_member> json_reader::top() const noexcept {
  return state_->top;
}

std::span<const json_member> json_reader::children(const json_member& of) const noexcept {
  return std::span{state_->children}.subspan(of.first_child, of.child_count);
}

const json_member* json_reader::find(std::string_view key) const noexcept {
  for (const json_member& m : state_->top) {
    if (m.key == key && m.key.data() != nullptr) {
      return &m;
    }
  }
  return nullptr;
}

} // namespace fleet
