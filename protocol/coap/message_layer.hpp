// The message layer of RFC 7252 §4 between us and one peer, for both roles: confirmable messages
// with their back-off, acknowledgements, resets, duplicates, ids, NSTART and PROBING_RATE. What
// the messages ask and answer is the roles' part. Internal to this folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "protocol/base/random.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/coap/datagrams.hpp"
#include "protocol/coap/heap.hpp"
#include "protocol/coap/kept_replies.hpp"
#include "protocol/coap/message_ids.hpp"
#include "protocol/coap/peer.hpp"
#include "protocol/coap/transmission.hpp"

namespace fleet::coap {

/// What an outgoing message is, for its role.
enum class purpose : std::uint8_t { request, ping, response, notification };

/// How the sending of a message ended.
enum class outcome : std::uint8_t {
  acknowledged,
  reset,
  timed_out, ///< MAX_RETRANSMIT was reached
  presumed   ///< a non-confirmable request: no answer is waited for by NSTART any longer (§4.7)
};

/// An outgoing message that is no longer in flight.
struct sending_ended {
  purpose what;
  outcome how;
  std::uint32_t reference;
  kept_octets message;
  bool unsent; ///< `message` came by replace() and was not sent yet
};

class message_layer {
public:
  /// `settings` must outlive it. Ids begin with 1, or anywhere.
  message_layer(const peer_settings& settings, random_stream chance, bool from_one) noexcept
      : settings_(&settings), chance_(chance),
        ids_(from_one ? std::uint16_t{1} : static_cast<std::uint16_t>(chance_.next())) {}

  /// Judges a datagram. What is answered here (malformed messages, pings, duplicates) or ignored
  /// gives nothing; a request, a response, an ACK of a confirmable message in flight, or an RST is
  /// the role's. `multicast` tells that it was sent to a group, which nobody serves here (§8.1).
  std::optional<message_view> take(bytes_view datagram, bool multicast, time_point now,
                                   datagrams& out);

  /// Steps 1 and 2 of server_session::expect().
  void expect(unsigned step) const noexcept;

  /// Whether waiting_max has room for one more.
  [[nodiscard]] bool has_room() const noexcept {
    return sending_.size() < settings_->limits.waiting_max;
  }
  /// Octets of the message fit message_max.
  [[nodiscard]] bool fits(const message_fields& m) const noexcept {
    return encoded_size(m) <= settings_->limits.message_max;
  }

  /// Sends a confirmable message, or a non-confirmable one that is to be answered, now or when
  /// NSTART lets it. It must fit, and there must be room. Its id is chosen here.
  void send(const message_fields& m, purpose what, std::uint32_t reference, time_point now,
            datagrams& out);
  /// Sends a non-confirmable message that nothing answers; answers its id, or nothing when no id
  /// is free.
  std::optional<std::uint16_t> send_once(message_fields m, time_point now, datagrams& out);
  /// Puts another message in the place of one that waits or is in flight: from its next
  /// transmission on, under a new id, with the tries it had (RFC 7641 §4.5.2). It must fit. False
  /// when there is none of that reference.
  bool replace(purpose what, std::uint32_t reference, const message_fields& m);

  /// Answers a confirmable message: an ACK, piggy-backed or empty. Repeated for duplicates.
  void reply(const message_fields& m, time_point now, datagrams& out);
  void acknowledge(std::uint16_t id, time_point now, datagrams& out);
  /// Rejects a message that take() answered (§4.2, §4.3); of a confirmable one the duplicates too.
  void reject(const message_view& m, time_point now, datagrams& out);

  /// The message in flight with this id, if there is one: then it is over.
  std::optional<sending_ended> finish(std::uint16_t id, outcome how, time_point now,
                                      datagrams& out);
  /// The message of this reference, waiting or in flight: it is over.
  std::optional<sending_ended> withdraw(purpose what, std::uint32_t reference, time_point now,
                                        datagrams& out);
  /// Whether a message with that id of ours is in flight; what it is for.
  [[nodiscard]] std::optional<std::uint32_t> in_flight(std::uint16_t id) const noexcept;
  [[nodiscard]] bool in_flight(purpose what, std::uint32_t reference) const noexcept;

  /// Sends again what is due. Answers a message that ended by it; ask until it answers nothing.
  std::optional<sending_ended> handle_timeout(time_point now, datagrams& out);
  [[nodiscard]] time_point next_timeout() const noexcept;

  /// Forgets what is in flight and what came from the peer; the ids go on.
  void forget() noexcept;
  [[nodiscard]] const peer_settings& settings() const noexcept { return *settings_; }
  [[nodiscard]] const peer_counts& counts() const noexcept { return counts_; }
  [[nodiscard]] std::uint64_t draw() noexcept { return chance_.next(); }
  /// An acknowledgement or a reset that nobody waits for.
  void ignore() noexcept { ++counts_.ignored; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  struct outgoing {
    kept_octets message;
    time_point due = never; ///< of the next transmission or the end
    duration timeout{};
    std::uint32_t reference = 0;
    std::uint16_t id = 0;
    purpose what = purpose::request;
    std::uint8_t sent = 0; ///< transmissions; 0: waiting
    bool confirmable = true;
    bool renewed = false; ///< wants a new id
  };
  /// What the peer said of late.
  struct heard {
    recent_ids ids;
    kept_replies replies;
    time_point quiet_at = never; ///< all of it is old then
  };

  [[nodiscard]] duration lifetime() const noexcept { return settings_->timing.exchange_lifetime(); }
  std::optional<message_view> take_reply(const message_view& m);
  void start_waiting(time_point now, datagrams& out);
  void start(outgoing& o, time_point now);
  sending_ended end(std::size_t at, outcome how);
  static bytes_view reset(std::uint16_t id, datagrams& out);
  void remember(std::uint16_t id, bytes_view message, time_point now);

  const peer_settings* settings_;
  random_stream chance_;
  message_id_source ids_;
  std::vector<outgoing> sending_;
  std::unique_ptr<heard> heard_; ///< none when the peer was silent for EXCHANGE_LIFETIME
  peer_counts counts_;
};

} // namespace fleet::coap
