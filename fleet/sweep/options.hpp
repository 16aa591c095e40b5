// What `fleet run --sweep` was asked to do. Plain data.
#pragma once

#include <cstdint>
#include <string>

namespace fleet::program {

struct sweep_options {
  std::uint32_t count = 0; ///< seeds to try; 0: no sweep
  bool shrink = false;     ///< reduces the first plan that fails
  bool all = false;        ///< goes on after a failure
  std::string folder = "fleet-sweep";
  std::uint32_t jobs = 0; ///< runs at once; 0: as many as processors
};

} // namespace fleet::program
