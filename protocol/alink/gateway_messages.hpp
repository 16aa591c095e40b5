// What a gateway asks for its sub-devices (aliyun-iot.md §9.3, §16.1 to §16.3), written by the
// gateway: registration, topology, sessions, the list of found devices. The platform's answers are
// gateway_replies.hpp's, its own requests gateway_notices.hpp's; all is read by gateway_reader.hpp.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "protocol/alink/identity.hpp"
#include "protocol/alink/sign.hpp"
#include "protocol/alink/topics.hpp"
#include "protocol/base/bytes.hpp"

namespace fleet::alink {

/// A device by its names; views into whatever they were read from.
struct device_pair {
  std::string_view product_key;
  std::string_view device_name;
  friend bool operator==(const device_pair&, const device_pair&) = default;
};

/// Devices that one request may list; more are answered with 460. The platform's own bound is not
/// public; 200 is what it allows elsewhere (code 6104).
inline constexpr std::size_t max_listed_devices = 200;

/// Whose hand a request is in (§16.2, §16.3): the three differ in the id's JSON type, the client
/// id, the spelling of the method's key, the timestamp's type, and in what is left out.
enum class gateway_dialect : std::uint8_t {
  sdk_2_10, ///< `SPK.SDN`, signMethod hmacSha1, cleanSession; no version in topo/add and login
  sdk_3_2,  ///< `SPK.SDN|_ss=1,_v=sdk-c-3.2.0|`, signmethod hmacSha256
  node      ///< `SPK&SDN`, signMethod hmacsha1, numeric timestamp, string id, method ""
};
inline constexpr std::size_t gateway_dialect_count = 3;

/// Whether `kind` is a request of this file.
bool is_gateway_request(topic_kind kind) noexcept;
/// Whether requests of `kind` take exactly one device rather than a list: login and logout.
bool takes_one_device(topic_kind kind) noexcept;

/// Writes one request, device by device: the constructor opens it, end() closes it.
/// `gateway_request_writer w{out, topic_kind::topo_add, dialect, id}; w.add(who, ts); w.end();`
class gateway_request_writer {
public:
  /// `kind` must be is_gateway_request().
  gateway_request_writer(byte_buffer& out, topic_kind kind, gateway_dialect dialect,
                         std::uint32_t id);

  /// One device: its pair, and where the kind asks for it (topo_add, logins) client id, timestamp
  /// and signature made with its secret. `timestamp` is digits (milliseconds; §3: any will do).
  /// Not for topo_get; once only where takes_one_device().
  void add(const identity& who, std::string_view timestamp = sdk_timestamp);
  /// One device of a product_register (§9.3, §16.1): the product's secret signs pair and `random`.
  void add_by_product(device_pair who, std::string_view product_secret, std::string_view random);
  void end();

private:
  void separate();
  void sign_in(const identity& who, std::string_view timestamp);

  byte_buffer& out_;
  topic_kind kind_;
  gateway_dialect dialect_;
  std::uint32_t count_ = 0;
};

/// One device of a request as the platform reads it; absent fields are empty.
struct sub_device_entry {
  device_pair who;
  std::string_view client_id; ///< whole, with what follows a `|`
  std::string_view timestamp; ///< digits or text as submitted, without quotes
  std::string_view sign;
  std::string_view random;                   ///< product_register
  std::string_view clean_session;            ///< `true` or `false`, as submitted
  sign_method method = sign_method::hmacmd5; ///< what an absent field means (§3)
};

/// Whether cleanSession, where it is sent, takes part in a sub-device's signature (§24).
enum class signed_session : std::uint8_t {
  either,   ///< verified without, accepted with
  left_out, ///< the SDK and later editions
  taken_in  ///< the edition of 2018
};
/// Whether topo/add's or a login's signature was made with this secret; constant time for one
/// method, letter case ignored.
bool verify_sub_device(const sub_device_entry& entry, std::string_view device_secret,
                       signed_session session = signed_session::either);
/// The same for an entry of product_register.
bool verify_by_product(const sub_device_entry& entry, std::string_view product_secret);

/// What the pack report (§16.4) carries of one device: JSON objects, or empty for none.
struct pack_part {
  std::string_view properties;
  std::string_view events;
};

/// Bounds of a pack report, counted per device; answered with 6357, 6106 and 6356 beyond.
inline constexpr std::size_t max_pack_sub_devices = 20;
inline constexpr std::size_t max_pack_properties = 199; ///< "less than 200" (6106)
inline constexpr std::size_t max_part_events = 199;

/// Writes one pack report: the gateway's own part, then its sub-devices'.
class pack_writer {
public:
  pack_writer(byte_buffer& out, gateway_dialect dialect, std::uint32_t id, const pack_part& own);
  void add(device_pair who, const pack_part& part);
  void end();

private:
  byte_buffer& out_;
  bool first_ = true;
};

} // namespace fleet::alink
