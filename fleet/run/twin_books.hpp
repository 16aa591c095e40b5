// The ledger of a twin in another process, by its admin API: lets it begin anew for a run, and
// fetches it afterwards. Blocks; knows no signals.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/supervision/device_set.hpp"
#include "fleet/console/admin_api.hpp"
#include "fleet/options.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::program {

/// Devices of the run by index, and how the twin should call the first and the last of them.
struct booked_range {
  std::uint32_t first = 0;
  std::uint32_t count = 0; ///< at least 1
  std::string first_name;  ///< `PK/DN`; both empty: the profile has no such names
  std::string last_name;
};

/// Both sides of one device, as the twin has them; either may be missing.
struct booked_device {
  std::optional<ledger::receiver_account> uplink;
  std::optional<ledger::sender_account> downlink;
  std::optional<ledger::receiver_account> refused; ///< reports that it turned away
  std::uint64_t doubled = 0;                       ///< commands that went out twice, by a fault
};

/// Tags that the twin booked for no device, since it began.
struct unbooked_tags {
  std::uint64_t corrupted = 0;
  std::uint64_t unkept = 0;     ///< it had no room for them
  std::uint64_t over_bound = 0; ///< publishes, tagged or not, beyond its bounds
};

struct twin_books {
  std::vector<booked_device> devices; ///< by index
  unbooked_tags unbooked;
};

struct books_failure {
  exit_code code = exit_code::environment_failed;
  std::string message; ///< one sentence; names the place that was asked
};

/// Lets the twin at `where` forget what it has of these devices. Answers what it booked for nobody
/// until now. Fails with wrong_usage where it counts devices otherwise than the run, in any of the
/// ranges: then it has forgotten nothing. With environment_failed where it does not answer as a
/// twin.
result<unbooked_tags, books_failure> begin_books(admin_api& api, const std::string& where,
                                                 const std::vector<booked_range>& ranges);

/// The accounts of these devices, page by page; those of others may be empty.
result<twin_books, books_failure> fetch_books(admin_api& api, const std::string& where,
                                              const actors::device_set& devices);

/// Accounts asked for at once.
inline constexpr std::uint32_t books_page = 500;

} // namespace fleet::program
