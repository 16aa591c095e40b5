// What to do after an attempt to connect came to nothing, or a connection ended: another address at
// once, a wait, or giving up. Pure: no clock, no socket.
#pragma once

#include <cstddef>
#include <cstdint>

#include "actors/device/settings.hpp"
#include "protocol/base/random.hpp"

namespace fleet::program {

/// How an attempt or a connection ended.
enum class setback : std::uint8_t {
  refused,  ///< nobody listens there
  insecure, ///< TLS: a certificate that is not trusted, or no common ground
  rejected, ///< CONNACK other than 0
  lost      ///< anything else, which may be the weather
};

struct next_try {
  enum class how : std::uint8_t {
    at_once, ///< the next address of the target
    after,   ///< wait, then begin with the address that is next
    never    ///< a mistake that waiting does not mend
  };
  how what = how::after;
  duration wait{0};
};

/// Until the first connection all addresses of the target are tried in turn, and where each of them
/// refuses, or the cloud rejects the log-on, that is the end (as the vendor's SDK ends,
/// aliyun-iot.md §5.3). Everything else is tried again for ever, with a wait that doubles and has a
/// random part (§8.2).
class retry_plan {
public:
  /// `addresses`: how many the target has, at least one.
  retry_plan(std::size_t addresses, const actors::backoff_settings& backoff, random_stream jitter);

  [[nodiscard]] next_try after(setback what);
  /// The log-on was accepted.
  void succeeded() noexcept;

  /// Which address comes next.
  [[nodiscard]] std::size_t address() const noexcept { return address_; }

private:
  std::size_t addresses_;
  std::size_t address_ = 0;
  actors::backoff_settings backoff_;
  random_stream jitter_;
  duration wait_{0};
  std::size_t tried_ = 0; ///< addresses, in this round
  bool ever_online_ = false;
  bool up_ = false;      ///< since the last setback
  bool hopeless_ = true; ///< all attempts of this round were refused
};

} // namespace fleet::program
