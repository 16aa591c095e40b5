// Where devices ask before they connect (aliyun-iot.md §5.4), or for their secrets (§5.5): found
// before anything starts. The embedded twin's own door is known when it listens.
#pragma once

#include <array>
#include <memory>
#include <optional>
#include <string>

#include "cloud_sim/twin.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/web/service.hpp"
#include "fleet/run/prepare.hpp"

namespace fleet::program {

/// Whether the product's devices go to the auth host, before each connection or once.
bool asks_there(const prepared_product& product) noexcept;
/// Whether they do so over TLS.
bool asks_https(const run_options& options, const prepared_product& product) noexcept;

/// The securemode of direct mode (§5.2).
int secure_mode_of(security tier) noexcept;

/// Looks the auth host up for products whose devices ask, and tells them; not for the embedded
/// twin's. With the target known and TLS made.
std::optional<startup_error> find_auth_host(const run_options& options, prepared& out);

/// The embedded twin's log-on door.
class embedded_auth_host {
public:
  /// Listens on `home` for the products of profile `p` whose devices ask or take configurations,
  /// where there are any, and tells them and the twin. `twin` is started and outlives the door;
  /// `ports` are its listeners'.
  static result<std::unique_ptr<embedded_auth_host>, startup_error>
  open(hal::home& home, cloud::twin& twin, prepared& ready, profile p);

  /// Ends all connections; on the home's thread, or after the homes ended.
  void stop();
  /// With its twin killed: ends all connections at once, and listens no more.
  void close();
  /// With its twin started again: the same doors; false: it cannot listen there.
  bool reopen();

private:
  embedded_auth_host(hal::home& home, cloud::twin& twin, cloud::logon_ports ports,
                     const cloud::web_limits& limits);
  cloud::web_service& service();
  std::optional<startup_error> listen(prepared& ready, profile p);
  std::optional<startup_error> serve_configs(cloud::twin& twin, prepared& ready, profile p);
  std::optional<startup_error> open_door(prepared& ready, bool tls);

  hal::home& home_;
  cloud::twin& twin_;
  cloud::logon_ports ports_;
  cloud::web_limits limits_;
  std::unique_ptr<cloud::logon_desk> desk_;
  std::unique_ptr<cloud::web_service> service_;
  std::array<std::optional<hal::address>, 2> doors_; ///< plain, TLS
  stream_filter_factory* security_ = nullptr;        ///< of the latter
  std::string configs_;                              ///< where they are served; empty: nowhere
};

} // namespace fleet::program
