// How a desk comes to its datagrams: by a socket of its own, or by another way that it is given.
#include <utility>

#include "cloud_sim/coap_desk.hpp"

namespace fleet::cloud {

namespace {

bool multicast(const hal::address& a) noexcept {
  return a.v6 ? a.ip[0] == 0xff : (a.ip[0] & 0xf0U) == 0xe0;
}

/// A desk's own: events go to the desk directly.
class own_socket final : public coap_way {
public:
  explicit own_socket(std::unique_ptr<hal::datagram_server> server) : server_(std::move(server)) {}
  void serve(hal::datagram_server_events*) noexcept override {}
  void send(const hal::address& to, bytes_view datagram) override { server_->send(to, datagram); }
  void drop(const hal::address& peer) override { server_->drop(peer); }
  void discard() noexcept override { server_->discard(); }
  [[nodiscard]] hal::address at() const override { return server_->at(); }

private:
  std::unique_ptr<hal::datagram_server> server_;
};

} // namespace

std::optional<hal::datagram_server_options> coap_socket(const coap_desk_options& options,
                                                        post_door& door) {
  if (multicast(options.at)) {
    return std::nullopt;
  }
  hal::datagram_server_options socket;
  socket.at = options.at;
  socket.security = options.security;
  socket.peers_max = options.peers_max;
  socket.places = door.places();
  socket.counters = &door.counters().dtls;
  return socket;
}

result<std::unique_ptr<coap_desk>, hal::listen_error>
coap_desk::open(hal::home& where, post_door& door, const coap_desk_options& options) {
  std::unique_ptr<coap_desk> made{new coap_desk{where, door, options}};
  made->way_ = options.way;
  if (options.way != nullptr) {
    options.way->serve(made.get());
    return result<std::unique_ptr<coap_desk>, hal::listen_error>{std::move(made)};
  }
  const auto socket = coap_socket(options, door);
  if (!socket) {
    return fail(hal::listen_error::bad_address);
  }
  auto opened = hal::datagram_server::open(where, *socket, *made);
  if (!opened.ok()) {
    return fail(opened.error());
  }
  made->own_ = std::make_unique<own_socket>(std::move(opened).value());
  made->way_ = made->own_.get();
  return result<std::unique_ptr<coap_desk>, hal::listen_error>{std::move(made)};
}

} // namespace fleet::cloud
