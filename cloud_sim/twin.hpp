// The twin as the program uses it: options in, listeners up, counters and accounts out. All calls
// on its home's thread but those that say otherwise.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/accounts.hpp"
#include "cloud_sim/coap_desk.hpp"
#include "cloud_sim/command_rounds.hpp"
#include "cloud_sim/counters.hpp"
#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/firmware_source.hpp"
#include "cloud_sim/ledger_desk.hpp"
#include "cloud_sim/limits.hpp"
#include "cloud_sim/logon_registry.hpp"
#include "cloud_sim/mqtt_character.hpp"
#include "cloud_sim/operations.hpp"
#include "cloud_sim/platform_options.hpp"
#include "cloud_sim/platform_products.hpp"
#include "cloud_sim/store/store.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/result.hpp"

namespace fleet::cloud {

class exchange;
class neighbours;
class platform_state;
class twin;
class state_keeper;
class store_listener;

/// A cloud's dialect (design, part 2).
enum class profile : std::uint8_t { linkdevelop, linkplatform, mqtt };

/// `linkdevelop`, `linkplatform`, `mqtt`; nothing for other words.
std::optional<profile> parse_profile(std::string_view word) noexcept;
std::string_view to_string(profile p) noexcept;

struct twin_options {
  cloud::profile profile = profile::linkdevelop;
  std::vector<hal::listen_options> listeners;
  /// Platform only: where devices are heard that post by CoAP (aliyun-iot.md §17).
  std::vector<coap_desk_options> coap_listeners;
  /// Who may connect to the platform; for the open broker, the names of its devices (may be none).
  /// Must outlive the twin.
  const alink::credential_source* credentials = nullptr;
  twin_limits limits;
  platform_options platform;
  /// Platform only: products with names, thing models and flags; others come by themselves.
  std::vector<product_options> products;
  /// What the twin has when it starts, and keeps as it changes; nothing is acknowledged before it
  /// is kept. For one twin at a time. None, or one in memory: nothing is kept.
  std::shared_ptr<cloud::store> store;
  /// Told where that fails. Must outlive the twin.
  store_listener* store_told = nullptr;
  /// Platform only, and without a store: told of what changes. Must outlive the twin.
  state_keeper* keeper = nullptr;
  /// Likewise: called once by start(), before the first stream, to load what was kept.
  std::function<void(platform_state&)> restore;
  /// Platform only: signs the tokens of pre-auth (aliyun-iot.md §5.4) and of the addresses of
  /// configurations (§14.6); empty: none are given.
  std::string logon_key;
  open_options open;
  /// What the twin does wrong on purpose. Must outlive the twin. None: nothing, ever.
  fault_desk* faults = nullptr;
  /// The twin on several homes (cloud_sim/wide): the others, which of them this is, and the one
  /// whose listeners it shares, if it is not the first. All of them outlive the twin.
  neighbours* among = nullptr;
  exchange* between = nullptr; ///< of the open broker
  std::uint32_t number = 0;
  const twin* beside = nullptr;
  /// Told of the twin's commands that arrive. Must outlive the twin. None: nobody.
  command_watcher* command_told = nullptr;
};

/// A listener that could not be had: which, why, and one sentence with both; or a store that could
/// not be read, where only the sentence counts.
struct start_failure {
  hal::address at{};
  hal::listen_error why = hal::listen_error::bad_address;
  std::string message{};
};

start_failure cannot_listen(const hal::address& at, hal::listen_error why);

/// Listed devices that were kept with another secret than they are listed with.
struct overruled_secrets {
  std::uint64_t count = 0;
  std::string example; ///< `PK/DN` of one of them
};

class twin {
public:
  explicit twin(twin_options options);
  ~twin();
  twin(const twin&) = delete;
  twin& operator=(const twin&) = delete;

  /// Reads the store, then starts all listeners on `where`, which must outlive the twin, or none of
  /// them. Answers their addresses in the order of the options, with the ports that were chosen.
  result<std::vector<hal::address>, start_failure> start(hal::home& where);

