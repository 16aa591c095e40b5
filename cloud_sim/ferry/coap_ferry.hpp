// One CoAP socket for a twin on several homes: it is the first home's, with the DTLS sessions of
// all peers, and each datagram goes to the home of the device that it names, whose desk has the
// CoAP session. What names nobody goes where its peer's last one went.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "cloud_sim/coap_desk.hpp"
#include "cloud_sim/ferry/datagram_load.hpp"
#include "cloud_sim/neighbours.hpp"

namespace fleet::cloud {

class coap_ferry final : private hal::datagram_server_events {
public:
  /// Octets on their way to one home; a datagram beyond is lost, as the network may lose it.
  static constexpr std::size_t waiting_octets_max = 16 * 1024 * 1024;

  /// Keeps what a home has to keep, on its thread; false: it could not, and what it wanted to send
  /// has been dropped.
  using settle = std::function<bool(std::uint32_t home)>;

  coap_ferry(neighbours& all, settle keep);
  ~coap_ferry();
  coap_ferry(const coap_ferry&) = delete;
  coap_ferry& operator=(const coap_ferry&) = delete;

  /// What the desk of a home has for a socket; dies with this.
  [[nodiscard]] coap_way& way(std::uint32_t home);

  /// Opens the socket, as coap_desk::open(). `first` is the door of the first home, and outlives
  /// what close() ends.
  std::optional<hal::listen_error> open(post_door& first, const coap_desk_options& options);
  /// On the first home's thread, or while it stands still.
  void close();
  /// Once it is open.
  [[nodiscard]] hal::address at() const { return server_->at(); }

private:
  struct peer;
  class pier;

  void on_peer(const hal::address& from, std::string_view identity) override;
  void on_datagram(const hal::address& from, bytes_view bytes) override;
  void on_peer_gone(const hal::address& from, std::string_view why) override;
  void on_peer_refused(const hal::address&, std::string_view) override {}

  peer& open_peer(const hal::address& at);
  void forget(peer& p);
  void tell_gone(const peer& p);
  /// The home of the device that a datagram names; nothing: it names none.
  [[nodiscard]] std::optional<std::uint32_t> home_named(peer& p, bytes_view bytes);
  /// On the first home.
  void send_all(const datagram_load& load);

  neighbours& all_;
  settle keep_;
  std::vector<std::unique_ptr<pier>> piers_; ///< one for each home
  post_door* door_ = nullptr;
  std::size_t peers_max_ = 0;
  std::unique_ptr<hal::datagram_server> server_;
  std::unique_ptr<hal::peer_table<peer>> peers_;
  hal::silence_order<peer> heard_; ///< all of them
  json_reader json_;
};

} // namespace fleet::cloud
