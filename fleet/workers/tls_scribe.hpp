// Connections of CAF's over TLS, for a broker of ours: CAF has them for its own one alone. The
// sessions, and whom they trust, are CAF's (its openssl_* settings).
#pragma once

#include <optional>
#include <string>

#include <caf/actor_system.hpp>
#include <caf/io/doorman.hpp>
#include <caf/io/scribe.hpp>

namespace fleet::program {

/// Why no session can be made with the settings of `system`; none: it can.
std::optional<std::string> tls_trouble(caf::actor_system& system);

// Both on the thread of the system's multiplexer, and both take the socket.
/// Over a socket that is connected; null: it cannot.
caf::io::scribe_ptr make_tls_scribe(caf::actor_system& system, int socket);
/// Over one that listens.
caf::io::doorman_ptr make_tls_doorman(caf::actor_system& system, int socket);

} // namespace fleet::program
