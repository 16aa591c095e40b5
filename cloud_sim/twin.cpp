// Puts the twin together and takes it apart in the right order.
#include "cloud_sim/twin.hpp"

#include <array>
#include <utility>

#include "cloud_sim/account_desk.hpp"
#include "cloud_sim/broker.hpp"
#include "cloud_sim/persistence.hpp"
#include "cloud_sim/platform_firmware_console.hpp"
#include "cloud_sim/platform_logons.hpp"
#include "cloud_sim/platform_operations.hpp"
#include "cloud_sim/registry.hpp"
#include "protocol/base/check.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::cloud {

namespace {

constexpr std::array<std::pair<std::string_view, profile>, 3> profile_words{{
    {"linkdevelop", profile::linkdevelop},
    {"linkplatform", profile::linkplatform},
    {"mqtt", profile::mqtt},
}};

std::string_view reason(hal::listen_error why) noexcept {
  switch (why) {
    case hal::listen_error::in_use: return "the address is in use";
    case hal::listen_error::not_permitted: return "not permitted";
    case hal::listen_error::bad_address: return "this machine has no such address";
    case hal::listen_error::exhausted: return "out of descriptors or memory";
  }
  FLEET_CHECK(false);
}

start_failure cannot_listen(const hal::address& at, hal::listen_error why) {
  std::string message = "cannot listen on " + at.text() + ": ";
  message += reason(why);
  return {at, why, std::move(message)};
}

} // namespace

std::optional<profile> parse_profile(std::string_view word) noexcept {
  for (const auto& [text, p] : profile_words) {
    if (text == word) {
      return p;
    }
  }
  return std::nullopt;
}

std::string_view to_string(profile p) noexcept {
  for (const auto& [text, known] : profile_words) {
    if (known == p) {
      return text;
    }
  }
  FLEET_CHECK(false);
}

namespace {

/// What the vendor's platform has otherwise than a plain broker (§5.3, §8.1): MQTT 3.1 too with its
/// client ids, which are always longer, and no QoS 2 from clients.
twin_limits limits_of(const twin_options& options) noexcept {
  twin_limits out = options.limits;
  if (options.profile != profile::mqtt) {
    out.mqtt.client_id_max_3_1 = UINT16_MAX;
    out.mqtt.publish_max = mqtt::qos::at_least_once;
  }
  return out;
}

} // namespace

/// Hands on the devices that log on to whatever sends commands, and the store's troubles to whoever
/// answers devices.
struct twin::parts final : device_listener, store_listener {
  parts(const twin_options& options, hal::home& where, twin_counters& counters)
      : core(where, limits_of(options), counters) {
    if (options.store != nullptr && options.store->durable()) {
      kept = std::make_unique<persistence>(core, *options.store);
    }
    if (options.profile == profile::mqtt) {
      open = std::make_unique<mqtt_character>(core, options.open, options.credentials);
      core.speak_as(*open);
      ledger = std::make_unique<account_desk>(core.ledger(), nullptr, counters);
      return;
    }
    FLEET_CHECK(options.credentials != nullptr);
    devices = std::make_unique<registry>(*options.credentials, options.limits.devices_max);
    FLEET_CHECK(kept == nullptr || options.keeper == nullptr);
    state = std::make_unique<platform_state>(*devices, options.platform.gateways,
                                             kept != nullptr ? &kept->state() : options.keeper);
    for (const auto& p : options.products) {
      state->products.open(p.product_key).given = p;
    }
    if (options.restore) {
      options.restore(*state);
    }
    auto chosen = options.platform;
    if (chosen.firmware.key.empty()) {
      chosen.firmware.key = options.logon_key;
    }
    platform = std::make_unique<platform_character>(core, *devices, *state, chosen);
    console = std::make_unique<platform_operations>(*platform);
    firmware = std::make_unique<platform_firmware_console>(*platform);
    logons = std::make_unique<platform_logons>(where, *devices, state->products, options.logon_key);
    state->configs.sign_with(options.logon_key);
    logons->give_configs(state->configs);
    if (options.platform.id2_model) {
      logons->emulate_id2();
    }
    platform->take_tokens(logons.get());
    platform->posts().sign_with(options.logon_key);
    core.speak_as(*platform);
    ledger = std::make_unique<account_desk>(core.ledger(), devices.get(), counters);
  }

