// What a receiver_account holds only once something out of the ordinary happened. Private to this
// folder.
#pragma once

#include <map>

#include "protocol/ledger/ledger.hpp"

namespace fleet::ledger {

struct receiver_account::history {
  /// By epoch; a map because a peer chooses the order in which epochs show up.
  std::map<std::uint32_t, epoch_record> former;
  std::uint64_t duplicates = 0;
  std::uint64_t unexplained = 0;
  std::uint64_t out_of_order = 0;
};

} // namespace fleet::ledger
