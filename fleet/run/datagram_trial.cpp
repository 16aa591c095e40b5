// Sent again each second, since datagrams get lost.
#include "fleet/run/datagram_trial.hpp"

#include <algorithm>
#include <array>
#include <tuple>

#include <fmt/format.h>

namespace fleet::program {

namespace {

using namespace std::chrono_literals;

constexpr duration again = 1s;
/// An empty confirmable message.
constexpr std::array<std::uint8_t, 4> coap_ping{0x40, 0x00, 0x7f, 0x01};

} // namespace

void datagram_trial::start() {
  hal::datagram_options options;
  options.peer = product_.peer_at(place_);
  options.kind = product_.link;
  socket_ = home_.open_datagrams(options, *this);
  deadline_ = home_.now() + product_.connect_timeout;
  const auto& coap = product_.post->coap;
  // Whose key it would be, no trial can know; that somebody says hello is enough then.
  if (coap.security != nullptr) {
    datagram_filter_request request;
    request.server_name = product_.server_name_at(place_);
    filter_ = coap.security->make(request);
    datagram_batch out;
    const auto state = filter_->start(home_.now(), out);
    send(out);
    judge(state);
  }
  on_wake(home_.now());
}

void datagram_trial::end() {
  home_.disarm(*this);
  socket_.reset();
}

void datagram_trial::send(datagram_batch& out) {
  for (std::size_t i = 0; i < out.size(); ++i) {
    std::ignore = socket_->send(product_.peer_at(place_), out[i]);
  }
}

void datagram_trial::judge(filter_state now) {
  switch (now) {
    case filter_state::handshaking: return;
    case filter_state::open:
    case filter_state::ended: finish({}); return;
    case filter_state::failed:
      finish(filter_->timed_out() ? std::string{" did not answer"}
                                  : ": DTLS failed: " + filter_->error());
      return;
  }
}

void datagram_trial::finish(std::string trouble) {
  if (!done.load(std::memory_order_relaxed)) {
    trouble_ = std::move(trouble);
    done.store(true, std::memory_order_release);
  }
}

void datagram_trial::on_datagram(const hal::address&, bytes_view bytes) {
  heard_ = true;
  if (!filter_ || product_.post->coap.shared_key) {
    finish({});
    return;
  }
  datagram_batch plain;
  datagram_batch out;
  const auto state = filter_->receive(bytes, home_.now(), plain, out);
  send(out);
  judge(state);
}

void datagram_trial::on_trouble(hal::datagram_trouble what) {
  switch (what) {
    case hal::datagram_trouble::refused:
      finish(" refused the datagram: nobody listens there");
      return;
    case hal::datagram_trouble::unreachable: finish(" is unreachable"); return;
    case hal::datagram_trouble::exhausted: finish(": this machine is out of resources"); return;
    case hal::datagram_trouble::too_large: return;
  }
}

void datagram_trial::on_wake(time_point now) {
  if (now >= deadline_) {
    // A handshake that gets on is a target; how far it comes by then is the network's affair.
    finish(heard_
               ? std::string{}
               : fmt::format(" did not answer within {:g} s", seconds(product_.connect_timeout)));
    return;
  }
  if (filter_) {
    datagram_batch out;
    const auto state = filter_->handle_timeout(now, out);
    send(out);
    judge(state);
  } else {
    std::ignore = socket_->send(product_.peer_at(place_), coap_ping);
  }
  home_.arm(*this, std::min(deadline_, now + again));
}

} // namespace fleet::program
