// The cloud's side of the ledger (design, part 10): for every device what arrived from it and what
// was sent to it. Reads tags; knows nothing of topics or connections beyond a number. Whoever keeps
// the accounts asks for those that changed.
#pragma once

#include <bitset>
#include <cstdint>
#include <memory>
#include <vector>

#include "cloud_sim/counters.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::cloud {

/// Both directions of one device.
struct device_account {
  ledger::receiver_account uplink;
  ledger::sender_account downlink;
  /// Reports that were acknowledged and turned away, since the cloud had ended the device's session
  /// while they were under way; null: none.
  std::unique_ptr<ledger::receiver_account> refused;
};

/// The parts of a device's account.
enum class account_way : std::uint8_t { uplink, downlink, refused };
inline constexpr std::size_t account_way_count = 3;

class accounts {
public:
  /// Indices from `devices_max` on are counted as foreign and not kept; nor is what would make the
  /// accounts grow, beyond first epochs without gaps, by more than `growth_max` octets in all.
  /// `devices_max` is at most 2^24.
  accounts(std::uint32_t devices_max, std::uint64_t growth_max, twin_counters& counters);

  /// Takes down an uplink message if it bears a tag. `owner` is the device that the connection
  /// belongs to, or `anybody`; `connection` grows with each connection accepted. Answers the device
  /// that the message was booked for, or `anybody` when it was not.
  std::uint32_t uplink(bytes_view payload, bool dup, std::uint32_t connection, std::uint32_t owner);

  /// Takes down a report of `owner` that was turned away, if it bears a tag of that device. Bounded
  /// as uplink() is; what finds no room counts as tags_unkept.
  void refused(bytes_view payload, std::uint32_t owner);

  /// The tag of the next command to `device`, which must be below devices_max.
  ledger::tag downlink(std::uint32_t device, bool reliable);
  /// What to mark a command with, so that its acknowledgement can be booked. Never 0. It names the
  /// epoch too: a session may hold a command of an earlier run when its device's account begins
  /// anew, and what is acknowledged then is not this run's.
  static std::uint64_t cookie(const ledger::tag& t) noexcept;
  /// Answers the device whose command it was, or `anybody` where it is of an earlier epoch or was
  /// acknowledged before.
  std::uint32_t acknowledged(std::uint64_t cookie);

  /// What arrived from the devices first…first+count−1 is forgotten, and commands to them are
  /// counted from 1 again, in an epoch of their own: what an earlier one left on its way is told
  /// from it.
  void renew(std::uint32_t first, std::uint32_t count);

  /// Asks for the memory of a device's account, in two steps (fetch_ahead.hpp).
  void foresee(std::uint32_t device, unsigned step) const noexcept;
  /// None when the device was never heard of.
  [[nodiscard]] const device_account* find(std::uint32_t device) const noexcept;
  /// One beyond the highest index that may have an account.
  [[nodiscard]] std::uint32_t end() const noexcept {
    return static_cast<std::uint32_t>(pages_.size()) * page_size;
  }

  static constexpr std::uint32_t anybody = UINT32_MAX;

  // For keeping them over the twin's own death.

  /// From now on changes are noted, for take_changed().
  void note_changes() noexcept { noting_ = true; }
  [[nodiscard]] bool any_changed() const noexcept { return !changed_.empty(); }
  /// Calls `visit(device, way, account)` for each part that changed since the last call, once, in
  /// the order of their first change.
  template <class Visitor>
  void take_changed(Visitor visit) {
    for (const auto& c : changed_) {
      auto& of = *pages_[c.device / page_size];
      of.changed[static_cast<std::size_t>(c.way)].reset(c.device % page_size);
      visit(c.device, c.way, *of.of[c.device % page_size]);
    }
    changed_.clear();
  }
  /// The device's uplink account grows no more: what would make it is not kept (tags_unkept).
  void confine(std::uint32_t device);
  /// At start: an account as take_changed() gave it, saved. False for other octets; an index that
  /// does not exist here is left out.
  bool load(std::uint32_t device, account_way way, bytes_view saved);

private:
  static constexpr std::uint32_t page_size = 256;
  using marks = std::bitset<page_size>;
  struct page {
    std::unique_ptr<device_account> of[page_size];
    marks changed[account_way_count];
    marks confined;
  };
  struct change {
    std::uint32_t device;
    account_way way;
  };
  page& page_of(std::uint32_t device);
  bool take_room(std::uint32_t device, std::uint32_t growth);
  device_account& open(std::uint32_t device);
  void note(std::uint32_t device, account_way way);

  std::uint32_t devices_max_;
  std::uint64_t growth_max_;
  std::uint64_t growth_left_;
  twin_counters& counters_;
  std::vector<std::unique_ptr<page>> pages_;
  std::vector<change> changed_;
  bool noting_ = false;
};

} // namespace fleet::cloud
