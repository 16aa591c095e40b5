// The platform's replies and controls, out and in.
#include "protocol/base/json_write.hpp"
#include "protocol/shadow/messages.hpp"

namespace fleet::shadow {

namespace {

std::string_view unquoted(const json_member& m) noexcept {
  return m.type == json_type::string ? m.value.substr(1, m.value.size() - 2) : std::string_view{};
}

/// Fields seen so far, one bit each; answers whether this one is a repeat.
bool repeats(unsigned& seen, unsigned bit) noexcept {
  const bool again = (seen & bit) != 0;
  seen |= bit;
  return again;
}

/// Takes the objects `reported` and `desired` out of raw state or metadata.
bool take_parts(json_reader& reader, std::string_view raw, std::string_view& reported,
                std::string_view& desired) {
  if (raw.empty() || raw.front() != '{') {
    return true; // as if it were absent
  }
  if (reader.read(as_bytes(raw)) != json_error::none) {
    return false;
  }
  unsigned seen = 0;
  for (const json_member& m : reader.top()) {
    const bool is_reported = m.key == "reported";
    if (!is_reported && m.key != "desired") {
      continue;
    }
    if (repeats(seen, is_reported ? 1 : 2)) {
      return false;
    }
    if (m.type == json_type::object) {
      (is_reported ? reported : desired) = m.value;
    }
  }
  return true;
}

void take_content(json_reader& reader, std::string_view raw, cloud_message& out) {
  if (raw.empty() || raw.front() != '{' || reader.read(as_bytes(raw)) != json_error::none) {
    return;
  }
  for (const json_member& m : reader.top()) {
    if (m.key == "errorcode" && !out.code) {
      out.code = json_integer(m.type == json_type::string ? unquoted(m) : m.value);
    } else if (m.key == "errormessage" && out.error_message.empty()) {
      out.error_message = m.value;
    }
  }
}

/// What the payload holds, still to be read.
struct payload_views {
  std::string_view status;
  std::string_view state;
  std::string_view metadata;
  std::string_view content;
};

bool take_payload(std::span<const json_member> members, cloud_message& out, payload_views& inner) {
  unsigned seen = 0;
  for (const json_member& m : members) {
    if (m.key == "status") {
      if (repeats(seen, 1)) {
        return false;
      }
      inner.status = unquoted(m);
    } else if (m.key == "state") {
      if (repeats(seen, 2)) {
        return false;
      }
      inner.state = m.value;
    } else if (m.key == "metadata") {
      if (repeats(seen, 4)) {
        return false;
      }
      inner.metadata = m.value;
    } else if (m.key == "content") {
      inner.content = m.value;
    } else if (m.key == "version") {
      if (repeats(seen, 8)) {
        return false;
      }
      out.payload_version = json_integer(m.value);
    }
  }
  return true;
}

/// Takes the envelope; false where it is none of the platform's.
bool take_envelope(const json_reader& reader, cloud_message& out, payload_views& inner) {
  unsigned seen = 0;
  std::string_view method;
  for (const json_member& m : reader.top()) {
    bool again = false;
    if (m.key == "method") {
      again = repeats(seen, 1);
      method = unquoted(m);
    } else if (m.key == "payload") {
      again = repeats(seen, 2) || !take_payload(reader.children(m), out, inner);
    } else if (m.key == "version") {
      again = repeats(seen, 4);
      out.version = json_integer(m.value);
    } else if (m.key == "timestamp") {
      again = repeats(seen, 8);
      out.timestamp_s = json_integer(m.value);
    } else if (m.key == "clientToken") {
      again = repeats(seen, 16);
      out.token = m.value;
    }
    if (again) {
      return false;
    }
  }
  out.what = method == "reply"     ? cloud_message::kind::reply
             : method == "control" ? cloud_message::kind::control
                                   : cloud_message::kind::malformed;
  out.success = inner.status == "success";
  return out.what != cloud_message::kind::malformed && (out.success || inner.status == "error");
}

void append_tail(object_writer& w, std::int64_t timestamp_s, std::string_view raw_token) {
  w.integer("timestamp", timestamp_s);
  if (!raw_token.empty()) {
    w.raw("clientToken", raw_token);
  }
  w.end();
}

} // namespace

std::string_view error_text(error_code code) noexcept {
  switch (code) {
    case error_code::none: return {};
    case error_code::bad_json: return "invalid JSON";
    case error_code::method_missing: return "method is missing";
    case error_code::state_missing: return "state is missing";
    case error_code::version_not_a_number: return "version is not a number";
    case error_code::reported_missing: return "reported is missing";
    case error_code::reported_empty: return "reported is empty";
    case error_code::bad_method: return "invalid method";
    case error_code::document_empty: return "shadow document is empty";
    case error_code::too_many_attributes: return "too many attributes";
    case error_code::version_conflict: return "shadow version conflict";
    case error_code::server_error: return "server exception";
  }
  return {};
}

cloud_message parse_cloud_message(json_reader& reader, bytes_view octets) {
  cloud_message out;
  payload_views inner;
  if (reader.read(octets) != json_error::none || reader.is_array()
      || !take_envelope(reader, out, inner)
      || !take_parts(reader, inner.state, out.reported, out.desired)
      || !take_parts(reader, inner.metadata, out.reported_metadata, out.desired_metadata)) {
    return {};
  }
  out.has_state = !inner.state.empty();
  if (!out.success) {
    take_content(reader, inner.content, out);
  }
  return out;
}

void append_success(byte_buffer& out, std::int64_t version, std::int64_t timestamp_s,
                    std::string_view raw_token) {
  object_writer w{out};
  w.text("method", "reply");
  w.open("payload");
  w.text("status", "success");
  w.integer("version", version);
  w.close();
  append_tail(w, timestamp_s, raw_token);
}

void append_error(byte_buffer& out, error_code code, std::string_view text,
                  std::int64_t timestamp_s, std::string_view raw_token) {
  const auto number = static_cast<unsigned>(code);
  const char digits[] = {static_cast<char>('0' + number / 100 % 10),
                         static_cast<char>('0' + number / 10 % 10),
                         static_cast<char>('0' + number % 10)};
  object_writer w{out};
  w.text("method", "reply");
  w.open("payload");
  w.text("status", "error");
  w.open("content");
  w.text("errorcode", {digits, sizeof digits});
  w.text("errormessage", text.empty() ? error_text(code) : text);
  w.close();
  w.close();
  append_tail(w, timestamp_s, raw_token);
}

void append_state(byte_buffer& out, const state_fields& fields) {
  object_writer w{out};
  w.text("method", fields.control ? "control" : "reply");
  w.open("payload");
  w.text("status", "success");
  w.raw("state", fields.state);
  w.raw("metadata", fields.metadata);
  w.close();
  w.integer("version", fields.version);
  append_tail(w, fields.timestamp_s, fields.raw_token);
}

} // namespace fleet::shadow
