// Block-wise transfers of the client (RFC 7959): requests cut into blocks, answers joined.
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/coap/client_state.hpp"

namespace fleet::coap {

client_transfer& client::state::transfer_of(asked_request& a) {
  if (a.blocks == nullptr) {
    a.blocks = std::make_unique<client_transfer>();
    a.blocks->token = a.token;
    a.blocks->szx = behaviour->block_szx;
  }
  return *a.blocks;
}

result<request_id, request_error> client::state::upload(asked_request a, message_fields m,
                                                        datagrams& out) {
  const bytes_view payload = m.payload;
  m.payload = {};
  // Room for the block's own options, marker and octets, the smallest block at least.
  static constexpr std::size_t block_options = 12;
  const std::size_t bare = encoded_size(m) + block_options;
  const std::size_t most = behaviour->limits.message_max;
  std::uint8_t szx = behaviour->block_szx;
  while (szx > 0 && bare + (std::size_t{16} << szx) > most) {
    --szx;
  }
  if (payload.empty() || bare + (std::size_t{16} << szx) > most) {
    return fleet::fail(request_error::too_large);
  }
  if (m.options.size() + 3 > options_max) {
    return fleet::fail(request_error::too_many_options);
  }
  byte_buffer original;
  encode(m, original);
  a.message = kept_octets{original.view()};
  client_transfer& t = transfer_of(a);
  t.body.assign(payload.begin(), payload.end());
  t.uploading = true;
  t.begun = false;
  t.szx = szx;
  requests.push_back(std::move(a));
  send_block(requests.back(), out);
  return last_request;
}

/// The next request of the transfer, with a token of its own: an answer to an earlier one cannot be
/// taken for its own.
void client::state::send_block(asked_request& a, datagrams& out) {
  if (!layer.has_room()) {
    fail(a, request_failure::incomplete, out);
    return;
  }
  client_transfer& t = *a.blocks;
  t.token = t.begun ? new_token() : a.token;
  t.begun = true;
  message_view original;
  FLEET_CHECK(!decode(a.message.view(), a.message.size(), original));
  option_list options;
  option_reader reader{original.options};
  while (const auto o = reader.next()) {
    // Observe goes with the first request alone (RFC 7641 §3.4, RFC 7959 §2.6).
    if (o->number != option::observe && o->number != option::block1 && o->number != option::size1
        && (o->number != option::block2 || t.uploading)) {
      options.add(o->number, o->value);
    }
  }
  bytes_view payload;
  if (t.uploading) {
    const block_value block = block_at(t.offset, t.szx, t.body.size());
    options.add_uint(option::block1, block.packed());
    if (t.offset == 0) {
      options.add_uint(option::size1, static_cast<std::uint32_t>(t.body.size()));
    }
    payload = bytes_view{t.body}.subspan(t.offset);
    payload = payload.first(std::min(payload.size(), block.size()));
  } else {
    options.add_uint(option::block2, block_at(t.received.size(), t.szx, 0).packed());
  }
  expect_answer(a, a.confirmable ? never : now);
  const token_octets token{t.token, behaviour->token_octets};
  layer.send({original.type, original.code, 0, token.view(), options.view(), payload},
             purpose::request, a.id, now, out);
}

void client::state::restart(asked_request& a, datagrams& out) {
  client_transfer& t = *a.blocks;
  if (++t.restarts > behaviour->restarts_max) {
    fail(a, request_failure::incomplete, out);
    return;
  }
  t.offset = 0;
  t.received.clear();
  t.etag_size = 0;
  send_block(a, out);
}

/// A whole request was too large, and the answer says which block would not be (§2.9.3).
bool client::state::begin_upload(asked_request& a, const message_view& m, datagrams& out) {
  const auto wanted = find_block(m.options, option::block1);
  message_view original;
  if (!wanted || wanted->szx > block_szx_max || a.blocks != nullptr || a.message.empty()
      || decode(a.message.view(), a.message.size(), original)
      || original.payload.size() <= wanted->size()) {
    return false;
  }
  client_transfer& t = transfer_of(a);
  t.body.assign(original.payload.begin(), original.payload.end());
  t.uploading = true;
  t.szx = std::min(t.szx, wanted->szx);
  send_block(a, out);
  return true;
}

bool client::state::take_upload(asked_request& a, const message_view& m, datagrams& out) {
  client_transfer& t = *a.blocks;
  const auto said = find_block(m.options, option::block1);
  const bool smaller = said && said->szx < t.szx;
  if (m.code == code::request_entity_too_large && smaller) { // §2.9.3
    t.szx = said->szx;
    restart(a, out);
    return true;
  }
  if (m.code == code::request_entity_incomplete && t.offset > 0
      && t.restarts < behaviour->restarts_max) { // §2.9.2
    restart(a, out);
    return true;
  }
  const std::size_t sent_to = t.offset + (std::size_t{16} << t.szx);
  const bool left = sent_to < t.body.size();
  if (m.code == code::continue_ && (!left || !said || said->szx > block_szx_max)) {
    restart(a, out); // it lost count
    return true;
  }
  if (!is_success(m.code) || !said || !left || said->szx > block_szx_max) {
    t.uploading = false; // the answer to the whole
    std::vector<std::uint8_t>{}.swap(t.body);
    return false;
  }
  if (smaller) { // early negotiation (§2.3): what was sent counts, in the smaller unit
    t.szx = said->szx;
  }
  t.offset = sent_to;
  send_block(a, out);
  return true;
}

bool client::state::take_download(asked_request& a, const message_view& m, datagrams& out) {
  const auto block = find_block(m.options, option::block2);
  if (!block || (!block->more && block->number == 0 && a.blocks == nullptr)) {
    return false; // whole
  }
  if (!block->more && block->number == 0) {
    a.blocks->received.clear();
    return false;
  }
  client_transfer& t = transfer_of(a);
  if (block->szx > block_szx_max || (block->more && m.payload.size() != block->size())) {
    fail(a, request_failure::incomplete, out);
    return true;
  }
  const bytes_view etag = find_option(m.options, option::etag).value_or(bytes_view{});
  if (block->number == 0) {
    if (!t.received.empty() && ++t.restarts > behaviour->restarts_max) {
      fail(a, request_failure::incomplete, out);
      return true;
    }
    t.received.clear();
    t.etag_size = static_cast<std::uint8_t>(etag.size());
    std::copy(etag.begin(), etag.end(), t.etag.begin());
  } else if (block->offset() != t.received.size() || as_text(etag) != as_text(t.tag())) {
    restart(a, out); // another representation than the one begun (§2.4), or a gap
    return true;
  }
  const std::size_t most = behaviour->body_max;
  if (t.received.size() + m.payload.size() > most
      || find_uint(m.options, option::size2).value_or(0) > most) {
    fail(a, request_failure::too_large, out);
    return true;
  }
  t.received.insert(t.received.end(), m.payload.begin(), m.payload.end());
  if (!block->more) {
    return false;
  }
  t.szx = std::min(block->szx, behaviour->block_szx);
  if (t.received.size() >> (4 + t.szx) >= block_number_max) {
    fail(a, request_failure::too_large, out);
    return true;
  }
  send_block(a, out);
  return true;
}

} // namespace fleet::coap
