// The twin's side of the ledger as somebody outside may ask for it: devices by index, accounts as
// the octets that ledger::*_account::load() takes. Nothing here reconciles.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

/// Tags that were booked for no device, since the twin began.
struct unbooked_tags {
  std::uint64_t corrupted = 0; ///< their checksum does not fit
  std::uint64_t foreign = 0;   ///< of another device than the connection's, or of one too high
  std::uint64_t unkept = 0;    ///< the accounts had no room for them
  /// Publishes, tagged or not, that were acknowledged and dropped as beyond the platform's bounds.
  std::uint64_t over_bound = 0;
};

class ledger_desk {
public:
  virtual ~ledger_desk() = default;

  /// Accounts of the devices first…first+count−1 begin anew (accounts::renew()).
  virtual void begin(std::uint32_t first, std::uint32_t count) = 0;
  /// The first device from `from` on that has an account.
  [[nodiscard]] virtual std::optional<std::uint32_t> next(std::uint32_t from) const = 0;
  /// Appends both sides of a device that has an account.
  virtual void save(std::uint32_t device, byte_buffer& uplink, byte_buffer& downlink) const = 0;
  /// Appends what was turned away of its reports; nothing where nothing was.
  virtual void save_refused(std::uint32_t /*device*/, byte_buffer& /*refused*/) const {}
  /// Commands to the device that went out twice since the twin began, each as a message of its own:
  /// a fault that was ordered.
  [[nodiscard]] virtual std::uint64_t doubled(std::uint32_t /*device*/) const { return 0; }
  [[nodiscard]] virtual unbooked_tags unbooked() const = 0;
  /// `PK/DN`; empty for one that is unknown, and where devices have no such names.
  [[nodiscard]] virtual std::string name(std::uint32_t device) const = 0;
};

} // namespace fleet::cloud
