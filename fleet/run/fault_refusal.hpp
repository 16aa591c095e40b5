// Why a fault was not taken by whoever was to carry it out. Plain data.
#pragma once

#include <string>
#include <string_view>

namespace fleet::program {

struct fault_refusal {
  std::string why;         ///< a sentence
  bool name_taken = false; ///< by one that is there, and not the asker's to give
  bool unheard = false;    ///< nobody answered; whether it was taken is not known

  friend bool operator==(const fault_refusal& one, std::string_view why) noexcept {
    return one.why == why;
  }
};

} // namespace fleet::program
