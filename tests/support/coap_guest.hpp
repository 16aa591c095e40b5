// A CoAP client on a datagram socket of the virtual world, plain or behind a filter: what it hears
// comes out as lines. For tests of the CoAP front door; knows no platform.
#pragma once

#include <algorithm>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "hal_sim/world/home.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "tests/support/coap_wire.hpp"

namespace fleet::support {

/// A CoAP client machine on a virtual socket, plain or behind a filter; what it hears comes out as
/// lines: `2.05 =payload`, `failed`.
class coap_guest final : public hal::datagram_events, private hal::timer {
public:
  struct settings {
    hal::address peer{};
    std::uint64_t origin = 1;
    datagram_filter_factory* security = nullptr;
    std::string psk_identity{};
    std::string psk_key{};
  };
  coap_guest(hal::home& where, const settings& o)
      : home_(where), machine_(behaviour_, random_stream{7, o.origin, "coap guest"}) {
    hal::datagram_options socket;
    socket.peer = o.peer;
    socket.origin = o.origin;
    socket_ = where.open_datagrams(socket, *this);
    if (o.security != nullptr) {
      datagram_filter_request request;
      request.server_name = "localhost";
      request.psk_identity = o.psk_identity;
      request.psk_key = as_bytes(o.psk_key);
      filter_ = o.security->make(request);
      datagram_batch out;
      state = filter_->start(home_.now(), out);
      emit(out);
      rearm();
    }
  }
  ~coap_guest() { home_.disarm(*this); }
  coap_guest(const coap_guest&) = delete;
  coap_guest& operator=(const coap_guest&) = delete;

  /// Sends a request for `path`; its number.
  coap::request_id ask(coap::code method, std::string_view path, std::string_view payload,
                       const std::vector<std::pair<std::uint16_t, std::string>>& more = {}) {
    coap::option_list options;
    std::string_view rest = path;
    while (!rest.empty()) {
      rest.remove_prefix(1);
      const auto level = rest.substr(0, rest.find('/'));
      options.add(coap::option::uri_path, as_bytes(level));
      rest.remove_prefix(level.size());
    }
    for (const auto& [number, value] : more) {
      options.add(number, as_bytes(value));
    }
    coap::request_fields fields;
    fields.method = method;
    fields.options = options.view();
    fields.payload = as_bytes(payload);
    const auto id = machine_.request(fields, home_.now(), out_);
    FLEET_CHECK(id.ok());
    flush();
    return id.value();
  }
  coap::request_id post(std::string_view path, std::string_view payload,
                        const std::vector<std::pair<std::uint16_t, std::string>>& more = {}) {
    return ask(coap::code::post, path, payload, more);
  }
  void ping() {
    FLEET_CHECK(machine_.ping(home_.now(), out_).ok());
    flush();
  }
  void say(bytes_view datagram) { socket_->send({}, datagram); }

  coap::test::lines take() { return std::exchange(heard, {}); }

  coap::test::lines heard;
  coap::test::lines wire; ///< each datagram that came, unencrypted, as a line
  std::vector<std::vector<std::uint8_t>> sent;
  std::string answer_options; ///< of the last answer
  filter_state state = filter_state::open;

private:
  void on_datagram(const hal::address&, bytes_view bytes) override {
    if (filter_ == nullptr) {
      take(bytes);
    } else {
      datagram_batch opened;
      datagram_batch out;
      state = filter_->receive(bytes, home_.now(), opened, out);
      emit(out);
      for (std::size_t i = 0; i < opened.size(); ++i) {
        take(opened[i]);
      }
      rearm();
    }
    flush();
  }
  void on_trouble(hal::datagram_trouble) override {}
  void on_wake(time_point now) override {
    if (filter_ != nullptr && filter_->next_timeout() <= now) {
      datagram_batch out;
      state = filter_->handle_timeout(now, out);
      emit(out);
    }
    machine_.handle_timeout(now, out_);
    drain();
    flush();
  }
  void take(bytes_view bytes) {
    wire.push_back(coap::test::describe_wire(bytes));
    machine_.receive(bytes, home_.now());
    drain();
  }
  void drain() {
    while (const auto event = machine_.next_event(out_)) {
      if (const auto* const r = std::get_if<coap::client_event::response_arrived>(&*event)) {
        answer_options = coap::test::describe_options(r->options);
        heard.push_back(coap::test::describe(r->code)
                        + (r->payload.empty() ? "" : " =" + std::string{as_text(r->payload)}));
      } else if (const auto* const p = std::get_if<coap::client_event::ping_ended>(&*event)) {
        heard.emplace_back(p->answered ? "pong" : "no pong");
      } else {
        heard.emplace_back("failed");
      }
    }
  }
  void flush() {
    for (; !out_.empty(); out_.pop()) {
      const auto one = out_.front();
      sent.emplace_back(one.begin(), one.end());
      if (filter_ == nullptr) {
        socket_->send({}, one);
      } else {
        datagram_batch sealed;
        (void)filter_->send(one, sealed);
        emit(sealed);
      }
    }
    rearm();
  }
  void emit(const datagram_batch& out) {
    for (std::size_t i = 0; i < out.size(); ++i) {
      socket_->send({}, out[i]);
    }
  }
  void rearm() {
    const auto filter = filter_ == nullptr ? never : filter_->next_timeout();
    home_.arm(*this, std::min(filter, machine_.next_timeout()));
  }

  hal::home& home_;
  coap::client_behaviour behaviour_ = [] {
    coap::client_behaviour b;
    b.also_known = alink::coap_post_options;
    b.limits.message_max = 1280;
    return b;
  }();
  coap::client machine_;
  std::unique_ptr<datagram_filter> filter_;
  hal::datagram_ptr socket_;
  coap::datagrams out_;
};

} // namespace fleet::support
