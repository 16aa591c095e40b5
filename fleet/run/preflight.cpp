// The trial connection.
#include "fleet/run/preflight.hpp"

#include <algorithm>
#include <atomic>
#include <string>

#include <fmt/format.h>

#include "fleet/run/datagram_trial.hpp"
#include "fleet/run/secure.hpp"

namespace fleet::program {

namespace {

class trial final : public hal::stream_events {
public:
  void start(hal::home& home, const hal::connect_options& options) {
    stream_ = home.connect(options, *this);
  }
  void end() { stream_.reset(); }

  void on_connected() override {
    good_ = true;
    done.store(true, std::memory_order_release);
  }
  void on_received(bytes_view) override {}
  void on_closed(hal::close_reason reason, std::string_view detail) override {
    reason_ = reason;
    detail_ = detail;
    done.store(true, std::memory_order_release);
  }

  [[nodiscard]] bool good() const noexcept { return good_; }
  [[nodiscard]] std::string sentence(const std::string& target, double timeout_s) const;
  [[nodiscard]] bool nobody() const noexcept {
    using hal::close_reason;
    return reason_ == close_reason::refused || reason_ == close_reason::unreachable
           || reason_ == close_reason::timed_out || reason_ == close_reason::dns_failed;
  }

  std::atomic<bool> done{false};

private:
  hal::stream_ptr stream_;
  std::string detail_;
  hal::close_reason reason_ = hal::close_reason::local;
  bool good_ = false;
};

std::string trial::sentence(const std::string& target, double timeout_s) const {
  using hal::close_reason;
  const std::string more = detail_.empty() ? "" : ": " + detail_;
  switch (reason_) {
    case close_reason::refused: return target + " refused the connection: nobody listens there";
    case close_reason::unreachable: return target + " is unreachable" + more;
    case close_reason::timed_out:
      return fmt::format("{} did not answer within {:g} s", target, timeout_s);
    case close_reason::dns_failed: return target + " has no address" + more;
    case close_reason::tls_failed: return target + ": TLS failed" + more;
    case close_reason::exhausted: return target + ": this machine is out of resources" + more;
    case close_reason::reset:
    case close_reason::closed_by_peer:
    case close_reason::local: return target + " closed the connection at once" + more;
  }
  FLEET_CHECK(false);
}

} // namespace

namespace {

/// Passes time until it is done; a signal ends it early.
std::optional<int> await(run_world& world, const std::atomic<bool>& done, stop_signals& signals) {
  std::optional<int> signal;
  while (!done.load(std::memory_order_acquire) && !signal) {
    signal = world.pass(std::chrono::milliseconds{10}, signals);
  }
  return signal;
}

trial_failure interrupted() {
  return {interrupted_early("while the target was tried")};
}

std::optional<trial_failure> try_datagrams(run_world& world, const prepared& ready,
                                           const prepared_product& product, std::size_t place,
                                           stop_signals& signals) {
  hal::home& home = *world.device_homes().front();
  datagram_trial t{home, product.settings, place};
  world.call(home, [&t] { t.start(); });
  const auto signal = await(world, t.done, signals);
  world.call(home, [&t] { t.end(); });
  if (signal) {
    return interrupted();
  }
  if (!t.trouble().empty()) {
    // Behind a colon stands what somebody who was there, or this machine, did wrong.
    return trial_failure{{exit_code::environment_failed, ready.place_text(place) + t.trouble()},
                         !t.trouble().starts_with(':')};
  }
  return std::nullopt;
}

std::optional<trial_failure> try_stream(run_world& world, const hal::connect_options& options,
                                        const std::string& text, stop_signals& signals) {
  trial t;
  hal::home& home = *world.device_homes().front();
  world.call(home, [&] { t.start(home, options); });
  const auto signal = await(world, t.done, signals);
  world.call(home, [&t] { t.end(); });
  if (signal) {
    return interrupted();
  }
  if (!t.good()) {
    return trial_failure{
        {exit_code::environment_failed, t.sentence(text, seconds(options.timeout))}, t.nobody()};
  }
  return std::nullopt;
}

std::optional<trial_failure> try_place(run_world& world, const prepared& ready,
                                       const prepared_product& product, std::size_t place,
                                       stop_signals& signals) {
  if (product.protocol() == device_protocol::coap) {
    return try_datagrams(world, ready, product, place, signals);
  }
  hal::connect_options options;
  options.peer = product.settings.peer_at(place);
  options.timeout = product.settings.connect_timeout;
  options.security = forgetful(product.settings.security);
  options.server_name = product.settings.server_name_at(place);
  return try_stream(world, options, ready.place_text(place), signals);
}

} // namespace

std::optional<trial_failure> try_target(run_world& world, const prepared& ready,
                                        const prepared_product& product, stop_signals& signals) {
  const std::size_t places = std::max<std::size_t>(product.settings.places.size(), 1);
  for (std::size_t place = 0; place < places; ++place) {
    if (auto failure = try_place(world, ready, product, place, signals)) {
      return failure;
    }
  }
  return std::nullopt;
}

std::optional<trial_failure> try_listener(run_world& world, const hal::address& peer,
                                          const std::string& text, stop_signals& signals) {
  hal::connect_options options;
  options.peer = peer;
  return try_stream(world, options, text, signals);
}

std::optional<startup_error> preflight(run_world& world, const prepared& ready,
                                       const prepared_product& product, stop_signals& signals) {
  auto failure = try_target(world, ready, product, signals);
  return failure ? std::optional{std::move(failure->why)} : std::nullopt;
}

} // namespace fleet::program
