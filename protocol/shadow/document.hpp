// The shadow of one device as the platform keeps it (aliyun-iot.md §13), and the editor that
// answers requests on it. At rest a document is one compact string; it is a tree only inside of the
// editor.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/shadow/messages.hpp"

namespace fleet::shadow {

/// What a document may grow to; a request beyond is refused and changes nothing.
struct document_limits {
  /// Octets of the whole document in its §13 form, metadata included: 400 beyond.
  std::uint32_t max_text = 16 * 1024;
  /// Attributes of reported, and of desired, those nested counted one by one: 408 beyond (§13).
  std::uint16_t max_attributes = 128;
  /// Levels of an attribute's value: 1 is a flat one. 400 beyond; at most 24.
  std::uint8_t max_depth = 5;
};

/// One shadow. Empty and of version 0 until somebody writes; knows nothing of its device.
class document {
public:
  [[nodiscard]] std::int64_t version() const noexcept { return version_; }
  /// When it last changed, in seconds since 1970; 0: never.
  [[nodiscard]] std::int64_t timestamp_s() const noexcept { return timestamp_s_; }
  /// Whether a device that comes online has something to be told (§13: push, or its get).
  [[nodiscard]] bool has_desired() const noexcept { return has_desired_; }
  [[nodiscard]] bool empty() const noexcept { return !has_reported_ && !has_desired_; }

  /// The whole document for the store: JSON, each attribute with its timestamp as
  /// `"name":[value,seconds]`. Lives until the document changes.
  [[nodiscard]] std::string_view text() const noexcept;
  /// A document from what text() gave. Checks that it is JSON with version and timestamp; what is
  /// wrong deeper down shows when it is touched, as 500. Nothing for other text.
  static std::optional<document> load(json_reader& reader, std::string_view text);

  /// Heap octets held, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  friend class editor;
  std::string text_; ///< empty: never written
  std::int64_t version_ = 0;
  std::int64_t timestamp_s_ = 0;
  bool has_reported_ = false;
  bool has_desired_ = false;
};

/// What became of a request.
struct outcome {
  error_code error = error_code::none;
  bool changed = false; ///< the document is to be stored
  /// Desired attributes were set: if the device is online it is to be sent append_control() (§13).
  bool wants_push = false;
};

/// Answers requests on documents: parses, changes, writes back. Holds nothing but working memory
/// between two of them: a home needs one.
///
/// Rules beyond the table of §13: an update merges object into object; an attribute that is JSON
/// null goes, one that is "null" is a text; delete takes the attributes named, whatever their
/// values. `"reported":"null"` or null clears reported, in updates too; desired likewise. A
/// clearing version (-1) needs no state. Delete on an empty document is 407; get on one is
/// answered.
class editor {
public:
  explicit editor(document_limits limits = {});
  ~editor();
  editor(editor&&) noexcept;
  editor& operator=(editor&&) noexcept;

  /// Applies one request and appends exactly one reply. `now_s`: seconds since 1970.
  outcome handle(document& of, bytes_view octets, requester who, std::int64_t now_s,
                 byte_buffer& reply);

  /// Appends the push of a document (§13, control); false, and nothing, where it is broken.
  bool append_control(const document& of, std::int64_t now_s, byte_buffer& out);

  /// Appends the document in its §13 form, for people; false, and nothing, where it is broken.
  bool append_document(const document& of, byte_buffer& out);

private:
  struct state;
  std::unique_ptr<state> state_;
};

} // namespace fleet::shadow
