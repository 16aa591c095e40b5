// The core that both characters share: connections, the life of clients over them, take-over,
// wills, expiry, bounds. It routes nothing itself. A plain object on one home.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "cloud_sim/accounts.hpp"
#include "cloud_sim/character.hpp"
#include "cloud_sim/connection.hpp"
#include "cloud_sim/counters.hpp"
#include "cloud_sim/limits.hpp"
#include "cloud_sim/message_store.hpp"
#include "cloud_sim/mqtt_faults.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::cloud {

class neighbours;
class persistence;
struct moved_stream;

class broker final : public hal::accept_events, private hal::timer {
public:
  broker(hal::home& where, const twin_limits& bounds, twin_counters& counters);
  ~broker();
  broker(const broker&) = delete;
  broker& operator=(const broker&) = delete;

  /// To be called once, before the first stream; the character must outlive the connections.
  void speak_as(character& c) noexcept { character_ = &c; }

  /// Takes plain streams; secure_door() those over TLS.
  void on_accepted(hal::stream_ptr accepted) override { accept(std::move(accepted), false); }
  [[nodiscard]] hal::accept_events& secure_door() noexcept { return secure_door_; }

  /// Ends every connection without a packet, publishes no will, keeps nothing waiting to be freed.
  void stop();

  /// Who keeps clients and messages over the twin's own death from now on; null for nobody.
  void keep_in(persistence* kept) noexcept { kept_ = kept; }
  [[nodiscard]] persistence* kept() const noexcept { return kept_; }
  /// Ends every connection at once, and drops what is still to be sent on it.
  void reset_all();
  /// Puts an offline client into the line of those that may come back, as if it had been there for
  /// `waited`. Those that are put there at start come in the order of their waiting, longest first.
  void wait_for_return(peer& who, duration waited = duration::zero());

  /// Misbehaves from now on as the desk says, which outlives it.
  void misbehave_by(fault_desk& desk);
  /// Null, while nobody ordered a fault.
  [[nodiscard]] fault_desk* faults() const noexcept {
    return misbehaviour_ == nullptr ? nullptr : &misbehaviour_->desk();
  }
  [[nodiscard]] mqtt_faults* misbehaviour() const noexcept { return misbehaviour_.get(); }
  /// Ends the connections of these devices without a word, as if they had logged on elsewhere;
  /// answers how many.
  std::uint32_t kick(const fault_choice& whom);

  /// From now on this is the part of the twin that lives on home `here` of `all`, which outlives
  /// the broker: connections of others' clients go there.
  void live_among(neighbours& all, std::uint32_t here);
  /// Nothing comes from there any more.
  void leave_neighbours() noexcept;
  [[nodiscard]] neighbours* among() const noexcept { return among_; }
  [[nodiscard]] std::uint32_t here() const noexcept { return here_; }
  /// Whether the session of that place (character::place_of()) is this broker's.
  [[nodiscard]] bool is_home_of(std::uint64_t place) const noexcept;
  /// A stream that another home accepted and whose CONNECT named a client of this one.
  void take_moved(moved_stream what);

  /// Tells `watcher`, which outlives the broker, of commands that arrive; null: nobody.
  void watch_commands(command_watcher* watcher) noexcept { watcher_ = watcher; }

  // For characters.

  /// Answers CONNECT with 0: cuts an older connection of the same client, takes the will over,
  /// binds the session. `keep_alive_s` is the one to enforce. A clean peer's session must be fresh.
  void admit(connection& c, peer& who, const mqtt::connect_view& connect, bool session_present,
             std::uint16_t keep_alive_s, bool honour_will);
  /// Whether `who` is online by a connection that came later than this one, which was late in
  /// moving here from another home: then it is as if it had been cut by the later one, and ends.
  bool gives_way(connection& c, const peer& who);
  /// Answers CONNECT with `code`, and ends the connection once that has left.
  void refuse(connection& c, mqtt::connack_code code);
  /// Answers CONNECT with 0 and, unless `topic` is empty, one message at QoS 0; ends the connection
  /// once that has left. Nobody is online by it, no session is bound.
  void dispatch(connection& c, std::string_view topic, bytes_view payload);
  void grant(connection& c, std::uint16_t packet_id, std::span<const std::uint8_t> codes);
  /// Ends what `who` has open, if anything; its will goes out. A clean peer is forgotten by this.
  void cut(peer& who, end_reason reason);
  /// Delivers to a client, online or not; counts the outcome.
  mqtt::deliver_outcome deliver(peer& who, const mqtt::message_ptr& message, mqtt::qos q,
                                bool retain);
  /// QoS 0 to a client, straight from the views; dropped when it is away or reads too slowly.
  void deliver_now(peer& who, std::string_view topic, bytes_view payload);
  /// Whether another client may be remembered.
  [[nodiscard]] bool room_for_session() const noexcept;
  /// The number of a connection that is none of this broker's: what posts after a log-on.
  [[nodiscard]] std::uint32_t take_number() noexcept { return ++admitted_; }
  void remember(peer& who) noexcept;
  /// Takes an offline peer out of all lines, before its character frees it.
  void dismiss(peer& who);

