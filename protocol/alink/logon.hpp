// Asking the auth host before MQTT (aliyun-iot.md §5.4, §5.6): pre-auth, region bootstrap and the
// ID2 flavour, both sides of each. Paths, headers and bodies as data; no HTTP, no platform state.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/alink/sign.hpp"

namespace fleet::alink {

/// Where the questions are posted, and with what; all with HTTP status 200 whatever the code.
inline constexpr std::string_view preauth_path = "/auth/devicename";
inline constexpr std::string_view id2_path = "/auth/id2";
inline constexpr std::string_view bootstrap_path = "/auth/bootstrap";
inline constexpr std::string_view auth_accept =
    "text/xml,text/javascript,text/html,application/json";
inline constexpr std::string_view auth_content_type =
    "application/x-www-form-urlencoded;charset=utf-8";
inline constexpr std::string_view global_auth_host = "iot-auth-global.aliyuncs.com"; ///< bootstrap
/// `iot-auth.{region}.aliyuncs.com` (§6).
std::string auth_host(std::string_view region);
/// `{PK}.iot-as-mqtt.{region}.aliyuncs.com` (§6).
std::string mqtt_host(std::string_view product_key, std::string_view region);

/// Numbers that §5.4 and §5.5 use in another sense than §10.1.
enum logon_code : int { code_auth_type_mismatch = 6200, code_unknown_sign_method = 6292 };
/// What the platform says with a code of §5.4 or §5.5, 200 included; `unknown error` for others.
std::string_view logon_message(int code) noexcept;

/// `{"code":C,"message":"…"}`: the answer to anything refused.
void append_logon_refusal(byte_buffer& out, int code);

/// Why a device got no answer to its question.
struct logon_refusal {
  std::int64_t code = 0; ///< the platform's; 0: the answer is none (HTML, broken or lacking JSON)
};

// ---- Pre-auth --------------------------------------------------------------------------------

inline constexpr std::size_t max_iot_id = 256;    ///< characters (§2)
inline constexpr std::size_t max_iot_token = 512; ///< characters (§2)

/// Device: the body in the order of the 2018 SDK, client id `PK.DN`. An empty timestamp is left
/// out and unsigned.
std::string make_preauth_body(const identity& who, sign_method method,
                              std::string_view timestamp = sdk_timestamp);

/// A question of either flavour as it arrived, checked for form only.
struct preauth_request {
  std::string product_key;
  std::string device_name; ///< empty for ID2
  std::string id2;         ///< empty for pre-auth
  std::string client_id;   ///< up to its first bar: what is signed
  std::string timestamp;   ///< empty: not sent, so not signed
  std::string sign;
  sign_method method = sign_method::hmacmd5; ///< hmacmd5 where none is sent
};

/// Platform: the question, or the code to refuse it with: 460 for a body that is no form, for
/// fields that are missing, there twice or unreadable, for a sign method or resource nobody knows.
result<preauth_request, int> read_preauth(std::string_view body);

/// What the platform knows about the device that asks.
struct preauth_facts {
  std::optional<std::string_view> device_secret; ///< none: there is no such device
  bool by_id2 = false;                           ///< its product authenticates by ID2
};
/// Platform: the code to answer with: 200, 5001, 6200 or 401. The sign is compared in constant
/// time.
int judge_preauth(const preauth_request& asked, const preauth_facts& facts);

/// The ports for either kind of connection, where a platform has one for each and says so; 0: not
/// said. The vendor's has one for both (§6), and its answers name that alone; ours has two, and
/// tells both beside it as `tcpPort` and `tlsPort`.
struct listener_ports {
  std::uint16_t tcp = 0;
  std::uint16_t tls = 0;
};

/// What pre-auth gives.
struct preauth_grant {
  std::string iot_id;
  std::string iot_token;
  std::string host;
  std::uint16_t port = 0;
  std::string codec_key{}; ///< ID2 only: the AES key for securemode 1, hexadecimal
  listener_ports listeners{};
};
/// Platform: the answer with code 200 (§5.4, shape and order).
void append_preauth_reply(byte_buffer& out, const preauth_grant& grant);
/// Device: the answer read. What is longer than §2 allows or no host, port or visible text counts
/// as no answer; an empty host means that the device knows where to go.
result<preauth_grant, logon_refusal> read_preauth_reply(json_reader& reader, bytes_view body);

/// What the client id of that CONNECT says.
struct preauth_manner {
  sign_method method = sign_method::hmacsha1;
  int secure_mode = -1; ///< -1 over TLS, 0 over plain TCP; 5 and 1 with ID2 (§5.2)
  client_flags flags{};
};
/// Device: the CONNECT that follows.
direct_login make_preauth_login(const identity& who, const preauth_grant& grant,
                                const preauth_manner& manner);

// ---- Region bootstrap ------------------------------------------------------------------------

/// Device: which host to use; nothing is signed.
std::string make_bootstrap_body(std::string_view product_key, std::string_view device_name);

/// Platform: who asks, or 460. Views of `product_key`… only; the rest is empty.
result<preauth_request, int> read_bootstrap(std::string_view body);

struct mqtt_place {
  std::string host;
  std::uint16_t port = 0;
  listener_ports listeners{};
};
/// Platform: as for pre-auth, with empty credentials: those of direct mode stay in use.
void append_bootstrap_reply(byte_buffer& out, const mqtt_place& place);
result<mqtt_place, logon_refusal> read_bootstrap_reply(json_reader& reader, bytes_view body);

// ---- ID2 (§5.6) ------------------------------------------------------------------------------

/// A device with an ID2 element. Its authentication code cannot be had without the vendor's
/// library; the model is an HMAC-SHA1 under a key of the device, the same on both sides.
struct id2_identity {
  std::string id2;
  std::string device_code;
  std::string product_key;
  std::string key;
};
inline constexpr std::size_t max_id2 = 64; ///< characters of an id2 or a device code

/// The authentication code over `clientId…id2…productKey…timestamp…` (§3), by the model.
std::string sign_id2(const id2_identity& who, std::string_view client_id_base,
                     std::string_view timestamp);
/// Device: the body; `codec` names the payload encryption. The client id is `PK.{device code}`.
std::string make_id2_body(const id2_identity& who, std::string_view codec,
                          std::string_view timestamp = sdk_timestamp);
/// Platform: as read_preauth(). Device code and codec are checked and not kept.
result<preauth_request, int> read_id2(std::string_view body);
/// Platform: 200, 5001 for no such element (`who` is null), or 401.
int judge_id2(const preauth_request& asked, const id2_identity* who);
/// Device: CONNECT of ID2 without asking first: securemode 4, 7 or 8, username
/// `{id2}&{device code}&PK`, password the authentication code.
direct_login make_id2_login(const id2_identity& who, int secure_mode,
                            const client_flags& flags = {});

} // namespace fleet::alink