  /// Only once started: the addresses of the CoAP listeners, in the order of the options.
  [[nodiscard]] std::vector<hal::address> coap_addresses() const;

  /// Ends all connections without a packet and stops listening; what there is to keep is kept.
  /// Accounts and counters stay. The home must still be alive. Again is harmless. A twin with a
  /// store that is not stopped before it goes leaves what a crash would.
  void stop();

  /// What there is to keep is kept now, or its connections are reset; for answers that leave by
  /// another home, which are to be behind this. Not within a turn.
  /// False: it could not be kept.
  bool settle();
  /// Whether it was given a store that keeps anything.
  [[nodiscard]] bool keeps() const noexcept {
    return options_.store != nullptr && options_.store->durable();
  }

  /// Ends at once what there is, as kill -9 would: nothing is told, and nothing is kept that was
  /// not committed. Counters and options stay; gauges begin anew. start() may follow, on the same
  /// addresses, with what the store has.
  void kill();
  [[nodiscard]] bool running() const noexcept { return parts_ != nullptr; }

  /// Sends commands to devices from now on, instead of what an earlier call asked for.
  void start_commands(const command_options& options);
  void stop_commands() noexcept;
  /// One command to one device now; it may have been due earlier.
  command_outcome command(std::uint32_t device, mqtt::qos q, time_point due);
  command_outcome command(std::uint32_t device, mqtt::qos q);

  /// Platform only, and only once started: what the vendor's console does; null otherwise. Dies
  /// with the twin; what waits for devices is answered by stop().
  [[nodiscard]] operations* console() noexcept;
  /// Platform only, and only once started: where devices fetch configurations from, the id put
  /// and a token behind it (aliyun-iot.md §14.6). Before: nowhere, and none are offered.
  void serve_configs_at(std::string base);
  /// The same as console() for firmware and campaigns, and for the firmware server.
  [[nodiscard]] firmware_operations* firmware() noexcept;
  [[nodiscard]] firmware_source* firmware_files() noexcept;
  /// Platform only, and only once started: where devices fetch firmware from, its number put behind
  /// it (§14.2). Before: firmware_options::url.
  void serve_firmware_at(std::string base);
  /// The same as console() for the log-on front door.
  [[nodiscard]] logon_registry* logons() noexcept;

  /// The same as console() for front doors of devices that only post (§17, §18).
  [[nodiscard]] post_door* posts() noexcept;

  /// What it does wrong on purpose; null where nobody can order that.
  [[nodiscard]] fault_desk* faults() const noexcept { return options_.faults; }

  /// Only once started: the ledger for whoever asks from outside; null before. Dies with the twin.
  [[nodiscard]] ledger_desk* ledger() noexcept;

  /// What start() read from the store and did not believe: the list of devices counts.
  [[nodiscard]] overruled_secrets overruled() const;

  /// Platform only: disabling ends the device's connection, and its log-on gets CONNACK 5.
  void set_disabled(std::uint32_t device, bool disabled);
  /// Open broker only: publishes from inside. What is no topic name ([MQTT-3.3.2-2]) is dropped and
  /// counted as refused.
  void publish(std::string_view topic, bytes_view payload, mqtt::qos q, bool retain);

  /// Devices online that have not done yet what their shadow's desired part asks (§13); on the
  /// home's thread.
  [[nodiscard]] std::uint64_t shadows_waiting() const;

  /// Readable from any thread.
  [[nodiscard]] const twin_counters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::uint64_t devices_online() const noexcept {
    return value(counters_.devices_online);
  }

  /// The cloud's side of the ledger for one device, or none; valid until the twin dies. At the end
  /// of a run, from the home's thread or after the home has ended.
  [[nodiscard]] const device_account* account_of(std::uint32_t device) const noexcept;
  /// One beyond the highest index that may have an account.
  [[nodiscard]] std::uint32_t accounts_end() const noexcept;

  /// Heap octets of connections and their machines, streams excluded.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct parts;
  std::optional<store_failure> load(parts& into) const;
  twin_options options_;
  twin_counters counters_;
  std::unique_ptr<parts> parts_;
};

} // namespace fleet::cloud