  ~parts() {
    if (kept != nullptr) {
      kept->abandon();
    }
    core.stop();
  }

  void on_device(std::uint32_t device) override { rounds->add(device); }

  void on_withheld(const store_failure& why, bool first) override {
    for (const auto& desk : coap_desks) {
      desk->reset_all();
    }
    if (store_told != nullptr) {
      store_told->on_withheld(why, first);
    }
  }
  void on_recovered() override {
    if (store_told != nullptr) {
      store_told->on_recovered();
    }
  }

  [[nodiscard]] character& speaks() {
    return open != nullptr ? static_cast<character&>(*open) : static_cast<character&>(*platform);
  }

  // Messages die before the store inside the core: whatever holds some stands below it.
  broker core;
  std::unique_ptr<persistence> kept;
  std::unique_ptr<registry> devices;
  std::unique_ptr<mqtt_character> open;
  std::unique_ptr<platform_state> state;
  std::unique_ptr<platform_character> platform;
  std::unique_ptr<platform_operations> console;
  std::unique_ptr<platform_firmware_console> firmware;
  std::unique_ptr<platform_logons> logons;
  std::unique_ptr<account_desk> ledger;
  std::unique_ptr<command_rounds> rounds;
  std::vector<std::unique_ptr<hal::listener>> listeners;
  std::vector<std::unique_ptr<coap_desk>> coap_desks;
  store_listener* store_told = nullptr;
};

twin::twin(twin_options options) : options_(std::move(options)) {}

twin::~twin() = default;

result<std::vector<hal::address>, start_failure> twin::start(hal::home& where) {
  FLEET_CHECK(parts_ == nullptr);
  auto made = std::make_unique<parts>(options_, where, counters_);
  if (made->kept != nullptr) {
    if (const auto bad = load(*made)) {
      return fail(start_failure{.message = bad->message});
    }
  }
  std::vector<hal::address> chosen;
  for (const auto& wanted : options_.listeners) {
    hal::accept_events& plain_door = made->core;
    auto got =
        where.listen(wanted, wanted.security == nullptr ? plain_door : made->core.secure_door());
    if (!got.ok()) {
      return fail(cannot_listen(wanted.at, got.error()));
    }
    made->listeners.push_back(std::move(got).value());
    chosen.push_back(made->listeners.back()->at());
  }
  for (const auto& wanted : options_.coap_listeners) {
    FLEET_CHECK(made->platform != nullptr);
    auto got = coap_desk::open(where, made->platform->posts(), wanted);
    if (!got.ok()) {
      return fail(cannot_listen(wanted.at, got.error()));
    }
    made->coap_desks.push_back(std::move(got).value());
  }
  parts_ = std::move(made);
  return chosen;
}

std::optional<store_failure> twin::load(parts& into) const {
  auto& kept = *into.kept;
  std::optional<store_failure> bad;
  std::uint32_t end = options_.limits.devices_max;
  if (into.state != nullptr) {
    bad = kept.load_state(*into.state);
    bad = bad ? bad : kept.load_firmware(into.platform->firmware());
    // What the command line says of secrets is newer than what was kept.
    for (const auto& p : options_.products) {
      if (!p.secret.empty()) {
        into.state->products.open(p.product_key).given.secret = p.secret;
      }
    }
    // Devices that were added are numbered anew, and the ledger goes by numbers.
    end = into.devices->listed();
    // A hundred calls a second leave these ids behind what a former life used.
    into.platform->calls().count_from(static_cast<std::uint64_t>(into.core.home().wall_ms() / 10));
  }
  if (!bad) {
    bad = kept.load_sessions(into.speaks());
  }
  if (!bad && into.open != nullptr) {
    bad = kept.load_retained(*into.open);
  }
  if (!bad) {
    bad = kept.load_ledger(end);
  }
  into.store_told = options_.store_told;
  bad = bad ? bad : kept.begin(&into);
  if (!bad && into.state != nullptr) {
    into.state->tell_overruled();
    into.platform->firmware().keep_in(&kept.firmware());
  }
  return bad;
}

