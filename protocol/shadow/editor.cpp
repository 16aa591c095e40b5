// One request on one document: refuse, or parse, change and write back.
#include <limits>

#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/shadow/document.hpp"
#include "protocol/shadow/tree.hpp"

namespace fleet::shadow {

namespace {

/// Deeper than this a reply would not fit into json_reader's levels.
constexpr unsigned depth_most = 24;

/// Both halves of a document, parsed.
struct halves {
  node reported = node::object();
  node desired = node::object();
};

/// Takes a half out of the document's tree; false where it is broken.
bool take_half(node& document, const char* name, node& out) {
  const auto found = document.find(name);
  if (found == document.end()) {
    return true;
  }
  out = std::move(*found);
  return well_formed(out);
}

std::optional<halves> parse_halves(const document& of) {
  node tree = parse_tree(of.text());
  halves out;
  if (!tree.is_object() || !take_half(tree, "reported", out.reported)
      || !take_half(tree, "desired", out.desired)) {
    return std::nullopt;
  }
  return out;
}

/// `{"reported":{…},"desired":{…}}`, desired only where there is any (§13's examples).
template <class Append>
void append_both(byte_buffer& out, const halves& of, Append append) {
  out.append(std::string_view{R"({"reported":)"});
  append(out, of.reported);
  if (!of.desired.empty()) {
    out.append(std::string_view{R"(,"desired":)"});
    append(out, of.desired);
  }
  out.push('}');
}

/// A refusal with a text of its own.
struct refusal {
  error_code code = error_code::none;
  std::string_view text;
};

/// What a part of a request asks of a half.
refusal apply_part(node& half, const part& asked, method what, unsigned max_depth,
                   std::int64_t now_s) {
  switch (asked.what) {
    case part::kind::absent: return {};
    case part::kind::cleared: half = node::object(); return {};
    case part::kind::attributes: break;
  }
  const std::optional<node> attributes = parse_attributes(asked.raw, max_depth);
  if (!attributes) {
    return {error_code::bad_json, "invalid JSON, a repeated name, or nested too deep"};
  }
  if (what == method::remove) {
    remove(half, *attributes);
  } else {
    merge(half, *attributes, now_s);
  }
  return {};
}

/// The version a request leads to, or nothing where it conflicts (§13, version rule).
std::optional<std::int64_t> next_version(const document& of, const request& asked, requester who) {
  if (who == requester::application && asked.version.value_or(0) == 0) {
    const bool last = of.version() == std::numeric_limits<std::int64_t>::max();
    return last ? std::nullopt : std::optional{of.version() + 1};
  }
  return *asked.version > of.version() ? asked.version : std::nullopt;
}

void append_half(std::string& text, const char* name, const node& half) {
  if (!half.empty()) {
    text += ",\"";
    text += name;
    text += "\":";
    text += stored_text(half);
  }
}

} // namespace

struct editor::state {
  document_limits limits;
  json_reader reader;
  std::string repaired;
  byte_buffer values;
  byte_buffer timestamps;
  byte_buffer measured;

  void render(const halves& of) {
    values.clear();
    timestamps.clear();
    append_both(values, of, append_values);
    append_both(timestamps, of, append_timestamps);
  }

  void append_rendered(byte_buffer& out, std::int64_t version, std::int64_t timestamp_s) {
    object_writer w{out};
    w.raw("state", as_text(values.view()));
    w.raw("metadata", as_text(timestamps.view()));
    w.integer("timestamp", timestamp_s);
    w.integer("version", version);
    w.end();
  }

  /// Whether the document in its §13 form is within the limit. Rendered only if it might not be:
  /// names stand there twice and each timestamp is wrapped once more.
  bool fits(const halves& of, std::size_t stored, std::size_t attributes) {
    constexpr std::size_t frame = 128;
    constexpr std::size_t wrapping = 16;
    if (2 * stored + wrapping * attributes + frame <= limits.max_text) {
      return true;
    }
    render(of);
    measured.clear();
    append_rendered(measured, std::numeric_limits<std::int64_t>::max(),
                    std::numeric_limits<std::int32_t>::max());
    return measured.size() <= limits.max_text;
  }

