// Opening the twin's HTTP listeners.
#include "fleet/cloud/web_host.hpp"

#include <fmt/format.h>

#include "cloud_sim/web/guard.hpp"

namespace fleet::program {

namespace {

/// A post (aliyun-iot.md §18) and the NUL that some end it with; log-ons are far smaller.
constexpr std::uint64_t front_door_body_max = alink::max_http_body + 1;
/// A device that posts keeps its connection (§18) for as long as it counts as online.
constexpr std::uint32_t front_door_connections_max = 100'000;
constexpr duration front_door_idle = std::chrono::minutes{10};

std::string_view reason(hal::listen_error why) noexcept {
  switch (why) {
    case hal::listen_error::in_use: return "the address is in use";
    case hal::listen_error::not_permitted: return "not permitted";
    case hal::listen_error::bad_address: return "this machine has no such address";
    case hal::listen_error::exhausted: return "out of descriptors or memory";
  }
  FLEET_CHECK(false);
}

startup_error cannot_listen(const hal::address& at, hal::listen_error why) {
  return {exit_code::environment_failed,
          fmt::format("cannot listen on {}: {}", at.text(), reason(why))};
}

struct opened {
  hal::address at;
  bool secure = false;
};

/// Where devices fetch files below a path, over TLS where there is such a listener.
std::string place_of(std::string_view path, const cloud_options& options,
                     const std::vector<opened>& first) {
  const auto& at = first.back().at;
  std::string host = options.advertise;
  if (host.empty() && at.ip == hal::address{}.ip) {
    host = "localhost"; // it listens on all addresses, and none of them is a place
  }
  const std::string place = host.empty() ? at.text() : fmt::format("{}:{}", host, at.port);
  return fmt::format("{}://{}{}", first.back().secure ? "https" : "http", place, path);
}

/// The token of a file, its line end taken off.
result<std::string, startup_error> token_of(const std::string& file) {
  auto text = read_file(file);
  if (!text) {
    return fail(text.error());
  }
  std::string token = std::move(text).value();
  while (!token.empty() && (token.back() == '\n' || token.back() == '\r')) {
    token.pop_back();
  }
  if (!cloud::valid_admin_token(token)) {
    return fail(
        startup_error{exit_code::wrong_usage,
                      fmt::format("{}: a token has {} to {} visible characters, on one line", file,
                                  cloud::min_admin_token, cloud::max_admin_token)});
  }
  return token;
}

} // namespace

void web_host::make_admin_api(hal::home& home, const served_twin& what,
                              const cloud_options& options) {
  cloud::admin_facts facts{std::string{version}, std::string{to_string(options.profile)}};
  if (what.wide != nullptr) {
    facts.counters = &what.wide->counters_at_request();
    facts.ledger = what.wide->ledger();
    facts.faults = what.wide->faults();
    api_ = std::make_unique<cloud::admin_api>(home, what.wide->console(), std::move(facts));
    what.wide->ask_through(*api_);
    admin_ = std::make_unique<cloud::web_service>(home, *what.wide);
    return;
  }
  facts.counters = &what.twin.counters();
  facts.ledger = what.twin.ledger();
  facts.firmware = what.twin.firmware();
  facts.faults = what.twin.faults();
  api_ = std::make_unique<cloud::admin_api>(home, what.twin.console(), std::move(facts));
  admin_ = std::make_unique<cloud::web_service>(home, *api_);
}

std::optional<startup_error> web_host::open_admin(hal::home& home, const served_twin& what,
                                                  const cloud_options& options) {
  if (options.admin.asked_for && !options.admin.at) {
    return std::nullopt;
  }
  cloud::guard_rules rules;
  if (!options.admin_token_file.empty()) {
    auto token = token_of(options.admin_token_file);
    if (!token) {
      return token.error();
    }
    rules.token = std::move(token).value();
  }
  make_admin_api(home, what, options);
  auto at = options.admin.at.value_or(hal::parse_address(default_admin_address).value());
  auto got = admin_->listen({.at = at});
  // Two twins on one machine both want the port that clients try first.
  if (!got && got.error() == hal::listen_error::in_use && !options.admin.asked_for) {
    at.port = 0;
    got = admin_->listen({.at = at});
  }
  if (!got) {
    return cannot_listen(at, got.error());
  }
  rules.own = got.value();
  lines_.push_back("admin " + rules.own.text());
  if (rules.token.empty() && !rules.own.loopback()) {
    rules.token = cloud::make_admin_token();
    lines_.push_back("admin-token " + rules.token);
  }
  api_->guard_with(std::move(rules));
  return std::nullopt;
}

struct web_host::desks {
  desks(hal::home& home, cloud::twin& twin, cloud::logon_ports ports)
      : logons(home, *twin.logons(), ports), firmware(home, *twin.firmware_files()),
        posts(home, *twin.posts()), front(logons, firmware, &posts) {}

