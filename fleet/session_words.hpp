// The words that say how a device's session comes about: whose dialect, how its bytes are kept, and
// what it logs on with. Flags and keys of scenarios share them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace fleet::program {

/// A cloud's dialect.
enum class profile : std::uint8_t { linkdevelop, linkplatform, mqtt };
std::string_view to_string(profile p) noexcept;

/// What devices speak. With coap and http they only post: nothing comes to them but answers
/// (aliyun-iot.md §17.3, §18).
enum class device_protocol : std::uint8_t { mqtt, coap, http };
std::string_view to_string(device_protocol p) noexcept;

/// How the bytes of a connection are kept (aliyun-iot.md §5.2, §5.6, §17.1). What is of ID2 is a
/// model of our own: the vendor's elements cannot be had.
enum class security : std::uint8_t {
  plain,   ///< TCP; securemode 3, after pre-auth 0
  tls,     ///< TLS; securemode 2, after pre-auth -1
  id2,     ///< TCP encrypted by the ID2 model; securemode 4, after pre-auth 1
  id2_tls, ///< TLS with that inside; securemode 7, after pre-auth 5
  itls,    ///< TLS that stands for the vendor's iTLS; securemode 8
  dtls,    ///< CoAP in DTLS 1.2, the server known by its certificate (coaps://)
  psk,     ///< the same with a key that both sides make of the device's secret (§17.1)
  aes ///< CoAP whose payloads are encrypted, as coap-psk:// of the vendor's SDK has it (§17.4)
};
std::string_view to_string(security s) noexcept;
/// Whether it lies on TLS.
constexpr bool over_tls(security s) noexcept {
  return s == security::tls || s == security::id2_tls || s == security::itls;
}
/// Whether the device has an ID2 element, by the model.
constexpr bool by_id2(security s) noexcept {
  return s == security::id2 || s == security::id2_tls || s == security::itls;
}

/// Whether it is one of DTLS.
constexpr bool over_dtls(security s) noexcept {
  return s == security::dtls || s == security::psk;
}

/// How a device comes by what it logs on with.
enum class logon_mode : std::uint8_t {
  direct,    ///< signs with its own secret (aliyun-iot.md §5.1)
  pre_auth,  ///< asks the auth host for an identity and a token before each connection (§5.4)
  bootstrap, ///< asks it where to connect, and then as direct (§5.4, last paragraph)
  /// asks for its secret once, signing with the product's, over MQTT (§5.5; behind a gateway §16.1)
  register_,
  register_https ///< the same at the auth host (§5.5)
};
/// Whether its secret is told once, to whoever has the product's.
constexpr bool registers(logon_mode m) noexcept {
  return m == logon_mode::register_ || m == logon_mode::register_https;
}
/// Whether it goes to the auth host for anything.
constexpr bool asks_auth_host(logon_mode m) noexcept {
  return m == logon_mode::pre_auth || m == logon_mode::bootstrap || m == logon_mode::register_https;
}

/// Where devices ask before they connect.
struct auth_host_option {
  bool secure = true; ///< https
  std::string host;   ///< empty: beside the target
  std::uint16_t port = 0;
};

/// Which versions of TLS are offered; `any` is 1.2 and 1.3.
enum class tls_version : std::uint8_t { any, v1_2, v1_3 };

} // namespace fleet::program
