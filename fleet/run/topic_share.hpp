// Which of the probes of several processes counts a message that no ledger's tag gives to a device:
// each hears all of them, and one of them counts it. Goes by the topic.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "actors/device/dialect.hpp"
#include "fleet/scenario/plan.hpp"

namespace fleet::program {

class topic_share {
public:
  /// Of the devices `all` of a product, which `speech` speaks for and which outlives it, those that
  /// are `here`.
  topic_share(const actors::dialect& speech, const device_range& all, const device_range& here)
      : speech_(speech), all_(all), here_(here) {}

  /// Whether it came on a topic of one that is here, of several the first; and of none whether the
  /// first of all is.
  bool has(std::string_view topic);
  /// The device whose topic it is, of several the first; the first of all where it is of none.
  std::uint32_t owner(std::string_view topic);

private:
  struct topic_owner {
    std::uint64_t topic = 0; ///< hashed
    std::uint32_t device = 0;
  };
  void read_topics();

  const actors::dialect& speech_;
  device_range all_;
  device_range here_;
  std::vector<topic_owner> owners_; ///< sorted; only where it is needed
};

} // namespace fleet::program
