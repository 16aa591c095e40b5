// Starting and reading the embedded twin.
#include "fleet/run/twin_host.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "fleet/run/probe.hpp"

namespace fleet::program {

using metrics::family;

cloud::profile twin_profile(profile p) noexcept {
  switch (p) {
    case profile::linkdevelop: return cloud::profile::linkdevelop;
    case profile::linkplatform: return cloud::profile::linkplatform;
    case profile::mqtt: return cloud::profile::mqtt;
  }
  FLEET_CHECK(false);
}

twin_host::twin_host(hal::home& home, cloud::twin_options options)
    : home_(home), twin_(std::move(options)) {}

twin_host::~twin_host() = default;

result<std::unique_ptr<twin_host>, startup_error>
twin_host::start(run_world& world, const run_options& options, prepared& ready) {
  cloud::twin_options o;
  o.profile = twin_profile(options.profile);
  o.credentials = ready.credentials.get();
  o.limits.mqtt.packet_max = std::max(o.limits.mqtt.packet_max, options.payload_bytes + 4096);
  if (!options.mqtt_text.down_topic.empty()) {
    o.open.command_topic = options.mqtt_text.down_topic;
  }
  hal::listen_options listen;
  listen.at = hal::parse_address("127.0.0.1:0").value();
  listen.security = ready.twin_security.get();
  o.listeners.push_back(listen);
  std::unique_ptr<twin_host> host{new twin_host{world.twin_home(), std::move(o)}};
  auto at = host->twin_.start(host->home_);
  if (!at) {
    return fail(startup_error{exit_code::environment_failed,
                              "the embedded twin cannot start: " + at.error().message});
  }
  ready.product.peer = at.value().front();
  if (options.downlink_interval > duration::zero()) {
    cloud::command_options commands;
    commands.interval = options.downlink_interval;
    commands.qos =
        std::min(options.qos, options.profile == profile::mqtt ? mqtt::qos::exactly_once
                                                               : mqtt::qos::at_least_once);
    commands.seed = ready.seed;
    commands.devices = options.devices;
    host->twin_.start_commands(commands);
  }
  return host;
}

void twin_host::quiet() {
  home_.post([this] { twin_.stop_commands(); });
}

bool twin_host::settled(const report::totals& devices) const {
  const auto& c = twin_.counters();
  const auto attempted = cloud::value(c.downlinks);
  return devices.commands >= attempted || devices.online() == 0;
}

void twin_host::stop() {
  twin_.stop();
}

const ledger::receiver_account* twin_host::uplink_of(std::uint32_t index) const {
  const auto* account = twin_.account_of(index);
  return account == nullptr ? nullptr : &account->uplink;
}

const ledger::sender_account* twin_host::downlink_of(std::uint32_t index) const {
  const auto* account = twin_.account_of(index);
  return account == nullptr ? nullptr : &account->downlink;
}

std::uint64_t twin_host::corrupted() const {
  return cloud::value(twin_.counters().tags_corrupted);
}

void twin_host::sample(std::vector<metrics::sample>& out) const {
  sample_twin(twin_.counters(), out);
}

void sample_twin(const cloud::twin_counters& c, std::vector<metrics::sample>& out) {
  const auto put = [&out](family f, const cloud::counter& from, metrics::labels with = {}) {
    out.push_back({f, std::move(with), static_cast<double>(cloud::value(from)), nullptr});
  };
  put(family::twin_connections, c.connections_open);
  for (std::size_t i = 0; i < c.connects.size(); ++i) {
    put(family::twin_connects, c.connects[i], {{"code", std::to_string(i)}});
  }
  for (std::size_t q = 0; q < c.received.size(); ++q) {
    put(family::twin_messages_received, c.received[q], {{"qos", std::to_string(q)}});
    put(family::twin_messages_sent, c.delivered[q], {{"qos", std::to_string(q)}});
  }
}

std::unique_ptr<probe> make_probe(run_world& world, const run_options& options,
                                  const prepared& ready) {
  probe_options o;
  o.devices = options.devices;
  o.command_interval = options.downlink_interval;
  // Fresh each time: a session that an earlier probe left must not be resumed.
  o.client_id = fmt::format("fleet-probe-{}-{}", ready.seed, fresh_seed());
  // The broker lets the probe in as it lets the first device in.
  actors::login_text login;
  ready.speech->login(0, login);
  o.username = std::move(login.username);
  o.password = std::move(login.password);
  return std::make_unique<probe>(*world.device_homes().front(), ready.product, std::move(o));
}

} // namespace fleet::program
