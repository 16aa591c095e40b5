// An embedded twin as the cloud's traffic sees it.
#pragma once

#include "cloud_sim/operations.hpp"
#include "cloud_sim/twin.hpp"
#include "fleet/run/cloud_traffic.hpp"

namespace fleet::program {

template <class Twin>
concept twin_with_console = requires(Twin& t) {
  { t.console() } -> std::convertible_to<cloud::operations*>;
};
/// Whether an embedded twin can do what a console does.
inline constexpr bool has_console = twin_with_console<cloud::twin>;

class twin_traffic final : public traffic_cloud {
public:
  /// `twin` outlives the object.
  explicit twin_traffic(cloud::twin& twin) : twin_(twin) {}

  cloud::command_outcome command(std::uint32_t device, mqtt::qos q, time_point due) override {
    return twin_.command(device, q, due);
  }
  bool publish(std::string_view topic, bytes_view payload, mqtt::qos q) override {
    twin_.publish(topic, payload, q, false);
    return twin_.running();
  }
  cloud::operations* console() override { return console_of(twin_); }

private:
  template <class Twin>
  static cloud::operations* console_of(Twin& t) {
    if constexpr (twin_with_console<Twin>) {
      return t.console();
    } else {
      return nullptr;
    }
  }

  cloud::twin& twin_;
};

} // namespace fleet::program
