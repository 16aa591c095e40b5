// Logging on and posting without MQTT (aliyun-iot.md §17, §18), both sides: bodies of /auth and of
// answers, paths, option numbers, the AES mode and the key for DTLS. No CoAP, no HTTP, no state.
#pragma once

#include <array>

#include "protocol/alink/message.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/base/aes_cbc.hpp"

namespace fleet::alink {

// ---- Paths and CoAP options (§17.2, §17.3) ---------------------------------------------------

inline constexpr std::string_view post_auth_path = "/auth";
inline constexpr std::string_view post_topic_prefix = "/topic"; ///< before the MQTT topic
inline constexpr std::size_t max_post_path = 135;               ///< characters (§2)
inline constexpr std::size_t max_post_token = 192;              ///< characters (§17.2)
inline constexpr std::size_t max_coap_payload = 1024;           ///< octets (§17.3)
inline constexpr std::size_t max_http_body = 128 * 1024;        ///< octets (§18)

inline constexpr std::uint16_t coap_option_token_sdk = 61;    ///< 2.10 and 3.x
inline constexpr std::uint16_t coap_option_token = 2088;      ///< 2.20 to 2.3, and the documents
inline constexpr std::uint16_t coap_option_sequence = 2089;   ///< AES mode: the encrypted number
inline constexpr std::uint16_t coap_option_message_id = 2090; ///< of answers: the platform's
/// All of them, for a peer's list of options that it understands.
inline constexpr std::array<std::uint16_t, 4> coap_post_options{
    coap_option_token_sdk, coap_option_token, coap_option_sequence, coap_option_message_id};

/// The MQTT topic in a path `/topic{topic}`, one empty last level of which is left out; a view of
/// the path. Nothing for other paths, and for a topic of no level.
std::optional<std::string_view> topic_of_post_path(std::string_view path) noexcept;

// ---- The question ----------------------------------------------------------------------------

/// What a device says of itself; the client id is always `PK.DN`.
struct post_logon_manner {
  std::optional<sign_method> method{}; ///< none: the field is left out, and it signs by hmacmd5
  std::string_view timestamp{};        ///< empty: left out and unsigned
  std::string_view sequence{};         ///< CoAP in AES mode: the decimal number it starts from
  std::optional<bool> separate{};      ///< CoAP's `ackMode`: 1, the answer in a message of its own
};
/// `clientId…deviceName…productKey…[seq…][timestamp…]` under the device secret (§3), lower-case
/// hexadecimal.
std::string sign_post_logon(const identity& who, std::string_view client_id,
                            const post_logon_manner& manner);
/// Device: the body of CoAP's /auth in the order of the SDK (§17.2).
void append_coap_logon(byte_buffer& out, const identity& who, const post_logon_manner& manner);
/// Device: the body of HTTP's /auth, octet for octet as the C SDK writes it when there is no
/// timestamp (§18). Where no method is named it signs by hmacmd5, but the SDK names hmacsha1.
void append_http_logon(byte_buffer& out, const identity& who, const post_logon_manner& manner);

/// A question of either kind as it arrived, checked for form only.
struct post_logon_request {
  std::string product_key;
  std::string device_name;
  std::string client_id;
  std::string timestamp; ///< empty: not sent, so not signed
  std::string sequence;  ///< decimal digits; empty: not sent
  std::string sign;
  sign_method method = sign_method::hmacmd5; ///< hmacmd5 where none is sent
  bool separate = false;                     ///< `ackMode` 1
};
/// Platform: the question, or nothing (4.00; param error) where it is no JSON object, or a field
/// is missing, there twice, or not what it has to be. A NUL at the end is not looked at (§18), nor
/// are unknown keys; numbers may be strings and the other way round.
std::optional<post_logon_request> read_post_logon(json_reader& reader, bytes_view body);
/// Platform: whether the device's secret signed it; constant time in the sign.
bool signed_by(const post_logon_request& asked, std::string_view device_secret);
/// A body without one NUL at its end, which the C SDK's samples send (§18).
bytes_view without_last_nul(bytes_view body) noexcept;

// ---- CoAP's answer (§17.2) -------------------------------------------------------------------

struct coap_grant {
  std::string token;
  std::string random{};              ///< AES mode; else empty
  std::uint32_t sequence_offset = 0; ///< AES mode: what the first message bears (§17.4)
};
/// Platform: `{"token":…}`, or `{"random":…,"seqOffset":…,"token":…}` where there is a random.
void append_coap_grant(byte_buffer& out, const coap_grant& grant);
/// Device: the answer, or nothing where it holds no visible token of that length, or only one of
/// the other two.
std::optional<coap_grant> read_coap_grant(json_reader& reader, bytes_view body);

// ---- HTTP's answers (§18) --------------------------------------------------------------------

/// Its codes; the HTTP status is 200 whatever they say.
enum class post_code : std::uint16_t {
  success = 0,
  common_error = 10000,
  param_error = 10001,
  auth_error = 20000,
  token_expired = 20001,
  token_null = 20002,
  token_error = 20003,
  session_error = 20004,
  publish_error = 30001,
  too_many = 40000
};
/// The message that goes with it.
std::string_view to_string(post_code code) noexcept;

/// Platform: `{"code":0,"message":"success","info":{"token":"…"}}`.
void append_http_grant(byte_buffer& out, std::string_view token);
/// Platform: `{"code":0,"message":"success","info":{"messageId":N[,"data":"…"]}}`; `data` is UTF-8,
/// and left out when empty.
void append_http_accepted(byte_buffer& out, std::uint64_t message_id, std::string_view data);
/// Platform: `{"code":C,"message":"…"}`.
void append_http_refusal(byte_buffer& out, post_code code);

/// An answer of either kind.
struct http_answer {
  std::int64_t code = 0; ///< a post_code, or a number nobody documented
  std::string token{};   ///< of /auth; empty where there is none
  std::optional<std::uint64_t> message_id{};
  std::string data{}; ///< what came with it; octets
};
/// Device: nothing where it is no such object, or a field of it not what it has to be.
std::optional<http_answer> read_http_answer(json_reader& reader, bytes_view body);

// ---- AES mode (§17.4) ------------------------------------------------------------------------

/// The cipher of one token: AES-128-CBC under the middle of SHA256(`secret,random`).
class post_cipher {
public:
  post_cipher(std::string_view device_secret, std::string_view random);
  /// Appends a payload or a decimal sequence number encrypted.
  void encrypt(bytes_view plain, byte_buffer& out) const;
  /// Appends it decrypted; false, and nothing appended, where it is none.
  bool decrypt(bytes_view cipher, byte_buffer& out) const;
  [[nodiscard]] const aes_cbc_block& key() const noexcept { return key_; }

private:
  aes_cbc_block key_{};
};
/// A decrypted sequence option: decimal digits of a number of 32 bits; nothing for others.
std::optional<std::uint32_t> post_sequence_of(bytes_view plain) noexcept;

// ---- DTLS by a shared key (§17.1, last paragraph) --------------------------------------------

/// Device: `devicename|{method}|PK&DN|{timestamp}`.
std::string make_psk_identity(const identity& who, sign_method method, std::string_view timestamp);
/// Both: HMAC over `id{PK}&{DN}timestamp{ts}` under the device secret. The key is the 32, 40 or 64
/// lower-case hexadecimal digits as octets.
std::string make_psk_key(const identity& who, sign_method method, std::string_view timestamp);
/// A PSK identity taken apart; views into the argument.
struct psk_parts {
  std::string_view product_key;
  std::string_view device_name;
  std::string_view timestamp;
  sign_method method = sign_method::hmacsha256;
};
/// Platform: nothing for what has not those four parts with valid names, whatever the first says.
std::optional<psk_parts> read_psk_identity(std::string_view text) noexcept;

} // namespace fleet::alink
