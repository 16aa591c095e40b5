// What a run has for its live page: what the page is told, who may order what by it, and the page
// itself. The director fills it; the page's thread reads.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "fleet/live/host.hpp"
#include "fleet/run/live_source.hpp"
#include "fleet/run/private_file.hpp"

namespace fleet::program {

/// All of it is there as long as the page, which goes first.
struct page_side {
  run_told told;
  std::unique_ptr<home_pulse> pulse; ///< none: nobody asks
  std::unique_ptr<look_maker> looks; ///< likewise
  double told_next_s = 0;            ///< when what costs something is told again, on the wall
  std::atomic<bool> readable{false}; ///< for the page's thread: what it shows is complete
  order_box orders;
  std::unique_ptr<live_source> figures;
  std::string token; ///< empty: the page only shows
  std::unique_ptr<page_host> host;
  std::unique_ptr<private_file> file; ///< with the token
};

} // namespace fleet::program