  refusal change(document& of, const request& asked, std::int64_t version, std::int64_t now_s);
  static void keep(document& of, std::string&& text, std::int64_t version, std::int64_t now_s);
  static void clear(document& of, std::int64_t now_s);
};

void editor::state::keep(document& of, std::string&& text, std::int64_t version,
                         std::int64_t now_s) {
  text.shrink_to_fit();
  of.text_ = std::move(text);
  of.version_ = version;
  of.timestamp_s_ = now_s;
}

void editor::state::clear(document& of, std::int64_t now_s) {
  keep(of, R"({"version":0,"timestamp":)" + std::to_string(now_s) + '}', 0, now_s);
  of.has_reported_ = false;
  of.has_desired_ = false;
}

refusal editor::state::change(document& of, const request& asked, std::int64_t version,
                              std::int64_t now_s) {
  if (asked.what == method::remove && of.empty()) {
    return {error_code::document_empty, {}};
  }
  std::optional<halves> both = parse_halves(of);
  if (!both) {
    return {error_code::server_error, {}};
  }
  for (const bool desired : {false, true}) {
    const refusal no =
        apply_part(desired ? both->desired : both->reported,
                   desired ? asked.desired : asked.reported, asked.what, limits.max_depth, now_s);
    if (no.code != error_code::none) {
      return no;
    }
  }
  const std::size_t reported = count_attributes(both->reported);
  const std::size_t desired = count_attributes(both->desired);
  if (reported > limits.max_attributes || desired > limits.max_attributes) {
    return {error_code::too_many_attributes, {}};
  }
  std::string text =
      R"({"version":)" + std::to_string(version) + R"(,"timestamp":)" + std::to_string(now_s);
  append_half(text, "reported", both->reported);
  append_half(text, "desired", both->desired);
  text += '}';
  if (!fits(*both, text.size(), reported + desired)) {
    return {error_code::bad_json, "shadow document would be too large"};
  }
  keep(of, std::move(text), version, now_s);
  of.has_reported_ = reported > 0;
  of.has_desired_ = desired > 0;
  return {};
}

editor::editor(document_limits limits) : state_(std::make_unique<state>()) {
  FLEET_CHECK(limits.max_depth > 0 && limits.max_depth <= depth_most);
  state_->limits = limits;
}
editor::~editor() = default;
editor::editor(editor&&) noexcept = default;
editor& editor::operator=(editor&&) noexcept = default;

outcome editor::handle(document& of, bytes_view octets, requester who, std::int64_t now_s,
                       byte_buffer& reply) {
  state& s = *state_;
  const request asked = parse_request(s.reader, octets, who, s.repaired);
  const auto refused = [&](refusal why) {
    append_error(reply, why.code, why.text, now_s, asked.token);
    return outcome{.error = why.code};
  };
  if (asked.error != error_code::none) {
    return refused({asked.error, {}});
  }
  if (asked.what == method::get) {
    const std::optional<halves> both = parse_halves(of);
    if (!both) {
      return refused({error_code::server_error, {}});
    }
    s.render(*both);
    append_state(reply, {.state = as_text(s.values.view()),
                         .metadata = as_text(s.timestamps.view()),
                         .version = of.version(),
                         .timestamp_s = now_s,
                         .raw_token = asked.token});
    return {};
  }
  if (asked.clears_all()) {
    state::clear(of, now_s);
    append_success(reply, 0, now_s, asked.token);
    return {.changed = true};
  }
  const auto version = next_version(of, asked, who);
  if (!version) {
    return refused({error_code::version_conflict, {}});
  }
  if (const refusal no = s.change(of, asked, *version, now_s); no.code != error_code::none) {
    return refused(no);
  }
  append_success(reply, *version, now_s, asked.token);
  const bool sets_desired =
      asked.what == method::update && asked.desired.what == part::kind::attributes;
  return {.changed = true, .wants_push = sets_desired && of.has_desired()};
}

bool editor::append_control(const document& of, std::int64_t now_s, byte_buffer& out) {
  const std::optional<halves> both = parse_halves(of);
  if (!both) {
    return false;
  }
  state_->render(*both);
  append_state(out, {.control = true,
                     .state = as_text(state_->values.view()),
                     .metadata = as_text(state_->timestamps.view()),
                     .version = of.version(),
                     .timestamp_s = now_s});
  return true;
}

bool editor::append_document(const document& of, byte_buffer& out) {
  const std::optional<halves> both = parse_halves(of);
  if (!both) {
    return false;
  }
  state_->render(*both);
  state_->append_rendered(out, of.version(), of.timestamp_s());
  return true;
}

} // namespace fleet::shadow
