// A home without a network: streams are handed in by the test, what they send stays in their
// buffer. For measuring what stands on a home, and nothing else.
#pragma once

#include <memory>
#include <string>

#include "hal_sim/world/home.hpp"
#include "protocol/base/check.hpp"

namespace fleet::support {

/// A stream that goes nowhere.
class bare_stream final : public hal::stream {
public:
  byte_buffer& output() override { return out; }
  [[nodiscard]] std::size_t unsent() const override { return out.size(); }
  void tell_when_sent() override {}
  void close() override { closed = true; }
  void reset() override { closed = true; }
  void pause_reading(bool) override {}
  [[nodiscard]] std::string peer() const override { return "nobody"; }
  void set_events(hal::stream_events& e) override { events = &e; }

  /// To be dropped by whoever owns it; the object itself is the test's.
  [[nodiscard]] hal::stream_ptr lend() { return hal::stream_ptr{this}; }

  byte_buffer out;
  hal::stream_events* events = nullptr;
  bool closed = false;
  bool abandoned = false;

private:
  void abandon() noexcept override { abandoned = true; }
};

class bare_home final : public hal::home {
public:
  hal::stream_ptr connect(const hal::connect_options&, hal::stream_events&) override {
    FLEET_CHECK(false); // nobody connects here
  }
  result<std::unique_ptr<hal::listener>, hal::listen_error>
  listen(const hal::listen_options& options, hal::accept_events& events) override {
    door = &events;
    return std::unique_ptr<hal::listener>{std::make_unique<listener>(options.at)};
  }
  hal::datagram_ptr open_datagrams(const hal::datagram_options&, hal::datagram_events&) override {
    FLEET_CHECK(false); // nor speaks without connecting
  }
  result<hal::datagram_ptr, hal::listen_error> bind_datagrams(const hal::address&,
                                                              hal::datagram_events&) override {
    return fail(hal::listen_error::not_permitted);
  }
  void set_now(time_point t) {
    now_ = t;
    wake_due();
  }

  hal::accept_events* door = nullptr; ///< of the last listener

protected:
  [[nodiscard]] bool on_own_thread() const noexcept override { return true; }

private:
  struct listener final : hal::listener {
    explicit listener(hal::address a) : chosen(a) {}
    [[nodiscard]] hal::address at() const override { return chosen; }
    hal::address chosen;
  };
};

} // namespace fleet::support
