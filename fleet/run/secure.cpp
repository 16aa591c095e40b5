// The embedded twin's certificates, the model of the virtual world, or a foreign target's.
#include "fleet/run/secure.hpp"

#include "fleet/run/machine.hpp"
#include "protocol/tls/authority.hpp"
#include "protocol/tls/client.hpp"
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
  out.server_name = "localhost";
  return std::nullopt;
}

} // namespace

std::optional<startup_error> secure(const run_options& o, prepared& out) {
  if (o.virtual_world) {
    tls::model_options model;
    model.tls13 = o.tls_version != tls_version::v1_2;
    out.twin_security = std::make_unique<tls::modelled_tls>(model);
    out.client_security = std::make_unique<tls::modelled_tls>(model);
    out.server_name = "localhost";
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
  out.server_name = o.server_name.empty() ? o.target.host : o.server_name;
  return std::nullopt;
}

} // namespace fleet::program
