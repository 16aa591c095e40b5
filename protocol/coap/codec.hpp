// Messages of RFC 7252 as octets: one encoder, one decoder, and the options read one by one. Both
// roles use it. No state: who may send what when is the message layer's part.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>

#include "protocol/base/bytes.hpp"
#include "protocol/coap/types.hpp"

namespace fleet::coap {

/// A violation, or nothing when all is well.
using verdict = std::optional<violation>;

/// Reads a datagram. Views lie in it. Type, code and id are set whenever the header is there, so
/// that the message can be rejected with them (§4.2). Any octets are allowed.
verdict decode(bytes_view datagram, std::size_t message_max, message_view& message) noexcept;

/// Walks options as they stand in a message; those of a decoded message never end early.
class option_reader {
public:
  explicit option_reader(bytes_view options) noexcept : rest_(options) {}
  /// The next option, or nothing.
  std::optional<option_view> next() noexcept;

private:
  bytes_view rest_;
  std::uint16_t number_ = 0;
};

/// Options to be written: kept in order of their numbers, those of one number in order of arrival.
/// Values are views, but for numbers, which it holds itself.
class option_list {
public:
  option_list() = default;
  /// All of `options`; those over options_max are left out and full() says so.
  explicit option_list(options_view options) noexcept { add_all(options); }
  option_list(const option_list&) = delete;
  option_list& operator=(const option_list&) = delete;

  void add(std::uint16_t number, bytes_view value) noexcept;
  void add_uint(std::uint16_t number, std::uint32_t value) noexcept;
  void add_all(options_view options) noexcept;
  [[nodiscard]] options_view view() const noexcept { return {all_.data(), count_}; }
  /// Whether an option was left out.
  [[nodiscard]] bool overfull() const noexcept { return overfull_; }

private:
  std::array<option_view, options_max> all_;
  std::array<std::array<std::uint8_t, 4>, 8> numbers_{};
  std::size_t count_ = 0;
  std::size_t numbers_used_ = 0;
  bool overfull_ = false;
};

/// What encode() writes. The token has token_max octets at most; options are in order.
struct message_fields {
  message_type type = message_type::confirmable;
  coap::code code = code::empty;
  std::uint16_t id = 0;
  bytes_view token;
  options_view options;
  bytes_view payload;
};
/// Octets encode() writes.
std::size_t encoded_size(const message_fields& message) noexcept;
/// Appends the message.
void encode(const message_fields& message, byte_buffer& out);

/// The message id where it stands in an encoded message.
std::uint16_t id_of(bytes_view message) noexcept;
void set_id(std::span<std::uint8_t> message, std::uint16_t id) noexcept;

/// The first option that must be understood and is not, if there is one: a critical one that is
/// neither known here nor `also_known`, is too short or too long (§5.4.3), or is there once too
/// often (§5.4.5).
std::optional<std::uint16_t> not_understood(bytes_view options,
                                            std::span<const std::uint16_t> also_known) noexcept;

/// The first option of that number whose length is as defined; others count as not there.
std::optional<bytes_view> find_option(bytes_view options, std::uint16_t number) noexcept;
/// The same as a number of up to four octets.
std::optional<std::uint32_t> find_uint(bytes_view options, std::uint16_t number) noexcept;

/// A hash of what tells two requests apart: the method and its cache-key options but for those of
/// block-wise transfer and Observe (RFC 7959 §2.4).
std::uint64_t request_key(code method, bytes_view options) noexcept;

} // namespace fleet::coap
