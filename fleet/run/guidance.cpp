// By name from the line or the target; or the embedded twin's, beside its MQTT listeners.
#include "fleet/run/guidance.hpp"

#include <cstdint>

#include <fmt/format.h>

#include "fleet/run/door_ports.hpp"
#include "fleet/run/look_up.hpp"
#include "fleet/run/prepare_checks.hpp"
#include "fleet/run/secure.hpp"
#include "protocol/http/url.hpp"

namespace fleet::program {

namespace {

constexpr std::uint16_t http_port = 80;
constexpr std::uint16_t https_port = 443;

/// All devices of a run come from one address: what slows a single source would slow the run.
constexpr cloud::rate_rules unbounded{.per_second = 1'000'000, .burst = 1'000'000};

std::string bare(std::string_view host) {
  const bool brackets = host.starts_with('[') && host.ends_with(']');
  return std::string{brackets ? host.substr(1, host.size() - 2) : host};
}

actors::logon_way way_of(logon_mode mode) noexcept {
  switch (mode) {
    case logon_mode::pre_auth: return actors::logon_way::pre_auth;
    case logon_mode::bootstrap: return actors::logon_way::bootstrap;
    case logon_mode::direct:
    case logon_mode::register_:
    case logon_mode::register_https: break;
  }
  return actors::logon_way::direct;
}

/// Where a product's devices are told of the door: for what they log on with, or for their secrets.
actors::auth_door& door_plan(prepared_product& product) {
  auto& settings = product.settings;
  return product.plan.product.logon == logon_mode::register_https
             ? static_cast<actors::auth_door&>(settings.registration)
             : settings.logon;
}

/// Whether a door of nobody's choice is one with TLS; secrets are told over no other.
bool takes_tls(const prepared_product& product) noexcept {
  return product.tls() || product.plan.product.logon == logon_mode::register_https;
}

/// The door of one product, where the line says it, or else the target.
http::url door_of(const run_options& o, const prepared_product& product,
                  const auth_host_option& told) {
  http::url out;
  out.target = "/";
  if (!told.host.empty()) {
    out.secure = told.secure;
    out.host = told.host;
    out.port = told.port;
    return out;
  }
  out.secure = takes_tls(product);
  const bool v6 = o.target.host.find(':') != std::string::npos;
  out.host = v6 ? "[" + o.target.host + "]" : o.target.host;
  out.port = out.secure ? https_port : http_port;
  return out;
}

void begin_plan(const run_options& o, prepared_product& product) {
  auto& plan = product.settings.logon;
  plan.by = way_of(product.plan.product.logon);
  plan.sign = o.sign;
}

/// Looks one up, and tells the product's devices of it.
std::optional<startup_error> find_door(const run_options& o, prepared& out,
                                       prepared_product& product, const http::url& at,
                                       actors::auth_door& door) {
  const auto found = look_up(bare(at.host), at.port);
  if (!found) {
    return startup_error{
        found.error().code,
        fmt::format("the auth host {}: {}", http::to_string(at), found.error().message)};
  }
  door.auth_host = reachable_peer(found.value(), o.source_addresses);
  door.host = http::authority(at);
  if (at.secure) {
    door.security = security_for(product.settings.behaviour, out);
    door.server_name = o.auth_host.host.empty() ? out.server_name : bare(at.host);
  }
  product.settings.logon.hosts.push_back({bare(at.host), door.auth_host});
  return std::nullopt;
}

/// The securemode of the ID2 model, or 0.
int id2_mode_of(const prepared_product& product) noexcept {
  const bool id2 = by_id2(product.plan.product.security) && product.profile() != profile::mqtt;
  return id2 && !product.plan.behind_gateway ? secure_mode_of(product.plan.product.security) : 0;
}

} // namespace

bool asks_there(const prepared_product& product) noexcept {
  return !product.plan.behind_gateway && product.profile() != profile::mqtt
         && asks_auth_host(product.plan.product.logon);
}

bool asks_https(const run_options& o, const prepared_product& product) noexcept {
  return asks_there(product)
         && (o.auth_host.host.empty() ? takes_tls(product) : o.auth_host.secure);
}

int secure_mode_of(security tier) noexcept {
  switch (tier) {
    case security::plain: return 3;
    case security::tls: return 2;
    case security::id2: return 4;
    case security::id2_tls: return 7;
    case security::itls: return 8;
    // Of CoAP: nobody says a mode there.
    case security::dtls:
    case security::psk: return 2;
    case security::aes: return 3;
  }
  FLEET_CHECK(false);
}

std::optional<startup_error> find_auth_host(const run_options& o, prepared& out) {
  for (auto& product : out.products) {
    product.settings.logon.id2_mode = id2_mode_of(product);
    if (!asks_there(product)) {
      continue;
    }
    begin_plan(o, product);
    if (o.target.scheme == text::scheme::embedded) {
      continue;
    }
    const auto at = door_of(o, product, o.auth_host);
    if (product.plan.product.logon == logon_mode::register_https && !at.secure) {
      return startup_error{exit_code::wrong_usage,
                           fmt::format("product {} has logon register-https, which tells secrets "
                                       "over TLS alone; write https:// for --auth-host",
                                       product.name())};
    }
    if (o.auth_host.host.empty() && !o.more_targets.empty()) {
      return startup_error{exit_code::wrong_usage,
                           fmt::format("devices of product {} ask an auth host; of several targets "
                                       "each has its own, and none says at which port; name by "
                                       "--auth-host one for each, or one that knows the devices of "
                                       "all",
                                       product.name())};
    }
    product.settings.logon.hosts = {{bare(o.target.host), product.settings.peer}};
    auto& door = door_plan(product);
    if (auto error = find_door(o, out, product, at, door)) {
      return error;
    }
    std::vector<actors::auth_door> each;
    for (const auto& told : o.more_auth_hosts) {
      if (auto error = find_door(o, out, product, door_of(o, product, told), each.emplace_back())) {
        return error;
      }
    }
    if (!each.empty()) {
      each.insert(each.begin(), static_cast<const actors::auth_door&>(door));
      door.each = std::move(each);
    }
    for (const auto& place : product.settings.places) {
      product.settings.logon.hosts.push_back({place.name, place.peer});
    }
  }
  return std::nullopt;
}

embedded_auth_host::embedded_auth_host(hal::home& home, cloud::twin& twin, cloud::logon_ports ports,
                                       const cloud::web_limits& limits)
    : home_(home), twin_(twin), ports_(ports), limits_(limits) {}

cloud::web_service& embedded_auth_host::service() {
  if (!service_) {
    desk_ = std::make_unique<cloud::logon_desk>(home_, *twin_.logons(), ports_, unbounded);
    service_ = std::make_unique<cloud::web_service>(home_, *desk_, limits_);
  }
  return *service_;
}

void embedded_auth_host::stop() {
  if (service_) {
    service_->stop();
  }
}

void embedded_auth_host::close() {
  if (service_) {
    service_->reset_all();
  }
  service_.reset();
  desk_.reset();
}

bool embedded_auth_host::reopen() {
  bool listens = true;
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    listens =
        listens
        && (!doors_[i]
            || service().listen({.at = *doors_[i], .security = i == 0 ? nullptr : security_}));
  }
  if (!configs_.empty()) {
    twin_.serve_configs_at(configs_);
  }
  return listens;
}

