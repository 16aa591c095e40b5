// Text with placeholders, compiled once and rendered per message: payloads, topics, client ids,
// user names and passwords of plain MQTT. Pure: time and randomness are arguments.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::alink {

/// A mistake in a template: where (1-based octet) and one sentence, with the nearest valid word.
struct template_error {
  std::uint32_t column = 0;
  std::string message;
};

/// What the placeholders stand for in one message.
struct template_values {
  std::string_view device;       ///< `{device}`: its name
  std::string_view client;       ///< `{client}`: its client id
  std::uint32_t index = 0;       ///< `{index}`: in the fleet, from 0
  std::uint64_t sequence = 0;    ///< `{seq}`
  std::int64_t timestamp_ms = 0; ///< `{timestamp}`: since 1970
  std::string_view product{};    ///< `{product}`: its product key
  /// A row of the table that the template is bound to, for `{column NAME}`; empty: none.
  std::span<const std::string_view> cells{};
};

/// Writes what `{ledger}` stands for. This folder knows no ledger; whoever does passes its
/// append_tag() in here, which answers the offset of the checksum from the front of `out`.
class tag_writer {
public:
  virtual ~tag_writer() = default;
  virtual std::size_t append(byte_buffer& out) = 0;
};

/// `{device} {client} {index} {seq} {timestamp} {product} {random LOW..HIGH} {random hex DIGITS}
/// {choice ONE|OTHER} {sine LOW..HIGH PERIOD} {column NAME} {ledger}`; `{{` and `}}` stand for
/// braces. Numbers have up to nine decimals, and are written with as many as their range has. A
/// sine is in the middle and rises where `{timestamp}` is a multiple of its period.
class payload_template {
public:
  static constexpr std::size_t max_text = 256 * 1024;   ///< octets of a template (§8.1)
  static constexpr std::size_t max_placeholders = 1000; ///< in one template
  static constexpr std::uint32_t max_hex_digits = 1024; ///< of one `{random hex N}`
  static constexpr std::uint32_t max_decimals = 9;

  /// An empty template, which renders nothing.
  payload_template() = default;

  /// `{ledger}` may stand once: a payload has one checksum.
  static result<payload_template, template_error> compile(std::string_view text);

  /// Appends the text. Without `{ledger}` in it `tag` may be null; a `{ledger}` without a writer
  /// becomes nothing. Answers what the writer answered: seal the payload there once it is complete.
  std::optional<std::size_t> render(byte_buffer& out, const template_values& values,
                                    random_stream& random, tag_writer* tag = nullptr) const;

  /// Finds the columns that it names in those of a table, whose rows are to be its `cells` from
  /// then on; or the first that is not there. Until then they stand for nothing.
  std::optional<std::string> bind(std::span<const std::string> columns);

  [[nodiscard]] bool has_ledger() const noexcept;
  [[nodiscard]] bool has_columns() const noexcept;
  /// Whether every rendering is the same text.
  [[nodiscard]] bool is_constant() const noexcept;

private:
  friend class template_compiler;
  enum class kind : std::uint8_t {
    literal,
    device,
    client,
    index,
    sequence,
    timestamp,
    product,
    random_between,
    random_hex,
    choice,
    sine,
    column,
    ledger
  };
  struct part {
    kind what = kind::literal;
    std::uint32_t length = 0; ///< literal, choice, column: octets of text_; random_hex: digits
    std::int64_t low = 0;     ///< random_between, sine; choice: how many; column: its number, or -1
    std::int64_t high = 0;
    std::uint32_t decimals = 0; ///< random_between, sine: low and high are so many times tenths
    duration period{};          ///< sine
  };
  [[nodiscard]] bool has(kind what) const noexcept;
  static void append_choice(byte_buffer& out, std::string_view choices, std::uint64_t which);
  std::string text_; ///< what parts have of text, one after the other
  std::vector<part> parts_;
};

} // namespace fleet::alink
