// The configuration file that a thing fetches (aliyun-iot.md §14.6): how much of it came, and who
// waits for it. Internal to thing.
#pragma once

#include <optional>
#include <string>

#include "actors/device/image_fetch.hpp"
#include "actors/device/thing.hpp"
#include "protocol/base/content_hash.hpp"

namespace fleet::actors {

/// From the offer to the last octet, tries that failed included: on a slow link, where a word takes
/// seconds, no fewer tries than elsewhere.
constexpr duration config_patience(hal::link_kind link) noexcept {
  switch (link) {
    case hal::link_kind::ethernet:
    case hal::link_kind::wifi:
    case hal::link_kind::cellular_4g: break;
    case hal::link_kind::nbiot: return std::chrono::minutes{3};
    case hal::link_kind::lora: return std::chrono::minutes{5};
  }
  return std::chrono::seconds{60};
}
/// Between a try that failed and the next one: twice as long each time, up to the latter; half of
/// it at least.
inline constexpr duration config_wait_first = std::chrono::seconds{2};
inline constexpr duration config_wait_most = std::chrono::seconds{32};
inline constexpr unsigned config_redirects_max = 5;

/// One file; the octets are digested as they come and lie in the board's RAM until then.
struct thing::config_job final : fetch_events {
  config_job(thing& whose, const alink::config_info& info, digest_value expected);

  void on_head(const fetch_head& head) override;
  void on_body(bytes_view octets) override;
  void on_body_end() override;
  void on_fetch_failed(fetch_trouble what, std::string_view why) override;

  void begin(std::string_view from);
  /// From its beginning, after a while: the server is away or busy, or the link broke.
  void try_again();
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;
  [[nodiscard]] std::size_t memory_bytes() const noexcept;
  /// Ends it, once.
  void end(bool good);
  /// Likewise, for a newer one: no failure, but whoever pushed it is told that it was not taken.
  void give_way();
  /// Gives back what it holds; it is over.
  void let_go();

  thing& of;
  image_fetch fetch;
  content_hash hash;
  digest_value wanted;
  std::string url;
  std::string id;      ///< of the configuration
  std::string push_id; ///< raw, of the push that waits for an answer; empty: none does
  mqtt::qos push_qos = mqtt::qos::at_most_once;
  std::uint64_t size;
  std::uint64_t received = 0;
  time_point due;
  time_point again_at = never; ///< the next try
  duration wait = config_wait_first;
  unsigned redirects = 0;
  bool answered = false; ///< the file has begun to come
  bool ram_lent = false;
  bool over = false;
};

} // namespace fleet::actors
