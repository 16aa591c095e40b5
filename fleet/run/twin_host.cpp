// Starting and reading the embedded twin.
#include "fleet/run/twin_host.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cloud_sim/web/guard.hpp"
#include "fleet/run/firmware.hpp"
#include "fleet/run/probe.hpp"
#include "protocol/base/hmac.hpp"

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

std::vector<cloud::product_options> twin_products(const prepared& ready, profile p) {
  std::vector<cloud::product_options> out;
  for (const auto& product : ready.products) {
    // The open broker knows no products.
    if (product.profile() == p && p != profile::mqtt) {
      auto& given = out.emplace_back();
      given.product_key = product.plan.product.product_key;
      given.name = product.name();
      given.model = product.model;
      given.secret = product.product_secret;
    }
  }
  return out;
}

twin_host::twin_host(hal::home& home, cloud::twin_options options)
    : home_(home), twin_(std::move(options)) {}

twin_host::~twin_host() {
  if (posts_) {
    posts_->close();
  }
}

namespace {

/// Where devices of either kind of connection find the twin; the one that nobody needs is not
/// there.
struct front_doors {
  std::optional<std::size_t> plain;
  std::optional<std::size_t> tls;
};

front_doors open_doors(const prepared& ready, profile p, cloud::twin_options& o) {
  front_doors doors;
  for (const auto& product : ready.products) {
    auto& door = product.tls() ? doors.tls : doors.plain;
    if (product.profile() != p || product.protocol() != device_protocol::mqtt || door) {
      continue;
    }
    hal::listen_options listen;
    listen.at = hal::parse_address("127.0.0.1:0").value();
    listen.security = product.tls() ? ready.twin_security.get() : nullptr;
    door = o.listeners.size();
    o.listeners.push_back(listen);
  }
  return doors;
}

cloud::command_options commands_of(const run_options& options, const prepared& ready, profile p) {
  cloud::command_options commands;
  commands.interval = options.downlink_interval;
  commands.qos = std::min(options.qos,
                          p == profile::mqtt ? mqtt::qos::exactly_once : mqtt::qos::at_least_once);
  commands.seed = ready.seed;
  // Of several products only some are here: whoever reports is.
  commands.devices = ready.plan ? 0 : options.devices;
  return commands;
}

} // namespace

result<std::unique_ptr<twin_host>, startup_error>
twin_host::start(run_world& world, const run_options& options, prepared& ready, profile p) {
  cloud::twin_options o;
  o.profile = twin_profile(p);
  o.credentials = ready.credentials.get();
  o.limits.mqtt.packet_max =
      std::max({o.limits.mqtt.packet_max, options.payload_bytes + 4096, ready.packet_bytes + 4096});
  if (!options.mqtt_text.down_topic.empty() && options.mqtt_text.listens()) {
    o.open.command_topic = options.mqtt_text.down_topic;
  }
  o.products = twin_products(ready, p);
  // A virtual run repeats itself to the octet, tokens included.
  o.logon_key = options.virtual_world ? sha256_hex(fmt::format("log-on {}", ready.seed))
                                      : cloud::make_admin_token();
  o.platform.id2_model =
      std::any_of(ready.products.begin(), ready.products.end(), [p](const prepared_product& each) {
        return each.profile() == p && each.settings.logon.id2_mode != 0;
      });
  if (ready.plan) {
    o.platform.firmware = firmware_options_of(ready.plan->firmware_server);
  }
  const auto doors = open_doors(ready, p, o);
  auto posts = embedded_post_front::name(options, ready, p, o);
  if (!posts) {
    return fail(posts.error());
  }
  std::unique_ptr<twin_host> host{new twin_host{world.twin_home(), std::move(o)}};
  host->posts_ = std::move(posts).value();
  auto at = host->twin_.start(host->home_);
  if (!at) {
    return fail(startup_error{exit_code::environment_failed,
                              "the embedded twin cannot start: " + at.error().message});
  }
  for (auto& product : ready.products) {
    if (product.profile() == p && product.protocol() == device_protocol::mqtt) {
      product.settings.peer = at.value()[*(product.tls() ? doors.tls : doors.plain)];
      product.settings.cloud_is_new = true;
    }
  }
  if (host->posts_) {
    if (auto error = host->posts_->open(host->home_, host->twin_, ready, p)) {
      return fail(std::move(*error));
    }
  }
  auto door = embedded_auth_host::open(host->home_, host->twin_, ready, p);
  if (!door) {
    return fail(door.error());
  }
  host->door_ = std::move(door).value();
  auto firmware = embedded_firmware_door::open(host->home_, host->twin_, ready, p);
  if (!firmware) {
    return fail(firmware.error());
  }
  host->firmware_ = std::move(firmware).value();
  if (options.downlink_interval > duration::zero()) {
    host->twin_.start_commands(commands_of(options, ready, p));
  }
  return host;
}