  cloud::logon_desk logons;
  cloud::firmware_desk firmware;
  cloud::post_desk posts;
  cloud::front_desk front;
};

web_host::~web_host() = default;

void web_host::add_desks(hal::home& home, cloud::twin& twin, cloud::logon_ports ports) {
  desks_.push_back(std::make_unique<desks>(home, twin, ports));
}

std::optional<startup_error> web_host::open_front_door(hal::home& home, const served_twin& what,
                                                       const cloud_options& options) {
  if (what.twin.logons() == nullptr || (options.http.empty() && options.https.empty())) {
    return std::nullopt;
  }
  const std::size_t plain = options.mqtt.size();
  cloud::logon_ports ports;
  ports.plain = plain == 0 ? std::uint16_t{0} : what.mqtt.front().port;
  ports.tls = what.mqtt.size() == plain ? std::uint16_t{0} : what.mqtt[plain].port;
  front_home_ = &home;
  if (what.wide == nullptr) {
    add_desks(home, what.twin, ports);
  } else {
    front_home_ = &what.wide->home(0);
    std::vector<cloud::web_handler*> each;
    for (std::size_t i = 0; i < what.wide->size(); ++i) {
      add_desks(what.wide->home(i), what.wide->at(i), ports);
      each.push_back(&desks_.back()->front);
    }
    ferry_ = what.wide->carry_to(std::move(each));
  }
  return listen_for_devices(what, options);
}

std::optional<startup_error> web_host::listen_for_devices(const served_twin& what,
                                                          const cloud_options& options) {
  cloud::web_limits limits;
  limits.http.read.body_max = front_door_body_max;
  limits.http.idle_deadline = front_door_idle;
  limits.connections_max = front_door_connections_max;
  cloud::web_handler& own = desks_.front()->front;
  front_door_ = std::make_unique<cloud::web_service>(
      *front_home_, ferry_ ? static_cast<cloud::web_handler&>(*ferry_) : own, limits);
  std::vector<opened> first; // of each kind, plain before TLS
  const auto open = [&](const std::vector<hal::address>& all, stream_filter_factory* security,
                        std::string_view name) -> std::optional<startup_error> {
    for (const auto& at : all) {
      const auto got = front_door_->listen({.at = at, .security = security});
      if (!got) {
        return cannot_listen(at, got.error());
      }
      lines_.push_back(fmt::format("{} {}", name, got.value().text()));
      if (first.empty() || first.back().secure != (security != nullptr)) {
        first.push_back({got.value(), security != nullptr});
      }
    }
    return std::nullopt;
  };
  if (auto error = open(options.http, nullptr, "http")) {
    return error;
  }
  if (auto error = open(options.https, what.security, "https")) {
    return error;
  }
  const auto configs = place_of(cloud::config_path, options, first);
  if (what.wide == nullptr) {
    what.twin.serve_configs_at(configs);
    what.twin.serve_firmware_at(place_of(cloud::firmware_path, options, first));
    return std::nullopt;
  }
  for (std::size_t i = 0; i < what.wide->size(); ++i) {
    what.wide->at(i).serve_configs_at(configs);
  }
  return std::nullopt;
}

result<std::unique_ptr<web_host>, startup_error>
web_host::start(hal::home& home, const served_twin& what, const cloud_options& options) {
  std::unique_ptr<web_host> made{new web_host};
  if (auto error = made->open_front_door(home, what, options)) {
    return fail(*error);
  }
  if (auto error = made->open_admin(home, what, options)) {
    return fail(*error);
  }
  return made;
}

void web_host::reset_all() {
  if (front_door_) {
    front_door_->reset_all();
  }
  reset_admin();
}

void web_host::reset_admin() {
  if (admin_) {
    admin_->reset_all();
  }
}

void web_host::reset_front_soon() {
  if (front_door_) {
    front_home_->post([this] { front_door_->reset_all(); });
  }
}

void web_host::stop() {
  stop_front();
  stop_admin();
}

void web_host::stop_front() {
  if (front_door_) {
    front_door_->stop();
  }
}

void web_host::stop_admin() {
  if (admin_) {
    admin_->stop();
  }
}

} // namespace fleet::program
