// What boards need of a link that are no plain ones. Private to link's own sources.
#pragma once

#include <cstddef>
#include <memory>

#include "hal_sim/board/link.hpp"
#include "hal_sim/board/link_weather.hpp"

namespace fleet::hal {

/// Beside a transformed stream, how it is done, what is in the output before `from` being sealed;
/// a link for datagrams; and what disturbs either.
struct link::extras {
  std::unique_ptr<stream_transform> how;
  std::size_t from = 0;
  bool writing = false; ///< output() was handed out since the last seal()
  std::unique_ptr<datagram_link> datagrams;
  std::unique_ptr<link_weather> weather;
};

inline link_weather* link::weather() const noexcept {
  return extras_ == nullptr ? nullptr : extras_->weather.get();
}

} // namespace fleet::hal
