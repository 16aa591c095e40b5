// What the client sends: requests that are refused, cut into blocks or told to the owner, and what
// it says of our messages.
#include <algorithm>
#include <string>

#include "protocol/coap/server_state.hpp"

namespace fleet::coap {

std::optional<server_event_variant> server_session::state::take(const message_view& m,
                                                                datagrams& out) {
  switch (m.type) {
    case message_type::confirmable:
    case message_type::non_confirmable: {
      if (is_request(m.code)) {
        return take_request(m, out);
      }
      layer.reject(m, now, out); // nothing was asked of the client
      return {};
    }
    case message_type::acknowledgement: {
      if (m.code != code::empty) { // only an answer to a request has a code (§5.2.1)
        layer.ignore();
      } else if (auto end = layer.finish(m.id, outcome::acknowledged, now, out)) {
        take_ended(std::move(*end), out);
      }
      return {};
    }
    case message_type::reset: {
      if (auto end = layer.finish(m.id, outcome::reset, now, out)) {
        take_ended(std::move(*end), out);
      } else {
        take_reset(m.id);
      }
      return {};
    }
  }
  return {};
}

void server_session::state::answer(const message_view& m, message_fields fields, datagrams& out) {
  fields.token = m.token;
  (void)send_answer({m.id, m.type == message_type::confirmable, false, 0}, fields, out);
}

void server_session::state::answer(const message_view& m, code c, datagrams& out) {
  message_fields fields;
  fields.code = c;
  answer(m, fields, out);
}

/// Whether the request cannot be served whatever it asks for; then it was answered.
bool server_session::state::refuse(const message_view& m, datagrams& out) {
  if (const auto wrong = not_understood(m.options, behaviour().also_known)) { // §5.4.1
    if (m.type == message_type::non_confirmable) {
      layer.reject(m, now, out);
      return true;
    }
    const std::string why = "option " + std::to_string(*wrong) + " is not understood";
    message_fields fields;
    fields.code = code::bad_option;
    fields.payload = as_bytes(why);
    answer(m, fields, out);
    return true;
  }
  if (find_option(m.options, option::proxy_uri) || find_option(m.options, option::proxy_scheme)) {
    answer(m, code::proxying_not_supported, out); // §5.10.2
    return true;
  }
  if (requests.size() >= behaviour().requests_max) {
    option_list options;
    options.add_uint(option::max_age, 1); // when to try again (§5.9.3.4)
    message_fields fields;
    fields.code = code::service_unavailable;
    fields.options = options.view();
    answer(m, fields, out);
    return true;
  }
  return false;
}

std::optional<server_event_variant> server_session::state::take_request(const message_view& m,
                                                                        datagrams& out) {
  if (refuse(m, out)) {
    return {};
  }
  const auto block1 = find_block(m.options, option::block1);
  const auto block2 = find_block(m.options, option::block2);
  if ((block1 && block1->szx > block_szx_max) || (block2 && block2->szx > block_szx_max)) {
    answer(m, code::bad_request, out); // the reserved size (RFC 7959 §2.2)
    return {};
  }
  if (block1 && !take_block(m, *block1, out)) {
    return {};
  }
  if (block2 && block2->number > 0 && serve_block(m, *block2, out)) {
    return {};
  }
  return open(m, out);
}

/// The owner's turn.
std::optional<server_event_variant> server_session::state::open(const message_view& m,
                                                                datagrams& out) {
  open_request r;
  r.key = request_key(m.code, m.options);
  r.token = client_token{m.token};
  r.id = ++last_exchange;
  r.message_id = m.id;
  r.confirmable = m.type == message_type::confirmable;
  r.block1 = find_block(m.options, option::block1);
  r.block2 = find_block(m.options, option::block2);
  r.acknowledge_at = r.confirmable ? later(now, behaviour().acknowledge_after) : never;
  exchange_id observation = 0;
  if (m.code == code::get || m.code == code::fetch) {
    const auto wish = find_uint(m.options, option::observe);
    r.observe = !wish || *wish > 1 ? observe_wish::none
                : *wish == 0       ? observe_wish::begin
                                   : observe_wish::end;
    if (r.observe != observe_wish::none) {
      observation = drop_observation(m.token, out);
    }
  }
  const bytes_view payload =
      extras != nullptr && !extras->told.empty() ? bytes_view{extras->told} : m.payload;
  requests.push_back(r);
  return server_event::request_arrived{r.id,          m.code,    m.options,  payload,
                                       r.confirmable, r.observe, observation};
}

void server_session::state::take_ended(sending_ended end, datagrams& out) {
  if (end.what == purpose::notification) {
    told_ended(std::move(end), out);
    return;
  }
  if (end.how == outcome::reset || end.how == outcome::timed_out) {
    extra_parts().news.emplace_back(server_event::answer_lost{
        end.reference, end.how == outcome::reset ? end_reason::reset : end_reason::timed_out});
  }
}

} // namespace fleet::coap
