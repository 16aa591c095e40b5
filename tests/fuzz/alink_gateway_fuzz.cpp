// Any octets as each message of gateways and of the platform to them: what is read lies within what
// came, keeps its bounds, and what is answered reads back.
#include <cstdlib>

#include "protocol/alink/gateway_reader.hpp"

namespace {

using namespace fleet;
using namespace fleet::alink;
using enum topic_kind;

void require(bool what) {
  if (!what) {
    std::abort();
  }
}

bool inside(std::string_view part, std::string_view whole) {
  return part.empty()
         || (part.data() >= whole.data()
             && part.data() + part.size() <= whole.data() + whole.size());
}

void check_pair(device_pair who, std::string_view text) {
  require(inside(who.product_key, text) && inside(who.device_name, text));
  require(valid_name(who.product_key, max_product_key)
          && valid_name(who.device_name, max_device_name));
}

void as_request(gateway_reader& reader, topic_kind kind, bytes_view octets) {
  const std::string_view text = as_text(octets);
  const gateway_request r = reader.read_request(kind, octets);
  require(inside(r.id, text) && r.id.size() <= max_raw_id);
  require(r.devices.size() <= max_listed_devices);
  require(r.code == code_success ? r.devices.empty() == (kind == topo_get) && !r.id.empty()
                                 : r.devices.empty());
  byte_buffer reply;
  gateway_reply_writer writer{reply, kind, r.id, r.code};
  for (const sub_device_entry& entry : r.devices) {
    check_pair(entry.who, text);
    require(inside(entry.client_id, text) && inside(entry.sign, text)
            && inside(entry.timestamp, text) && inside(entry.random, text));
    // Nobody forges a digest by chance.
    require(!verify_sub_device(entry, "a secret") && !verify_by_product(entry, "a secret"));
    if (kind == product_register) {
      writer.add({.who = entry.who, .iot_id = "i", .device_secret = "s"});
    } else {
      writer.add(entry.who);
    }
  }
  writer.end();
  const std::size_t count = r.devices.size();
  json_reader json;
  require(json.read(reply.view()) == json_error::none);
  const gateway_reply back = reader.read_reply(reply.view());
  require(!back.good || (back.code == r.code && back.devices.size() == count));
}

void as_pack(gateway_reader& reader, bytes_view octets) {
  const std::string_view text = as_text(octets);
  const pack_report r = reader.read_pack(octets);
  require(r.sub_devices.size() <= max_pack_sub_devices && inside(r.own.properties, text));
  for (const pack_entry& entry : r.sub_devices) {
    check_pair(entry.who, text);
    require(inside(entry.part.properties, text) && inside(entry.part.events, text));
  }
}

void at_the_gateway(gateway_reader& reader, bytes_view octets) {
  const std::string_view text = as_text(octets);
  const gateway_reply reply = reader.read_reply(octets);
  require(reply.devices.size() <= max_read_devices && (reply.good || reply.devices.empty()));
  for (const reply_entry& entry : reply.devices) {
    check_pair(entry.who, text);
    require(entry.device_secret.empty() || valid_secret(entry.device_secret));
  }
  for (const topic_kind kind : {topo_add_notify, topo_change, gateway_permit, disable, ext_error}) {
    const gateway_notice notice = reader.read_notice(kind, octets);
    require(notice.code == code_success || notice.devices.empty());
    for (const reply_entry& entry : notice.devices) {
      check_pair(entry.who, text);
    }
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static gateway_reader reader;
  const bytes_view octets{data, size};
  for (const topic_kind kind :
       {sub_register, topo_add, topo_get, session_login, session_batch_login, product_register}) {
    as_request(reader, kind, octets);
  }
  as_pack(reader, octets);
  at_the_gateway(reader, octets);
  return 0;
}
