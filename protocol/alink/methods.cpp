// Methods from the catalogue of topics.
#include "protocol/alink/methods.hpp"

#include "protocol/alink/topic_table.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

/// A method in its three parts, slashes not yet dots.
struct method_parts {
  std::string_view before;
  std::string_view id;
  std::string_view after;
};

method_parts parts_of(topic_kind kind, std::string_view rest) noexcept {
  for (const catalogue::entry& e : catalogue::system_topics) {
    if (e.kind == kind) {
      return {e.tail, {}, {}};
    }
  }
  for (const catalogue::identified& e : catalogue::identified_topics) {
    if (e.kind == kind && e.has_reply) {
      return {e.before, rest, e.after};
    }
  }
  return {};
}

/// Takes `front` off `text` where slashes of `front` stand as dots.
bool drop_dotted(std::string_view& text, std::string_view front) noexcept {
  if (text.size() < front.size()) {
    return false;
  }
  for (std::size_t at = 0; at < front.size(); ++at) {
    if (text[at] != (front[at] == '/' ? '.' : front[at])) {
      return false;
    }
  }
  text.remove_prefix(front.size());
  return true;
}

void append_dotted(byte_buffer& out, std::string_view text) {
  for (const char c : text) {
    out.push(static_cast<std::uint8_t>(c == '/' ? '.' : c));
  }
}

} // namespace

void append_method(byte_buffer& out, topic_kind kind, std::string_view rest) {
  const method_parts parts = parts_of(kind, rest);
  FLEET_CHECK(!parts.before.empty()); // a topic without Alink
  append_dotted(out, parts.before);
  out.append(parts.id);
  append_dotted(out, parts.after);
}

bool method_fits(std::string_view method, topic_kind kind, std::string_view rest) noexcept {
  const method_parts parts = parts_of(kind, rest);
  return !parts.before.empty() && drop_dotted(method, parts.before)
         && catalogue::drop_front(method, parts.id) && drop_dotted(method, parts.after)
         && method.empty();
}

void end_request(byte_buffer& out, topic_kind kind, std::string_view rest) {
  out.append(std::string_view{R"(,"method":")"});
  append_method(out, kind, rest);
  out.append(std::string_view{"\"}"});
}

std::string_view service_of(std::string_view method) noexcept {
  return catalogue::drop_front(method, "thing.service.") ? method : std::string_view{};
}

std::string_view event_of(std::string_view method) noexcept {
  return catalogue::drop_front(method, "thing.event.") && catalogue::drop_back(method, ".post")
             ? method
             : std::string_view{};
}

} // namespace fleet::alink
