// The house's CoAP server as the twin's desk runs it: a home on a thread of its own, one socket, a
// session and a timer for each peer, which stand in the order in which they were heard. Counts its
// thread's CPU. No benchmark by itself.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <thread>

#include "hal_sim/real_world/real_home.hpp"
#include "hal_sim/world/datagram_server.hpp"
#include "hal_sim/world/peer_table.hpp"
#include "hal_sim/world/silence_order.hpp"
#include "protocol/base/check.hpp"
#include "protocol/coap/server.hpp"
#include "tests/bench/coap/thread_cpu.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class coap_house final : hal::datagram_server_events {
public:
  /// `security`: none is plain; used by the house's thread alone.
  explicit coap_house(datagram_filter_door* security) {
    hal::datagram_server_options options;
    options.at = support::loopback();
    options.security = security;
    auto opened = hal::datagram_server::open(home_, options, *this);
    FLEET_CHECK(opened.ok());
    socket_ = std::move(opened).value();
    at_ = socket_->at();
    thread_ = std::thread{[this] {
      while (!stop_) {
        home_.poll_once(std::chrono::milliseconds{100});
      }
      while (!heard_.empty()) {
        forget(*heard_.front());
      }
      socket_.reset();
      home_.poll_once({});
    }};
  }
  ~coap_house() {
    stop_ = true;
    thread_.join();
  }
  coap_house(const coap_house&) = delete;
  coap_house& operator=(const coap_house&) = delete;

  [[nodiscard]] const hal::address& at() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t served() const noexcept { return served_; }
  [[nodiscard]] double cpu_ns() { return cpu_ns_of(thread_); }

private:
  struct peer final : hal::timer {
    peer(coap_house& of, const hal::address& who, std::uint64_t number)
        : house(of), at(who), session(of.behaviour_, random_stream{7, number, "coap"}) {}
    ~peer() { house.home_.disarm(*this); }
    peer(const peer&) = delete;
    peer& operator=(const peer&) = delete;
    void on_wake(time_point now) override {
      session.handle_timeout(now, house.out_);
      house.settle(*this);
    }

    coap_house& house;
    const hal::address at;
    coap::server_session session;
    time_point armed_for = never;
    hal::silence_place place = 0;
  };

  void on_peer(const hal::address& /*at*/, std::string_view /*identity*/) override {}
  void on_datagram(const hal::address& from, bytes_view bytes) override {
    peer* p = peers_.find(from);
    if (p != nullptr) {
      heard_.touch(p->place);
    } else {
      p = &peers_.add(std::make_unique<peer>(*this, from, peers_.size()));
      p->place = heard_.add(*p);
    }
    p->session.receive(bytes, home_.now());
    while (const auto event = p->session.next_event(out_)) {
      if (const auto* r = std::get_if<coap::server_event::request_arrived>(&*event)) {
        const auto wrong =
            p->session.respond(r->id, {coap::code::changed, {}, {}, false}, home_.now(), out_);
        FLEET_CHECK(wrong == coap::respond_error::none);
        hal::bump(served_);
      }
    }
    settle(*p);
  }
  void on_peer_gone(const hal::address& at, std::string_view /*why*/) override {
    if (peer* const p = peers_.find(at)) {
      forget(*p);
    }
  }
  void on_peer_refused(const hal::address& /*at*/, std::string_view /*why*/) override {}

  void on_crowd(std::span<const hal::address> senders) noexcept override {
    std::array<peer*, hal::crowd_max> found;
    const auto known = peers_.expect(senders, sizeof(peer), found);
    for (unsigned step = 0; step < coap::server_session::expect_steps; ++step) {
      for (const peer* p : known) {
        p->session.expect(step);
      }
    }
    for (const peer* p : known) {
      heard_.expect(p->place);
    }
  }
  void forget(peer& p) {
    heard_.remove(p.place);
    peers_.take(p);
  }
  void settle(peer& p) {
    for (; !out_.empty(); out_.pop()) {
      socket_->send(p.at, out_.front());
    }
    const time_point due = p.session.next_timeout();
    if (!p.armed() || due < p.armed_for) { // one that moves away is moved when it comes
      p.armed_for = due;
      home_.arm(p, due);
    }
  }

  hal::real_home home_{{}};
  coap::server_behaviour behaviour_;
  coap::datagrams out_;
  hal::peer_table<peer> peers_;
  hal::silence_order<peer> heard_;
  std::unique_ptr<hal::datagram_server> socket_;
  hal::address at_;
  std::atomic<std::uint64_t> served_{0};
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace fleet::bench