void twin::stop() {
  if (parts_ != nullptr) {
    stop_commands();
    parts_->listeners.clear();
    if (parts_->platform != nullptr) {
      parts_->platform->calls().stop();
      parts_->platform->posts().stop();
    }
    if (parts_->kept != nullptr) {
      parts_->kept->settle(); // what may leave in this turn is kept, or does not leave
    }
    parts_->core.stop();
    if (parts_->kept != nullptr) {
      parts_->kept->finish();
    }
    parts_->coap_desks.clear(); // what they said has gone out by now, or does not
  }
}

void twin::start_commands(const command_options& options) {
  FLEET_CHECK(parts_ != nullptr);
  stop_commands();
  auto& p = *parts_;
  auto wanted = options;
  if (p.platform != nullptr) {
    wanted.devices = 0;
  }
  p.rounds = std::make_unique<command_rounds>(p.core.home(), p.speaks(), counters_, wanted,
                                              options_.limits.devices_max);
  p.speaks().watch(&p);
}

void twin::stop_commands() noexcept {
  if (parts_ == nullptr) {
    return;
  }
  parts_->speaks().watch(nullptr);
  parts_->rounds.reset();
}

overruled_secrets twin::overruled() const {
  overruled_secrets out;
  if (parts_ != nullptr && parts_->state != nullptr && !parts_->state->overruled().empty()) {
    const auto& all = parts_->state->overruled();
    const auto who = parts_->devices->identity_of(all.front());
    out.count = all.size();
    out.example = who.product_key + "/" + who.device_name;
  }
  return out;
}

command_outcome twin::command(std::uint32_t device, mqtt::qos q) {
  FLEET_CHECK(parts_ != nullptr);
  const broker::turn guard{parts_->core};
  const auto outcome = parts_->speaks().command(device, q);
  add(outcome == command_outcome::sent ? counters_.downlinks : counters_.downlinks_skipped);
  return outcome;
}

void twin::set_disabled(std::uint32_t device, bool disabled) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->platform != nullptr) {
    const broker::turn guard{parts_->core};
    parts_->platform->set_disabled(device, disabled);
  }
}

void twin::publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->open == nullptr) {
    return;
  }
  if (!mqtt::valid_topic(topic)) {
    add(parts_->core.counters().publishes_refused);
    return;
  }
  const broker::turn guard{parts_->core};
  parts_->open->publish(topic, payload, q, retain);
}

operations* twin::console() noexcept {
  return parts_ == nullptr ? nullptr : parts_->console.get();
}

firmware_operations* twin::firmware() noexcept {
  return parts_ == nullptr ? nullptr : parts_->firmware.get();
}

firmware_source* twin::firmware_files() noexcept {
  return parts_ == nullptr || parts_->platform == nullptr ? nullptr : &parts_->platform->firmware();
}

void twin::serve_firmware_at(std::string base) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->platform != nullptr) {
    parts_->platform->serve_firmware_at(std::move(base));
  }
}

void twin::serve_configs_at(std::string base) {
  FLEET_CHECK(parts_ != nullptr);
  if (parts_->state != nullptr) {
    parts_->state->configs.serve_at(std::move(base));
  }
}

logon_registry* twin::logons() noexcept {
  return parts_ == nullptr ? nullptr : parts_->logons.get();
}

post_door* twin::posts() noexcept {
  return parts_ == nullptr || parts_->platform == nullptr ? nullptr : &parts_->platform->posts();
}

std::vector<hal::address> twin::coap_addresses() const {
  std::vector<hal::address> out;
  if (parts_ != nullptr) {
    for (const auto& desk : parts_->coap_desks) {
      out.push_back(desk->at());
    }
  }
  return out;
}

std::uint64_t twin::shadows_waiting() const {
  return parts_ == nullptr || parts_->platform == nullptr ? 0 : parts_->platform->shadows_waiting();
}

ledger_desk* twin::ledger() noexcept {
  return parts_ == nullptr ? nullptr : parts_->ledger.get();
}

const device_account* twin::account_of(std::uint32_t device) const noexcept {
  return parts_ == nullptr ? nullptr : parts_->core.ledger().find(device);
}

std::uint32_t twin::accounts_end() const noexcept {
  return parts_ == nullptr ? 0 : parts_->core.ledger().end();
}

std::size_t twin::memory_bytes() const noexcept {
  return parts_ == nullptr ? 0 : parts_->core.memory_bytes();
}

} // namespace fleet::cloud
