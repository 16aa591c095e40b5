// Every message of the device shadow (aliyun-iot.md §13), written and taken apart. What a request
// does to a document is document.hpp's business; who answers whom is the machines'.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/json.hpp"

namespace fleet::shadow {

/// The platform's answers, by their numbers on the wire (§13, table of errorcodes).
enum class error_code : std::uint16_t {
  none = 0,
  bad_json = 400, ///< also: a repeated field, too deep, too large
  method_missing = 401,
  state_missing = 402,
  version_not_a_number = 403,
  reported_missing = 404,
  reported_empty = 405,
  bad_method = 406,
  document_empty = 407,
  too_many_attributes = 408,
  version_conflict = 409,
  server_error = 500
};

/// What the platform says with a code; empty for none.
std::string_view error_text(error_code code) noexcept;

/// The version that clears a document and sets its version back to 0 (§13).
inline constexpr std::int64_t clearing_version = -1;
/// Longest clientToken that is echoed, raw, with its quotes: it must not grow with the peer's whim.
inline constexpr std::size_t max_raw_token = 258;
/// Largest request looked at, in octets: twice the largest document.
inline constexpr std::size_t max_request = 32 * 1024;

enum class method : std::uint8_t { get, update, remove };

/// Who asks. A device must give the version; an application (or the platform's API) may leave it
/// out or say 0, and it is not checked then (§13).
enum class requester : std::uint8_t { device, application };

/// `reported` or `desired` of a request.
struct part {
  enum class kind : std::uint8_t {
    absent,
    cleared, ///< null or "null": all of it goes
    attributes
  };
  kind what = kind::absent;
  std::string_view raw; ///< the object, for attributes
};

/// A request on its way to the platform. Views point into the octets parsed, or into `repaired`.
struct request {
  error_code error = error_code::none; ///< what the message alone is refused for
  method what = method::get;
  part reported;
  part desired;
  std::optional<std::int64_t> version;
  std::string_view token; ///< raw, a string with its quotes or a number; empty: none
  [[nodiscard]] bool clears_all() const noexcept { return version == clearing_version; }
};

/// Takes a request apart and finds the first of 400, 401, 406, 402, 403, 404, 405 that applies, in
/// this order. Doubled commas, which the vendor's SDK sends, are mended in `repaired` first. The
/// token is found even in what is refused, where it can be: without it the SDK waits in vain.
request parse_request(json_reader& reader, bytes_view octets, requester who, std::string& repaired);

/// A message of the platform, absent fields empty. Views point into the octets parsed.
struct cloud_message {
  enum class kind : std::uint8_t { malformed, reply, control };
  kind what = kind::malformed;
  bool success = false;
  std::optional<std::int64_t> code;            ///< of an error; read from a string or a number
  std::string_view error_message;              ///< raw
  std::optional<std::int64_t> version;         ///< at the top: gets and controls
  std::optional<std::int64_t> payload_version; ///< updates and deletes
  std::optional<std::int64_t> timestamp_s;
  std::string_view token; ///< raw
  bool has_state = false;
  std::string_view reported; ///< raw objects, as the three below
  std::string_view desired;
  std::string_view reported_metadata;
  std::string_view desired_metadata;
};

/// Takes a message of the platform apart. Repeated fields, other methods than reply and control,
/// and a payload without a status are malformed.
cloud_message parse_cloud_message(json_reader& reader, bytes_view octets);

/// → get. `token` is plain text; token and version are left out when empty (bare, as the Node SDK).
void append_get(byte_buffer& out, std::string_view token = {},
                std::optional<std::int64_t> version = {});

/// → update; fields that are empty are left out.
struct update_fields {
  std::string_view reported = {}; ///< a JSON object, or `null`
  std::string_view desired = {};  ///< likewise; an application's
  bool clear_desired = false;     ///< "desired":"null", whatever `desired` says
  std::optional<std::int64_t> version = {};
  std::string_view token = {}; ///< plain text
};
void append_update(byte_buffer& out, const update_fields& fields);

/// → delete.
struct delete_fields {
  std::string_view reported = {}; ///< `{"a":"null"}`; empty: all of it
  std::optional<std::int64_t> version = {};
  std::string_view token = {}; ///< plain text
  bool doubled_comma = false;  ///< the vendor's SDK to the letter: invalid JSON
};
void append_delete(byte_buffer& out, const delete_fields& fields);

/// ← an update or delete was accepted. `raw_token` is echoed as it came, left out if empty.
void append_success(byte_buffer& out, std::int64_t version, std::int64_t timestamp_s,
                    std::string_view raw_token);

/// ← a request was refused; `text` replaces the code's own unless empty.
void append_error(byte_buffer& out, error_code code, std::string_view text,
                  std::int64_t timestamp_s, std::string_view raw_token);

/// ← the answer to a get (method reply) or a push (control). State and metadata are JSON objects.
struct state_fields {
  bool control = false;
  std::string_view state;
  std::string_view metadata;
  std::int64_t version = 0;
  std::int64_t timestamp_s = 0;
  std::string_view raw_token = {}; ///< left out if empty
};
void append_state(byte_buffer& out, const state_fields& fields);

} // namespace fleet::shadow
