// The broker behind a line: it owns the connections and lives on the thread of CAF's multiplexer.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include <caf/io/broker.hpp>
#include <caf/io/connection_handle.hpp>

#include "fleet/workers/line.hpp"
#include "fleet/workers/proof.hpp"

namespace fleet::program {

class switchboard final : public caf::io::broker {
public:
  switchboard(caf::actor_config& cfg, line& of);

  caf::behavior make_behavior() override;

  // For the line's jobs. Sockets are taken.
  void listen(int socket);
  void call(int socket, std::string who, std::shared_ptr<call_outcome> outcome);
  /// Of one that is not proven yet.
  void give_up(const std::shared_ptr<call_outcome>& outcome);
  void write(peer_number to, const std::vector<char>& frame);
  void drop(peer_number peer);
  /// Ends once all is written; at once where it is said again.
  void finish();

private:
  struct talk {
    std::unique_ptr<crew_proof> proof; ///< none: it is proven
    bool accepted = false;
    std::string who;                       ///< of one that we called
    std::shared_ptr<call_outcome> outcome; ///< likewise, until it is known
    peer_number number = 0;                ///< of a proven one
    std::uint32_t size = 0;                ///< of the message that comes; 0: its head comes
    bool unsent = false;
  };
  using handle = caf::io::connection_handle;

  void begin(handle at, talk with);
  void on_data(handle at, std::span<const char> octets);
  void on_proof(handle at, talk& with, std::span<const char> octets);
  void on_verdict(handle at, talk& with, proof_verdict verdict);
  void on_frame(handle at, talk& with, std::span<const char> octets);
  /// `why`: what the other end did, where it is we who end it.
  void on_closed(handle at, std::string why = {});
  void settle(talk& with, result<peer_number, std::string> how);
  void say(handle at, talk& with, std::span<const char> octets);
  /// Ends it from our side.
  void end(handle at);
  void make_room();
  void run_jobs();
  void quit_if_written();
  void quit_now();

  line& line_;
  std::map<handle, talk> talks_;
  std::map<peer_number, handle> proven_;
  std::deque<handle> strangers_; ///< who called us and is not proven, the oldest first
  bool finishing_ = false;
  bool quitted_ = false;
};

} // namespace fleet::program
