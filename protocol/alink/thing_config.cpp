// Remote configuration out and in; nothing of an offer is believed before it was looked at.
#include "protocol/alink/thing_config.hpp"

#include "protocol/alink/download.hpp"
#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/alink/thing_reply.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

constexpr std::string_view names[] = {"configId",   "configSize", "sign",
                                      "signMethod", "url",        "getType"};
enum config_field : std::size_t { the_id, the_size, the_sign, the_method, the_url, the_type };

void append_info(byte_buffer& out, const config_info& info) {
  object_writer object{out};
  object.text("configId", info.config_id);
  object.integer("configSize", info.size);
  object.text("sign", info.sign);
  object.text("signMethod", info.method == config_digest::md5 ? "Md5" : "Sha256");
  object.text("url", info.url);
  object.text("getType", "file");
  object.end();
}

config_fault read_info(std::span<const json_member> members, config_transport transport,
                       config_info& out) noexcept {
  const auto found = fields::pick(members, names);
  out.config_id = fields::text_of(found.raw(the_id));
  out.sign = fields::text_of(found.raw(the_sign));
  out.url = download::plain_url(found.raw(the_url));
  if (found.repeated || out.config_id.empty() || out.config_id.size() > max_config_id
      || !found.has(the_size) || !found.raw(the_sign).starts_with('"')
      || !found.raw(the_url).starts_with('"')
      || (found.has(the_type) && found.raw(the_type) != R"("file")")) {
    return config_fault::shape;
  }
  out.size = fields::integer_of(found.raw(the_size)).value_or(0);
  if (out.size < 1 || out.size > max_config_size) {
    return config_fault::size;
  }
  const std::string_view method = fields::text_of(found.raw(the_method));
  const bool md5 = download::same_word(method, "md5");
  out.method = md5 ? config_digest::md5 : config_digest::sha256;
  if ((!md5 && !download::same_word(method, "sha256")) || out.sign.size() != (md5 ? 32U : 64U)
      || !download::hexadecimal(out.sign)) {
    return config_fault::digest;
  }
  return download::believable_url(out.url, transport == config_transport::http_too)
             ? config_fault::none
             : config_fault::url;
}

config_offer offer_from(std::span<const json_member> members, config_transport transport) noexcept {
  config_offer out;
  out.fault = read_info(members, transport, out.info);
  out.code = out.fault == config_fault::none ? code_success : code_parameter_error;
  return out;
}

} // namespace

void append_config_get(byte_buffer& out, std::uint64_t id, bool as_gateway) {
  out.append(std::string_view{R"({"id":)"});
  append_unsigned(out, id);
  out.append(std::string_view{R"(,"version":"1.0","params":{"configScope":"product",)"});
  out.append(std::string_view{as_gateway ? R"("getType":"file"})"
                                         : R"("getType":"file","attributeKeys":""})"});
  end_request(out, topic_kind::config_get);
}

int read_config_get(const message& request) noexcept {
  constexpr std::string_view asked[] = {"configScope", "getType"};
  const int code = fields::params_fault(request, json_type::object, fields::code_family::general);
  if (code != code_success) {
    return code;
  }
  const auto found = fields::pick(request.params_members, asked);
  const bool good =
      !found.repeated && found.raw(0) == R"("product")" && found.raw(1) == R"("file")";
  return good ? code_success : code_parameter_error;
}

void append_config_reply(byte_buffer& out, std::string_view raw_id, const config_info& info) {
  append_reply(out, {.raw_id = raw_id});
  out.truncate(out.size() - 3); // `{}` of the data and the envelope's brace
  append_info(out, info);
  out.push('}');
}

void append_config_push(byte_buffer& out, std::uint64_t id, const config_info& info) {
  begin_request(out, id);
  append_info(out, info);
  end_request(out, topic_kind::config_push);
}

config_offer read_config_push(const message& request, config_transport transport) noexcept {
  const int code = fields::params_fault(request, json_type::object, fields::code_family::general);
  if (code != code_success) {
    return {.code = code, .fault = config_fault::shape, .info = {}};
  }
  return offer_from(request.params_members, transport);
}

config_offer read_config_reply(const message& reply, config_transport transport) noexcept {
  config_offer out;
  if (reply.state != message_state::good || !reply.code) {
    return {.code = code_parameter_error, .fault = config_fault::shape, .info = {}};
  }
  if (*reply.code != code_success) {
    const bool fits = *reply.code >= 0 && *reply.code <= 0x7fff'ffff;
    out.code = fits ? static_cast<int>(*reply.code) : code_parameter_error;
    out.fault = config_fault::refused;
    return out;
  }
  if (!reply.data.starts_with('{')) {
    return {.code = code_parameter_error, .fault = config_fault::shape, .info = {}};
  }
  return offer_from(reply.data_members, transport);
}

config_push_answer read_config_push_reply(json_reader& reader, bytes_view payload) {
  config_push_answer out;
  const message m = parse_message(reader, payload);
  out.raw_id = m.id;
  if (m.state == message_state::good) {
    out.code = m.code.value_or(code_request_error);
    return out;
  }
  constexpr std::string_view head = R"("id":)";
  const std::string_view text = as_text(payload);
  if (text.starts_with(head)) {
    const std::string_view value = text.substr(head.size());
    const std::size_t end = value.find_first_of(value.starts_with('"') ? "\"" : ",", 1);
    const std::size_t quote = value.starts_with('"') ? 1 : 0;
    const std::string_view raw =
        end == std::string_view::npos ? std::string_view{} : value.substr(0, end + quote);
    out.raw_id = request_number(raw) ? raw : std::string_view{};
  }
  return out;
}

void append_config_push_failure_v210(byte_buffer& out, std::string_view raw_id) {
  out.append(std::string_view{R"("id":)"});
  out.append(raw_id.empty() ? std::string_view{R"("")"} : raw_id);
  out.append(std::string_view{R"(,"code":"400","data":{})"});
}

} // namespace fleet::alink
