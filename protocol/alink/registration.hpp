// Dynamic registration, one secret per product (aliyun-iot.md §5.5), over HTTPS and over MQTT, both
// sides: bodies, CONNECT fields and downlinks as data. No HTTP, no MQTT packets, no platform state.
#pragma once

#include "protocol/alink/logon.hpp"
#include "protocol/base/random.hpp"

namespace fleet::alink {

inline constexpr std::string_view registration_path = "/auth/register/device";
inline constexpr std::string_view registration_topic = "/ext/register"; ///< downlink, QoS 0
inline constexpr std::string_view token_topic = "/ext/regnwl";          ///< downlink, QoS 0
inline constexpr std::size_t max_registration_random = 64;              ///< characters
inline constexpr std::size_t max_device_token = 512;                    ///< characters

/// A device that has no secret of its own yet.
struct registrant {
  std::string product_key;
  std::string device_name;
  std::string product_secret;
};

/// `length` random letters and digits: 14 for the 2018 SDK, 15 for later ones (§5.5).
std::string registration_random(random_stream& from, std::size_t length);
/// Eight random hexadecimal digits: registration over MQTT.
std::string registration_random_hex(random_stream& from);

/// `deviceName…productKey…random…` under the product secret (§3), lower-case hexadecimal.
std::string sign_registration(const registrant& who, std::string_view random, sign_method method);

// ---- HTTPS -----------------------------------------------------------------------------------

enum class registration_style : std::uint8_t {
  cmp_2_10, ///< with client id, version and resources
  later     ///< 2.3 and on
};
/// Device: the body, in the order of that SDK.
std::string make_registration_body(const registrant& who, std::string_view random,
                                   sign_method method, registration_style style);

/// A question as it arrived, checked for form only.
struct registration_request {
  std::string product_key;
  std::string device_name;
  std::string random;
  std::string sign;
  sign_method method = sign_method::hmacmd5;
};
/// Platform: the question, or the code to refuse it with: 460 for a body that is no form and for
/// fields that are missing, there twice or unreadable; 6292 for a sign method nobody knows.
result<registration_request, int> read_registration(std::string_view body);

/// What the platform knows about who asks.
struct registration_facts {
  std::optional<std::string_view> product_secret; ///< none: there is no such product
  bool switched_on = true;                        ///< the product's switch
  bool device_known = true;                       ///< registered beforehand
  bool activated = false;                         ///< it connected before
};
/// Platform: 200, 6250, 6288, 6600, 6100 or 6289, in that order: whoever cannot sign learns
/// nothing about devices. Constant time in the sign.
int judge_registration(const registration_request& asked, const registration_facts& facts);

/// Platform: the answer with code 200.
void append_registration_reply(byte_buffer& out, const identity& who);
/// Device: the secret. An answer meant for another device is none.
result<std::string, logon_refusal> read_registration_reply(json_reader& reader, bytes_view body,
                                                           const registrant& who);

// ---- MQTT ------------------------------------------------------------------------------------

/// Device: CONNECT that registers. `listed`: the device exists (authType=register, securemode 2);
/// else authType=regnwl, securemode -2. TLS only.
direct_login make_registration_login(const registrant& who, std::string_view random,
                                     sign_method method, bool listed = true);

/// Platform: the code of CONNACK (§5.3): 0; 4 for a wrong sign or, when `facts.device_known` must
/// hold, an unknown device; 5 for an unknown product, a product switched off, a device activated
/// before, or plain TCP. `parts` must hold the names.
std::uint8_t judge_registration_login(const login_parts& parts, std::string_view password,
                                      const registration_facts& facts, bool over_tls);

/// Platform: the downlink on registration_topic, after which it closes; and the device's reading.
void append_registration_push(byte_buffer& out, const identity& who);
result<std::string, logon_refusal> read_registration_push(json_reader& reader, bytes_view payload,
                                                          const registrant& who);

/// What an unlisted device gets instead of a secret.
struct device_token {
  std::string client_id; ///< to connect with, no bars in it
  std::string token;
};
/// Platform: the downlink on token_topic; and the device's reading.
void append_token_push(byte_buffer& out, const registrant& who, const device_token& given);
result<device_token, logon_refusal> read_token_push(json_reader& reader, bytes_view payload,
                                                    const registrant& who);
/// Device: CONNECT with it, authType=connwl. The platform compares the password with the token by
/// constant_time_equal().
direct_login make_token_login(const registrant& who, const device_token& given);

// ---- Any CONNECT of the dialect --------------------------------------------------------------

enum class logon_kind : std::uint8_t {
  direct,
  preauth,               ///< securemode -1, 0, 1 or 5: username is an iotId, password its iotToken
  registration,          ///< authType=register
  unlisted_registration, ///< authType=regnwl
  token,                 ///< authType=connwl
  id2,                   ///< authType=id2, or a securemode of ID2: CONNACK 5 unless it is emulated
  unknown                ///< another authType: CONNACK 5
};

/// A CONNECT taken apart; views into the arguments.
struct logon {
  logon_kind kind = logon_kind::direct;
  login_parts parts;       ///< names empty for pre-auth, device name empty for ID2
  std::string_view iot_id; ///< pre-auth
  std::string_view id2;    ///< ID2
};
/// Platform: which kind it is and what it says (§5.1, username forms; §5.2).
result<logon, login_error> parse_logon(std::string_view client_id, std::string_view username);
/// The code of CONNACK for what cannot be taken apart: 2 or 4 (§5.3).
std::uint8_t connack_of(login_error why) noexcept;

} // namespace fleet::alink
