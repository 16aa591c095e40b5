// Where streams are accepted, and who takes them. No world.
#pragma once

#include <cstdint>

#include "hal_sim/world/address.hpp"
#include "hal_sim/world/stream.hpp"

namespace fleet::hal {

/// Takes accepted streams. They are usable: with security, after the handshake; no on_connected()
/// follows.
class accept_events {
public:
  /// The receiver must set_events() before it returns, or drop the stream.
  virtual void on_accepted(stream_ptr accepted) = 0;

protected:
  ~accept_events() = default;
};

/// A listening socket, real or virtual; dropping it stops listening and keeps accepted streams.
class listener {
public:
  virtual ~listener() = default;
  /// The address with the port that was chosen.
  [[nodiscard]] virtual address at() const = 0;
};

struct listen_options {
  address at{};                              ///< port 0 picks a free one
  stream_filter_factory* security = nullptr; ///< none: plain; must outlive the listener
  /// Another home's listener of the same world: they accept from one socket, and `at` is not used.
  const listener* beside = nullptr;
};

enum class listen_error : std::uint8_t { in_use, not_permitted, bad_address, exhausted };

} // namespace fleet::hal
