// Where a process shows itself: a listener and a thread for its door alone, so that whoever looks
// takes nobody's time but that thread's.
#pragma once

#include <memory>
#include <string>

#include "fleet/live/door.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

class page_host {
public:
  /// Starts to serve; a port of 0 picks a free one. The error is a sentence for people.
  static result<std::unique_ptr<page_host>, std::string> serve(const hal::address& at,
                                                               page_parts parts);
  /// Lets the answer that is under way finish.
  ~page_host();

  /// The address with the port that it listens on.
  [[nodiscard]] const hal::address& at() const noexcept;

private:
  struct state;
  explicit page_host(std::unique_ptr<state> s);
  std::unique_ptr<state> state_;
};

} // namespace fleet::program
