// The embedded twin's certificates, the model of the virtual world, or a foreign target's.
#include "fleet/run/secure.hpp"

#include <algorithm>
#include <utility>

#include "fleet/run/machine.hpp"
#include "protocol/base/remembering_filters.hpp"
#include "protocol/tls/authority.hpp"
#include "protocol/tls/client.hpp"
#include "protocol/tls/dtls.hpp"
#include "protocol/tls/dtls_model.hpp"
#include "protocol/tls/model.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::program {

namespace {

tls::version_range range_of(tls_version v) {
  switch (v) {
    case tls_version::any: return {};
    case tls_version::v1_2: return {tls::version::tls12, tls::version::tls12};
    case tls_version::v1_3: return {tls::version::tls13, tls::version::tls13};
  }
  FLEET_CHECK(false);
}

/// Of the machine: a fault that moves a board's clock does not reach its TLS.
std::int64_t unix_time() {
  return wall_clock_ms() / 1000;
}

/// DTLS of the devices, where there is any.
std::optional<startup_error> secure_clients_datagrams(const run_options& o, const std::string& ca,
                                                      prepared& out) {
  if (std::none_of(out.products.begin(), out.products.end(),
                   [](const prepared_product& p) { return p.dtls(); })) {
    return std::nullopt;
  }
  tls::dtls_client_options datagrams;
  datagrams.ca_pem = ca;
  datagrams.verify = !o.insecure;
  datagrams.unix_time = unix_time;
  auto made = tls::dtls_client_context::create(datagrams);
  if (!made) {
    return startup_error{exit_code::wrong_usage, made.error()};
  }
  out.client_datagrams = std::move(made).value();
  return std::nullopt;
}

std::optional<startup_error> secure_embedded(const run_options& o, prepared& out) {
  const std::int64_t now_s = unix_time();
  const tls::validity valid{now_s - 3600, now_s + std::int64_t{3600} * 24 * 30};
  auto ca = tls::authority::make("fleet twin CA", valid);
  if (!ca) {
    return startup_error{exit_code::environment_failed, ca.error()};
  }
  tls::server_options server;
  server.versions = range_of(o.tls_version);
  server.resumption = true;
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
  out.twin_identities = {server.identity, server.cheap_identity};
  auto context = tls::server_context::create(server);
  tls::client_options client;
  client.ca_pem = ca.value().certificate_pem();
  client.resumption = true;
  client.unix_time = unix_time;
  client.versions = range_of(o.tls_version);
  auto clients = tls::client_context::create(client);
  if (!context || !clients) {
    return startup_error{exit_code::environment_failed,
                         context ? clients.error() : context.error()};
  }
  out.twin_security = std::move(context).value();
  out.client_security = std::move(clients).value();
  out.server_name = "localhost";
  return secure_clients_datagrams(o, client.ca_pem, out);
}

} // namespace

std::optional<startup_error> secure(const run_options& o, prepared& out) {
  if (o.virtual_world) {
    tls::model_options model;
    model.tls13 = o.tls_version != tls_version::v1_2;
    out.twin_security = std::make_unique<tls::modelled_tls>(model);
    out.client_security = std::make_unique<tls::modelled_tls>(model);
    out.client_datagrams = std::make_unique<tls::modelled_dtls>();
    out.server_name = "localhost";
    return std::nullopt;
  }
  if (o.target.scheme == text::scheme::embedded) {
    return secure_embedded(o, out);
  }
  tls::client_options client;
  client.verify = !o.insecure;
  client.resumption = true;
  client.unix_time = unix_time;
  client.versions = range_of(o.tls_version);
  if (!o.ca_file.empty()) {
    auto pem = read_file(o.ca_file, *out.files);
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
  out.server_name = o.server_name.empty() ? o.target.host : o.server_name;
  return secure_clients_datagrams(o, client.ca_pem, out);
}

stream_filter_factory* security_for(actors::behaviour behaviour, const prepared& ready) {
  stream_filter_factory* const all = ready.client_security.get();
  return behaviour == actors::behaviour::sdk ? forgetful(all) : all;
}

stream_filter_factory* forgetful(stream_filter_factory* security) {
  auto* const memory = dynamic_cast<remembering_filter_factory*>(security);
  return memory != nullptr ? &memory->forgetful() : security;
}

result<std::unique_ptr<datagram_filter_door>, startup_error>
secure_datagrams(const run_options& o, const prepared& ready,
                 std::function<std::string(std::string_view identity)> key_of) {
  if (o.virtual_world) {
    tls::dtls_model_options model;
    model.key_of = std::move(key_of);
    return std::unique_ptr<datagram_filter_door>{
        std::make_unique<tls::modelled_dtls>(std::move(model))};
  }
  tls::dtls_server_options server;
  server.identity = ready.twin_identities[0];
  server.cheap_identity = ready.twin_identities[1];
  server.key_of = std::move(key_of);
  auto made = tls::dtls_server_context::create(server);
  if (!made) {
    return fail(startup_error{exit_code::environment_failed, made.error()});
  }
  return std::unique_ptr<datagram_filter_door>{std::move(made).value()};
}

} // namespace fleet::program
