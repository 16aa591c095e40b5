// Looking at everything before anything starts.
#include "fleet/run/prepare.hpp"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "actors/device/mqtt_dialect.hpp"
#include "actors/device/vendor_dialect.hpp"
#include "fleet/run/machine.hpp"
#include "hal_sim/real_world/limits.hpp"
#include "hal_sim/real_world/resolve.hpp"
#include "protocol/tls/authority.hpp"
#include "protocol/tls/client.hpp"
#include "protocol/tls/model.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::program {

namespace {

/// What a process needs beyond its connections: epoll sets, listeners, files, the metrics page.
constexpr std::uint64_t descriptors_beside = 64;

failure<startup_error> wrong(std::string message) {
  return fail(startup_error{exit_code::wrong_usage, std::move(message)});
}

tls::version_range range_of(tls_version v) {
  switch (v) {
    case tls_version::any: return {};
    case tls_version::v1_2: return {tls::version::tls12, tls::version::tls12};
    case tls_version::v1_3: return {tls::version::tls13, tls::version::tls13};
  }
  FLEET_CHECK(false);
}

result<std::unique_ptr<actors::dialect>, startup_error>
make_dialect(const run_options& o, std::shared_ptr<const alink::credential_source> credentials) {
  if (o.profile == profile::mqtt) {
    actors::mqtt_texts texts;
    texts.client_id = o.mqtt_text.client_id;
    texts.username = o.mqtt_text.username;
    texts.password = o.mqtt_text.password;
    texts.topic = o.mqtt_text.topic;
    texts.command_topic = o.mqtt_text.down_topic;
    texts.payload = o.mqtt_text.payload;
    const auto load = [](const std::string& file,
                         std::string& into) -> std::optional<startup_error> {
      if (file.empty()) {
        return std::nullopt;
      }
      auto text = read_file(file);
      if (!text) {
        return text.error();
      }
      into = std::move(text).value();
      while (!into.empty() && (into.back() == '\n' || into.back() == '\r')) {
        into.pop_back();
      }
      return std::nullopt;
    };
    if (auto error = load(o.mqtt_text.payload_file, texts.payload)) {
      return fail(*error);
    }
    if (auto error = load(o.mqtt_text.password_file, texts.password)) {
      return fail(*error);
    }
    texts.qos = o.qos;
    auto made = actors::mqtt_dialect::make(texts, std::move(credentials));
    if (!made) {
      return wrong(made.error());
    }
    return std::unique_ptr<actors::dialect>{std::move(made).value()};
  }
  actors::vendor_options vendor;
  vendor.platform = o.profile == profile::linkplatform ? actors::vendor_platform::linkplatform
                                                       : actors::vendor_platform::linkdevelop;
  vendor.sign = o.sign;
  vendor.secure_mode = o.security == security::tls ? 2 : 3;
  vendor.qos = o.qos;
  return std::unique_ptr<actors::dialect>{
      std::make_unique<actors::vendor_dialect>(vendor, std::move(credentials))};
}

std::optional<startup_error> check_descriptors(const run_options& o) {
  if (o.virtual_world) {
    return std::nullopt;
  }
  const bool embedded = o.target.scheme == text::scheme::embedded;
  const std::uint64_t needs = std::uint64_t{o.devices} * (embedded ? 2 : 1) + descriptors_beside;
  const auto limits = hal::raise_descriptor_limit();
  if (needs <= limits.soft) {
    return std::nullopt;
  }
  const auto most = (limits.soft - std::min(limits.soft, descriptors_beside)) / (embedded ? 2 : 1);
  return startup_error{
      exit_code::environment_failed,
      fmt::format(
          "{} devices{} need {} descriptors, and this process may open {} (soft limit {}, hard "
          "limit {}); run at most {} here{}",
          o.devices, embedded ? " and the embedded twin's ends" : "", needs, limits.soft,
          limits.soft, limits.hard, most,
          embedded ? ", or `fleet cloud serve` in a process of its own and --target" : "")};
}

std::optional<startup_error> resolve_target(const run_options& o, prepared& out) {
  out.target_text = text::format_target(o.target);
  if (o.target.scheme == text::scheme::embedded) {
    out.target_text = "the embedded twin";
    return std::nullopt;
  }
  auto found = hal::resolve(o.target.host, o.target.port);
  if (!found) {
    return startup_error{exit_code::environment_failed,
                         fmt::format("{}: {}", out.target_text, found.error())};
  }
  out.product.peer = found.value().front();
  return std::nullopt;
}

std::optional<startup_error> secure_embedded(const run_options& o, prepared& out) {
  const std::int64_t now_s = wall_clock_ms() / 1000;
  const tls::validity valid{now_s - 3600, now_s + std::int64_t{3600} * 24 * 30};
  auto ca = tls::authority::make("fleet twin CA", valid);
  if (!ca) {
    return startup_error{exit_code::environment_failed, ca.error()};
  }
  tls::server_options server;
  server.versions = range_of(o.tls_version);
  tls::leaf_request leaf;
  leaf.names = {"localhost", "127.0.0.1"};
  leaf.valid = valid;
  leaf.key = tls::key_kind::rsa2048;
  auto rsa = ca.value().issue(leaf);
  leaf.key = tls::key_kind::p256;
  auto elliptic = ca.value().issue(leaf);
  if (!rsa || !elliptic) {
    return startup_error{exit_code::environment_failed, "the twin's certificate cannot be made"};
  }
  server.identity = std::move(rsa).value();
  server.cheap_identity = std::move(elliptic).value();
  auto context = tls::server_context::create(server);
  tls::client_options client;
  client.ca_pem = ca.value().certificate_pem();
  client.versions = range_of(o.tls_version);
  auto clients = tls::client_context::create(client);
  if (!context || !clients) {
    return startup_error{exit_code::environment_failed,
                         context ? clients.error() : context.error()};
  }
  out.twin_security = std::move(context).value();
  out.client_security = std::move(clients).value();
  out.product.server_name = "localhost";
  return std::nullopt;
}

std::optional<startup_error> secure(const run_options& o, prepared& out) {
  if (o.security != security::tls) {
    return std::nullopt;
  }
  if (o.virtual_world) {
    tls::model_options model;
    model.tls13 = o.tls_version != tls_version::v1_2;
    out.twin_security = std::make_unique<tls::modelled_tls>(model);
    out.client_security = std::make_unique<tls::modelled_tls>(model);
    out.product.server_name = "localhost";
    return std::nullopt;
  }
  if (o.target.scheme == text::scheme::embedded) {
    return secure_embedded(o, out);
  }
  tls::client_options client;
  client.verify = !o.insecure;
  client.versions = range_of(o.tls_version);
  if (!o.ca_file.empty()) {
    auto pem = read_file(o.ca_file);
    if (!pem) {
      return pem.error();
    }
    client.ca_pem = std::move(pem).value();
  }
  auto context = tls::client_context::create(client);
  if (!context) {
    return startup_error{exit_code::wrong_usage, context.error()};
  }
  out.client_security = std::move(context).value();
  out.product.server_name = o.server_name.empty() ? o.target.host : o.server_name;
  return std::nullopt;
}

void fill_product(const run_options& o, prepared& out) {
  auto& p = out.product;
  p.speech = out.speech.get();
  p.behaviour = o.behaviour;
  p.client =
      o.behaviour == actors::behaviour::sdk ? mqtt::sdk_behaviour() : mqtt::client_behaviour{};
  p.client.receive_limit_bytes = o.receive_limit_bytes;
  p.security = out.client_security.get();
  p.link = o.link;
  p.qos = o.qos;
  p.interval = o.interval;
  p.payload_bytes = o.payload_bytes;
  p.keep_alive_s = static_cast<std::uint16_t>(seconds(o.keep_alive));
  p.ram_bytes = o.ram_bytes;
  p.clean_session = o.clean_session;
  p.seed = out.seed;
}

} // namespace

