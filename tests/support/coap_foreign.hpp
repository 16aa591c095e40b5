// libcoap as a judge of what we write: its own parser of whole messages, for tests.
#pragma once

#include <coap3/coap.h>

#include "protocol/coap/codec.hpp"

namespace fleet::coap::test {

/// libcoap's parser of whole messages, and what it says of one.
inline bool libcoap_reads(bytes_view in, const message_view& expected) {
  coap_pdu_t* const pdu =
      coap_pdu_init(COAP_MESSAGE_CON, COAP_EMPTY_CODE, 0, in.empty() ? 1 : in.size());
  bool good = coap_pdu_parse(COAP_PROTO_UDP, in.data(), in.size(), pdu) == 1;
  if (good) {
    const coap_bin_const_t token = coap_pdu_get_token(pdu);
    std::size_t size = 0;
    const std::uint8_t* payload = nullptr;
    (void)coap_get_data(pdu, &size, &payload);
    good = static_cast<unsigned>(coap_pdu_get_type(pdu)) == static_cast<unsigned>(expected.type)
           && static_cast<unsigned>(coap_pdu_get_code(pdu)) == static_cast<unsigned>(expected.code)
           && coap_pdu_get_mid(pdu) == expected.id
           && as_text({token.s, token.length}) == as_text(expected.token)
           && as_text({payload, size}) == as_text(expected.payload);
    coap_opt_iterator_t at;
    option_reader ours{expected.options};
    if (coap_option_iterator_init(pdu, &at, COAP_OPT_ALL) != nullptr) {
      while (const coap_opt_t* const o = coap_option_next(&at)) {
        const auto own = ours.next();
        good = good && own && own->number == at.number
               && as_text(own->value) == as_text({coap_opt_value(o), coap_opt_length(o)});
      }
    }
    good = good && !ours.next();
  }
  coap_delete_pdu(pdu);
  return good;
}

} // namespace fleet::coap::test
