// The command line: what each subcommand was asked to do, read and checked as a whole before
// anything starts. Knows no world and opens no file.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "actors/device/settings.hpp"
#include "fleet/console/fault_options.hpp"
#include "fleet/console/options.hpp"
#include "fleet/console/rollout_options.hpp"
#include "fleet/doctor/options.hpp"
#include "fleet/fault/options.hpp"
#include "fleet/options/hand_ota_options.hpp"
#include "fleet/options/judging_options.hpp"
#include "fleet/options/mqtt_text_options.hpp"
#include "fleet/options/report_files.hpp"
#include "fleet/options/text_answer.hpp"
#include "fleet/screen/abilities.hpp"
#include "fleet/session_words.hpp"
#include "fleet/sweep/options.hpp"
#include "fleet/text/endpoints.hpp"
#include "hal_sim/world/address.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"
#include "protocol/mqtt/types.hpp"

namespace fleet::program {

/// The program's version, as `fleet version` prints it.
inline constexpr std::string_view version = "0.1.0";

/// Exit codes (design, part 12).
enum class exit_code : int {
  passed = 0,
  expectation_failed = 1,
  wrong_usage = 2,
  environment_failed = 3,
  interrupted = 130
};

/// Where a listener of ours is, or that there shall be none.
struct metrics_option {
  std::optional<hal::address> at; ///< none: off
  bool asked_for = false;         ///< the user wrote it, so that failing to listen is an error
};

/// `fleet run`. A default here is the default of the flag.
struct run_options {
  std::string scenario_file; ///< empty: none
  /// Flags on the line that replace keys of a scenario, by their first names.
  std::vector<std::string_view> overriding;
  // load
  std::uint32_t devices = 100;
  duration run_for = std::chrono::seconds{60};  ///< from the first connection to the stop
  std::optional<double> ramp_per_second;        ///< none: 1000 a second
  duration interval = std::chrono::seconds{10}; ///< between a device's reports; 0: none
  std::uint32_t payload_bytes = 0;              ///< pads shorter payloads; 0: as they come
  mqtt::qos qos = mqtt::qos::at_least_once;
  duration downlink_interval = std::chrono::seconds{60}; ///< between commands to a device; 0: none
  // cloud
  text::target target;
  std::vector<text::target> more_targets; ///< beside it, of the same scheme
  std::string target_admin; ///< where a target that is a twin shows its ledger; empty: nowhere
  program::profile profile = profile::linkdevelop;
  device_protocol protocol = device_protocol::mqtt; ///< the target's, where it says one
  program::security security = security::plain;     ///< as the target's scheme has it
  auth_host_option auth_host;
  std::vector<auth_host_option> more_auth_hosts; ///< beside it, of the same scheme
  std::string ca_file;
  bool insecure = false;
  std::string server_name;
  program::tls_version tls_version = tls_version::any;
  // devices
  std::string credentials_file; ///< empty: generated from `product_key`
  logon_mode logon = logon_mode::direct;
  bool registers = false;           ///< logon is register, by its flag of its own
  std::string product_secrets_file; ///< what they sign that with; empty: generated
  std::string product_key = "a1FleetDemo";
  alink::sign_method sign = alink::sign_method::hmacsha1;
  bool sign_given = false; ///< on the line; else devices that post sign as their protocol has it
  actors::behaviour behaviour = actors::behaviour::strict;
  duration keep_alive = std::chrono::seconds{60}; ///< whole seconds; 0: none
  bool clean_session = false;
  std::uint32_t receive_limit_bytes = 1024;
  std::uint32_t ram_bytes = 64 * 1024; ///< of the board, for its buffers; 0: unlimited
  mqtt_text_options mqtt_text;
  // world
  bool virtual_world = false;
  std::optional<std::uint64_t> seed; ///< none: picked and printed
  std::uint32_t homes = 0;           ///< 0: as many as fit the machine
  hal::link_kind link = hal::link_kind::ethernet;
  std::vector<hal::address> source_addresses; ///< port 0; empty: the system's choice
  std::uint32_t connects_pending = 60;
  duration grace = std::chrono::seconds{5};
  judging_options judged;
  std::vector<std::string> faults; ///< in words, each as parse_fault_words() takes it
  std::string control;             ///< a socket's path; empty: of its own; `off`: none
  // output
  duration report_every = std::chrono::seconds{10};
  metrics_option metrics;
  std::string json_file;
  std::string ledger_file;
  report_files told; ///< beside those two
  bool quiet = false;
  bool plain = false; ///< lines of progress, even on a terminal
  color_choice color = color_choice::automatic;
  sweep_options sweep;
};

/// `fleet cloud serve`.
struct cloud_options {
  std::vector<hal::address> mqtt;  ///< plain listeners
  std::vector<hal::address> mqtts; ///< TLS listeners
  std::vector<hal::address> http;  ///< the front door of log-ons and posts, plain
  std::vector<hal::address> https; ///< over TLS
  std::vector<hal::address> coap;  ///< devices that post by CoAP, plain
  std::vector<hal::address> coaps; ///< over DTLS
  duration coap_token_life = std::chrono::hours{7 * 24}; ///< of the tokens of devices that post
  duration http_token_life = std::chrono::hours{48};
  std::string advertise;                ///< host of those two, for devices; empty: the listener's
  std::uint32_t firmware_rate = 0;      ///< octets a second of all downloads; 0: as fast as it goes
  std::uint32_t firmware_rate_each = 0; ///< of one
  duration firmware_token_life = std::chrono::hours{24}; ///< of the tokens in firmware's addresses
  std::string product_secrets_file; ///< whose devices may register; empty: none
  metrics_option admin;             ///< of the admin API; not asked for: its own default
  std::string admin_token_file;     ///< empty: a token is made where one is needed
  program::profile profile = profile::linkdevelop;
  std::string credentials_file; ///< empty: generated from `product_key`
  std::string product_key = "a1FleetDemo";
  std::string cert_file; ///< PEM chain; empty: from the twin's own CA
  std::string key_file;
  std::string data_dir; ///< holds the twin's store and its own CA; empty: nothing is kept
  program::tls_version tls_version = tls_version::any;
  duration downlink_interval{0}; ///< between commands to a device; 0: none
  std::uint32_t homes = 0;       ///< 0: as many as fit the machine
  std::optional<std::uint64_t> seed;
  duration grace = std::chrono::seconds{5};
  metrics_option metrics;
  std::string ledger_file;
  bool quiet = false;
  bool strict = false;                    ///< the platform as strict as it says it is
  std::vector<std::string_view> variants; ///< words of variant_entries(), on top of `strict`
  bool id2_model = false;                 ///< it takes devices with ID2 elements, by the model
};

/// `fleet device mqtt start` and `fleet device ota start`.
struct device_options {
  std::optional<hand_ota_options> ota; ///< of the latter
  run_options run;                     ///< cloud, credentials, session and texts of the one device
  std::string device_name;             ///< empty: the first of the credentials
  std::string secret_file;    ///< with the product key and name given; empty: the credentials'
  bool product_given = false; ///< a product key was on the line
  metrics_option admin;       ///< of the embedded twin; not asked for: the default of `cloud serve`
  std::string script;         ///< commands, if `scripted`
  bool scripted = false;      ///< --run: standard input is not read
  bool verbose = false;
};

/// `fleet check`.
struct check_options {
  std::vector<std::string> files;
  std::optional<std::uint64_t> seed{}; ///< that whom faults hit is counted with; none: the file's
  bool json = false;
};

/// `fleet report`.
struct report_options {
  std::vector<std::string> runs; ///< one or two files of JSON
  report_files told;             ///< of two: the page alone
};

using command = std::variant<run_options, cloud_options, console_options, rollout_options,
                             fault_options, device_options, check_options, report_options,
                             live_fault_options, doctor_options, text_answer>;

/// Exit code 2: one clear sentence and a hint, each ended by a newline, for standard error.
struct usage_error {
  std::string message;
};

/// Reads the words after the program's name. All of them are looked at before the first mistake, in
/// the order of the line, is reported.
result<command, usage_error> parse_options(std::span<const std::string_view> words);

/// The command line as a shell would take it again, the values of secret flags replaced by `***`.
std::string printable_command(std::span<const std::string_view> words);

/// Overwrites the values of secret flags where the process's title shows them. `words` are argv's
/// own.
void hide_secrets(std::span<char* const> words) noexcept;

} // namespace fleet::program