void twin_host::quiet() {
  home_.post([this] { twin_.stop_commands(); });
}

std::uint64_t twin_host::commands() const {
  return cloud::value(twin_.counters().downlinks);
}

void twin_host::stop() {
  if (door_) {
    door_->stop();
  }
  if (firmware_) {
    firmware_->stop();
  }
  if (posts_) {
    posts_->stop();
  }
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

const ledger::receiver_account* twin_host::refused_of(std::uint32_t index) const {
  const auto* account = twin_.account_of(index);
  return account == nullptr ? nullptr : account->refused.get();
}

std::uint64_t twin_host::corrupted() const {
  return cloud::value(twin_.counters().tags_corrupted);
}

std::uint64_t twin_host::unkept() const {
  return cloud::value(twin_.counters().tags_unkept);
}

std::uint64_t twin_host::over_bound() const {
  return cloud::value(twin_.counters().publishes_over_bound);
}

far_load twin_host::load() const {
  const auto& c = twin_.counters();
  const auto delivered = cloud::value(c.delivered[1]) + cloud::value(c.delivered[2]);
  const auto acknowledged = cloud::value(c.acknowledged);
  return {delivered > acknowledged ? delivered - acknowledged : 0, cloud::value(c.sessions)};
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
  put(family::twin_messages_dropped, c.queue_drops, {{"reason", "queue"}});
  put(family::twin_messages_dropped, c.offline_drops, {{"reason", "away"}});
  put(family::twin_messages_dropped, c.slow_drops, {{"reason", "slow"}});
  put(family::twin_over_bound, c.publishes_over_bound, {{"what", "publish"}});
  put(family::twin_over_bound, c.downlinks_over_bound, {{"what", "downlink"}});
  put(family::twin_over_bound, c.connects_over_rate, {{"what", "connect"}});
  put(family::twin_configs, c.configs_taken, {{"result", "taken"}});
  put(family::twin_configs, c.configs_failed, {{"result", "failed"}});
  put(family::twin_firmware_offers, c.firmware_offers, {{"result", "sent"}});
  put(family::twin_firmware_offers, c.firmware_offers_unsent, {{"result", "unsent"}});
  put(family::twin_firmware_downloads, c.firmware_downloads, {{"result", "served"}});
  put(family::twin_firmware_downloads, c.firmware_refused, {{"result", "refused"}});
  put(family::twin_firmware_octets, c.firmware_octets);
  put(family::twin_commits, c.commits, {{"result", "ok"}});
  put(family::twin_commits, c.commits_failed, {{"result", "failed"}});
  for (std::size_t i = 0; i < cloud::post_protocol_count; ++i) {
    const auto& by = c.posting[i];
    const std::pair<std::string, std::string> of{
        "protocol", std::string{cloud::to_string(static_cast<cloud::post_protocol>(i))}};
    put(family::twin_posting_devices, by.online, {of});
    put(family::twin_post_logons, by.tokens, {of, {"result", "given"}});
    put(family::twin_post_logons, by.logons_refused, {of, {"result", "refused"}});
    put(family::twin_posts, by.posts, {of, {"result", "taken"}});
    put(family::twin_posts, by.tokens_refused, {of, {"result", "token"}});
    put(family::twin_posts, by.refused, {of, {"result", "refused"}});
  }
}

std::unique_ptr<probe> make_probe(run_world& world, const run_options& options,
                                  const prepared& ready, const prepared_product& product) {
  probe_options o;
  o.first = product.plan.devices.first;
  o.devices = product.plan.devices.count;
  o.command_interval = options.downlink_interval;
  // Fresh each time: a session that an earlier probe left must not be resumed.
  o.client_id = fmt::format("fleet-probe-{}-{}", ready.seed, fresh_seed());
  // The broker lets the probe in as it lets the first device in.
  actors::login_text login;
  product.speech->login(o.first, login);
  o.username = std::move(login.username);
  o.password = std::move(login.password);
  return std::make_unique<probe>(*world.device_homes().front(), product.settings, std::move(o));
}

} // namespace fleet::program
