// Any octets as a CoAP message: what is taken is read whole, written again, and read as the same.
#include <cstdint>
#include <vector>

#include "protocol/base/check.hpp"
#include "protocol/coap/codec.hpp"

using namespace fleet;
using namespace fleet::coap;

namespace {

void same(bytes_view a, bytes_view b) {
  FLEET_CHECK(as_text(a) == as_text(b));
}

/// The message as its options say it, written anew.
byte_buffer written(const message_view& m) {
  option_list options;
  option_reader reader{m.options};
  while (const auto o = reader.next()) {
    options.add(o->number, o->value);
    (void)find_option(m.options, o->number);
    (void)find_uint(m.options, o->number);
  }
  FLEET_CHECK(!options.overfull());
  byte_buffer out;
  const message_fields fields{m.type, m.code, m.id, m.token, options.view(), m.payload};
  encode(fields, out);
  FLEET_CHECK(out.size() == encoded_size(fields));
  return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::uint8_t> exact(data, data + size); // nothing behind it to read
  message_view m;
  if (decode(exact, message_default, m)) {
    return 0;
  }
  (void)not_understood(m.options, {});
  const byte_buffer once = written(m);
  // Numbers may have been written longer than they need; never shorter than we write them.
  FLEET_CHECK(once.size() <= size);
  message_view n;
  FLEET_CHECK(!decode(once.view(), message_default, n));
  FLEET_CHECK(m.type == n.type && m.code == n.code && m.id == n.id);
  same(m.token, n.token);
  same(m.payload, n.payload);
  FLEET_CHECK(request_key(m.code, m.options) == request_key(n.code, n.options));
  same(written(n).view(), once.view());
  return 0;
}
