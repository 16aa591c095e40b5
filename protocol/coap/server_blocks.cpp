// Block-wise transfers of the server (RFC 7959): requests joined, answers cut.
#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/server_state.hpp"

namespace fleet::coap {

bool server_session::state::take_block(const message_view& m, block_value block, datagrams& out) {
  const server_behaviour& b = behaviour();
  const bool whole_size = m.payload.size() == block.size();
  if ((block.more && !whole_size) || m.payload.size() > block.size()) {
    answer(m, code::bad_request, out); // §2.3
    return false;
  }
  if (block.number == 0 && !block.more) {
    return true;
  }
  if (block.offset() + m.payload.size() > b.body_max
      || find_uint(m.options, option::size1).value_or(0) > b.body_max) {
    if (extras != nullptr) {
      extras->incoming = {};
    }
    option_list options;
    options.add_uint(option::size1, b.body_max); // §4
    message_fields fields;
    fields.code = code::request_entity_too_large;
    fields.options = options.view();
    answer(m, fields, out);
    return false;
  }
  const std::uint64_t key = request_key(m.code, m.options);
  incoming_body& body = extra_parts().incoming;
  if (block.number == 0) { // anew, whatever was there
    body.octets.clear();
    body.key = key;
  } else if (body.octets.empty() || body.key != key || body.octets.size() != block.offset()) {
    answer(m, code::request_entity_incomplete, out); // §2.9.2
    return false;
  }
  body.octets.insert(body.octets.end(), m.payload.begin(), m.payload.end());
  if (!block.more) {
    extras->told = std::move(body.octets);
    body = {};
    return true;
  }
  body.forget_at = later(now, b.body_patience);
  option_list options;
  block.szx = std::min(block.szx, b.block_szx); // a smaller one from here on (§2.3)
  options.add_uint(option::block1, block.packed());
  message_fields fields;
  fields.code = code::continue_;
  fields.options = options.view();
  answer(m, fields, out);
  return false;
}

bool server_session::state::serve_block(const message_view& m, block_value block, datagrams& out) {
  if (extras == nullptr || extras->outgoing.message.empty()
      || extras->outgoing.key != request_key(m.code, m.options)) {
    return false;
  }
  outgoing_body& body = extras->outgoing;
  message_view kept;
  FLEET_CHECK(!decode(body.message.view(), body.message.size(), kept));
  std::vector<option_view> options;
  option_reader reader{kept.options};
  while (const auto o = reader.next()) {
    options.push_back(*o);
  }
  cut_answer c;
  const answer_target target{body.key, m.token, find_block(m.options, option::block1),
                             block,    {},      true};
  if (cut(target, {kept.code, options, kept.payload, false}, c) != respond_error::none) {
    body = {};
    return false;
  }
  (void)send_answer({m.id, m.type == message_type::confirmable, false, 0}, c.message, out);
  body.forget_at = later(now, behaviour().body_patience);
  if (block.offset() + block.size() >= kept.payload.size()) {
    body = {}; // the last one
  }
  return true;
}

/// The rest of an answer, for the requests to come.
void server_session::state::keep_body(std::uint64_t key, const response_fields& fields,
                                      bytes_view etag) {
  option_list options{fields.options};
  if (!etag.empty()) {
    options.add(option::etag, etag);
  }
  byte_buffer octets;
  encode({message_type::non_confirmable, fields.code, 0, {}, options.view(), fields.payload},
         octets);
  outgoing_body& kept = extra_parts().outgoing;
  kept.message = kept_octets{octets.view()};
  kept.key = key;
  kept.forget_at = later(now, behaviour().body_patience);
}

respond_error server_session::state::cut(const answer_target& target, const response_fields& fields,
                                         cut_answer& into) {
  const server_behaviour& b = behaviour();
  option_list& options = into.options;
  message_fields& m = into.message;
  options.add_all(fields.options);
  m.code = fields.code;
  m.token = target.token;
  if (target.sequence) {
    options.add_uint(option::observe, *target.sequence);
  }
  if (target.block1) {
    options.add_uint(option::block1, target.block1->packed());
  }
  m.options = options.view();
  if (options.overfull()) {
    return respond_error::too_many_options;
  }
  // An error is told whole, whatever part of an answer was asked for.
  const auto wish = is_success(fields.code) ? target.block2 : std::nullopt;
  std::uint8_t szx = std::min(b.block_szx, wish ? wish->szx : block_szx_max);
  const std::size_t offset = wish ? wish->offset() : 0;
  const bytes_view whole = fields.payload;
  m.payload = whole;
  if (offset == 0 && whole.size() <= (std::size_t{16} << szx) && layer.fits(m)) {
    return respond_error::none;
  }
  m.payload = {};
  if (offset > 0 && offset >= whole.size()) { // §2.4
    m.code = code::bad_request;
    m.options = {};
    return respond_error::none;
  }
  static constexpr std::size_t block_options = 20; // ETag, Block2, Size2, the marker
  const std::size_t bare = encoded_size(m) + block_options;
  while (szx > 0 && bare + (std::size_t{16} << szx) > b.limits.message_max) {
    --szx;
  }
  if (bare + (std::size_t{16} << szx) > b.limits.message_max
      || whole.size() >> (4 + szx) > block_number_max) {
    return respond_error::too_large;
  }
  const block_value block = block_at(offset, szx, whole.size());
  bytes_view etag;
  const bool tagged = std::any_of(fields.options.begin(), fields.options.end(),
                                  [](const option_view& o) { return o.number == option::etag; });
  if (!tagged) {
    const std::uint64_t hash = hash_text(as_text(whole));
    for (std::size_t i = 0; i < into.etag.size(); ++i) {
      into.etag[i] = static_cast<std::uint8_t>(hash >> (8 * i));
    }
    etag = into.etag;
    options.add(option::etag, etag);
  }
  options.add_uint(option::block2, block.packed());
  if (offset == 0) {
    options.add_uint(option::size2, static_cast<std::uint32_t>(whole.size())); // §4
  }
  if (options.overfull()) {
    return respond_error::too_many_options;
  }
  m.options = options.view();
  m.payload = whole.subspan(offset, std::min(block.size(), whole.size() - offset));
  if (block.more && b.keeps_bodies && !target.kept) {
    keep_body(target.key, fields, etag);
  }
  return respond_error::none;
}

} // namespace fleet::coap