result<std::unique_ptr<embedded_auth_host>, startup_error>
embedded_auth_host::open(hal::home& home, cloud::twin& twin, prepared& ready, profile p) {
  cloud::logon_ports ports;
  bool any = false;
  for (const auto& product : ready.products) {
    // Whoever asks where to go is sent to a listener of MQTT.
    if (product.profile() != p || p == profile::mqtt
        || product.protocol() != device_protocol::mqtt) {
      continue;
    }
    (product.tls() ? ports.tls : ports.plain) = product.settings.peer.port;
    any = any || asks_there(product) || product.plan.product.config;
  }
  if (!any) {
    return std::unique_ptr<embedded_auth_host>{};
  }
  cloud::web_limits limits;
  limits.connections_max = UINT32_MAX; // there for these devices: none is turned away
  std::unique_ptr<embedded_auth_host> made{new embedded_auth_host{home, twin, ports, limits}};
  if (auto error = made->listen(ready, p)) {
    return fail(*error);
  }
  if (auto error = made->serve_configs(twin, ready, p)) {
    return fail(*error);
  }
  return made;
}

std::optional<startup_error> embedded_auth_host::open_door(prepared& ready, bool tls) {
  auto& door = doors_[tls ? 1 : 0];
  if (door) {
    return std::nullopt;
  }
  security_ = ready.twin_security.get();
  const auto got = at_next_door(ready, [&](const hal::address& at) {
    return service().listen({.at = at, .security = tls ? security_ : nullptr});
  });
  if (!got) {
    return startup_error{exit_code::environment_failed,
                         "the embedded twin's log-on door cannot listen"};
  }
  door = got.value();
  return std::nullopt;
}

std::optional<startup_error> embedded_auth_host::listen(prepared& ready, profile p) {
  for (auto& product : ready.products) {
    if (product.profile() != p || !asks_there(product)) {
      continue;
    }
    const bool tls = takes_tls(product);
    if (auto error = open_door(ready, tls)) {
      return error;
    }
    auto& plan = door_plan(product);
    plan.auth_host = *doors_[tls ? 1 : 0];
    plan.host = plan.auth_host.text();
    plan.security = tls ? security_for(product.settings.behaviour, ready) : nullptr;
    plan.server_name = tls ? ready.server_name : std::string{};
  }
  return std::nullopt;
}

// Over TLS where all who take a configuration speak it; they fetch it from one place.
std::optional<startup_error> embedded_auth_host::serve_configs(cloud::twin& twin, prepared& ready,
                                                               profile p) {
  bool any = false;
  bool tls = true;
  for (const auto& product : ready.products) {
    if (product.profile() == p && product.plan.product.config) {
      any = true;
      tls = tls && product.tls();
    }
  }
  if (!any) {
    return std::nullopt;
  }
  if (auto error = open_door(ready, tls)) {
    return error;
  }
  for (auto& product : ready.products) {
    if (product.profile() == p && product.plan.product.config) {
      product.settings.fetch.http_too = product.settings.fetch.http_too || !tls;
    }
  }
  configs_ = fmt::format("{}://{}{}", tls ? "https" : "http", doors_[tls ? 1 : 0]->text(),
                         cloud::config_path);
  twin.serve_configs_at(configs_);
  return std::nullopt;
}

} // namespace fleet::program
