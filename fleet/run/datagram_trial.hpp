// A first word to a target that is reached by datagrams: a CoAP ping (RFC 7252 §4.3), or the
// handshake of DTLS. Any answer will do, but for a handshake that fails.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "actors/device/settings.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::program {

class datagram_trial final : private hal::datagram_events, private hal::timer {
public:
  /// On the home's thread, as end(); `product` outlives the trial and has a plan for CoAP.
  datagram_trial(hal::home& home, const actors::product_settings& product, std::size_t place)
      : home_(home), product_(product), place_(place) {}
  void start();
  void end();

  /// Why it came to nothing, as what follows the target's name; empty: somebody answered. Once
  /// done.
  [[nodiscard]] const std::string& trouble() const noexcept { return trouble_; }

  std::atomic<bool> done{false};

private:
  void on_datagram(const hal::address& from, bytes_view bytes) override;
  void on_trouble(hal::datagram_trouble what) override;
  void on_wake(time_point now) override;
  void send(datagram_batch& out);
  void judge(filter_state now);
  void finish(std::string trouble);

  hal::home& home_;
  const actors::product_settings& product_;
  std::size_t place_; ///< of the product's
  hal::datagram_ptr socket_;
  std::unique_ptr<datagram_filter> filter_; ///< none: plain
  time_point deadline_{};
  bool heard_ = false; ///< anything
  std::string trouble_;
};

} // namespace fleet::program
