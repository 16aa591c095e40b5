// The twin itself as the server whose sessions are counted: a platform with its CoAP desk, doors,
// books and all, on a real home whose thread's CPU is told. No benchmark by itself.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "cloud_sim/twin.hpp"
#include "hal_sim/real_world/real_home.hpp"
#include "protocol/alink/identity.hpp"
#include "protocol/base/check.hpp"
#include "protocol/tls/dtls.hpp"
#include "tests/bench/coap/thread_cpu.hpp"
#include "tests/support/raw_socket.hpp"

namespace fleet::bench {

class twin_house {
public:
  /// Its devices are `source`'s; over DTLS they come with their own keys (aliyun-iot.md §17.1).
  twin_house(const alink::credential_source& source, bool secure)
      : source_(source), security_(secure ? door() : nullptr), twin_(options()) {
    FLEET_CHECK(twin_.start(home_).ok());
    at_ = twin_.coap_addresses().front();
    thread_ = std::thread{[this] {
      while (!stop_) {
        home_.poll_once(std::chrono::milliseconds{100});
      }
      twin_.stop();
      home_.poll_once({});
    }};
  }
  ~twin_house() { stop(); }
  twin_house(const twin_house&) = delete;
  twin_house& operator=(const twin_house&) = delete;

  [[nodiscard]] const hal::address& at() const noexcept { return at_; }
  [[nodiscard]] std::uint64_t served() const noexcept {
    return cloud::value(twin_.counters().posting[0].posts);
  }
  [[nodiscard]] double cpu_ns() { return cpu_ns_of(thread_); }

  void stop() {
    stop_ = true;
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  /// Once stopped: how many different reports its books have of that device.
  [[nodiscard]] std::uint64_t booked(std::uint32_t device) const {
    const auto* const account = twin_.account_of(device);
    return account == nullptr ? 0 : account->uplink.accepted();
  }

private:
  std::unique_ptr<tls::dtls_server_context> door() {
    tls::dtls_server_options o;
    o.key_of = [this](std::string_view who) { return twin_.posts()->psk_key(who); };
    return std::move(tls::dtls_server_context::create(o)).value();
  }
  cloud::twin_options options() {
    cloud::twin_options o;
    o.credentials = &source_;
    o.logon_key = "key of the benchmark";
    o.coap_listeners.push_back({.at = support::loopback(), .security = security_.get()});
    return o;
  }

  const alink::credential_source& source_;
  hal::real_home home_{{}};
  std::unique_ptr<tls::dtls_server_context> security_;
  cloud::twin twin_;
  hal::address at_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace fleet::bench
