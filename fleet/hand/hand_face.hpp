// What the program asks of a device by hand, whatever the device speaks. A face; no behaviour.
#pragma once

#include <string>
#include <string_view>

#include "hal_sim/world/address.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// All calls on the thread of the device's home.
class hand_face {
public:
  virtual ~hand_face() = default;

  /// Power on, and the first attempt to reach the cloud.
  virtual void boot() = 0;
  /// A typed line; its commands are carried out in order. Lines ahead are the caller's to bound:
  /// each is answered by hand_watcher::on_taken().
  virtual void take(std::string line) = 0;
  /// A line that could not be taken: told, and counted as a mistake of a script.
  virtual void complain(std::string_view sentence) = 0;
  /// Something that happens around it, such as a handshake.
  virtual void note(std::string_view text) = 0;
  /// No line comes any more: what was taken is carried out, then it stops.
  virtual void end_of_input() = 0;
  /// The answer to hand_watcher::on_question(); the error is a sentence.
  virtual void found(const std::string& /*host*/, const result<hal::address, std::string>& /*at*/) {
  }
  /// Stops now: what is unanswered may be so for interrupt_grace at most.
  virtual void interrupt() = 0;
};

} // namespace fleet::program
