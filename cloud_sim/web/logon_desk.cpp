// One question, one answer: each action writes the answer of code 200 or answers another code.
#include "cloud_sim/web/logon_desk.hpp"

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "cloud_sim/web/route.hpp"
#include "protocol/alink/id2_model.hpp"
#include "protocol/alink/reply_codes.hpp"
#include "protocol/base/form.hpp"

namespace fleet::cloud {

namespace {

web_answer refusal(std::uint16_t status, int code) {
  web_answer out;
  out.status = status;
  alink::append_logon_refusal(out.body, code);
  return out;
}

} // namespace

void logon_desk::on_request(const web_request& request, const responder& reply) {
  struct question {
    std::string_view path;
    int (logon_desk::*act)(const web_request&, byte_buffer&);
    bool tls_alone; ///< its answer holds a device's secret (§5.5)
  };
  static constexpr std::array<question, 4> questions{{
      {alink::registration_path, &logon_desk::register_device, true},
      {alink::preauth_path, &logon_desk::preauth, false},
      {alink::bootstrap_path, &logon_desk::bootstrap, false},
      {alink::id2_path, &logon_desk::id2, false},
  }};
  const time_point now = home_.now();
  if (!rate_.allows(request.source, now)) {
    auto out = refusal(429, alink::code_too_busy);
    out.fields.emplace_back("Retry-After", "1");
    reply.answer(std::move(out));
    return;
  }
  const auto path = request.target.substr(0, request.target.find('?'));
  if (path.starts_with(config_path)) {
    give_config(request, reply);
    return;
  }
  for (const auto& q : questions) {
    if (q.path != path) {
      continue;
    }
    if (request.method != "POST") {
      auto out = refusal(405, alink::code_request_error);
      out.fields.emplace_back("Allow", "POST");
      rate_.charge(request.source, logon_refusal_units, now);
      reply.answer(std::move(out));
      return;
    }
    if (q.tls_alone && !request.secure) {
      rate_.charge(request.source, logon_refusal_units, now);
      reply.answer(refusal(403, alink::code_forbidden));
      return;
    }
    web_answer out;
    const int code = (this->*q.act)(request, out.body);
    const bool good = code == alink::code_success;
    rate_.charge(request.source, good ? 1 : logon_refusal_units, now);
    reply.answer(good ? std::move(out) : refusal(200, code));
    return;
  }
  rate_.charge(request.source, logon_refusal_units, now);
  reply.answer(refusal(404, alink::code_request_error));
}

void logon_desk::give_config(const web_request& request, const responder& reply) {
  const time_point now = home_.now();
  const bool reads = request.method == "GET" || request.method == "HEAD";
  const auto path = split_target(request.target);
  std::vector<std::string_view> id;
  logon_config got;
  const bool asked = reads && path && match_route("/config/{id}", path->parts, id);
  if (asked) {
    const auto fields = parse_form(path->query);
    got = devices_.config(id.front(), fields ? find_only(fields.value(), "token").value_or("")
                                             : std::string_view{});
  }
  rate_.charge(request.source, got.content ? 1 : logon_refusal_units, now);
  if (got.content) {
    web_answer out;
    out.body.append(*got.content);
    reply.answer(std::move(out));
    return;
  }
  // Whoever has no good token learns nothing about which ids there are.
  const bool barred = asked && got.verdict != token_verdict::good;
  auto out = barred ? refusal(403, alink::code_auth_error)
                    : refusal(reads ? 404 : 405, alink::code_request_error);
  if (!reads) {
    out.fields.emplace_back("Allow", "GET, HEAD");
  }
  reply.answer(std::move(out));
}

int logon_desk::register_device(const web_request& request, byte_buffer& out) {
  const auto asked = alink::read_registration(as_text(request.body));
  if (!asked) {
    return asked.error();
  }
  const auto& who = asked.value();
  const auto product = devices_.product(who.product_key);
  const auto device = devices_.find({who.product_key, who.device_name});
  alink::registration_facts facts;
  if (product) {
    facts.product_secret = product->secret;
    facts.switched_on = product->registers;
  }
  facts.device_known = device.has_value();
  facts.activated = device && device->activated;
  const int code = alink::judge_registration(who, facts);
  if (code == alink::code_success) {
    alink::append_registration_reply(out, device->who);
  }
  return code;
}

int logon_desk::preauth(const web_request& request, byte_buffer& out) {
  const auto asked = alink::read_preauth(as_text(request.body));
  if (!asked) {
    return asked.error();
  }
  const device_name_view who{asked.value().product_key, asked.value().device_name};
  const auto device = devices_.find(who);
  alink::preauth_facts facts;
  if (device) {
    facts.device_secret = device->who.device_secret;
  }
  const int code = alink::judge_preauth(asked.value(), facts);
  if (code != alink::code_success) {
    return code;
  }
  return answer_with(who, {}, request, out);
}

// Nothing is signed, so nothing is told that depends on the device (§5.4).
int logon_desk::bootstrap(const web_request& request, byte_buffer& out) {
  const auto asked = alink::read_bootstrap(as_text(request.body));
  if (!asked) {
    return asked.error();
  }
  alink::append_bootstrap_reply(out, place(request));
  return alink::code_success;
}

// By the model of §5.6, where the platform emulates it: otherwise no such element is known.
int logon_desk::id2(const web_request& request, byte_buffer& out) {
  const auto asked = alink::read_id2(as_text(request.body));
  if (!asked) {
    return asked.error();
  }
  const auto name = alink::id2_device(asked.value().id2);
  const device_name_view who{asked.value().product_key, name.value_or(std::string_view{})};
  const auto key = name ? devices_.codec_key(who) : std::nullopt;
  const auto device = key ? devices_.find(who) : std::nullopt;
  const auto element = device ? alink::model_id2(device->who) : alink::id2_identity{};
  const int code = alink::judge_id2(asked.value(), device ? &element : nullptr);
  return code == alink::code_success ? answer_with(who, *key, request, out) : code;
}

int logon_desk::answer_with(device_name_view who, const std::string& codec_key,
                            const web_request& request, byte_buffer& out) {
  auto token = devices_.grant(who);
  if (!token) {
    return alink::code_system_error;
  }
  const auto at = place(request);
  alink::append_preauth_reply(out, {std::move(token->iot_id), std::move(token->iot_token), at.host,
                                    at.port, codec_key, at.listeners});
  return alink::code_success;
}

// Whoever reached this door by a name reaches the broker by it too. Devices connect as they ask,
// by TLS or without, as the SDKs do (§5.4); one that does otherwise finds the port it needs beside.
alink::mqtt_place logon_desk::place(const web_request& request) const {
  const std::string_view host = request.host;
  const std::size_t end = host.starts_with('[') ? host.find(']') + 1 : host.find(':');
  const bool tls = ports_.plain == 0 || (request.secure && ports_.tls != 0);
  alink::mqtt_place out{std::string{host.substr(0, end)}, tls ? ports_.tls : ports_.plain, {}};
  if (ports_.plain != 0 && ports_.tls != 0) {
    out.listeners = {ports_.plain, ports_.tls};
  }
  return out;
}

} // namespace fleet::cloud
