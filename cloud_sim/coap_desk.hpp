// The CoAP front door of devices (aliyun-iot.md §17): a socket, a CoAP session for each peer, and
// the codes of the platform. Log-on and posts are post_door's; DTLS is its socket's filter.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "cloud_sim/coap_way.hpp"
#include "cloud_sim/post_door.hpp"
#include "cloud_sim/rate_limit.hpp"
#include "hal_sim/world/datagram_server.hpp"
#include "hal_sim/world/peer_table.hpp"
#include "hal_sim/world/silence_order.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/coap/server.hpp"

namespace fleet::cloud {

struct coap_desk_options {
  hal::address at{};                        ///< port 0 picks a free one; no multicast group
  datagram_filter_door* security = nullptr; ///< none: plain
  coap_way* way =
      nullptr; ///< what it has in the place of a socket, and outlives it; none: it opens one
  /// Peers that are remembered at once; who comes then takes the place of who was silent longest. A
  /// plain one is forgotten when it has been silent for EXCHANGE_LIFETIME, one over DTLS with its
  /// session.
  std::size_t peers_max = 200'000;
  /// Wrong signs of one source, 20 units each, before its log-ons are answered 5.03: whoever tries
  /// secrets is slowed. Its posts go on: anybody may send a datagram in another's name.
  rate_rules wrong_signs{.per_second = 1000, .burst = 20'000};
};

/// What the socket of such a desk is opened with; nothing: it would be a multicast group's.
std::optional<hal::datagram_server_options> coap_socket(const coap_desk_options& options,
                                                        post_door& door);

class coap_desk final : private hal::datagram_server_events {
public:
  /// Home and door must outlive the desk.
  static result<std::unique_ptr<coap_desk>, hal::listen_error>
  open(hal::home& where, post_door& door, const coap_desk_options& options);
  ~coap_desk();
  coap_desk(const coap_desk&) = delete;
  coap_desk& operator=(const coap_desk&) = delete;

  [[nodiscard]] hal::address at() const { return way_->at(); }
  /// Drops what has not left, and what is remembered of requests: each is judged anew when it comes
  /// again.
  void reset_all();

  [[nodiscard]] std::size_t peers() const noexcept { return peers_.size(); }

private:
  struct peer;
  struct request;

  coap_desk(hal::home& where, post_door& door, const coap_desk_options& options);

  void on_peer(const hal::address& from, std::string_view identity) override;
  void on_datagram(const hal::address& from, bytes_view bytes) override;
  void on_peer_gone(const hal::address& from, std::string_view why) override;
  void on_peer_refused(const hal::address&, std::string_view) override {}
  void on_crowd(std::span<const hal::address> senders) noexcept override;

  peer& open_peer(const hal::address& at);
  void forget(peer& p);
  void drain(peer& p);
  void settle(peer& p);
  void wake(peer& p);
  /// One datagram, as faults will have it.
  void send(const hal::address& to, std::uint32_t number, bytes_view datagram);
  void take(peer& p, const coap::server_event::request_arrived& r);
  /// Both fill in the answer.
  /// Its device has begun anew: the former session of it ends.
  void belongs_to(peer& p, device_index device);
  void log_on(peer& p, const coap::server_event::request_arrived& r, request& q);
  void post(peer& p, const coap::server_event::request_arrived& r, request& q);

  hal::home& home_;
  post_door& door_;
  coap_desk_options options_;
  coap::server_behaviour behaviour_;
  std::unique_ptr<coap_way> own_; ///< none: it has another way
  coap_way* way_ = nullptr;
  hal::peer_table<peer> peers_;
  hal::silence_order<peer> heard_;                    ///< all of them
  std::unordered_map<device_index, peer*> by_device_; ///< over DTLS; never walked
  coap::datagrams out_;
  json_reader json_;
  rate_limit wrong_signs_;
  byte_buffer payload_;
  std::uint64_t met_ = 0; ///< peers
  /// What faults hold back stands or falls with it.
  std::shared_ptr<const int> unsent_ = std::make_shared<const int>();
};

} // namespace fleet::cloud
