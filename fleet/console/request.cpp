// Routes and bodies of the admin API, as its client writes them.
#include "fleet/console/request.hpp"

#include <array>
#include <chrono>

#include "fleet/console/assignments.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/json.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::program {

namespace {

using made = result<admin_request, std::string>;

std::string device_path(const device_ref& who, std::string_view rest = {}) {
  return "/v1/devices/" + percent_encoded(who.product_key) + "/" + percent_encoded(who.device_name)
         + std::string{rest};
}

std::string product_path(std::string_view key, std::string_view rest = {}) {
  return "/v1/products/" + percent_encoded(key) + std::string{rest};
}

std::string text_of(const byte_buffer& out) {
  return std::string{as_text(out.view())};
}

/// Whether the text may stand in JSON, which is UTF-8.
bool is_utf8(std::string_view text) {
  byte_buffer out;
  object_writer object{out};
  object.text("text", text);
  object.end();
  json_reader reader;
  const json_error wrong = reader.read(out.view());
  return wrong == json_error::none || wrong == json_error::too_large;
}

void write_payload(object_writer& object, std::string_view payload) {
  if (is_utf8(payload)) {
    object.text("payload", payload);
  } else {
    object.text("payloadBase64", base64(payload));
  }
}

std::int64_t milliseconds(duration d) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// The patience where the body is the argument as a whole.
std::string patience_query(const console_options& what) {
  return "?timeoutMs=" + std::to_string(milliseconds(what.reach.timeout));
}

made set_request(const console_options& what, std::string path) {
  auto body = assignments_to_json(what.words);
  if (!body) {
    return fail(body.error());
  }
  return admin_request{"POST", std::move(path), std::move(body).value()};
}

made get_request(const console_options& what, const device_ref& who) {
  auto names = names_to_json(what.words);
  if (!names) {
    return fail(names.error());
  }
  return admin_request{"POST", device_path(who, "/properties/get" + patience_query(what)),
                       std::move(names).value()};
}

made call_request(const console_options& what, const device_ref& who) {
  const auto arguments = assignments_to_json(what.words);
  if (!arguments) {
    return fail(arguments.error());
  }
  byte_buffer out;
  object_writer object{out};
  object.raw("args", arguments.value());
  object.integer("timeoutMs", milliseconds(what.reach.timeout));
  object.end();
  return admin_request{"POST", device_path(who, "/services/" + percent_encoded(what.service)),
                       text_of(out)};
}

made rrpc_request(const console_options& what, const device_ref& who, std::string_view payload) {
  byte_buffer out;
  object_writer object{out};
  if (!what.topic.empty()) {
    object.text("topic", what.topic);
  }
  write_payload(object, payload);
  object.integer("timeoutMs", milliseconds(what.reach.timeout));
  object.end();
  return admin_request{"POST", device_path(who, "/rrpc"), text_of(out)};
}

made shadow_request(const console_options& what, const device_ref& who) {
  if (what.words.empty()) {
    return admin_request{"GET", device_path(who, "/shadow")};
  }
  const auto desired = assignments_to_json(what.words);
  if (!desired) {
    return fail(desired.error());
  }
  byte_buffer out;
  object_writer object{out};
  object.text("method", "update");
  object.open("state");
  object.raw("desired", desired.value());
  object.close();
  object.integer("version", what.version);
  object.end();
  return admin_request{"POST", device_path(who, "/shadow"), text_of(out)};
}

made message_request(const console_options& what, std::string path, std::string_view payload) {
  byte_buffer out;
  object_writer object{out};
  object.text("topic", what.topic);
  write_payload(object, payload);
  if (what.verb == console_verb::publish) {
    object.integer("qos", static_cast<int>(what.qos));
  }
  object.end();
  return admin_request{"POST", std::move(path), text_of(out)};
}

made product_request(const console_options& what, std::string_view model) {
  byte_buffer out;
  object_writer object{out};
  if (!what.name.empty()) {
    object.text("name", what.name);
  }
  if (!what.model_file.empty()) {
    json_reader reader;
    if (reader.read(as_bytes(model)) != json_error::none || reader.is_array()) {
      return fail(what.model_file + " holds no JSON object, so it is no thing model");
    }
    object.raw("model", model);
  }
  if (what.erase) {
    object.raw("model", "null");
  }
  if (!what.node_type.empty()) {
    object.text("nodeType", what.node_type);
  }
  object.end();
  return admin_request{"PUT", product_path(what.product), text_of(out)};
}

made add_request(const device_ref& who, std::string_view secret) {
  byte_buffer out;
  object_writer object{out};
  object.text("productKey", who.product_key);
  object.text("deviceName", who.device_name);
  if (!secret.empty()) {
    object.text("deviceSecret", secret);
  }
  object.end();
  return admin_request{"POST", "/v1/devices", text_of(out)};
}

made config_request(const console_options& what, std::string_view content) {
  if (!is_utf8(content)) {
    return fail(what.file + " is not UTF-8");
  }
  byte_buffer out;
  object_writer object{out};
  object.text("content", content);
  object.raw("push", what.push ? "true" : "false");
  object.end();
  return admin_request{"PUT", product_path(what.product, "/config"), text_of(out)};
}

admin_request invite_request(const console_options& what, const device_ref& gateway) {
  byte_buffer out;
  out.append(std::string_view{"{\"devices\":["});
  for (const auto& word : what.words) {
    if (&word != &what.words.front()) {
      out.push(',');
    }
    const auto who = parse_device(word).value_or(device_ref{});
    object_writer device{out};
    device.text("productKey", who.product_key);
    device.text("deviceName", who.device_name);
    device.end();
  }
  out.append("],\"timeoutMs\":" + std::to_string(milliseconds(what.reach.timeout)) + "}");
  return {"POST", device_path(gateway, "/invite"), text_of(out)};
}

admin_request permit_request(const console_options& what, const device_ref& gateway) {
  byte_buffer out;
  object_writer object{out};
  if (!what.product.empty()) {
    object.text("productKey", what.product);
  }
  object.integer("seconds", what.span / std::chrono::seconds{1});
  object.integer("timeoutMs", milliseconds(what.reach.timeout));
  object.end();
  return {"POST", device_path(gateway, "/permit"), text_of(out)};
}

admin_request topic_request(const console_options& what) {
  std::string path = product_path(what.product, "/topics");
  if (what.erase) {
    return {"DELETE", path + "?class=" + percent_encoded(what.topic)};
  }
  if (what.allow.empty()) {
    return {"GET", path};
  }
  byte_buffer out;
  object_writer object{out};
  object.text("class", what.topic);
  object.text("allow", what.allow);
  object.end();
  return {"PUT", path, text_of(out)};
}

made any_request(const console_options& what, const device_ref& who, const console_inputs& inputs) {
  switch (what.verb) {
    case console_verb::products: return products_request();
    case console_verb::device: return device_request(who);
    case console_verb::set:
      return set_request(what, device_path(who, "/properties" + patience_query(what)));
    case console_verb::get: return get_request(what, who);
    case console_verb::desired:
      return what.words.empty() ? made{device_request(who)}
                                : set_request(what, device_path(who, "/desired"));
    case console_verb::call: return call_request(what, who);
    case console_verb::rrpc: return rrpc_request(what, who, inputs.payload);
    case console_verb::shadow: return shadow_request(what, who);
    case console_verb::publish: return message_request(what, "/v1/publish", inputs.payload);
    case console_verb::broadcast:
      return message_request(what, product_path(what.product, "/broadcast"), inputs.payload);
    case console_verb::invite: return invite_request(what, who);
    case console_verb::permit: return permit_request(what, who);
    case console_verb::kick: return admin_request{"POST", device_path(who, "/kick")};
    case console_verb::disable: return admin_request{"POST", device_path(who, "/disable")};
    case console_verb::enable: return admin_request{"POST", device_path(who, "/enable")};
    case console_verb::remove: return admin_request{"DELETE", device_path(who)};
    case console_verb::product: return product_request(what, inputs.model);
    case console_verb::add: return add_request(who, inputs.secret);
    case console_verb::config: return config_request(what, inputs.payload);
    case console_verb::topic: return topic_request(what);
    case console_verb::status: return admin_request{"GET", "/v1/status"};
    case console_verb::devices:
    case console_verb::import: break; // in pieces, by functions of their own
  }
  FLEET_CHECK(false);
}

} // namespace

