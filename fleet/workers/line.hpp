// The connections of one side of a wire, that which listens or that which calls: an actor system
// with CAF's network layer, of which it uses the sockets alone. Whoever is at the other end proves
// itself (proof.hpp) before anything it says is read, and only messages of ours are.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <caf/actor.hpp>
#include <caf/actor_system.hpp>
#include <caf/actor_system_config.hpp>

#include "fleet/workers/knock.hpp"
#include "fleet/workers/peers.hpp"

namespace fleet::program {

class switchboard;

class line {
public:
  /// Connections at a time that are not proven; one more ends the oldest of them.
  static constexpr std::size_t strangers_most = 64;

  line(const std::optional<wire_certificates>& certificates, const crew_secret& secret,
       std::shared_ptr<shared_box> box);
  /// What was sent goes out, as far as the other ends take it within a moment.
  ~line();
  line(const line&) = delete;
  line& operator=(const line&) = delete;

  result<std::uint16_t, std::string> listen(const hal::address& at);
  /// Takes a socket that is connected to `at`, and waits up to `at_most`, or until `given_up`, for
  /// both sides to be proven.
  result<peer_number, std::string> call(int socket, const hal::address& at, duration at_most,
                                        const give_up& given_up);
  void send(peer_number to, std::vector<char> frame);
  void close(peer_number peer);

private:
  struct config : caf::actor_system_config {
    explicit config(const std::optional<wire_certificates>& certificates);
  };
  using job = std::function<void(switchboard&)>;
  void ask(job what);

  config config_;
  bool secure_;
  crew_secret secret_;
  std::shared_ptr<shared_box> box_;
  std::vector<job> jobs_; ///< for the switchboard; under the box's lock
  bool ended_ = false;    ///< the switchboard has; likewise
  caf::actor_system system_{config_};
  caf::actor board_;

  friend class switchboard;
};

} // namespace fleet::program
