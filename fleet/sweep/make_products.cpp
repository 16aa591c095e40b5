// Products: what speaks how, over what, and what it can.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "fleet/sweep/make_plan.hpp"

namespace fleet::sweep {

namespace {

using program::device_protocol;
using program::logon_mode;
using program::profile;
using program::security;

constexpr std::uint32_t products_most = 4;
constexpr std::uint32_t devices_most = 300;

constexpr std::uint32_t keep_alive_usual_s = 60; ///< where a scenario says nothing

/// Room for answers that carry models, addresses of images, and shadows.
constexpr std::string_view wide_limit = ", receive_limit: 8KiB";

std::string_view word_of(hal::link_kind kind) noexcept {
  switch (kind) {
    case hal::link_kind::ethernet: return "ethernet";
    case hal::link_kind::wifi: return "wifi";
    case hal::link_kind::cellular_4g: return "4g";
    case hal::link_kind::nbiot: return "nbiot";
    case hal::link_kind::lora: return "lora";
  }
  return {};
}

hal::link_kind draw_link(dice& draw, const product_traits& t) {
  using enum hal::link_kind;
  // The vendor's SDK waits two seconds for an answer, and no image comes through a straw.
  if (t.sdk || t.firmware) {
    return draw.one_of({ethernet, wifi, wifi, cellular_4g, cellular_4g});
  }
  // Sleepers and slow talkers are mostly those that post by datagrams.
  if (t.protocol == device_protocol::coap) {
    return draw.one_of({ethernet, wifi, cellular_4g, nbiot, nbiot, lora});
  }
  return draw.one_of({ethernet, ethernet, wifi, wifi, wifi, cellular_4g, cellular_4g, nbiot});
}

security draw_security(dice& draw, const product_traits& t) {
  using enum security;
  switch (t.protocol) {
    case device_protocol::coap: return draw.one_of({plain, dtls, psk, aes});
    case device_protocol::http: return draw.one_of({plain, tls});
    case device_protocol::mqtt: break;
  }
  return t.vendor()
             ? draw.one_of({plain, plain, plain, plain, plain, tls, tls, tls, id2, id2_tls, itls})
             : draw.one_of({plain, tls});
}

logon_mode draw_logon(dice& draw, const product_traits& t) {
  using enum logon_mode;
  if (!t.vendor() || t.posts() || program::by_id2(t.security)) {
    return direct;
  }
  if (t.security == security::tls) {
    return draw.one_of({direct, direct, direct, pre_auth, bootstrap, register_, register_https});
  }
  return draw.one_of({direct, direct, direct, direct, pre_auth, bootstrap});
}

std::string_view word_of(logon_mode mode) noexcept {
  switch (mode) {
    case logon_mode::direct: return "direct";
    case logon_mode::pre_auth: return "pre-auth";
    case logon_mode::bootstrap: return "bootstrap";
    case logon_mode::register_: return "register";
    case logon_mode::register_https: return "register-https";
  }
  return {};
}

/// How it connects; sets those traits.
std::string connection_keys(dice& draw, product_traits& t) {
  t.security = draw_security(draw, t);
  t.logon = draw_logon(draw, t);
  t.link = draw_link(draw, t);
  t.qos = t.vendor() ? draw.one_of({1U, 1U, 1U, 0U}) : draw.one_of({0U, 1U, 1U, 2U, 2U});
  std::string out = fmt::format(", profile: {}, protocol: {}, security: {}, link: {}, qos: {}",
                                to_string(t.profile), to_string(t.protocol), to_string(t.security),
                                word_of(t.link), t.qos);
  if (t.sdk) {
    out += ", behaviour: sdk";
  }
  if (t.logon != logon_mode::direct) {
    out += fmt::format(", logon: {}", word_of(t.logon));
  }
  if (!t.posts()) {
    const bool said = draw.percent(50);
    const std::uint32_t keep_alive_s = said ? draw.between(3, 30) * 10 : keep_alive_usual_s;
    out += said ? fmt::format(", keep_alive: {}s", keep_alive_s) : "";
    // The vendor's SDK gives up when three pings are out, the others ten seconds after the first.
    t.notices_s = (t.sdk ? keep_alive_s * 5 : keep_alive_s + 20) + (t.slow() ? 60 : 0);
  }
  if (t.protocol == device_protocol::coap && draw.percent(40)) {
    out += ", radio_sleep: on";
  }
  return out;
}

/// What a thing with a way down can do; sets those traits.
std::string thing_keys(dice& draw, product_traits& t) {
  std::string out;
  t.shadow = draw.percent(30);
  t.desired = t.model != nullptr && draw.percent(30);
  out += t.shadow ? ", shadow: on" : "";
  out += t.desired ? ", desired: on" : "";
  if (draw.percent(20)) {
    out += ", tags: [site=cellar, floor=2]";
  }
  if (t.behind_gateway) {
    return out;
  }
  t.config = draw.percent(25);
  out += t.config ? ", config: on" : "";
  out += draw.percent(30) ? ", ntp: on" : "";
  out += t.model != nullptr && draw.percent(15) ? ", model_get: on" : "";
  return out;
}

std::string firmware_keys(dice& draw) {
  std::string out = fmt::format(", firmware: {{size: {}KiB, boot_time: {}s", draw.between(8, 64),
                                draw.between(0, 5));
  out += draw.percent(20) ? ", resume: off" : "";
  out += draw.percent(20) ? ", ask: on" : "";
  out += draw.percent(30) ? ", second_offer: finish_first" : "";
  out += draw.percent(30) ? fmt::format(", progress: {}", draw.between(1, 50)) : "";
  return out + "}";
}

std::string topic_keys(dice& draw, const product_traits& t) {
  const std::string_view filter = t.vendor() ? "user/get" : "'/side/{device}/#'";
  const auto span = draw.between(5, 20);
  std::string out =
      fmt::format(", topics: [{{filter: {}, at: {}s, for: {}s", filter, draw.between(0, 20), span);
  if (draw.percent(60)) {
    out += fmt::format(", every: {}s", span + draw.between(5, 40));
  }
  return out + "}]";
}

const model_file* draw_model(dice& draw) {
  return draw.percent(40) ? nullptr
                          : &model_named(draw.one_of<std::string_view>(
                              {"rgb_led", "meter", "sensor", "gateway"}));
}

std::string model_key(const product_traits& t) {
  return t.model == nullptr ? std::string{} : fmt::format(", model: models/{}.json", t.model->name);
}

void add_product(draft& d, dice& draw, product_traits t, planned_product p) {
  p.name = t.name;
  p.keys += reports_of(draw, t);
  d.plan.products.push_back(std::move(p));
  d.traits.push_back(std::move(t));
}

/// A product with connections of its own, no gateways.
void add_single(draft& d, dice& draw, product_traits t, std::uint32_t devices) {
  planned_product p;
  p.count = t.devices = devices;
  if (t.vendor()) {
    t.protocol = draw.one_of({device_protocol::mqtt, device_protocol::mqtt, device_protocol::mqtt,
                              device_protocol::mqtt, device_protocol::coap, device_protocol::http});
    t.model = draw_model(draw);
    t.firmware = draw.percent(25);
  }
  t.sdk = !t.posts() && draw.percent(20);
  p.keys = model_key(t) + connection_keys(draw, t);
  if (t.vendor() && !t.posts()) {
    p.keys += thing_keys(draw, t);
    p.keys += wide_limit;
  }
  if (t.firmware) {
    p.keys += firmware_keys(draw);
  }
  if (!t.posts() && draw.percent(20)) {
    p.keys += topic_keys(draw, t);
  }
  add_product(d, draw, std::move(t), std::move(p));
}

std::string gateway_keys(dice& draw, bool children_register) {
  std::string out;
  const auto batch = [&](std::string_view key) {
    if (draw.percent(40)) {
      out += fmt::format(", {}: {}", key, draw.between(2, 10));
    }
  };
  batch("topology_batch");
  batch("login_batch");
  if (children_register) {
    batch("register_batch");
    out += draw.percent(40) ? ", register_by: product" : "";
  }
  out += draw.percent(30) ? ", topo_get: on" : "";
  out += draw.percent(30) ? ", list_found: on" : "";
  out += draw.percent(30) ? fmt::format(", rejoin: {}s", draw.between(20, 90)) : "";
  return out;
}

/// Gateways and what is behind them, about as many devices in all.
void add_gateways(draft& d, dice& draw, product_traits t, std::uint32_t devices) {
  product_traits child;
  child.name = t.name + "c";
  child.profile = t.profile;
  child.behind_gateway = true;
  child.model = draw_model(draw);
  child.logon = draw.one_of({logon_mode::direct, logon_mode::register_});
  t.model = draw_model(draw);
  t.sdk = draw.percent(20);
  planned_product gateway;
  gateway.children = child.name;
  gateway.each = draw.between(1, 10);
  gateway.count = t.devices = std::max(1U, devices / (1 + gateway.each));
  gateway.gateway_keys = gateway_keys(draw, child.logon == logon_mode::register_);
  gateway.keys = model_key(t) + connection_keys(draw, t) + thing_keys(draw, t);
  gateway.keys += wide_limit;
  child.link = t.link;
  child.devices = t.devices * gateway.each;
  child.rejoins = gateway.gateway_keys.find("rejoin") != std::string::npos;
  planned_product behind;
  behind.keys = model_key(child) + fmt::format(", profile: {}", to_string(child.profile));
  behind.keys += child.logon == logon_mode::register_ ? ", logon: register" : "";
  behind.keys += thing_keys(draw, child);
  add_product(d, draw, std::move(t), std::move(gateway));
  add_product(d, draw, std::move(child), std::move(behind));
}

} // namespace

void add_products(draft& d) {
  dice shape{d.plan.seed, 0, "sweep products"};
  const std::uint32_t products = shape.between(1, products_most);
  const std::uint32_t all = shape.between(20, devices_most);
  std::uint32_t left = all;
  for (std::uint32_t i = 0; i < products; ++i) {
    dice draw{d.plan.seed, i, "sweep product"};
    product_traits t;
    t.name = fmt::format("p{}", i + 1);
    t.profile = draw.one_of({profile::linkdevelop, profile::linkdevelop, profile::linkplatform,
                             profile::linkplatform, profile::mqtt});
    const std::uint32_t even = std::max(1U, left / (products - i));
    const std::uint32_t devices = i + 1 == products ? even : draw.between(1, even);
    left -= std::min(left - 1, devices);
    if (t.vendor() && draw.percent(20)) {
      add_gateways(d, draw, std::move(t), devices);
    } else {
      add_single(d, draw, std::move(t), devices);
    }
  }
}

} // namespace fleet::sweep
