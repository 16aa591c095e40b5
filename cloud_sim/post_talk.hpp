// Who posts and with which tokens: what the post door remembers of each. Internal to it.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "cloud_sim/post_door.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

inline constexpr std::uint32_t first_sequence = 1;

/// The AES mode of one token: its key, and which numbers were used.
struct sealed_talk {
  sealed_talk(std::string_view secret, std::string_view random) : cipher(secret, random) {}

  /// Whether the number may be used; those that arrive more than a window late may not any more.
  [[nodiscard]] bool fresh(std::uint32_t n) const noexcept {
    const bool late = n <= highest;
    return n >= first_sequence
           && (!late || (highest - n < window && (seen >> (highest - n) & 1U) == 0));
  }
  void use(std::uint32_t n) noexcept {
    if (n > highest) {
      seen = n - highest < window ? seen << (n - highest) : 0;
      highest = n;
    }
    seen |= std::uint64_t{1} << (highest - n);
  }

  static constexpr std::uint32_t window = 64;
  alink::post_cipher cipher;
  std::uint64_t seen = 0; ///< bit i: highest - i was used
  std::uint32_t highest = 0;
};

/// One token, and what was agreed on with it.
struct post_door::talk {
  std::string token;
  time_point ends{};
  std::unique_ptr<sealed_talk> seal; ///< none: in the clear
  post_protocol by = post_protocol::coap;
  bool separate = false;
};

struct post_door::poster {
  poster(device_index device, const alink::identity& who)
      : as(device, who.product_key, who.device_name) {}

  /// Whose token it is; null: neither's.
  [[nodiscard]] talk* talk_of(std::string_view token) noexcept {
    return constant_time_equal(token, std::string_view{current.token})         ? &current
           : next && constant_time_equal(token, std::string_view{next->token}) ? next.get()
                                                                               : nullptr;
  }

  platform_client as; ///< its names; it has no session and listens to nothing
  talk current;
  /// Of its last log-on, until it is used: whoever heard and repeats one cannot end the other.
  std::unique_ptr<talk> next;
  time_point expires{}; ///< the later of both
  time_point online_until{};
  poster* older = nullptr; ///< neighbours in the line of those online
  poster* newer = nullptr;
  std::uint64_t way = 0;                       ///< of its last post
  std::uint32_t link = 0;                      ///< another with each token and each way
  post_protocol seen_by = post_protocol::coap; ///< while online
  bool online = false;
};

} // namespace fleet::cloud
