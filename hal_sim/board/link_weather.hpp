// The disturbances that are in force on one link, and the gates that obey them: there while there
// is any of either. It knows no stream beyond handing it to a gate and back.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "hal_sim/board/link_faults.hpp"
#include "hal_sim/board/link_gate.hpp"

namespace fleet::hal {

class link;

class link_weather final : public gate_keeper {
public:
  link_weather(link& whose, home& h, random_stream draws) noexcept
      : gate_keeper(h, draws), of_(whose) {}
  link_weather(const link_weather&) = delete;
  link_weather& operator=(const link_weather&) = delete;
  ~link_weather();

  void add(const link_disturbance& what);
  void remove(const link_disturbance& what);
  /// Adds up, and lets the gates know.
  void renew();

  /// The one that the link's stream passes; none: it passes none.
  [[nodiscard]] link_gate* gate() const noexcept { return gate_.get(); }
  /// A new one in its place.
  link_gate& put_gate(stream_events& owner);
  /// The link lets its gate go: it stays while it has something to do.
  void dismiss_gate() noexcept;
  /// Gates without an owner at most; the oldest one ends then, with what it holds.
  static constexpr std::size_t leavers_max = 4;
  [[nodiscard]] std::size_t leavers() const noexcept { return leavers_.size(); }

  /// A link that shares what befalls this one, for as long as it has a stream.
  void join(link& other);
  void part(link& other) noexcept;
  [[nodiscard]] const std::vector<link*>& companions() const noexcept { return companions_; }
  /// The link whose disturbances this one's follows; none: its own alone.
  link* leader = nullptr;

  /// Nothing is in force, and nothing left.
  [[nodiscard]] bool spare() const noexcept;
  /// Octets on the heap, itself included.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  void on_idle(link_gate& gate) override;
  void on_over(link_gate& gate) override;

  link& of_;
  std::vector<const link_disturbance*> in_force_;
  std::shared_ptr<link_gate> gate_;
  std::vector<std::shared_ptr<link_gate>> leavers_;
  std::vector<link*> companions_;
};

} // namespace fleet::hal
