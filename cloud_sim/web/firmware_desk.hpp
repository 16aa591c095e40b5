// The firmware server (aliyun-iot.md §14.3): GET and HEAD of `/firmware/ID?token=…`, whole or from
// an octet on, as fast as its pace allows. Whose tokens count and what an image holds is the
// platform's.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <string_view>

#include "cloud_sim/campaigns/throttle.hpp"
#include "cloud_sim/firmware_source.hpp"
#include "cloud_sim/web/logon_desk.hpp"
#include "cloud_sim/web/message.hpp"
#include "cloud_sim/rate_limit.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::cloud {

/// Where firmware is fetched, its number behind it.
inline constexpr std::string_view firmware_path = "/firmware/";

/// How long firmware_fault::stall keeps a connection whose peer does not mind.
inline constexpr duration firmware_stall_most = std::chrono::minutes{10};

/// Answers 200, 206, 416; 403 for a token that expired or never was, 404 for firmware that is not
/// whole or any other path, 405 for another method, 429 to a source that is refused too often.
class firmware_desk final : public web_handler, private hal::timer {
public:
  /// Home and source must outlive the desk, and the desk its service.
  firmware_desk(hal::home& where, firmware_source& from, const rate_rules& refusals = logon_rate);
  ~firmware_desk();
  firmware_desk(const firmware_desk&) = delete;
  firmware_desk& operator=(const firmware_desk&) = delete;

  void on_request(const web_request& request, const responder& reply) override;

  /// Downloads that wait for the common rate.
  [[nodiscard]] std::size_t waiting() const noexcept { return line_.size(); }

private:
  friend class firmware_body;
  /// A download's place in the line for the common rate.
  struct place {
    responder reply;
    bool queued = false;
    bool granted = false; ///< its turn has come
  };

  void on_wake(time_point now) override;
  /// How many of `wanted` octets may go; 0: its reply is resumed when it is its turn.
  std::size_t take(const std::shared_ptr<place>& who, std::size_t wanted, time_point now);
  void serve(const web_request& request, const served_firmware& what, const responder& reply);
  void refuse(const web_request& request, const responder& reply, web_answer what);

  hal::home& home_;
  firmware_source& source_;
  rate_limit rate_;
  firmware_pace pace_;
  octet_rate all_;
  std::deque<std::shared_ptr<place>> line_;
};

} // namespace fleet::cloud
