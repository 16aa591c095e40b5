// Making, keeping and loading the twin's authority.
#include "fleet/cloud/twin_certificate.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <fmt/format.h>

#include "fleet/cloud/data_folder.hpp"
#include "fleet/run/machine.hpp"
#include "protocol/tls/authority.hpp"
#include "protocol/tls/dtls.hpp"
#include "protocol/tls/server.hpp"

namespace fleet::program {

namespace {

constexpr std::int64_t day_s = 86'400;

failure<startup_error> broken(std::string message) {
  return fail(startup_error{exit_code::environment_failed, std::move(message)});
}

result<tls::authority, startup_error> own_authority(const std::string& dir, std::int64_t now_s) {
  const std::string cert = dir + "/ca.pem";
  const std::string key = dir + "/ca.key";
  if (!dir.empty() && access(cert.c_str(), F_OK) == 0) {
    auto cert_text = read_file(cert);
    auto key_text = read_file(key);
    if (!cert_text || !key_text) {
      return fail(cert_text ? key_text.error() : cert_text.error());
    }
    auto loaded = tls::authority::load(cert_text.value(), key_text.value());
    if (!loaded) {
      return broken(fmt::format("{}: {}", cert, loaded.error()));
    }
    return std::move(loaded).value();
  }
  auto made = tls::authority::make("fleet twin CA", {now_s - 3600, now_s + 3650 * day_s});
  if (!made) {
    return broken(made.error());
  }
  if (!dir.empty()) {
    if (mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
      return broken(fmt::format("cannot make {}: {}", dir, std::strerror(errno)));
    }
    if (!write_file_with_mode(key, made.value().key_pem(), 0600)
        || !write_file_with_mode(cert, made.value().certificate_pem(), 0644)) {
      return broken(fmt::format("cannot write into {}: {}", dir, std::strerror(errno)));
    }
  }
  return std::move(made).value();
}

/// As others on its network may know this machine; empty: it has no name.
std::string machine_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "";
}

std::optional<startup_error> issue_own(const cloud_options& o, tls::server_options& server) {
  const std::int64_t now_s = wall_clock_ms() / 1000;
  auto ca = own_authority(o.data_dir, now_s);
  if (!ca) {
    return ca.error();
  }
  tls::leaf_request leaf;
  leaf.names = certificate_names(o, machine_name());
  leaf.valid = {now_s - 3600, now_s + 365 * day_s};
  leaf.key = tls::key_kind::rsa2048;
  auto rsa = ca.value().issue(leaf);
  leaf.key = tls::key_kind::p256;
  auto elliptic = ca.value().issue(leaf);
  if (!rsa || !elliptic) {
    return startup_error{exit_code::environment_failed, rsa ? elliptic.error() : rsa.error()};
  }
  server.identity = std::move(rsa).value();
  server.cheap_identity = std::move(elliptic).value();
  return std::nullopt;
}

} // namespace

std::vector<std::string> certificate_names(const cloud_options& o, const std::string& machine) {
  std::vector<std::string> out{"localhost", "127.0.0.1", "::1"};
  const auto add = [&out](const std::string& host) {
    const bool bracketed = host.starts_with('[') && host.ends_with(']');
    auto name = bracketed ? host.substr(1, host.size() - 2) : host;
    if (!name.empty() && std::find(out.begin(), out.end(), name) == out.end()) {
      out.push_back(std::move(name));
    }
  };
  add(o.advertise);
  for (const auto* const listeners : {&o.mqtts, &o.https, &o.coaps}) {
    for (const auto& at : *listeners) {
      const std::string text = at.text();
      const std::string host = text.substr(0, text.rfind(':'));
      add(host == "0.0.0.0" || host == "[::]" ? machine : host);
    }
  }
  return out;
}

result<twin_security, startup_error> make_twin_security(const cloud_options& o,
                                                        dtls_key_finder key_of) {
  tls::server_options server;
  server.resumption = true;
  switch (o.tls_version) {
    case tls_version::any: break;
    case tls_version::v1_2: server.versions = {tls::version::tls12, tls::version::tls12}; break;
    case tls_version::v1_3: server.versions = {tls::version::tls13, tls::version::tls13}; break;
  }
  if (!o.cert_file.empty()) {
    auto chain = read_file(o.cert_file);
    auto key = read_file(o.key_file);
    if (!chain || !key) {
      return fail(chain ? key.error() : chain.error());
    }
    server.identity = {std::move(chain).value(), std::move(key).value()};
  } else if (auto error = issue_own(o, server)) {
    return fail(*error);
  }
  auto context = tls::server_context::create(server);
  if (!context) {
    return broken(context.error());
  }
  twin_security out;
  out.streams = std::move(context).value();
  if (!o.coaps.empty()) {
    tls::dtls_server_options datagrams;
    datagrams.identity = server.identity;
    datagrams.cheap_identity = server.cheap_identity;
    datagrams.key_of = std::move(key_of);
    auto door = tls::dtls_server_context::create(datagrams);
    if (!door) {
      return broken(door.error());
    }
    out.datagrams = std::move(door).value();
  }
  return out;
}

} // namespace fleet::program