  [[nodiscard]] hal::home& home() noexcept { return home_; }
  [[nodiscard]] time_point now() const noexcept { return home_.now(); }
  [[nodiscard]] const twin_limits& bounds() const noexcept { return limits_; }
  [[nodiscard]] twin_counters& counters() noexcept { return counters_; }
  [[nodiscard]] message_store& messages() noexcept { return messages_; }
  [[nodiscard]] accounts& ledger() noexcept { return accounts_; }
  template <class Visitor>
  void for_each_online(Visitor visit) {
    for (const auto& c : connections_) {
      if (c->who_ != nullptr) {
        visit(*c->who_);
      }
    }
  }
  /// Heap octets of all connections and their machines, for the memory count.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
  [[nodiscard]] std::size_t connection_count() const noexcept { return connections_.size(); }

  /// While one exists, nothing is freed and nobody slow is cut off. Every entry from outside opens
  /// one.
  class turn {
  public:
    explicit turn(broker& b) noexcept : broker_(b) { ++broker_.depth_; }
    ~turn() { broker_.leave(); }
    turn(const turn&) = delete;
    turn& operator=(const turn&) = delete;

  private:
    broker& broker_;
  };

private:
  friend class connection;

  struct tls_door final : hal::accept_events {
    explicit tls_door(broker& b) noexcept : owner(b) {}
    void on_accepted(hal::stream_ptr accepted) override { owner.accept(std::move(accepted), true); }
    broker& owner;
  };
  void accept(hal::stream_ptr accepted, bool over_tls);
  /// Null: not taken.
  connection* take(hal::stream_ptr accepted, bool over_tls);
  /// Whether its CONNECT named a client of another home, where it is now.
  bool hand_on(connection& c, const mqtt::connect_view& connect);
  [[nodiscard]] character& speaks() noexcept { return *character_; }
  mqtt::deliver_outcome hand_over(peer& who, const mqtt::message_ptr& message, mqtt::qos q,
                                  bool retain);
  void command_acknowledged(std::uint64_t cookie, time_point due);
  void sent(std::size_t octets) noexcept {
    if (octets != 0) {
      add(counters_.bytes_sent, octets);
    }
  }
  void end(connection& c, end_reason reason);
  void linger(connection& c);
  void condemn(connection& c);
  void bury(connection& c);
  void leave();
  void detach(connection& c);
  void unlink(peer& who) noexcept;
  void on_wake(time_point now) override;

  hal::home& home_;
  const twin_limits limits_;
  twin_counters& counters_;
  character* character_ = nullptr;
  command_watcher* watcher_ = nullptr;
  tls_door secure_door_{*this};
  persistence* kept_ = nullptr;
  neighbours* among_ = nullptr; ///< none: the whole twin lives here
  std::uint32_t here_ = 0;
  std::unique_ptr<mqtt_faults> misbehaviour_; ///< none: no fault was ordered
  message_store messages_;
  accounts accounts_;
  std::vector<std::unique_ptr<connection>> connections_;
  std::vector<std::unique_ptr<connection>> graveyard_;
  std::vector<connection*> condemned_;
  peer* oldest_ = nullptr; ///< first of those that wait for their client, by expiry
  peer* newest_ = nullptr;
  std::uint32_t admitted_ = 0;
  std::uint32_t sessions_ = 0;
  std::uint32_t depth_ = 0;
};

} // namespace fleet::cloud
