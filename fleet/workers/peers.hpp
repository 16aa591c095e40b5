// What the connections of a wire and its owner share: a box of news, and who is at the other ends.
#pragma once

#include <condition_variable>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "fleet/workers/wire.hpp"

namespace fleet::program {

class line;

/// What a call came to; under the box's lock.
struct call_outcome {
  std::optional<result<peer_number, std::string>> got;
  bool given_up = false; ///< nobody waits for it any more
};

struct shared_box {
  std::mutex lock;
  std::condition_variable filled; ///< by an event, or by an outcome
  std::deque<wire_event> events;
  std::map<peer_number, line*> peers;
  peer_number next_peer = 0;

  // Under the lock:
  /// None: there are too many.
  std::optional<peer_number> add_peer(line* by) {
    if (peers.size() >= wire::peers_most) {
      return std::nullopt;
    }
    peers[next_peer] = by;
    return next_peer++;
  }
  void put(wire_event event) {
    events.push_back(std::move(event));
    filled.notify_all();
  }
};

} // namespace fleet::program
