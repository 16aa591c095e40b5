// The HTTP channel of devices that only post (aliyun-iot.md §18): `/auth` and `/topic/…`. Bodies
// are alink's, log-on and posts are post_door's.
#pragma once

#include "cloud_sim/post_door.hpp"
#include "cloud_sim/web/message.hpp"
#include "cloud_sim/rate_limit.hpp"
#include "hal_sim/world/home.hpp"

namespace fleet::cloud {

/// What one source may get wrong before it is answered 40000: a fleet that has lost its tokens is
/// let in, whoever tries secrets is slowed.
inline constexpr rate_rules post_rate{.per_second = 1000, .burst = 20'000};
inline constexpr std::uint32_t wrong_sign_units = 20;
inline constexpr std::uint32_t wrong_post_units = 1; ///< what is taken costs nothing

/// POST alone is taken, others get 405; the status is 200 whatever the code. It does not ask for
/// TLS: who opens a plain listener lets tokens and payloads travel in the clear, secrets never do.
class post_desk final : public web_handler {
public:
  /// Home and door must outlive the desk.
  post_desk(hal::home& where, post_door& door, const rate_rules& rate = post_rate)
      : home_(where), door_(door), rate_(rate) {}

  /// Whether a request is for this desk.
  [[nodiscard]] static bool concerns(std::string_view target) noexcept;
  void on_request(const web_request& request, const responder& reply) override;

private:
  /// Writes the answer, or answers a code other than success.
  alink::post_code answer(const web_request& request, byte_buffer& out);
  alink::post_code log_on(const web_request& request, byte_buffer& out);
  alink::post_code post(const web_request& request, std::string_view topic, byte_buffer& out);

  /// Answers, unless faults will have it otherwise.
  void give(web_answer out, const responder& reply);

  hal::home& home_;
  post_door& door_;
  rate_limit rate_;
  json_reader json_;
  std::uint32_t about_ = fault_desk::nobody; ///< who asks now
  bool unheard_ = false;                     ///< and is not heard
  bool blameless_ = false;                   ///< or is refused for a fault of the twin's
};

} // namespace fleet::cloud
