// Homes held still, so that one other thread may look at and change what lives on them. For what
// people and scripts ask now and then: it costs every home a pause.
#pragma once

#include <memory>
#include <span>

#include "hal_sim/world/home_of_many.hpp"

namespace fleet::hal {

/// While one exists, none of the homes does anything: what lives there may be called from the
/// thread that made it. One at a time, and from a thread that is none of theirs. Homes whose
/// threads have not started, or not any more, are never reached: it waits for ever.
class standstill {
public:
  explicit standstill(std::span<home_of_many* const> homes);
  ~standstill();
  standstill(const standstill&) = delete;
  standstill& operator=(const standstill&) = delete;

private:
  struct gate;
  std::shared_ptr<gate> gate_;
};

} // namespace fleet::hal
