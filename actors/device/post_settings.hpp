// How a product's devices post to their cloud where they speak CoAP or HTTP instead of MQTT
// (aliyun-iot.md §17, §18). Data only; post_device.hpp does it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/alink/post_logon.hpp"
#include "protocol/base/datagram_filter.hpp"
#include "protocol/base/time.hpp"
#include "protocol/coap/client.hpp"
#include "protocol/http/client.hpp"

namespace fleet::actors {

/// Octets of a datagram, as the vendor's SDK and platform have it, which know no blocks (§17.5).
inline constexpr std::uint16_t coap_message_max = 1280;

/// The standard's client, for messages of that length.
inline coap::client_behaviour posting_client() {
  coap::client_behaviour b;
  b.limits.message_max = coap_message_max;
  return b;
}

enum class post_protocol : std::uint8_t { coap, http };

/// What only CoAP has (§17).
struct coap_plan {
  coap::client_behaviour client = posting_client();          ///< or coap::sdk_behaviour()
  std::uint16_t token_option = alink::coap_option_token_sdk; ///< or alink::coap_option_token
  bool aes = false;                                          ///< AES mode (§17.4)
  datagram_filter_factory* security = nullptr;               ///< DTLS; none: plain
  /// With `security`: by the key of §17.1's last paragraph instead of certificates.
  bool shared_key = false;
  /// The radio is on while something is asked, and for `radio_awake` after the last answer.
  bool radio_sleep = false;
  duration radio_awake = std::chrono::seconds{2};
  /// For the answer to a post that asks for none (QoS 0): what refuses its token comes by then.
  duration once_wait = std::chrono::seconds{5};
  /// Posts at QoS 0 without an answer, one after the other and nothing else heard, before the
  /// device asks by a ping whether anybody is there (RFC 7252 §4.3), from 1; at once when the
  /// network says that nobody listens.
  std::uint8_t silent_posts_max = 2;
  /// So many unanswered transmissions are borne, repeats and posts at QoS 0, from MAX_RETRANSMIT;
  /// with one more the far side counts as gone. None is when the network says that nobody listens.
  std::uint8_t unheard_max = 4;
};

struct post_plan {
  post_protocol protocol = post_protocol::coap;
  coap_plan coap;
  http::client_limits http; ///< TLS is product_settings::security
  std::string http_host{};  ///< what the Host field says; empty: the server's name or address
  std::string timestamp{};  ///< sent and signed with /auth; empty: neither
  /// What /auth is signed with; none: hmacmd5 unnamed over CoAP, hmacsha1 over HTTP, as the SDK.
  std::optional<alink::sign_method> sign{};
  std::uint8_t in_flight_max = 4; ///< posts without an answer, from 1
  std::uint8_t logons_max = 2;    ///< repeats of one post after the platform refused its token
  std::uint8_t ways_max = 4;      ///< repeats of one post after its session or connection was lost
  std::uint8_t delays_max = 8;    ///< repeats of one post that the platform could not take then
  duration again_first = std::chrono::seconds{1};   ///< before the first such, then twice as long
  duration again_longest = std::chrono::minutes{1}; ///< and of what the platform may ask for
  duration auth_wait = std::chrono::seconds{10};    ///< for the answer to /auth (§17.2)
  duration auth_again = std::chrono::seconds{1};    ///< after 5.00 (§17.2)
  duration ask_firmware_every = std::chrono::minutes{10}; ///< `request` of §14.4; above 0
  std::uint8_t auth_tries_max = 5;                        ///< questions, all within auth_wait
};

} // namespace fleet::actors
