// What a real home remembers beside a stream while it is not yet usable, and of a listener.
// Private to this folder.
#pragma once

#include <cstdint>
#include <list>
#include <string>

#include "hal_sim/world/address.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/timer.hpp"

namespace fleet::hal {

class real_home;
class real_stream;

/// A listening socket and the streams it accepted that still negotiate. Outlives its handle until
/// those have settled.
struct acceptor final : timer {
  acceptor(real_home& where, int socket, const address& bound, const listen_options& options,
           accept_events& to) noexcept
      : home(where), fd(socket), at(bound), security(options.security), events(&to) {}

  real_home& home;
  int fd; ///< −1 once dropped
  address at;
  stream_filter_factory* security;
  accept_events* events; ///< null once dropped
  std::size_t handshaking = 0;
  bool ready = false; ///< in the home's list of acceptors to look at

private:
  void on_wake(time_point now) override;
};

/// One connection on its way, either direction; its timer is the time-out.
struct attempt final : timer {
  attempt(real_home& where, real_stream& of) noexcept : home(where), who(of) {}

  real_home& home;
  real_stream& who;
  std::list<attempt>::iterator self; ///< in the home's waiting or pending ones
  duration timeout{};
  stream_filter_factory* security = nullptr;
  std::string server_name;
  std::uint64_t origin = 0;
  acceptor* from = nullptr; ///< accepted there; null when we connect
  bool until_answered = false;

private:
  void on_wake(time_point now) override;
};

} // namespace fleet::hal
