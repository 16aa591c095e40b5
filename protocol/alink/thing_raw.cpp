// Raw and broadcast: their topics say all there is to say.
#include "protocol/alink/thing_raw.hpp"

#include <charconv>

#include "protocol/alink/thing_reply.hpp"

namespace fleet::alink {

std::optional<raw_message> read_raw(const topic& where, bytes_view payload) noexcept {
  using kind = raw_message::kind;
  if (payload.size() > max_payload) {
    return std::nullopt;
  }
  if (where.kind == topic_kind::model_up_raw) {
    return raw_message{where.reply ? kind::up_reply : kind::up, payload};
  }
  if (where.kind == topic_kind::model_down_raw) {
    return raw_message{where.reply ? kind::down_reply : kind::down, payload};
  }
  return std::nullopt;
}

void append_up_raw_reply(byte_buffer& out, std::uint64_t id, std::int64_t code) {
  char raw_id[24] = {'"'}; // twenty digits and two quotes at most
  char* const end = std::to_chars(raw_id + 1, raw_id + sizeof raw_id - 1, id).ptr;
  *end = '"';
  const std::string_view quoted{raw_id, static_cast<std::size_t>(end + 1 - raw_id)};
  if (code == code_success) {
    append_reply(out, {.raw_id = quoted});
  } else {
    append_code_reply(out, quoted, code);
  }
}

std::optional<std::int64_t> up_raw_code(json_reader& reader, bytes_view payload) {
  const reply_view read = read_reply(parse_message(reader, payload));
  return read.good() ? std::optional{read.code} : std::nullopt;
}

std::optional<broadcast_message> read_broadcast(const topic& where, bytes_view payload,
                                                std::string_view own_product_key) noexcept {
  if (where.kind != topic_kind::broadcast || where.product_key != own_product_key
      || payload.size() > max_broadcast_octets) {
    return std::nullopt;
  }
  return broadcast_message{where.product_key, where.rest, payload};
}

} // namespace fleet::alink
