// The admin API's actions on the list of devices and on one of them.
#include <array>

#include "cloud_sim/web/admin_call.hpp"
#include "protocol/alink/identity.hpp"

namespace fleet::cloud {

namespace {

void write_head(object_writer& json, const device_view& d) {
  json.text("productKey", d.product_key);
  json.text("deviceName", d.device_name);
  json.text("state", d.state);
  json.text("firmwareVersion", d.firmware_version);
  if (d.gateway.empty()) {
    json.raw("gateway", "null");
  } else {
    json.text("gateway", d.gateway);
  }
  json.integer("lastOnlineMs", d.last_online_ms);
  if (!d.protocol.empty()) {
    json.text("protocol", d.protocol);
  }
}

bool known_state(std::string_view word) noexcept {
  return word.empty() || word == "unactivated" || word == "online" || word == "offline"
         || word == "disabled";
}

using device_order = operation_result (operations::*)(device_name_view);

void order(const admin_call& call, device_order what) {
  if (const auto who = call.device()) {
    call.give((call.console().*what)(*who));
  }
}

} // namespace

namespace admin {

void list_devices(const admin_call& call) {
  const auto fields = call.read_query({"product", "state", "from", "limit"});
  if (!fields) {
    return;
  }
  const auto from = call.number(*fields, "from", 0);
  const auto limit = from ? call.number(*fields, "limit", admin_page_default) : std::nullopt;
  if (!limit) {
    return;
  }
  const std::string_view product = find_only(*fields, "product").value_or("");
  const std::string_view state = find_only(*fields, "state").value_or("");
  if (*limit < 1 || *limit > admin_page_max) {
    call.malformed("`limit` must be from 1 to " + std::to_string(admin_page_max));
    return;
  }
  if (!known_state(state)) {
    call.malformed("`state` must be unactivated, online, offline or disabled");
    return;
  }
  // One more than wanted tells whether there is a next page, and where it starts.
  const auto found = call.console().devices(product, state, *from, *limit + 1);
  byte_buffer out;
  out.append("{\"devices\":[");
  for (std::size_t i = 0; i < found.size() && i < *limit; ++i) {
    if (i != 0) {
      out.push(',');
    }
    object_writer json{out};
    write_head(json, found[i]);
    json.end();
  }
  out.append("],\"next\":");
  if (found.size() > *limit) {
    append_unsigned(out, found[*limit].index);
  } else {
    out.append("null");
  }
  out.push('}');
  call.give(std::move(out));
}

void add_device(const admin_call& call) {
  if (!call.read_object({"productKey", "deviceName", "deviceSecret"})) {
    return;
  }
  const auto key = call.text("productKey", std::nullopt);
  const auto name = key ? call.text("deviceName", std::nullopt) : std::nullopt;
  const auto secret = name ? call.text("deviceSecret", std::string_view{}) : std::nullopt;
  if (!secret) {
    return;
  }
  if (!alink::valid_name(*key, alink::max_product_key)
      || !alink::valid_name(*name, alink::max_device_name)) {
    call.malformed("`productKey` has 1 to 20 visible characters, `deviceName` 1 to 32");
    return;
  }
  if (!secret->empty() && !alink::valid_secret(*secret)) {
    call.malformed("`deviceSecret` has 1 to 64 visible characters");
    return;
  }
  call.give(call.console().add_device({*key, *name}, *secret));
}

void show_device(const admin_call& call) {
  const auto who = call.device();
  if (!who) {
    return;
  }
  const auto found = call.console().device(*who);
  if (!found) {
    call.refuse(found.error());
    return;
  }
  const device_view& d = found.value();
  byte_buffer out;
  object_writer json{out};
  write_head(json, d);
  json.raw("tags", d.tags);
  json.raw("properties", d.properties);
  json.raw("desired", d.desired);
  json.end();
  call.give(std::move(out));
}

void delete_device(const admin_call& call) {
  order(call, &operations::delete_device);
}
void disable_device(const admin_call& call) {
  order(call, &operations::disable);
}
void enable_device(const admin_call& call) {
  order(call, &operations::enable);
}
void kick_device(const admin_call& call) {
  order(call, &operations::kick);
}

} // namespace admin

} // namespace fleet::cloud
