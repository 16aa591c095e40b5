// Whoever makes firmware and campaigns last over the twin's death: told of each change in the turn
// in which it happens, and asked for octets of former lives. Judges nothing.
#pragma once

#include "cloud_sim/store/rows.hpp"
#include "protocol/base/bytes.hpp"

namespace fleet::cloud {

/// Rows are whole and as they are to stand from now on; their views die with the call.
class firmware_keeper {
public:
  virtual void firmware_changed(const firmware_row& row) = 0;
  /// With all its octets.
  virtual void firmware_gone(std::uint32_t firmware) = 0;
  virtual void block_changed(const firmware_block_row& row) = 0;
  /// Appends the octets of a block of an earlier turn; false if they cannot be had.
  virtual bool read_block(std::uint32_t firmware, std::uint32_t block, byte_buffer& out) = 0;

  virtual void campaign_changed(const campaign_row& row) = 0;
  /// With all its devices.
  virtual void campaign_gone(std::uint32_t campaign) = 0;
  virtual void rollout_changed(const rollout_row& row) = 0;

  /// A number was given out; there is no going back.
  virtual void number_changed(const number_row& row) = 0;

protected:
  ~firmware_keeper() = default;
};

} // namespace fleet::cloud
