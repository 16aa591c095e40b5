// The twin's HTTP listeners in the program: where they are, who may use the admin API, and their
// lines for people and scripts. What requests mean is `cloud_sim/web`.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/admin.hpp"
#include "cloud_sim/web/front_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "cloud_sim/wide/wide_twin.hpp"
#include "fleet/options.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Where the admin API is unless the user says otherwise; a free port where that is taken.
inline constexpr std::string_view default_admin_address = "127.0.0.1:18830";

/// The twin that is served: started, its MQTT listeners in the order of the options, plain ones
/// first, and what encrypts for it, if anything.
struct served_twin {
  cloud::twin& twin;
  const std::vector<hal::address>& mqtt;
  stream_filter_factory* security = nullptr;
  /// It lives on several homes, `twin` being the first of them.
  cloud::wide_twin* wide = nullptr;
};

class web_host {
public:
  ~web_host();
  /// Listens on the twin's own home; where it has several, for devices on the first, and for people
  /// on `home`, its office. Home, twin and security must outlive the
  /// host. Before the world turns.
  static result<std::unique_ptr<web_host>, startup_error>
  start(hal::home& home, const served_twin& what, const cloud_options& options);

  /// `name address` lines, without their ends; a token that was made stands among them, once.
  [[nodiscard]] const std::vector<std::string>& lines() const noexcept { return lines_; }

  /// Ends all connections; on the home's thread, after the twin has stopped: its last answers
  /// go out first.
  void stop();
  /// The two of them, each on its own home.
  void stop_front();
  void stop_admin();
  /// Ends all connections at once: no answer leaves any more.
  void reset_all();
  void reset_admin();
  /// Those of devices, in a coming turn of their home; from any thread.
  void reset_front_soon();

private:
  web_host() = default;
  std::optional<startup_error> open_admin(hal::home& home, const served_twin& what,
                                          const cloud_options& options);
  void make_admin_api(hal::home& home, const served_twin& what, const cloud_options& options);

  std::optional<startup_error> open_front_door(hal::home& home, const served_twin& what,
                                               const cloud_options& options);

  std::vector<std::string> lines_;
  /// What answers the devices of one home.
  struct desks;
  void add_desks(hal::home& home, cloud::twin& twin, cloud::logon_ports ports);
  std::optional<startup_error> listen_for_devices(const served_twin& what,
                                                  const cloud_options& options);

  std::vector<std::unique_ptr<desks>> desks_; ///< one for each home
  std::unique_ptr<cloud::web_ferry> ferry_;   ///< none: there is one home
  hal::home* front_home_ = nullptr;
  std::unique_ptr<cloud::web_service> front_door_;
  std::unique_ptr<cloud::admin_api> api_;
  std::unique_ptr<cloud::web_service> admin_;
};

} // namespace fleet::program
