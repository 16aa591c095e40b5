// What devices do beside reports and commands, by the names of the report
// and of the metrics. A new counter of actors/device/meters.hpp gets its line here.
#pragma once

#include <array>
#include <string_view>

#include "actors/device/meters.hpp"

namespace fleet::report {

struct dialect_count {
  std::string_view name; ///< in JSON, and the metric's label
  std::string_view text; ///< for people, behind the number
  actors::counter actors::meters::*from;
};

/// Sections are those of aliyun-iot.md.
inline constexpr std::array<dialect_count, 29> dialect_counts{{
    {"registrations", "secrets fetched", &actors::meters::registrations},         // §5.5
    {"events_posted", "events posted", &actors::meters::events_posted},           // §11.2
    {"commands_refused", "commands refused", &actors::meters::commands_refused},  // §11.3, §11.5
    {"services_answered", "services run", &actors::meters::services_answered},    // §11.5
    {"rrpc_answered", "RRPC answered", &actors::meters::rrpc_answered},           // §15
    {"broadcasts", "broadcasts heard", &actors::meters::broadcasts},              // §9.1
    {"desired_applied", "desired applied", &actors::meters::desired_applied},     // §11.7
    {"shadow_updates", "shadow updates", &actors::meters::shadow_updates},        // §13
    {"shadow_converged", "shadows converged", &actors::meters::shadow_converged}, // §13
    {"ntp_syncs", "NTP syncs", &actors::meters::ntp_syncs},                       // §11.9
    {"configs_offered", "configs offered", &actors::meters::configs_offered},     // §14.6
    {"configs_fetched", "configs fetched", &actors::meters::configs_fetched},
    {"configs_failed", "configs not fetched", &actors::meters::configs_failed},
    {"configs_received", "configs taken", &actors::meters::configs_received},
    {"tags_told", "tag updates", &actors::meters::tags_told},                 // §11.8
    {"models_received", "models received", &actors::meters::models_received}, // §12
    {"request_timeouts", "questions timed out", &actors::meters::request_timeouts},
    {"sub_devices_refused", "sub-devices refused", &actors::meters::sub_devices_refused}, // §16
    {"sub_devices_registered", "sub-devices registered", &actors::meters::sub_devices_registered},
    {"sub_devices_left", "sub-devices left", &actors::meters::sub_devices_left},
    {"session_batches", "session batches", &actors::meters::session_batches},
    {"topologies_read", "topologies read", &actors::meters::topologies_read},
    {"found_told", "lists of found devices", &actors::meters::found_told},
    {"topics_registered", "topics registered", &actors::meters::topics_registered}, // §19
    {"topics_unregistered", "topics unregistered", &actors::meters::topics_unregistered},
    {"topics_refused", "topics refused", &actors::meters::topics_refused},
    {"topics_timed_out", "topics timed out", &actors::meters::topics_timed_out},
    {"topic_messages", "messages to topic handlers", &actors::meters::topic_messages},
    {"topic_strays", "messages to nobody", &actors::meters::topic_strays},
}};

/// One of them, of counts in their order.
constexpr std::uint64_t
dialect_count_of(const std::array<std::uint64_t, dialect_counts.size()>& counts,
                 actors::counter actors::meters::*which) noexcept {
  for (std::size_t i = 0; i < dialect_counts.size(); ++i) {
    if (dialect_counts[i].from == which) {
      return counts[i];
    }
  }
  return 0;
}

} // namespace fleet::report
