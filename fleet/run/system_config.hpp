// Settings of CAF: its own workers sleep, since everything lives on homes (design, part 4).
#pragma once

#include <caf/actor_system_config.hpp>

namespace fleet::program {

struct system_config : caf::actor_system_config {
  system_config();
};

} // namespace fleet::program
