// What a home can do beside the others of its world, where there are several: accept from one
// socket with them, and give them streams.
#pragma once

#include <functional>
#include <memory>

#include "hal_sim/world/home.hpp"

namespace fleet::hal {

class home_of_many : public home {
public:
  /// As listen(), but from the socket of `other`, a listener of another home of this world; the
  /// address of the options is not used.
  virtual result<std::unique_ptr<listener>, listen_error>
  listen_beside(const listener& other, const listen_options& options, accept_events& events) = 0;

  /// Takes a stream of this home to `to`, another of its world, where `arrived` gets it in a coming
  /// turn, to set_events() or to drop it. It is open, and nobody asked for its end. What came and
  /// was not told yet is told there; callable from within its on_received().
  virtual void take_to(home_of_many& to, stream_ptr s, std::function<void(stream_ptr)> arrived) = 0;
};

} // namespace fleet::hal
