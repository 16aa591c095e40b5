// A server's socket with all its peers: plain, or with a session for each behind a filter, made at
// the filter's door and driven by the home's timers. Nothing here is O(peers) per datagram. No
// protocol.
#pragma once

#include <atomic>
#include <cstdint>
#include <list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "hal_sim/world/crowd.hpp"
#include "hal_sim/world/datagram_counters.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/peer_table.hpp"
#include "hal_sim/world/silence_order.hpp"
#include "protocol/base/datagram_filter.hpp"

namespace fleet::hal {

/// What a server hears of its peers. With a filter a peer comes, speaks and goes; without one it
/// only speaks. Any of these calls may send() and drop(), none may destroy the server.
class datagram_server_events {
public:
  /// A session is established. `identity` as datagram_filter::peer_identity().
  virtual void on_peer(const address& peer, std::string_view identity) = 0;
  virtual void on_datagram(const address& peer, bytes_view bytes) = 0;
  /// An established session has ended: in order, or by `why`, or in favour of a newer one.
  virtual void on_peer_gone(const address& peer, std::string_view why) = 0;
  /// A handshake did not come to its end.
  virtual void on_peer_refused(const address& peer, std::string_view why) = 0;
  /// Advice, as crowd_events: these are about to speak.
  virtual void on_crowd(std::span<const address> /*senders*/) noexcept {}

protected:
  ~datagram_server_events() = default;
};

struct datagram_server_options {
  address at{};                             ///< port 0 picks a free one
  datagram_filter_door* security = nullptr; ///< none: plain; must outlive the server
  /// Sessions at once; whoever comes then takes the place of who was silent longest.
  std::size_t peers_max = 200'000;
  /// Of them, those that negotiate still; whoever comes then takes the place of the oldest.
  std::size_t handshakes_max = 1024;
  /// Of these, what one address without its port may have; then its own oldest goes.
  std::size_t handshakes_of_one_max = 768;
  /// Nobody loses a place who was heard, or began to negotiate, less long ago: then whoever comes
  /// is not answered, and tries again.
  duration spared = std::chrono::seconds{5};
  /// A session that was silent for so long is forgotten, with the closing alert.
  duration idle_max = std::chrono::hours{24};
  /// What decides where peers stand in memory: a secret, where strangers can send.
  hash_key places{};
  /// Where it counts, with others of its home perhaps; null: nowhere. Must outlive the server.
  datagram_door_counters* counters = nullptr;
};

class datagram_server final : crowd_events {
public:
  static result<std::unique_ptr<datagram_server>, listen_error>
  open(home& h, const datagram_server_options& options, datagram_server_events& events);
  ~datagram_server();
  datagram_server(const datagram_server&) = delete;
  datagram_server& operator=(const datagram_server&) = delete;

  /// False where there is no such peer, or its session or the socket does not take so much.
  bool send(const address& peer, bytes_view bytes);
  /// Drops what this turn has sent so far, to whomever.
  void discard() noexcept { socket_->discard(); }
  /// Ends a session with the closing alert; no event follows.
  void drop(const address& peer);

  [[nodiscard]] address at() const { return socket_->at(); }
  [[nodiscard]] std::size_t peers() const noexcept { return sessions_.size(); }
  [[nodiscard]] std::size_t handshakes() const noexcept { return half_.size(); }

private:
  struct session;

  datagram_server(home& h, const datagram_server_options& options, datagram_server_events& events);

  void on_datagram(const address& from, bytes_view bytes) override;
  void on_trouble(datagram_trouble /*trouble*/) override {}
  void on_crowd(std::span<const address> senders) noexcept override;

  using sessions = std::list<session*>;

  void count(std::atomic<std::uint64_t> datagram_door_counters::*what) noexcept;
  void meet(const address& from, bytes_view bytes, std::uint64_t attempt);
  /// Whether one more may negotiate; if so and nobody's place was free, `instead` is whose it is.
  bool room_for(const address& from, session*& instead);
  void displace(session& s);
  void leave_line(session& s);
  void take(session& s, bytes_view bytes);
  void wake(session& s);
  void settle(session& s, filter_state now);
  void rearm(session& s);
  void send_out(const address& to);
  void forget(session& s);

  home& home_;
  datagram_server_options options_;
  datagram_server_events& events_;
  datagram_ptr socket_;
  peer_table<session> sessions_;
  silence_order<session> open_;
  sessions half_; ///< negotiating, the oldest first
  std::unordered_map<address, sessions, address_hash> half_of_one_; ///< the same, by source
  std::vector<std::unique_ptr<session>> gone_; ///< freed when nobody can be inside them
  datagram_batch plain_;
  datagram_batch out_;
};

} // namespace fleet::hal