std::optional<device_ref> parse_device(std::string_view word) {
  const std::size_t slash = word.find('/');
  device_ref out;
  if (slash != std::string_view::npos) {
    out.product_key = word.substr(0, slash);
    if (!alink::valid_name(out.product_key, alink::max_product_key)) {
      return std::nullopt;
    }
    word.remove_prefix(slash + 1);
  }
  out.device_name = word;
  if (!alink::valid_name(word, alink::max_device_name)) {
    return std::nullopt;
  }
  return out;
}

result<admin_request, std::string> make_request(const console_options& what, const device_ref& who,
                                                const console_inputs& inputs) {
  auto out = any_request(what, who, inputs);
  if (out && out.value().body.size() > admin_body_max) {
    return fail(std::string{"what is to be sent is larger than the 1 MiB that a twin takes"});
  }
  return out;
}

admin_request devices_request(const console_options& what, std::uint64_t from,
                              std::uint32_t limit) {
  std::string path = "/v1/devices?";
  if (!what.product.empty()) {
    path += "product=" + percent_encoded(what.product) + "&";
  }
  if (!what.state.empty()) {
    path += "state=" + percent_encoded(what.state) + "&";
  }
  return {"GET", path + "from=" + std::to_string(from) + "&limit=" + std::to_string(limit)};
}

