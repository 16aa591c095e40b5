// The header's four octets by hand, options by libcoap, and the rules of §3, §5.4.
#include "protocol/coap/codec.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/libcoap.hpp"

namespace fleet::coap {

namespace {

constexpr std::size_t header_size = 4;
constexpr std::uint8_t payload_marker = 0xff;

/// What an option's value may look like, and whether it may stand more than once (§5.10).
struct option_form {
  std::uint16_t number;
  std::uint16_t shortest;
  std::uint16_t longest;
  bool repeatable;
};

/// If-Match and If-None-Match are not here: an owner that does as they say adds them.
constexpr std::array<option_form, 17> forms{{
    {option::uri_host, 1, 255, false},
    {option::etag, 1, 8, true},
    {option::observe, 0, 3, false},
    {option::uri_port, 0, 2, false},
    {option::location_path, 0, 255, true},
    {option::uri_path, 0, 255, true},
    {option::content_format, 0, 2, false},
    {option::max_age, 0, 4, false},
    {option::uri_query, 0, 255, true},
    {option::accept, 0, 2, false},
    {option::location_query, 0, 255, true},
    {option::block2, 0, 3, false},
    {option::block1, 0, 3, false},
    {option::size2, 0, 4, false},
    {option::proxy_uri, 1, 1034, false},
    {option::proxy_scheme, 1, 255, false},
    {option::size1, 0, 4, false},
}};

const option_form* form_of(std::uint16_t number) noexcept {
  const auto at = std::lower_bound(
      forms.begin(), forms.end(), number,
      [](const option_form& form, std::uint16_t wanted) { return form.number < wanted; });
  return at != forms.end() && at->number == number ? &*at : nullptr;
}

bool fits(const option_form& form, bytes_view value) noexcept {
  return value.size() >= form.shortest && value.size() <= form.longest;
}

/// Splits what stands behind the token into options and payload.
verdict split(bytes_view rest, message_view& message) noexcept {
  const bytes_view all = rest;
  std::uint32_t number = 0;
  std::size_t count = 0;
  while (!rest.empty() && rest[0] != payload_marker) {
    std::uint32_t delta = 0;
    bytes_view value;
    const std::size_t taken = libcoap::read_option(rest, delta, value);
    number += delta;
    if (taken == 0 || number > 65'535) {
      return violation::bad_option;
    }
    if (++count > options_max) {
      return violation::too_many_options;
    }
    rest = rest.subspan(taken);
  }
  message.options = all.first(all.size() - rest.size());
  if (rest.size() == 1) {
    return violation::empty_payload;
  }
  message.payload = rest.empty() ? rest : rest.subspan(1);
  return {};
}

} // namespace

std::string_view text(violation why) noexcept {
  switch (why) {
    case violation::too_short: return "the datagram is shorter than a header";
    case violation::wrong_version: return "the version is not 1";
    case violation::too_large: return "the message is larger than the limit";
    case violation::token_too_long: return "the token's length is a reserved one";
    case violation::truncated_token: return "the datagram ends within the token";
    case violation::empty_with_more: return "an empty message has octets behind its id";
    case violation::reserved_class: return "the code is of a reserved class";
    case violation::bad_option: return "an option is malformed";
    case violation::too_many_options: return "the message has too many options";
    case violation::empty_payload: return "no payload follows the payload marker";
  }
  return "";
}

verdict decode(bytes_view datagram, std::size_t message_max, message_view& message) noexcept {
  message = {};
  if (datagram.size() < header_size) {
    return violation::too_short;
  }
  if (datagram[0] >> 6 != 1) {
    return violation::wrong_version;
  }
  message.type = static_cast<message_type>(datagram[0] >> 4 & 0x03);
  message.code = static_cast<code>(datagram[1]);
  message.id = id_of(datagram);
  if (datagram.size() > message_max) {
    return violation::too_large;
  }
  const std::size_t token_length = datagram[0] & 0x0fU;
  if (token_length > token_max) {
    return violation::token_too_long;
  }
  if (message.code == code::empty) {
    return token_length != 0 || datagram.size() > header_size ? verdict{violation::empty_with_more}
                                                              : verdict{};
  }
  if (!is_request(message.code) && !is_response(message.code)) {
    return violation::reserved_class;
  }
  const bytes_view rest = datagram.subspan(header_size);
  if (rest.size() < token_length) {
    return violation::truncated_token;
  }
  message.token = rest.first(token_length);
  return split(rest.subspan(token_length), message);
}

std::optional<option_view> option_reader::next() noexcept {
  if (rest_.empty()) {
    return {};
  }
  std::uint32_t delta = 0;
  bytes_view value;
  const std::size_t taken = libcoap::read_option(rest_, delta, value);
  if (taken == 0 || number_ + delta > 65'535) {
    rest_ = {};
    return {};
  }
  rest_ = rest_.subspan(taken);
  number_ = static_cast<std::uint16_t>(number_ + delta);
  return option_view{number_, value};
}

void option_list::add(std::uint16_t number, bytes_view value) noexcept {
  if (count_ == all_.size()) {
    overfull_ = true;
    return;
  }
  std::size_t at = count_++;
  for (; at > 0 && all_[at - 1].number > number; --at) {
    all_[at] = all_[at - 1];
  }
  all_[at] = {number, value};
}

void option_list::add_uint(std::uint16_t number, std::uint32_t value) noexcept {
  FLEET_CHECK(numbers_used_ < numbers_.size());
  auto& octets = numbers_[numbers_used_++];
  add(number, {octets.data(), libcoap::write_uint(value, octets)});
}

void option_list::add_all(options_view options) noexcept {
  for (const option_view& o : options) {
    add(o.number, o.value);
  }
}

std::size_t encoded_size(const message_fields& message) noexcept {
  std::size_t size = header_size + message.token.size();
  std::uint16_t before = 0;
  for (const option_view& o : message.options) {
    size += libcoap::option_size(static_cast<std::uint16_t>(o.number - before), o.value.size());
    before = o.number;
  }
  return size + (message.payload.empty() ? 0 : 1 + message.payload.size());
}

void encode(const message_fields& message, byte_buffer& out) {
  FLEET_CHECK(message.token.size() <= token_max);
  const std::span<std::uint8_t> all = out.prepare(encoded_size(message));
  all[0] = static_cast<std::uint8_t>(0x40U | static_cast<unsigned>(message.type) << 4
                                     | message.token.size());
  all[1] = static_cast<std::uint8_t>(message.code);
  set_id(all, message.id);
  std::span<std::uint8_t> to = all.subspan(header_size);
  std::copy(message.token.begin(), message.token.end(), to.begin());
  to = to.subspan(message.token.size());
  std::uint16_t before = 0;
  for (const option_view& o : message.options) {
    FLEET_CHECK(o.number >= before);
    const auto delta = static_cast<std::uint16_t>(o.number - before);
    const std::size_t size = libcoap::option_size(delta, o.value.size());
    libcoap::write_option(delta, o.value, to.first(size));
    to = to.subspan(size);
    before = o.number;
  }
  if (!message.payload.empty()) {
    to[0] = payload_marker;
    std::copy(message.payload.begin(), message.payload.end(), to.begin() + 1);
  }
  out.commit(all.size());
}

std::uint16_t id_of(bytes_view message) noexcept {
  return static_cast<std::uint16_t>(message[2] << 8 | message[3]);
}

void set_id(std::span<std::uint8_t> message, std::uint16_t id) noexcept {
  message[2] = static_cast<std::uint8_t>(id >> 8);
  message[3] = static_cast<std::uint8_t>(id & 0xff);
}

std::optional<std::uint16_t> not_understood(bytes_view options,
                                            std::span<const std::uint16_t> also_known) noexcept {
  option_reader reader{options};
  std::optional<std::uint16_t> before;
  while (const auto o = reader.next()) {
    const bool again = before == o->number;
    before = o->number;
    if (!is_critical(o->number)
        || std::find(also_known.begin(), also_known.end(), o->number) != also_known.end()) {
      continue;
    }
    const option_form* const form = form_of(o->number);
    if (form == nullptr || !fits(*form, o->value) || (again && !form->repeatable)) {
      return o->number;
    }
  }
  return {};
}

std::optional<bytes_view> find_option(bytes_view options, std::uint16_t number) noexcept {
  const option_form* const form = form_of(number);
  option_reader reader{options};
  while (const auto o = reader.next()) {
    if (o->number > number) {
      break;
    }
    if (o->number == number && (form == nullptr || fits(*form, o->value))) {
      return o->value;
    }
  }
  return {};
}

std::optional<std::uint32_t> find_uint(bytes_view options, std::uint16_t number) noexcept {
  const auto value = find_option(options, number);
  if (!value || value->size() > 4) {
    return {};
  }
  return libcoap::read_uint(*value);
}

std::uint64_t request_key(code method, bytes_view options) noexcept {
  std::uint64_t key = mix64(static_cast<std::uint64_t>(method) + 0x9e3779b97f4a7c15ULL);
  option_reader reader{options};
  while (const auto o = reader.next()) {
    if (is_cache_key(o->number) && o->number != option::block1 && o->number != option::block2
        && o->number != option::observe) {
      key = mix64(key ^ o->number) ^ hash_text(as_text(o->value));
    }
  }
  return key;
}

} // namespace fleet::coap
