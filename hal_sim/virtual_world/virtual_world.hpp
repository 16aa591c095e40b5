// The virtual world and its one home: simulated network, simulated clock, one seed (design, part
// 4). No thread, no socket, no wall clock: it stands still unless it is told to run.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hal_sim/virtual_world/link_control.hpp"
#include "hal_sim/virtual_world/virtual_datagrams.hpp"
#include "hal_sim/virtual_world/virtual_network.hpp"
#include "hal_sim/virtual_world/virtual_options.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::hal {

/// The home of everything in a virtual run. Streams, listeners and armed timers should end before
/// it; streams and listeners that do not are dead but may still be dropped.
class virtual_home final : public home {
public:
  explicit virtual_home(virtual_options options);
  ~virtual_home() override;

  stream_ptr connect(const connect_options& options, stream_events& events) override;
  result<std::unique_ptr<listener>, listen_error> listen(const listen_options& options,
                                                         accept_events& events) override;
  datagram_ptr open_datagrams(const datagram_options& options, datagram_events& events) override {
    return datagrams_.open(options, events);
  }
  result<datagram_ptr, listen_error> bind_datagrams(const address& at,
                                                    datagram_events& events) override {
    return datagrams_.bind(at, events);
  }

  /// One turn: runs all that is queued, then the earliest timer or network event not after
  /// `horizon` and all that it queues. False when there was neither.
  bool step(time_point horizon);

  /// Sets the clock forward; time_point before now() is ignored.
  void advance_to(time_point t) noexcept;

  [[nodiscard]] virtual_network& network() noexcept { return network_; }
  [[nodiscard]] const virtual_network& network() const noexcept { return network_; }

  /// Turns without the clock advancing after which a run counts as hung, which is our own mistake.
  static constexpr std::uint64_t same_instant_max = 200'000'000;

protected:
  [[nodiscard]] bool on_own_thread() const noexcept override { return true; }

private:
  bool drain();

  virtual_network network_;
  virtual_datagrams datagrams_{*this, meters_, network_};
  std::uint64_t same_instant_ = 0;
};

class virtual_world {
public:
  explicit virtual_world(virtual_options options = {});

  [[nodiscard]] hal::virtual_home& home() noexcept { return home_; }
  [[nodiscard]] time_point now() const noexcept { return home_.now(); }

  /// Runs all that happens up to and at `horizon`; the clock then shows it.
  void run_until(time_point horizon);
  void run_for(duration span) { run_until(later(now(), span)); }

  /// One turn, however far away; false when nothing is left to happen.
  bool step() { return home_.step(never); }

  /// Disturbances of the network.
  [[nodiscard]] link_control& links() noexcept { return home_.network(); }

  /// The digest over all network events so far: equal for equal runs, on every machine.
  [[nodiscard]] std::uint64_t digest() const noexcept;
  [[nodiscard]] std::string digest_text() const;
  /// Network events so far.
  [[nodiscard]] std::uint64_t events() const noexcept { return home_.network().events(); }

private:
  hal::virtual_home home_;
};

} // namespace fleet::hal