result<std::string, startup_error> read_file(const std::string& path) {
  std::ifstream in{path, std::ios::binary};
  std::ostringstream text;
  if (in) {
    text << in.rdbuf();
  }
  if (!in || in.bad()) {
    return wrong(fmt::format("cannot read {}: {}", path, std::strerror(errno)));
  }
  return text.str();
}

result<std::shared_ptr<const alink::credential_source>, startup_error>
load_credentials(const std::string& file, const std::string& product_key) {
  if (file.empty()) {
    return std::shared_ptr<const alink::credential_source>{
        std::make_shared<alink::generated_credentials>(product_key)};
  }
  auto text = read_file(file);
  if (!text) {
    return fail(text.error());
  }
  auto table = alink::credential_table::parse(text.value());
  if (!table) {
    const auto& first = table.error().front();
    const auto more = table.error().size() - 1;
    return wrong(fmt::format("{}:{}:{}: {}{}", file, first.line, first.column, first.message,
                             more == 0 ? "" : fmt::format(" ({} more: see fleet check)", more)));
  }
  return std::shared_ptr<const alink::credential_source>{
      std::make_shared<alink::credential_table>(std::move(table).value())};
}

result<prepared, startup_error> prepare(const run_options& o) {
  prepared out;
  out.seed = o.seed.value_or(fresh_seed());
  auto credentials = load_credentials(o.credentials_file, o.product_key);
  if (!credentials) {
    return fail(credentials.error());
  }
  out.credentials = std::move(credentials).value();
  if (out.credentials->count() < o.devices) {
    return wrong(fmt::format("{} holds {} devices, and --devices asks for {}", o.credentials_file,
                             out.credentials->count(), o.devices));
  }
  auto speech = make_dialect(o, out.credentials);
  if (!speech) {
    return fail(speech.error());
  }
  out.speech = std::move(speech).value();
  for (auto* step : {&resolve_target, &secure}) {
    if (auto error = (*step)(o, out)) {
      return fail(*error);
    }
  }
  if (auto error = check_descriptors(o)) {
    return fail(*error);
  }
  fill_product(o, out);
  return out;
}

} // namespace fleet::program
