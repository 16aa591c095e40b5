// The accounts of a worker's devices on their way to whoever goes on with them when it dies: what
// changed, once a second, and all of them once.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "actors/supervision/shard.hpp"
#include "fleet/run/company.hpp"

namespace fleet::program {

/// Of a worker.
class account_teller {
public:
  /// Those of devices whose account is another than it was told the last time; all others have
  /// never been touched. Asks the shards on their homes.
  std::string changed(const shown_run& run);
  /// What was told may not have arrived.
  void begin_anew() { told_.clear(); }

private:
  std::vector<std::vector<std::uint64_t>> told_; ///< by shard and slot: what identifies it
};

/// Of the coordinator: the last that was told of each device of a share.
class account_shelf {
public:
  /// False: these are no accounts of these devices, and nothing is changed.
  bool take(std::string_view told, const device_set& devices);
  [[nodiscard]] std::string all() const;
  /// Takes what is known of `wanted` out of a shelf that is of `devices`.
  account_shelf taken(const device_set& devices, const device_set& wanted);
  /// What these devices had attempted and had acknowledged, of a shelf that is
  /// of `devices`.
  struct sums {
    std::uint64_t attempted = 0;
    std::uint64_t acknowledged = 0;
  };
  [[nodiscard]] sums sent(const device_set& devices, const device_range& of) const;

private:
  std::vector<std::string> records_; ///< by place in the share; empty: nothing was told
};

/// Puts what was told into slots that no device has used yet, those behind gateways too. False: it
/// is not of these shards.
bool load_accounts(std::string_view told, const std::vector<actors::shard*>& shards,
                   unheard_commands& unheard);

} // namespace fleet::program
