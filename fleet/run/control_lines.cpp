// JSON both ways, strictly in.
#include "fleet/run/control_lines.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

constexpr std::array<std::pair<std::string_view, control_verb>, 4> verbs{
    {{"who", control_verb::who},
     {"add", control_verb::add},
     {"remove", control_verb::remove},
     {"list", control_verb::list}}};

failure<std::string> wrong(std::string sentence) {
  return fail(std::move(sentence));
}

result<control_verb, std::string> verb_of(const json_reader& reader) {
  const auto* const member = reader.find("do");
  std::string word;
  if (member == nullptr || !append_json_string(word, member->value)) {
    return wrong("an order has a member do: who, add, remove or list");
  }
  const auto* const found =
      std::find_if(verbs.begin(), verbs.end(), [&word](const auto& v) { return v.first == word; });
  if (found == verbs.end()) {
    return wrong("do is none of who, add, remove and list");
  }
  return found->second;
}

} // namespace

result<control_order, std::string> parse_control_line(std::string_view line, json_reader& reader) {
  if (line.size() > control_line_most) {
    return wrong("a line is at most 16,384 octets");
  }
  if (reader.read(as_bytes(line)) != json_error::none || reader.is_array()) {
    return wrong("a line is one JSON object");
  }
  const auto verb = verb_of(reader);
  if (!verb) {
    return fail(verb.error());
  }
  control_order out;
  out.verb = verb.value();
  if (out.verb == control_verb::add) {
    const auto* const words = reader.find("words");
    if (words == nullptr || !append_json_string(out.words, words->value)) {
      return wrong("add has a member words, a string");
    }
  }
  if (out.verb == control_verb::remove) {
    const auto* const names = reader.find("names");
    if (names == nullptr || names->type != json_type::array || names->child_count == 0
        || names->child_count > control_names_most) {
      return wrong("remove has a member names, an array of 1 to 500 strings");
    }
    for (const auto& name : reader.children(*names)) {
      if (!append_json_string(out.names.emplace_back(), name.value)) {
        return wrong("a name is a string");
      }
    }
  }
  return out;
}

std::string control_line_of(const control_order& order) {
  byte_buffer out;
  object_writer writer{out};
  const auto* const verb = std::find_if(verbs.begin(), verbs.end(),
                                        [&order](const auto& v) { return v.second == order.verb; });
  writer.text("do", verb->first);
  if (order.verb == control_verb::add) {
    writer.text("words", order.words);
  }
  if (order.verb == control_verb::remove) {
    byte_buffer names;
    names.push('[');
    for (std::size_t i = 0; i < order.names.size(); ++i) {
      if (i != 0) {
        names.push(',');
      }
      append_json_text(names, order.names[i]);
    }
    names.push(']');
    writer.raw("names", as_text(names.view()));
  }
  writer.end();
  return std::string{as_text(out.view())} + "\n";
}

std::string control_refusal(std::string_view sentence) {
  std::string plain;
  for (const char c : sentence) {
    // What a client wrote comes back in sentences; it need not be text.
    if (static_cast<unsigned char>(c) < 0x80) {
      plain += c;
    }
  }
  byte_buffer out;
  object_writer writer{out};
  writer.raw("ok", "false");
  writer.text("error", plain);
  writer.end();
  return std::string{as_text(out.view())} + "\n";
}

bool order_splitter::take(std::string_view octets) {
  held_ += octets;
  // Of what is held, the last line alone can be unfinished.
  const std::size_t ended = held_.rfind('\n');
  const std::size_t open = ended == std::string::npos ? held_.size() : held_.size() - ended - 1;
  broken_ = broken_ || open > most_;
  return !broken_;
}

std::optional<std::string> order_splitter::next() {
  const std::size_t end = held_.find('\n');
  if (end == std::string::npos) {
    return std::nullopt;
  }
  std::string line = held_.substr(0, end);
  held_.erase(0, end + 1);
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  return line;
}

} // namespace fleet::program
