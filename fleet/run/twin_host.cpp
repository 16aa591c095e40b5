// Starting and reading the embedded twin.
#include "fleet/run/twin_host.hpp"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "cloud_sim/web/guard.hpp"
#include "fleet/run/door_ports.hpp"
#include "fleet/run/firmware.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::program {

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

namespace {

cloud::twin_options watched(cloud::twin_options options, cloud::fault_desk& faults,
                            cloud::command_watcher& commands) {
  options.faults = &faults;
  options.command_told = &commands;
  return options;
}

} // namespace

twin_host::twin_host(hal::home& home, cloud::twin_options options, cloud::fault_draw draw)
    : home_(home), faults_(home, std::move(draw)), keeps_(options.store != nullptr),
      twin_(watched(std::move(options), faults_, downlinks_)) {
  faults_.serve(static_cast<cloud::cloud_life*>(this));
}

twin_host::~twin_host() {
  faults_.serve(static_cast<cloud::cloud_life*>(nullptr));
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
    listen.security = product.tls() ? ready.twin_security.get() : nullptr;
    door = o.listeners.size();
    o.listeners.push_back(listen);
  }
  return doors;
}

/// Tells the products where their twin listens.
void point_products(prepared& ready, profile p, const front_doors& doors,
                    const std::vector<hal::address>& at) {
  for (auto& product : ready.products) {
    if (product.profile() == p && product.protocol() == device_protocol::mqtt) {
      product.settings.peer = at[*(product.tls() ? doors.tls : doors.plain)];
      product.settings.cloud_is_new = true;
    }
  }
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
  // It is there for these devices: none is turned away for want of room. Twice as many sessions,
  // since a device may come back under another name of its session.
  const std::uint32_t devices = ready.devices();
  o.limits.connections_max = std::max(o.limits.connections_max, devices + devices / 4);
  o.limits.sessions_max = std::max(o.limits.sessions_max, 2 * devices);
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
  if (ready.twin_keeps) {
    auto made = cloud::store::lasting_in_memory();
    if (!made) {
      return fail(startup_error{exit_code::environment_failed, made.error().message});
    }
    o.store = std::make_shared<cloud::store>(std::move(made).value());
    if (!options.virtual_world && ready.next_door == 0) {
      ready.next_door =
          static_cast<std::uint16_t>(doors_first + fresh_seed() % (doors_end - doors_first));
    }
  }
  const auto doors = open_doors(ready, p, o);
  auto posts = embedded_post_front::name(options, ready, p, o);
  if (!posts) {
    return fail(posts.error());
  }
  auto made = start_twin(world, ready, o, std::move(posts).value());
  if (!made) {
    return fail(made.error());
  }
  auto host = std::move(made).value();
  point_products(ready, p, doors, host->at_);
  if (auto error = host->open_doors_beside(ready, p)) {
    return fail(std::move(*error));
  }
  host->commands_ = commands_of(options, ready, p);
  host->commands_.interval = options.downlink_interval;
  host->start_commands();
  return host;
}

// What somebody else has may be one port of several: all are chosen anew.
result<std::unique_ptr<twin_host>, startup_error>
twin_host::start_twin(run_world& world, prepared& ready, const cloud::twin_options& o,
                      std::unique_ptr<embedded_post_front> posts) {
  cloud::fault_draw draw;
  draw.seed = ready.seed;
  draw.devices = ready.devices();
  if (ready.region_map.size() != 0) {
    draw.regions = std::make_shared<const faults::region_map>(ready.region_map);
  }
  for (int tried = 1;; ++tried) {
    auto chosen = o;
    for (auto& door : chosen.listeners) {
      door.at = next_door(ready);
    }
    for (auto& door : chosen.coap_listeners) {
      door.at = next_door(ready);
    }
    std::unique_ptr<twin_host> host{new twin_host{world.twin_home(), std::move(chosen), draw}};
    auto at = host->twin_.start(host->home_);
    if (at) {
      host->at_ = std::move(at).value();
      host->posts_ = std::move(posts);
      return host;
    }
    if (at.error().why != hal::listen_error::in_use || tried == doors_tried) {
      return fail(startup_error{exit_code::environment_failed,
                                "the embedded twin cannot start: " + at.error().message});
    }
  }
}

std::optional<startup_error> twin_host::open_doors_beside(prepared& ready, profile p) {
  if (posts_) {
    if (auto error = posts_->open(home_, twin_, ready, p)) {
      return error;
    }
  }
  auto door = embedded_auth_host::open(home_, twin_, ready, p);
  if (!door) {
    return door.error();
  }
  door_ = std::move(door).value();
  auto firmware = embedded_firmware_door::open(home_, twin_, ready, p);
  if (!firmware) {
    return firmware.error();
  }
  firmware_ = std::move(firmware).value();
  return std::nullopt;
}

void twin_host::start_commands() {
  if (commands_.interval > duration::zero()) {
    twin_.start_commands(commands_);
  }
}

void twin_host::kill() {
  if (!twin_.running()) {
    return;
  }
  if (door_) {
    door_->close();
  }
  if (firmware_) {
    firmware_->close();
  }
  if (posts_) {
    posts_->close();
  }
  twin_.kill();
}

void twin_host::note_trouble(std::string why) {
  if (!troubled_.load(std::memory_order_relaxed)) {
    trouble_ = std::move(why);
    troubled_.store(true, std::memory_order_release);
  }
}

void twin_host::bring_back() {
  if (twin_.running()) {
    return;
  }
  const auto started = twin_.start(home_);
  if (!started) {
    note_trouble("the twin could not be started again: " + started.error().message);
    return;
  }
  const bool open = (!posts_ || posts_->reopen()) && (!door_ || door_->reopen())
                    && (!firmware_ || firmware_->reopen());
  if (!open) {
    note_trouble("a door of the twin could not be opened again");
  }
  start_commands();
}

void twin_host::quiet() {
  home_.post([this] {
    commands_.interval = duration::zero(); // of a later life too
    twin_.stop_commands();
  });
}

std::uint64_t twin_host::commands() const {
  return cloud::value(twin_.counters().downlinks);
}

void twin_host::stop() {
  faults_.freeze();
  bring_back(); // its books are in the store, if a fault that has no end took it away
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

std::optional<far_ledger> twin_host::ledger_now() const {
  return far_ledger{commands(), cloud::value(twin_.counters().tags_intact), corrupted()};
}

void twin_host::sample(std::vector<metrics::sample>& out) const {
  sample_twin(twin_.counters(), out);
  sample_faults(faults_.counts(), out);
}

} // namespace fleet::program
