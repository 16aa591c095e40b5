// The platform's hand: replies, notices, and the words of the codes.
#include "protocol/alink/gateway_replies.hpp"

#include "protocol/alink/message.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using enum topic_kind;

void put(byte_buffer& out, std::string_view text) {
  out.append(text);
}

void put_pair(byte_buffer& out, device_pair who) {
  put(out, R"("productKey":)");
  append_json_text(out, who.product_key);
  put(out, R"(,"deviceName":)");
  append_json_text(out, who.device_name);
}

void put_pairs(byte_buffer& out, std::span<const device_pair> devices) {
  out.push('[');
  for (std::size_t i = 0; i < devices.size(); ++i) {
    put(out, i == 0 ? "{" : ",{");
    put_pair(out, devices[i]);
    out.push('}');
  }
  out.push(']');
}

/// Kinds whose data is a list even when it is empty.
bool answers_list(topic_kind kind) noexcept {
  return kind == topo_get || kind == sub_register || kind == session_batch_login
         || kind == session_batch_logout;
}

void open_order(byte_buffer& out, std::uint64_t id) {
  put(out, R"({"id":")");
  append_unsigned(out, id);
  put(out, R"(","version":"1.0","params":)");
}

void close_order(byte_buffer& out, std::string_view method) {
  put(out, R"(,"method":")");
  put(out, method);
  put(out, "\"}");
}

} // namespace

std::string_view gateway_code_text(std::int64_t code) noexcept {
  struct row {
    int code;
    std::string_view text;
  };
  constexpr row rows[] = {
      {code_success, "success"},
      {gateway_code::auth_error, "request auth error"},
      {gateway_code::forbidden, "request forbidden"},
      {gateway_code::duplicate_login, "duplicate login"},
      {gateway_code::duplicate_login_elsewhere, "duplicate login"},
      {gateway_code::too_many_online, "too many subdevices under gateway"},
      {code_too_busy, "too many requests"},
      {code_parameter_error, "request parameter error"},
      {code_system_error, "system error"},
      {gateway_code::unavailable, "service unavailable"},
      {gateway_code::no_session, "device no session"},
      {gateway_code::device_deleted, "device deleted"},
      {gateway_code::device_forbidden, "device forbidden"},
      {gateway_code::product_lookup_failed, "product lookup failed"},
      {gateway_code::device_not_found, "device not found"},
      {gateway_code::map_too_large, "map size must be less than 200"},
      {gateway_code::device_disabled, "device disabled"},
      {gateway_code::product_not_found, "product not found"},
      {gateway_code::device_exists, "device exists"},
      {gateway_code::bad_device_name, "devicename not meet specs"},
      {gateway_code::invalid_sign, "invalid sign"},
      {gateway_code::registration_off, "registration is off"},
      {gateway_code::already_active, "device already active"},
      {gateway_code::method_unsupported, "method unsupported"},
      {gateway_code::too_many_events, "too many events"},
      {gateway_code::too_many_sub_devices, "too many sub-devices"},
      {gateway_code::topology_full, "topo count exceeded"},
      {gateway_code::no_relation, "topo relation not exist"},
      {gateway_code::cannot_add_self, "device cannot add by self"},
      {gateway_code::registration_sign_failed, "sign failed"},
      {gateway_code::bound_elsewhere, "device already bound to another gateway"},
  };
  for (const row& r : rows) {
    if (r.code == code) {
      return r.text;
    }
  }
  return "request error";
}

gateway_reply_writer::gateway_reply_writer(byte_buffer& out, topic_kind kind,
                                           std::string_view raw_id, written_code code)
    : out_(out), kind_(kind), code_(code.number) {
  put(out, R"({"id":)");
  put(out, raw_id.empty() ? std::string_view{"\"\""} : raw_id);
  put(out, code.quoted ? R"(,"code":")" : R"(,"code":)");
  append_integer(out, code.number);
  put(out, code.quoted ? R"(","data":)" : R"(,"data":)");
}

void gateway_reply_writer::item() {
  FLEET_CHECK(count_ == 0 || !takes_one_device(kind_));
  if (count_ == 0 && kind_ == product_register) {
    put(out_, R"({"successes":[)");
  } else if (count_ == 0 && !takes_one_device(kind_)) {
    out_.push('[');
  }
  ++count_;
}

void gateway_reply_writer::add(device_pair who) {
  FLEET_CHECK(kind_ != product_register);
  const bool more = count_ > 0;
  item();
  put(out_, more ? ",{" : "{");
  put_pair(out_, who);
  out_.push('}');
}

void gateway_reply_writer::add(const registered_device& device) {
  FLEET_CHECK((kind_ == sub_register || kind_ == product_register) && !failures_);
  const bool more = count_ > 0;
  item();
  put(out_, more ? R"(,{"iotId":)" : R"({"iotId":)");
  append_json_text(out_, device.iot_id);
  out_.push(',');
  put_pair(out_, device.who);
  put(out_, R"(,"deviceSecret":)");
  append_json_text(out_, device.device_secret);
  out_.push('}');
}

void gateway_reply_writer::add_failure(device_pair who, std::int64_t code) {
  FLEET_CHECK(kind_ == product_register);
  item();
  put(out_, failures_ ? ",{" : R"(],"failures":[{)");
  failures_ = true;
  put_pair(out_, who);
  put(out_, R"(,"code":)");
  append_integer(out_, code);
  out_.push('}');
}

void gateway_reply_writer::end() {
  if (count_ == 0) {
    put(out_, answers_list(kind_) ? "[]" : "{}");
  } else if (kind_ == product_register) {
    put(out_, failures_ ? "]}" : R"(],"failures":[]})");
  } else if (!takes_one_device(kind_)) {
    out_.push(']');
  }
  put(out_, R"(,"message":)");
  append_json_text(out_, gateway_code_text(code_));
  out_.push('}');
}

void append_topo_add_notify(byte_buffer& out, std::uint64_t id,
                            std::span<const device_pair> devices) {
  open_order(out, id);
  put_pairs(out, devices);
  close_order(out, "thing.topo.add.notify");
}

void append_topo_change(byte_buffer& out, std::uint64_t id, topology_change status,
                        std::span<const device_pair> devices) {
  open_order(out, id);
  put(out, R"({"status":)");
  append_unsigned(out, static_cast<std::uint64_t>(status));
  put(out, R"(,"subList":)");
  put_pairs(out, devices);
  out.push('}');
  close_order(out, "thing.topo.change");
}

void append_gateway_permit(byte_buffer& out, std::uint64_t id, std::string_view product_key,
                           std::uint32_t permit_seconds) {
  open_order(out, id);
  object_writer params{out};
  if (!product_key.empty()) {
    params.text("productKey", product_key);
  }
  params.integer("time", permit_seconds);
  params.end();
  close_order(out, "thing.gateway.permit");
}

void append_standing_order(byte_buffer& out, std::uint64_t id, topic_kind order) {
  FLEET_CHECK(order == disable || order == enable || order == topic_kind::remove);
  open_order(out, id);
  put(out, "{}");
  close_order(out, order == disable  ? "thing.disable"
                   : order == enable ? "thing.enable"
                                     : "thing.delete");
}

void append_ext_error(byte_buffer& out, std::uint64_t id, device_pair who, std::int64_t code) {
  put(out, R"({"id":")");
  append_unsigned(out, id);
  put(out, R"(","code":)");
  append_integer(out, code);
  put(out, R"(,"data":{)");
  put_pair(out, who);
  put(out, R"(},"message":)");
  append_json_text(out, gateway_code_text(code));
  out.push('}');
}

} // namespace fleet::alink
