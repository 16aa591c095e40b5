// The enumerated words of the flags, each with what it means to the program.
#pragma once

#include <array>
#include <string_view>
#include <utility>

#include "fleet/options.hpp"

namespace fleet::program {

template <class T, std::size_t N>
using words_of = std::array<std::pair<std::string_view, T>, N>;

inline constexpr words_of<profile, 3> profile_words{{{"linkdevelop", profile::linkdevelop},
                                                     {"linkplatform", profile::linkplatform},
                                                     {"mqtt", profile::mqtt}}};

inline constexpr words_of<security, 8> security_words{{{"plain", security::plain},
                                                       {"tls", security::tls},
                                                       {"dtls", security::dtls},
                                                       {"psk", security::psk},
                                                       {"aes", security::aes},
                                                       {"id2", security::id2},
                                                       {"id2-tls", security::id2_tls},
                                                       {"itls", security::itls}}};

/// Those of MQTT, for `fleet device mqtt start` and `fleet device ota start`.
inline constexpr words_of<security, 5> mqtt_security_words{{{"plain", security::plain},
                                                            {"tls", security::tls},
                                                            {"id2", security::id2},
                                                            {"id2-tls", security::id2_tls},
                                                            {"itls", security::itls}}};

inline constexpr words_of<logon_mode, 5> logon_words{
    {{"direct", logon_mode::direct},
     {"pre-auth", logon_mode::pre_auth},
     {"bootstrap", logon_mode::bootstrap},
     {"register", logon_mode::register_},
     {"register-https", logon_mode::register_https}}};

/// `fleet device`: what it would fetch by registering, it has no place to keep.
inline constexpr words_of<logon_mode, 3> hand_logon_words{{{"direct", logon_mode::direct},
                                                           {"pre-auth", logon_mode::pre_auth},
                                                           {"bootstrap", logon_mode::bootstrap}}};

inline constexpr words_of<tls_version, 3> tls_version_words{
    {{"any", tls_version::any}, {"1.2", tls_version::v1_2}, {"1.3", tls_version::v1_3}}};

inline constexpr words_of<alink::sign_method, 3> sign_words{
    {{"hmacmd5", alink::sign_method::hmacmd5},
     {"hmacsha1", alink::sign_method::hmacsha1},
     {"hmacsha256", alink::sign_method::hmacsha256}}};

inline constexpr words_of<actors::behaviour, 2> behaviour_words{
    {{"strict", actors::behaviour::strict}, {"sdk", actors::behaviour::sdk}}};

inline constexpr words_of<hal::link_kind, 5> link_words{{{"ethernet", hal::link_kind::ethernet},
                                                         {"wifi", hal::link_kind::wifi},
                                                         {"4g", hal::link_kind::cellular_4g},
                                                         {"nbiot", hal::link_kind::nbiot},
                                                         {"lora", hal::link_kind::lora}}};

inline constexpr words_of<mqtt::qos, 3> qos_words{{{"0", mqtt::qos::at_most_once},
                                                   {"1", mqtt::qos::at_least_once},
                                                   {"2", mqtt::qos::exactly_once}}};

inline constexpr words_of<device_protocol, 3> protocol_words{{{"mqtt", device_protocol::mqtt},
                                                              {"coap", device_protocol::coap},
                                                              {"http", device_protocol::http}}};

} // namespace fleet::program
