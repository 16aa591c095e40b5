// What the cloud's console does with firmware and campaigns (aliyun-iot.md §14), as one face beside
// operations.hpp: the admin API and scenarios call it, the twin's platform implements it. All calls
// on the twin's home.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/campaigns/campaign_rules.hpp"
#include "cloud_sim/operations.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::cloud {

inline constexpr std::size_t firmwares_max = 256;              ///< that a platform keeps
inline constexpr std::uint64_t firmware_octets_max = 1U << 28; ///< of one image: 256 MiB
inline constexpr std::uint64_t firmware_piece_max = 1U << 20;  ///< of one put_content()

/// What is wrong with a firmware on purpose (design, part 9).
enum class firmware_fault : std::uint8_t {
  none,
  wrong_digest, ///< offers carry the digest of something else
  short_body,   ///< the server says how long it is and breaks off at its middle, each time
  long_body,    ///< the image on the server is longer than the offer says, and so is its length
  wrong_size,   ///< the offer says one octet less than the image has
  status,       ///< the server answers firmware_order::status
  stall,        ///< the server stops in the middle and keeps the connection
  redirect,     ///< the server answers 302 to plain HTTP
  unbootable    ///< a generated image begins with ota::unbootable_mark
};
/// `wrong_digest` and so on; nothing for other words.
std::optional<firmware_fault> parse_firmware_fault(std::string_view word) noexcept;
std::string_view to_string(firmware_fault f) noexcept;

/// A firmware to be added.
struct firmware_order {
  std::string product_key;
  std::string version;
  std::string module; ///< empty: the default one
  std::uint64_t size = 0;
  content_digest sign_method = content_digest::md5;
  /// The seed of an image that the twin makes itself (ota::fill_generated()); none: it is uploaded.
  std::optional<std::uint64_t> generate;
  firmware_fault fault = firmware_fault::none;
  std::uint16_t status = 404; ///< of firmware_fault::status: 403, 404 or 500
};

struct firmware_view {
  std::uint32_t id = 0;
  std::string product_key;
  std::string version;
  std::string module; ///< empty: the default one
  std::uint64_t size = 0;
  std::uint64_t received = 0; ///< octets; an upload goes on there
  bool ready = false;         ///< all octets are there, and the digests are known
  std::string md5;            ///< hexadecimal, once it is ready
  std::string sha256;
  content_digest sign_method = content_digest::md5;
  firmware_fault fault = firmware_fault::none;
  std::uint64_t downloads = 0;   ///< answers with octets of it, since the twin started
  std::uint64_t octets_sent = 0; ///< of its body, likewise
};

/// A campaign to be added. Of `rules`, `version` and `select.devices` are filled in by the
/// platform, and an empty `select.name` too.
struct campaign_order {
  std::uint32_t firmware = 0;
  campaign_rules rules;
  std::vector<std::string> device_names; ///< these alone; none: any
  bool take_over = false;                ///< devices of other campaigns, unless they are upgrading
  bool start = true;
};

struct campaign_view {
  std::uint32_t id = 0;
  std::string name;
  std::uint32_t firmware = 0;
  std::string product_key;
  std::string version;
  campaign_sums sums;
  std::string why; ///< one sentence when it is halted, else empty
  /// Devices whose last attempt failed, by rollout_cause (that of none is 0).
  std::array<std::uint32_t, 4> causes{};
  /// Of those with rollout_cause::step, by step: -1, -2, -3, -4.
  std::array<std::uint32_t, 4> steps{};
};
std::string_view to_string(campaign_state s) noexcept;
std::string_view to_string(halt_reason r) noexcept;
std::string_view to_string(rollout_state s) noexcept;
std::string_view to_string(rollout_cause c) noexcept;
/// `waiting` and so on; nothing for other words.
std::optional<rollout_state> parse_rollout_state(std::string_view word) noexcept;

struct campaign_device_view {
  std::uint32_t place = 0; ///< in the campaign's list
  std::string product_key;
  std::string device_name;
  std::string version; ///< that it reported last
  rollout_device how;
};

enum class campaign_change : std::uint8_t { start, halt, resume, cancel, retry };

/// An unknown number is operation_error::unknown_firmware or unknown_campaign; what a state does
/// not allow is `refused`, with a sentence.
class firmware_operations {
public:
  using firmware_result = result<firmware_view, operation_failure>;
  using campaign_result = result<campaign_view, operation_failure>;
  virtual ~firmware_operations() = default;

  virtual firmware_result add_firmware(const firmware_order& what) = 0;
  /// The next octets of an upload, from `offset` on, which must be what has been received, or
  /// octets that are there already, which are passed over. At most firmware_piece_max.
  virtual firmware_result put_content(std::uint32_t firmware, std::uint64_t offset,
                                      bytes_view octets) = 0;
  /// By number.
  [[nodiscard]] virtual std::vector<firmware_view> firmwares() const = 0;
  [[nodiscard]] virtual firmware_result firmware(std::uint32_t id) const = 0;
  /// Refused while a campaign that goes on uses it.
  virtual operation_result delete_firmware(std::uint32_t id) = 0;

  virtual campaign_result add_campaign(const campaign_order& what) = 0;
  [[nodiscard]] virtual std::vector<campaign_view> campaigns() const = 0;
  [[nodiscard]] virtual campaign_result campaign(std::uint32_t id) const = 0;
  /// At most `limit` devices from place `from` on; only those of a state, if one is given.
  [[nodiscard]] virtual result<std::vector<campaign_device_view>, operation_failure>
  campaign_devices(std::uint32_t id, std::optional<rollout_state> state, std::uint32_t from,
                   std::uint32_t limit) const = 0;
  virtual campaign_result change_campaign(std::uint32_t id, campaign_change what) = 0;
  /// Forgets one that goes on no more.
  virtual operation_result delete_campaign(std::uint32_t id) = 0;
};

} // namespace fleet::cloud
