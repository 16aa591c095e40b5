// Taking topics apart and making them, both from one table.
#include "protocol/alink/topic_table.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using namespace catalogue;

bool one_level(std::string_view text) noexcept {
  return !text.empty() && text.find('/') == std::string_view::npos;
}

/// Takes product key and device name off the front of `text`.
bool take_names(std::string_view& text, topic& out) noexcept {
  out.product_key = take_level(text);
  out.device_name = take_level(text);
  return !out.product_key.empty() && !out.device_name.empty();
}

/// The kind of `/sys/PK/DN/{tail}`.
void classify_system(std::string_view tail, topic& out) noexcept {
  std::string_view plain = tail;
  out.reply = drop_back(plain, reply_mark);
  const auto* const found =
      std::lower_bound(std::begin(system_topics), std::end(system_topics), plain,
                       [](const entry& e, std::string_view t) { return e.tail < t; });
  if (found != std::end(system_topics) && found->tail == plain) {
    out.kind = found->kind;
    return;
  }
  for (const identified& e : identified_topics) {
    std::string_view id = e.has_reply ? plain : tail;
    if (drop_front(id, e.before) && drop_back(id, e.after) && one_level(id)) {
      out.kind = e.kind;
      out.reply = out.reply && e.has_reply;
      out.rest = id;
      return;
    }
  }
  out.reply = false;
  out.rest = tail;
  out.kind = tail.starts_with("thing/")  ? thing_other
             : tail.starts_with("rrpc/") ? rrpc_other
                                         : unknown;
}

topic parse_system(std::string_view text) noexcept {
  topic out;
  if (drop_front(text, "/sys/") && take_names(text, out)) {
    classify_system(text, out);
  }
  return out;
}

topic parse_custom(std::string_view text) noexcept {
  topic out;
  text.remove_prefix(1);
  if (take_names(text, out) && !text.empty()) {
    out.kind = custom;
    out.rest = text;
  }
  return out;
}

topic parse_elsewhere(std::string_view text) noexcept {
  for (const elsewhere& e : other_topics) {
    std::string_view tail = text;
    topic out;
    if (!drop_front(tail, e.head) || !drop_front(tail, "/") || !take_names(tail, out)) {
      continue;
    }
    out.reply = !e.tail.empty() && e.direction == way::up && drop_back(tail, reply_mark);
    // A slash behind the name leaves an empty tail as none does: tell them apart by the end.
    if (tail == e.tail && (!e.tail.empty() || text.back() != '/')) {
      out.kind = e.kind;
      return out;
    }
  }
  return {};
}

/// `/ext/rrpc/{id}/{topic without its slash}`, the inner topic a device's own or the system's.
topic parse_ext_rrpc(std::string_view text) noexcept {
  text.remove_prefix(std::string_view{"/ext/rrpc/"}.size());
  const std::string_view rest = text;
  if (take_level(text).empty() || text.empty()) {
    return {};
  }
  topic out;
  drop_front(text, "sys/");
  if (!take_names(text, out) || text.empty()) {
    return {};
  }
  out.kind = ext_rrpc;
  out.rest = rest;
  return out;
}

topic parse_broadcast(std::string_view text) noexcept {
  topic out;
  text.remove_prefix(std::string_view{"/broadcast/"}.size());
  out.product_key = take_level(text);
  out.rest = text;
  out.kind = out.product_key.empty() || text.empty() ? unknown : broadcast;
  return out;
}

} // namespace

topic parse_topic(std::string_view text) noexcept {
  if (text.size() < 2 || text.front() != '/') {
    return {};
  }
  if (!reserved(text)) {
    return parse_custom(text);
  }
  if (text.starts_with("/sys/")) {
    return parse_system(text);
  }
  if (text.starts_with("/broadcast/")) {
    return parse_broadcast(text);
  }
  if (text.starts_with("/ext/rrpc/")) {
    return parse_ext_rrpc(text);
  }
  if (text == "/ext/register" || text == "/ext/regnwl") {
    topic out;
    out.kind = text == "/ext/register" ? ext_register : ext_regnwl;
    return out;
  }
  return parse_elsewhere(text);
}

void append_topic(byte_buffer& out, const topic& what) {
  const auto put = [&](auto... parts) { (out.append(std::string_view{parts}), ...); };
  const auto reply = [&] { put(what.reply ? reply_mark : std::string_view{}); };
  const std::string_view pk = what.product_key;
  const std::string_view dn = what.device_name;
  if (what.kind == custom) {
    put("/", pk, "/", dn, "/", what.rest);
    return;
  }
  if (what.kind == broadcast) {
    put("/broadcast/", pk, "/", what.rest);
    return;
  }
  if (what.kind == ext_rrpc) {
    put("/ext/rrpc/", what.rest);
    return;
  }
  if (what.kind == ext_register || what.kind == ext_regnwl) {
    put(what.kind == ext_register ? "/ext/register" : "/ext/regnwl");
    return;
  }
  for (const entry& e : system_topics) {
    if (e.kind == what.kind) {
      put("/sys/", pk, "/", dn, "/", e.tail);
      return reply();
    }
  }
  for (const identified& e : identified_topics) {
    if (e.kind == what.kind) {
      put("/sys/", pk, "/", dn, "/", e.before, what.rest, e.after);
      return reply();
    }
  }
  for (const elsewhere& e : other_topics) {
    if (e.kind == what.kind) {
      put(e.head, "/", pk, "/", dn, e.tail.empty() ? "" : "/", e.tail);
      return reply();
    }
  }
  FLEET_CHECK(false); // a kind without a topic of its own
}

std::string make_topic(const topic& what) {
  byte_buffer out;
  append_topic(out, what);
  return std::string{as_text(out.view())};
}

} // namespace fleet::alink
