// The document at rest: text, and what of it is asked for too often to be read each time.
#include "protocol/shadow/document.hpp"

namespace fleet::shadow {

namespace {

constexpr std::string_view untouched = R"({"version":0,"timestamp":0})";

} // namespace

std::string_view document::text() const noexcept {
  return text_.empty() ? untouched : std::string_view{text_};
}

std::optional<document> document::load(json_reader& reader, std::string_view text) {
  if (reader.read(as_bytes(text)) != json_error::none || reader.is_array()) {
    return std::nullopt;
  }
  const json_member* const version = reader.find("version");
  const json_member* const timestamp = reader.find("timestamp");
  const auto number = [](const json_member* m) {
    return m == nullptr ? std::nullopt : json_integer(m->value);
  };
  const auto v = number(version);
  const auto t = number(timestamp);
  if (!v || !t || *v < 0) {
    return std::nullopt;
  }
  document out;
  out.text_ = text;
  out.version_ = *v;
  out.timestamp_s_ = *t;
  out.has_reported_ = reader.find("reported") != nullptr;
  out.has_desired_ = reader.find("desired") != nullptr;
  return out;
}

std::size_t document::memory_bytes() const noexcept {
  constexpr std::size_t inside = 15; // what a string holds without the heap
  return text_.capacity() > inside ? text_.capacity() + 1 : 0;
}

} // namespace fleet::shadow
