// What a device of the vendor's platform may do with a topic (aliyun-iot.md §9): rights by topic class,
// always inside the device's own (ProductKey, DeviceName). Pure text, no state.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace fleet::cloud {

/// A topic class under `/PK/DN/` (manual 4.1.4).
struct topic_class {
  std::string suffix; ///< what follows `/PK/DN/`
  bool publish = false;
  bool subscribe = false;
};

/// `update`, `update/error`, `get`, and the same under `user/`; for LinkPlatform `data` too, which
/// devices both publish and subscribe.
std::vector<topic_class> standard_topic_classes(bool link_platform);

/// What a permitted publish asks the twin to do.
enum class publish_kind : std::uint8_t {
  refused,
  taken,         ///< permitted; nobody answers
  request,       ///< an Alink request that is answered on its topic + `_reply`
  command_reply, ///< a device's answer to a command
  echoed         ///< a class with both rights: its subscriber is the device itself
};

/// `own` is `/PK/DN/`. Linear in the topic's length.
publish_kind classify_publish(std::string_view topic, std::string_view own,
                              std::span<const topic_class> classes) noexcept;

/// Whether the device may subscribe to a (valid) filter: the levels that name a device must be its own,
/// to the letter; wildcards are for what follows.
bool may_subscribe(std::string_view filter, std::string_view own,
                   std::span<const topic_class> classes) noexcept;

/// Topics that the twin delivers often, so that a session keeps its grants for them ready.
enum class known_topic : std::uint8_t { property_post_reply, property_set };
inline constexpr std::size_t known_topic_count = 2;
/// What follows `/sys/PK/DN/`.
std::string_view suffix_of(known_topic t) noexcept;

/// Filters that a client with `_ss=1` is taken to have subscribed (§9.4), as suffixes of `/sys/PK/DN/`.
std::span<const std::string_view> auto_subscriptions() noexcept;

} // namespace fleet::cloud
