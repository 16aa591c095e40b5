// The front door of the platform (aliyun-iot.md §5.4, §5.5, §14.6): registration, pre-auth, region
// bootstrap and the files of configurations, as devices ask for them over HTTP. Bodies and codes
// are alink's; who exists is the registry's.
#pragma once

#include <cstdint>
#include <string_view>

#include "cloud_sim/logon_registry.hpp"
#include "cloud_sim/web/message.hpp"
#include "cloud_sim/rate_limit.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/alink/registration.hpp"

namespace fleet::cloud {

/// Which MQTT listeners devices are sent to; 0: there is none of the kind.
struct logon_ports {
  std::uint16_t plain = 0;
  std::uint16_t tls = 0;
};

/// Where configurations are fetched with GET, the id behind it and `?token=` (§14.6).
inline constexpr std::string_view config_path = "/config/";

inline constexpr rate_rules logon_rate{.per_second = 1000, .burst = 2000};
/// What a request that is refused costs of it; one that is served costs 1.
inline constexpr std::uint32_t logon_refusal_units = 20;

/// Judged questions are answered with status 200 whatever the code, as the platform does; a wrong
/// path, or the id of no configuration any more, with 404, a configuration's address without a good
/// token with 403, a method other than the path's with 405, too many requests from one source with
/// 429.
class logon_desk final : public web_handler {
public:
  /// Home and registry must outlive the desk.
  logon_desk(hal::home& where, logon_registry& devices, logon_ports ports,
             const rate_rules& rate = logon_rate)
      : home_(where), devices_(devices), ports_(ports), rate_(rate) {}

  void on_request(const web_request& request, const responder& reply) override;

private:
  void give_config(const web_request& request, const responder& reply);
  int register_device(const web_request& request, byte_buffer& out);
  int preauth(const web_request& request, byte_buffer& out);
  int bootstrap(const web_request& request, byte_buffer& out);
  int id2(const web_request& request, byte_buffer& out);
  int answer_with(device_name_view who, const std::string& codec_key, const web_request& request,
                  byte_buffer& out);
  [[nodiscard]] alink::mqtt_place place(const web_request& request) const;

  hal::home& home_;
  logon_registry& devices_;
  logon_ports ports_;
  rate_limit rate_;
};

} // namespace fleet::cloud