admin_request products_request() {
  return {"GET", "/v1/products"};
}

admin_request device_request(const device_ref& who) {
  return {"GET", device_path(who)};
}

std::vector<admin_request> import_requests(const alink::credential_source& table,
                                           std::size_t body_max) {
  constexpr std::string_view heading = "ProductKey,DeviceName,DeviceSecret\n";
  std::vector<admin_request> out;
  for (std::uint32_t i = 0; i < table.count(); ++i) {
    const alink::identity who = table.at(i);
    // Only a secret may hold what CSV takes for its own, and quotes keep it.
    std::string row = who.product_key + "," + who.device_name + ",\"";
    for (const char c : who.device_secret) {
      row += c == '"' ? std::string{"\"\""} : std::string{c};
    }
    row += "\"\n";
    if (out.empty() || out.back().body.size() + row.size() > body_max) {
      out.push_back({"POST", "/v1/import", std::string{heading}, "text/csv"});
    }
    out.back().body += row;
  }
  return out;
}

std::string percent_encoded(std::string_view text) {
  constexpr std::string_view plain =
      "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::string out;
  for (const char c : text) {
    if (plain.find(c) != std::string_view::npos) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += '%';
      out += digits[octet >> 4U];
      out += digits[octet & 15U];
    }
  }
  return out;
}

std::string base64(std::string_view octets) {
  constexpr std::string_view letters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string out;
  for (std::size_t at = 0; at < octets.size(); at += 3) {
    const std::size_t here = std::min<std::size_t>(3, octets.size() - at);
    std::uint32_t three = 0;
    for (std::size_t i = 0; i < 3; ++i) {
      three = three << 8U | (i < here ? static_cast<unsigned char>(octets[at + i]) : 0U);
    }
    for (std::size_t i = 0; i < 4; ++i) {
      out += i <= here ? letters[three >> (18 - 6 * i) & 63U] : '=';
    }
  }
  return out;
}

} // namespace fleet::program
