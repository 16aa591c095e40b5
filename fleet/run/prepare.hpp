// Everything a run needs that can fail before it starts: files, names, certificates, descriptors.
// All of it is looked at before the first device exists; a failure is one sentence and an exit
// code.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "actors/device/dialect.hpp"
#include "actors/device/settings.hpp"
#include "fleet/console/admin_connection.hpp"
#include "fleet/files.hpp"
#include "fleet/options.hpp"
#include "fleet/run/replays.hpp"
#include "fleet/scenario/plan.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/stream_filter.hpp"
#include "protocol/tls/server.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::program {

struct startup_error {
  exit_code code = exit_code::environment_failed;
  std::string message; ///< one line, without a newline
};

/// A signal came before the first device; `when` is the rest of the sentence.
inline startup_error interrupted_early(std::string_view when) {
  return {exit_code::interrupted, "interrupted " + std::string{when} + ": nothing was started"};
}

/// A product of the run, ready to have devices.
struct prepared_product {
  product_plan plan;
  [[nodiscard]] const std::string& name() const noexcept { return plan.product.name; }
  [[nodiscard]] program::profile profile() const noexcept { return plan.product.profile; }
  [[nodiscard]] device_protocol protocol() const noexcept { return plan.product.protocol; }
  [[nodiscard]] bool tls() const noexcept { return over_tls(plan.product.security); }
  [[nodiscard]] bool dtls() const noexcept { return over_dtls(plan.product.security); }
  std::shared_ptr<const tsl::model> model; ///< none: the scenario names none
  /// What each report of the plan replays; null for those that do not.
  replay_list replays;
  std::string product_secret; ///< of devices that register, as far as needed; others: empty
  std::unique_ptr<actors::dialect> speech;
  actors::product_settings settings; ///< with the peer, but for the embedded twin
};

/// What outlives the devices.
struct prepared {
  std::uint64_t seed = 0;
  file_source* files = &disk_files(); ///< where those that the run names are; outlives it
  /// Of the file of credentials the rows of these devices alone are there, ranges that rise; none:
  /// all are.
  std::optional<std::vector<device_range>> rows_of;
  std::optional<scenario_plan> plan;                           ///< none: a run from flags
  std::shared_ptr<const alink::credential_source> credentials; ///< by index in the fleet
  std::unique_ptr<stream_filter_factory> client_security;
  std::unique_ptr<stream_filter_factory> twin_security;      ///< of the embedded twin
  std::unique_ptr<datagram_filter_factory> client_datagrams; ///< DTLS
  std::array<tls::key_pair, 2> twin_identities; ///< of the embedded twin, the cheap one second
  std::string server_name;                      ///< for TLS
  std::deque<prepared_product> products;        ///< at least one, by the plan's numbers
  std::string target_text;                      ///< for people
  std::vector<std::string> place_texts;         ///< for people, of each place of the target's
  std::optional<admin_target> admin;            ///< of a target that is a twin and shows its ledger
  /// The run has a cloud_restart: its embedded twins keep what they have over their own death.
  bool twin_keeps = false;
  std::uint16_t next_door = 0;    ///< the port of the twin's next listener; 0: any (door_ports.hpp)
  std::uint32_t packet_bytes = 0; ///< of the largest report that is known before
  std::vector<std::string> notes; ///< for people, before the first device; a line each
  std::vector<region_rule> regions;
  faults::region_map region_map;
  std::vector<planned_fault> faults; ///< in the order of file and line

  [[nodiscard]] std::uint32_t devices() const noexcept;
  /// Those with a connection of their own.
  [[nodiscard]] std::uint32_t connections() const noexcept;
  /// Those of them over streams, not datagrams.
  [[nodiscard]] std::uint32_t streams() const noexcept;
  /// The number of a device's product.
  [[nodiscard]] std::size_t product_of(std::uint32_t device) const noexcept;
  /// The device whose connection it speaks through: its gateway's, or its own.
  [[nodiscard]] std::uint32_t connection_of(std::uint32_t device) const noexcept;
  [[nodiscard]] bool has_profile(program::profile p) const noexcept;
  /// Where all products' devices connect, if that is several places.
  [[nodiscard]] const actors::place_map& places() const noexcept {
    return products.front().settings.places;
  }
  /// For people; the target, where it is one place or not found yet.
  [[nodiscard]] const std::string& place_text(std::size_t number) const noexcept {
    return number < place_texts.size() ? place_texts[number] : target_text;
  }
};

/// A whole file, or a sentence that names it.
result<std::string, startup_error> read_file(const std::string& path,
                                             file_source& files = disk_files());

/// Likewise by file_source::read_here().
result<std::string, startup_error> read_file_here(const std::string& path, file_source& files);

/// Credentials from a file, or generated for `product_key`.
result<std::shared_ptr<const alink::credential_source>, startup_error>
load_credentials(const std::string& file, const std::string& product_key,
                 file_source& files = disk_files());

/// What is known before anything is looked at: products, target, seed. `plan` is what a scenario
/// and the flags came to; none: the flags alone.
prepared outline(const run_options& options, std::optional<scenario_plan> plan);

/// Fills in the rest of an outline, or says why it cannot be; what it had found by then stays.
std::optional<startup_error> fill_in(const run_options& options, prepared& into);

/// Both in one.
result<prepared, startup_error> prepare(const run_options& options,
                                        std::optional<scenario_plan> plan = std::nullopt);

/// The one product of a run from flags.
product_plan product_of_flags(const run_options& options);

} // namespace fleet::program
