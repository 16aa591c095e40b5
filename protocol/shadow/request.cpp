// Requests to the platform, out and in.
#include <utility>

#include "protocol/base/json_write.hpp"
#include "protocol/shadow/commas.hpp"
#include "protocol/shadow/messages.hpp"

namespace fleet::shadow {

namespace {

/// The fields of a request's envelope; none of them may stand there twice.
struct envelope {
  const json_member* method = nullptr;
  const json_member* state = nullptr;
  const json_member* version = nullptr;
  const json_member* token = nullptr;
  bool repeated = false;
};

envelope open_envelope(const json_reader& reader) noexcept {
  envelope found;
  const auto note = [&](const json_member*& field, const json_member& m) {
    found.repeated = found.repeated || field != nullptr;
    field = field == nullptr ? &m : field;
  };
  for (const json_member& m : reader.top()) {
    if (m.key == "method") {
      note(found.method, m);
    } else if (m.key == "state") {
      note(found.state, m);
    } else if (m.key == "version") {
      note(found.version, m);
    } else if (m.key == "clientToken") {
      note(found.token, m);
    }
  }
  return found;
}

/// What may be echoed: a short string or number.
std::string_view raw_token(const json_member* token) noexcept {
  const bool good = token != nullptr && token->value.size() <= max_raw_token
                    && (token->type == json_type::string || token->type == json_type::number);
  return good ? token->value : std::string_view{};
}

std::optional<method> method_of(const json_member& m) noexcept {
  const auto name = json_plain_text(m.value);
  if (name == "get") {
    return method::get;
  }
  if (name == "update") {
    return method::update;
  }
  return name == "delete" ? std::optional{method::remove} : std::nullopt;
}

/// Takes `reported` or `desired`; false where it is neither null nor attributes.
bool take_part(part& out, const json_member& m) noexcept {
  if (m.type == json_type::null || m.value == R"("null")") {
    out.what = part::kind::cleared;
  } else if (m.type == json_type::object) {
    out = {part::kind::attributes, m.value};
  } else {
    return false;
  }
  return true;
}

bool no_attributes(const part& p) noexcept {
  return p.what == part::kind::attributes
         && p.raw.find_first_not_of(" \t\r\n", 1) == p.raw.size() - 1;
}

error_code take_state(request& out, std::span<const json_member> members) noexcept {
  bool reported_seen = false;
  bool desired_seen = false;
  bool reported_good = true;
  for (const json_member& m : members) {
    if (m.key == "reported") {
      if (std::exchange(reported_seen, true)) {
        return error_code::bad_json;
      }
      reported_good = take_part(out.reported, m);
    } else if (m.key == "desired") {
      if (std::exchange(desired_seen, true) || !take_part(out.desired, m)) {
        return error_code::bad_json;
      }
    }
  }
  if (no_attributes(out.reported)) {
    return error_code::reported_empty;
  }
  if (no_attributes(out.desired)) {
    out.desired = {}; // sets nothing
  }
  const bool nothing =
      out.reported.what == part::kind::absent && out.desired.what == part::kind::absent;
  return nothing || !reported_good ? error_code::reported_missing : error_code::none;
}

error_code take_apart(request& out, const envelope& e, const json_reader& reader, requester who) {
  if (e.method == nullptr) {
    return error_code::method_missing;
  }
  const auto what = method_of(*e.method);
  if (!what) {
    return error_code::bad_method;
  }
  out.what = *what;
  const bool number = e.version != nullptr && e.version->type == json_type::number;
  out.version = number ? json_integer(e.version->value) : std::nullopt;
  if (*what == method::get) {
    return error_code::none;
  }
  if (out.clears_all()) {
    return error_code::none; // whatever state comes with it
  }
  if (e.state == nullptr || e.state->type != json_type::object) {
    return error_code::state_missing;
  }
  if (!out.version && (e.version != nullptr || who == requester::device)) {
    return error_code::version_not_a_number;
  }
  return take_state(out, reader.children(*e.state));
}

void append_token(object_writer& w, std::string_view token) {
  if (!token.empty()) {
    w.text("clientToken", token);
  }
}

void append_version(object_writer& w, std::optional<std::int64_t> version) {
  if (version) {
    w.integer("version", *version);
  }
}

} // namespace

request parse_request(json_reader& reader, bytes_view octets, requester who,
                      std::string& repaired) {
  request out;
  out.error = error_code::bad_json;
  if (octets.size() > max_request) {
    return out;
  }
  std::string_view text = as_text(octets);
  comma_faults commas = find_comma_faults(text);
  if (commas.doubled) {
    repaired.clear();
    append_without_doubled_commas(repaired, text);
    text = repaired;
    commas = find_comma_faults(text);
  }
  const json_error broken = reader.read(as_bytes(text));
  if (reader.is_array()) {
    return out;
  }
  const envelope e = open_envelope(reader);
  out.token = raw_token(e.token);
  if (broken != json_error::none || commas.trailing || e.repeated) {
    return out;
  }
  out.error = take_apart(out, e, reader, who);
  return out;
}

void append_get(byte_buffer& out, std::string_view token, std::optional<std::int64_t> version) {
  object_writer w{out};
  w.text("method", "get");
  append_token(w, token);
  append_version(w, version);
  w.end();
}

void append_update(byte_buffer& out, const update_fields& fields) {
  object_writer w{out};
  w.text("method", "update");
  w.open("state");
  if (!fields.reported.empty()) {
    w.raw("reported", fields.reported);
  }
  if (fields.clear_desired) {
    w.text("desired", "null");
  } else if (!fields.desired.empty()) {
    w.raw("desired", fields.desired);
  }
  w.close();
  append_token(w, fields.token);
  append_version(w, fields.version);
  w.end();
}

void append_delete(byte_buffer& out, const delete_fields& fields) {
  object_writer w{out};
  w.text("method", "delete");
  if (fields.doubled_comma) {
    out.push(',');
  }
  w.open("state");
  w.raw("reported", fields.reported.empty() ? std::string_view{R"("null")"} : fields.reported);
  w.close();
  append_token(w, fields.token);
  append_version(w, fields.version);
  w.end();
}

} // namespace fleet::shadow
