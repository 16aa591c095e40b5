// Two simple peers for tests on either world: one that connects, one that listens, both write down
// what they are told. No protocol.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "hal_sim/world/home.hpp"
#include "hal_sim/world/stream.hpp"

namespace fleet::support {

/// Owns one stream and records what happens to it. The hooks run inside the call of the same name.
class recorder final : public hal::stream_events {
public:
  void on_connected() override {
    ++connected;
    connected_at = at();
    if (when_connected) {
      when_connected(*this);
    }
  }
  void on_received(bytes_view bytes) override {
    ++deliveries;
    received_at = at();
    received += as_text(bytes);
    if (when_received) {
      when_received(*this, as_text(bytes));
    }
  }
  void on_drained() override {
    ++drained;
    if (when_drained) {
      when_drained(*this);
    }
  }
  void on_closed(hal::close_reason why, std::string_view text) override {
    ++closed;
    closed_at = at();
    reason = why;
    detail = text;
    if (when_closed) {
      when_closed(*this);
    }
    if (drop_when_closed) {
      stream.reset();
    }
  }

  void write(std::string_view text) { stream->output().append(text); }

  /// Whose clock stamps the records; none: no stamps.
  hal::home* home = nullptr;
  hal::stream_ptr stream;
  std::string received;
  std::string detail;
  hal::close_reason reason = hal::close_reason::local;
  time_point connected_at{};
  time_point received_at{};
  time_point closed_at{};
  int connected = 0;
  int deliveries = 0;
  int drained = 0;
  int closed = 0;
  bool drop_when_closed = true;
  std::function<void(recorder&)> when_connected;
  std::function<void(recorder&, std::string_view)> when_received;
  std::function<void(recorder&)> when_drained;
  std::function<void(recorder&)> when_closed;

private:
  [[nodiscard]] time_point at() const { return home == nullptr ? time_point{} : home->now(); }
};

/// Listens and keeps a recorder for every accepted stream.
class host final : public hal::accept_events {
public:
  /// Listens at once; a failure leaves `door` empty.
  explicit host(hal::home& h, std::uint16_t port = 1883, stream_filter_factory* security = nullptr)
      : home(h) {
    hal::address at;
    at.ip = {127, 0, 0, 1};
    at.port = port;
    auto opened = h.listen({.at = at, .security = security}, *this);
    if (opened.ok()) {
      door = std::move(opened).value();
    }
  }

  void on_accepted(hal::stream_ptr accepted) override {
    if (refuse) {
      return;
    }
    guests.push_back(std::make_unique<recorder>());
    recorder& guest = *guests.back();
    guest.home = &home;
    guest.connected = 1; // an accepted stream is a usable one
    guest.connected_at = home.now();
    guest.stream = std::move(accepted);
    guest.stream->set_events(guest);
    if (when_accepted) {
      when_accepted(guest);
    }
  }

  hal::home& home;
  std::unique_ptr<hal::listener> door;
  std::vector<std::unique_ptr<recorder>> guests;
  bool refuse = false; ///< drop what is accepted
  std::function<void(recorder&)> when_accepted;
};

/// Runs a hook before its home sends anything.
class sending_hook final : public hal::send_watcher {
public:
  sending_hook(hal::home& h, std::function<void()> f) : home(h), act(std::move(f)) {
    home.watch_sends(*this);
  }
  ~sending_hook() { home.unwatch_sends(*this); }
  sending_hook(const sending_hook&) = delete;
  sending_hook& operator=(const sending_hook&) = delete;
  void on_sending() override { act(); }

  hal::home& home;
  std::function<void()> act;
};

/// Makes `r` connect to where `h` listens.
inline void connect(recorder& r, host& h, hal::connect_options options = {}) {
  r.home = &h.home;
  options.peer = h.door->at();
  r.stream = h.home.connect(options, r);
}

/// A factory of filters that only the virtual world can use: it has a model and makes nothing.
class modelled_security final : public stream_filter_factory {
public:
  explicit modelled_security(filter_model m = {}) : model_(std::move(m)) {}
  std::unique_ptr<stream_filter> make(std::string_view) override { return nullptr; }
  [[nodiscard]] const filter_model& model() const override { return model_; }

private:
  filter_model model_;
};

} // namespace fleet::support
