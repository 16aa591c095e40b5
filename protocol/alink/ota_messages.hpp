// The messages of a firmware update (aliyun-iot.md §14.1, §14.2, §14.5) in both directions: version
// reports, questions, offers, progress. Fetching the file and all decisions are somebody else's.
#pragma once

#include <optional>

#include "protocol/alink/message.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::alink {

inline constexpr std::int64_t max_firmware_size = 256LL * 1024 * 1024; ///< octets
inline constexpr std::size_t max_firmware_version = 64;                ///< octets
inline constexpr std::size_t max_firmware_module = 64;                 ///< octets
inline constexpr std::size_t max_firmware_url = 2048;                  ///< octets
inline constexpr std::size_t max_progress_desc = 256;                  ///< octets

/// How the device side writes: V2.10 has ids that are numbers and knows no modules.
enum class ota_dialect : std::uint8_t { sdk_2_10, sdk_3 };

/// `inform` and `request`, which look alike. An empty module is left out.
void append_ota_version(byte_buffer& out, std::uint64_t id, std::string_view version,
                        ota_dialect dialect, std::string_view module = {});

enum class ota_fault : std::uint8_t {
  none,
  nothing, ///< an answer that there is nothing newer
  refused, ///< an answer whose code or message is not success
  shape,   ///< no envelope, no object, or a field missing, twice or of the wrong type
  version, ///< empty, too long, or with control characters
  module,  ///< too long
  size,    ///< not 1 to max_firmware_size
  digest,  ///< an unknown signMethod, a sign not of its length, or one that md5 contradicts
  url,     ///< too long, not https (or http where allowed), no host, credentials, odd characters
  unsupported, ///< a difference to another image, or several files
  step         ///< no step of a progress
};

/// What a device says of itself, as the platform reads it. Views point into the payload.
struct ota_version {
  ota_fault fault = ota_fault::shape;
  std::string_view raw_id;
  std::string_view version;
  std::string_view module; ///< empty for the default one, which may be named or not
};
ota_version read_ota_version(const message& m) noexcept;

/// A firmware to be had.
struct firmware_info {
  std::string_view version;
  std::string_view module{}; ///< empty: the default one
  std::int64_t size = 0;     ///< octets, 1 to max_firmware_size
  content_digest method = content_digest::md5;
  std::string_view sign; ///< hexadecimal digits, as many as the method has, either case
  std::string_view url;  ///< as it is in JSON: `\/` may stand for `/`, no other escape
};

/// `upgrade`, and the answer to `request` that found one: with a numeric id and code "1000".
void append_upgrade(byte_buffer& out, std::uint64_t id, const firmware_info& info);
/// The answer to `request` that found none: the same without anything to fetch.
void append_no_upgrade(byte_buffer& out, std::uint64_t id);

/// An offer as a device reads it; `info` is whole only without a fault.
struct firmware_offer {
  ota_fault fault = ota_fault::shape;
  firmware_info info{};
};

/// What a device is ready to take.
struct offer_rules {
  bool http_too = false; ///< also by plain HTTP; in the real world never
  bool md5_only = false; ///< V2.10 rejects what has no md5
};
/// An `upgrade`, or what came on the `request` topic.
firmware_offer read_upgrade(json_reader& reader, bytes_view payload, const offer_rules& rules = {});

/// `thing/ota/firmware/get` (§14.5).
void append_firmware_get(byte_buffer& out, std::uint64_t id, std::string_view module = {});
/// The module asked for; a fault of `shape` or `module`.
ota_version read_firmware_get(const message& m) noexcept;
void append_firmware_reply(byte_buffer& out, std::string_view raw_id, const firmware_info& info);
/// Likewise with nothing newer: append_code_reply() with 200.
firmware_offer read_firmware_reply(const message& reply, const offer_rules& rules = {}) noexcept;

inline constexpr int ota_step_failed = -1;
inline constexpr int ota_step_download_failed = -2;
inline constexpr int ota_step_verification_failed = -3;
inline constexpr int ota_step_burn_failed = -4;

/// `step` is -4 to 100; without a `desc` the field is left out, as RT-Thread's port does.
void append_progress(byte_buffer& out, std::uint64_t id, int step,
                     std::optional<std::string_view> desc, ota_dialect dialect);

struct ota_progress {
  ota_fault fault = ota_fault::shape;
  std::string_view raw_id;
  int step = 0;
  std::string_view desc;   ///< raw, with its quotes; empty if there is none
  std::string_view module; ///< empty for the default one
};
/// A step may be a number too (§23.12); a desc longer than max_progress_desc is cut to nothing.
ota_progress read_progress(const message& m) noexcept;

} // namespace fleet::alink
