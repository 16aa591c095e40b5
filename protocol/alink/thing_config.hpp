// Remote configuration (aliyun-iot.md §14.6): the device's question, the answer, the push and its
// reply. Fetching the file and checking its digest is somebody else's.
#pragma once

#include "protocol/alink/message.hpp"

namespace fleet::alink {

inline constexpr std::int64_t max_config_size = 64 * 1024; ///< octets of the file (§8.1)
inline constexpr std::size_t max_config_url = 2048;        ///< octets
inline constexpr std::size_t max_config_id = 128;          ///< octets

/// `thing/config/get`. Gateways send no attributeKeys, and a number as id, as devices do here.
void append_config_get(byte_buffer& out, std::uint64_t id, bool as_gateway = false);

/// 200, or 460: configScope not `product`, getType not `file`, or one of them twice.
int read_config_get(const message& request) noexcept;

enum class config_digest : std::uint8_t { md5, sha256 };

/// Where a configuration is to be had, and what it must be.
struct config_info {
  std::string_view config_id;
  std::int64_t size = 0; ///< octets, 1 to max_config_size
  config_digest method = config_digest::sha256;
  std::string_view sign; ///< hexadecimal digits, as many as the method has, either case
  std::string_view url;  ///< as it is in JSON: `\/` may stand for `/`, no other escape
};

/// The reply to a get that found one; others are append_code_reply() with 6710 or 6713.
void append_config_reply(byte_buffer& out, std::string_view raw_id, const config_info& info);
/// `thing/config/push`.
void append_config_push(byte_buffer& out, std::uint64_t id, const config_info& info);

enum class config_fault : std::uint8_t {
  none,
  refused, ///< a reply whose code is not 200; see config_offer::code
  shape,   ///< no envelope, no object, or a field missing, twice or of the wrong type
  size,    ///< not 1 to max_config_size
  digest,  ///< an unknown signMethod, or a sign that is not of its length
  url      ///< too long, no https (or http where allowed), no host, credentials, odd characters
};

struct config_offer {
  int code = code_success; ///< what a device answers a push with, or what a reply said
  config_fault fault = config_fault::none;
  config_info info; ///< whole only without a fault
};

/// Whether a configuration may come by plain HTTP; in the real world it never does.
enum class config_transport : std::uint8_t { https_only, http_too };

/// From a push; code 460 for any fault.
config_offer read_config_push(const message& request,
                              config_transport transport = config_transport::https_only) noexcept;
/// From the reply to a get.
config_offer read_config_reply(const message& reply,
                               config_transport transport = config_transport::https_only) noexcept;

/// A device's reply to a push, as the platform reads it. V2.10 reports failures without the braces
/// of the object; that is a failure too, and its id is found.
struct config_push_answer {
  std::string_view raw_id; ///< empty if there is none
  std::int64_t code = code_request_error;
};
config_push_answer read_config_push_reply(json_reader& reader, bytes_view payload);

/// How V2.10 says that it failed.
void append_config_push_failure_v210(byte_buffer& out, std::string_view raw_id);

} // namespace fleet::alink
