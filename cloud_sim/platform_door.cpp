// One function for each kind of log-on; all of them end in admit().
#include "cloud_sim/platform_door.hpp"

#include <algorithm>

#include "cloud_sim/common_window.hpp"
#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/secrets.hpp"
#include "protocol/alink/id2_model.hpp"
#include "protocol/base/check.hpp"

namespace fleet::cloud {

using alink::logon_kind;
using mqtt::connack_code;

platform_door::platform_door(const parts& from) : parts_(from) {}

entry platform_door::judge(const mqtt::connect_view& connect, const passage& by) {
  entry out;
  by_ = by;
  if (connect.client_id.size() > parts_.core.bounds().client_id_max
      || connect.client_id.find_first_of("+#") != std::string_view::npos) {
    out.code = connack_code::identifier_rejected;
    return out;
  }
  const auto said = alink::parse_logon(connect.client_id, connect.username);
  if (!said) {
    out.code = static_cast<connack_code>(alink::connack_of(said.error()));
    return out;
  }
  if (!connect.has_username || !connect.has_password) {
    return out;
  }
  const auto& logon = said.value();
  if (!passes(logon.parts.secure_mode, by.id2)) {
    out.code = connack_code::not_authorized;
    return out;
  }
  out.auto_subscribe = logon.parts.auto_subscribe;
  switch (logon.kind) {
    case logon_kind::direct: judge_direct(connect, logon, out); break;
    case logon_kind::preauth: judge_preauth(connect, logon, out); break;
    case logon_kind::token: judge_token(connect, logon, out); break;
    case logon_kind::registration: register_listed(logon, as_text(connect.password), out); break;
    case logon_kind::unlisted_registration:
      register_unlisted(logon, as_text(connect.password), out);
      break;
    case logon_kind::id2: judge_id2(connect, logon, out); break;
    case logon_kind::unknown: out.code = connack_code::not_authorized; break;
  }
  return out;
}

// A log-on of pre-auth names none, and without a front door there are no tokens for it.
std::optional<std::uint64_t> platform_door::place_of(const mqtt::connect_view& connect) {
  const auto said = alink::parse_logon(connect.client_id, connect.username);
  if (!said) {
    return std::nullopt;
  }
  const auto& of = said.value();
  if (of.kind == logon_kind::id2) {
    const auto name = alink::id2_device(of.id2);
    return name ? std::optional{place_of_device(of.parts.product_key, *name)} : std::nullopt;
  }
  return place_of_device(of.parts.product_key, of.parts.device_name);
}

void platform_door::judge_direct(const mqtt::connect_view& connect, const alink::logon& said,
                                 entry& out) {
  const auto& p = said.parts;
  const auto device = parts_.devices.find(p.product_key, p.device_name);
  if (!device) {
    return;
  }
  const auto expected = alink::sign_direct(parts_.devices.identity_of(*device), p.client_id_base,
                                           p.method, p.timestamp);
  if (alink::digest_equal(expected, as_text(connect.password))) {
    admit(*device, connect, out);
  } else if (parts_.options.variants.wrong_sign_is_5) {
    out.code = connack_code::not_authorized;
  }
}

void platform_door::judge_preauth(const mqtt::connect_view& connect, const alink::logon& said,
                                  entry& out) {
  const auto device = logons_ == nullptr
                          ? std::nullopt
                          : logons_->recognize(said.iot_id, as_text(connect.password));
  if (device && own_stream(*device)) {
    admit(*device, connect, out);
  }
}

// The model of §5.6: an id2 names its device, whose secret its key follows from.
void platform_door::judge_id2(const mqtt::connect_view& connect, const alink::logon& said,
                              entry& out) {
  if (!alink::id2_mode(said.parts.secure_mode) || !parts_.options.id2_model) {
    out.code = connack_code::not_authorized;
    return;
  }
  const auto name = alink::id2_device(said.id2);
  const auto device = name ? parts_.devices.find(said.parts.product_key, *name) : std::nullopt;
  if (!device || !own_stream(*device)) {
    return;
  }
  const auto expected = alink::sign_id2(alink::model_id2(parts_.devices.identity_of(*device)),
                                        said.parts.client_id_base, said.parts.timestamp);
  if (alink::digest_equal(expected, as_text(connect.password))) {
    admit(*device, connect, out);
  }
}

bool platform_door::passes(int secure_mode, const alink::id2_preamble* by) const noexcept {
  if (!alink::id2_encrypts(secure_mode)) {
    return by == nullptr && (secure_mode != 8 || parts_.options.id2_model);
  }
  return parts_.options.id2_model && by != nullptr && by->secure_mode == secure_mode;
}

bool platform_door::own_stream(device_index device) const {
  return by_.id2 == nullptr
         || parts_.devices.find(by_.id2->product_key, by_.id2->device_name) == device;
}

std::optional<std::string> platform_door::stream_key(const alink::id2_preamble& begin) const {
  const auto device = parts_.devices.find(begin.product_key, begin.device_name);
  if (!parts_.options.id2_model || !device) {
    return std::nullopt;
  }
  if (begin.secure_mode == 1 || begin.secure_mode == 5) {
    return logons_ == nullptr ? std::nullopt
                              : logons_->codec_key({begin.product_key, begin.device_name});
  }
  return alink::id2_stream_key(parts_.devices.identity_of(*device));
}

void platform_door::judge_token(const mqtt::connect_view& connect, const alink::logon& said,
                                entry& out) {
  const auto& p = said.parts;
  const auto device = parts_.devices.find(p.product_key, p.device_name);
  if (device
      && shows_token(parts_.devices.identity_of(*device), p.client_id_base,
                     as_text(connect.password))) {
    admit(*device, connect, out);
  }
}

connack_code platform_door::judge_registration(const alink::login_parts& said,
                                               std::string_view password, bool known) const {
  alink::registration_facts facts;
  if (const auto* const of = parts_.state.products.find(said.product_key)) {
    facts.product_secret = of->given.secret;
    facts.switched_on = !of->given.secret.empty();
  }
  const auto device = parts_.devices.find(said.product_key, said.device_name);
  facts.device_known = known ? device.has_value() : true;
  // §5.3: a disabled device is refused as an active one is.
  facts.activated = device && (parts_.devices.seen(*device) || parts_.devices.disabled(*device));
  return static_cast<connack_code>(
      alink::judge_registration_login(said, password, facts, by_.over_tls));
}

void platform_door::register_listed(const alink::logon& said, std::string_view password,
                                    entry& out) {
  out.code = judge_registration(said.parts, password, true);
  if (out.code == connack_code::accepted) {
    const auto device = parts_.devices.find(said.parts.product_key, said.parts.device_name);
    payload_.clear();
    alink::append_registration_push(payload_, parts_.devices.identity_of(*device));
    out.passing = true;
    out.topic = alink::registration_topic;
    out.payload = payload_.view();
  }
}

// The device comes into being here, with a secret that nobody is told.
void platform_door::register_unlisted(const alink::logon& said, std::string_view password,
                                      entry& out) {
  const auto& p = said.parts;
  const auto* const of = parts_.state.products.find(p.product_key);
  if (of == nullptr || !of->has(product_admits_unlisted)) {
    out.code = connack_code::not_authorized;
    return;
  }
  out.code = judge_registration(p, password, false);
  if (out.code != connack_code::accepted) {
    return;
  }
  auto device = parts_.devices.find(p.product_key, p.device_name);
  if (!device) {
    device = parts_.devices.add(
        {std::string{p.product_key}, std::string{p.device_name}, make_device_secret()});
    if (!device) {
      out.code = connack_code::server_unavailable;
      return;
    }
    parts_.state.tell_device(*device);
  }
  const auto who = parts_.devices.identity_of(*device);
  payload_.clear();
  alink::append_token_push(payload_, {who.product_key, who.device_name, {}}, token_of(who));
  out.passing = true;
  out.topic = alink::token_topic;
  out.payload = payload_.view();
}

void platform_door::admit(device_index device, const mqtt::connect_view& connect, entry& out) {
  const auto& bounds = parts_.options.bounds;
  out.device = device;
  out.code = enforceable(connect.keep_alive_s, out.keep_alive_s);
  if (parts_.devices.disabled(device)) {
    out.passing = parts_.options.variants.disabled_is_kicked;
    out.code = out.passing ? connack_code::accepted : connack_code::not_authorized;
  } else if (out.code == connack_code::accepted
             && (!connects_.take(device, bounds.connects, parts_.core.now())
                 || !within_all_connects())) {
    add(parts_.core.counters().connects_over_rate);
    out.code = connack_code::server_unavailable;
  }
}

bool platform_door::within_all_connects() {
  const auto& options = parts_.options;
  return options.connects_of_all == nullptr
             ? all_connects_.take(options.bounds.all_connects, parts_.core.now())
             : options.connects_of_all->take(options.bounds.all_connects, parts_.core.now());
}

connack_code platform_door::enforceable(std::uint16_t asked, std::uint16_t& enforced) const {
  const auto& o = parts_.options;
  enforced = std::max(asked, o.keep_alive_min_s);
  const bool low = asked == 0 || (o.strict_keep_alive && asked < o.keep_alive_min_s);
  return low || asked > o.keep_alive_max_s ? connack_code::not_authorized : connack_code::accepted;
}

} // namespace fleet::cloud
