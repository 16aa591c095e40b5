// Whoever makes the platform's state last over its own death: told of each change, in the turn in
// which it happens and before what acknowledges it leaves. Judges nothing, answers nothing.
#pragma once

#include <string_view>

#include "cloud_sim/store/rows.hpp"

namespace fleet::cloud {

/// Rows are whole and as they are to stand from now on; their views die with the call. Called on
/// the twin's home. What is read back at start goes in by platform_state::load_…(), which calls
/// nobody.
class state_keeper {
public:
  /// A product was added, or its name, model, flags or configuration changed.
  virtual void product_changed(const product_row& row) = 0;
  /// A device was added, came online for the first time, went offline, was disabled or enabled, or
  /// told its firmware's version.
  virtual void device_changed(const device_row& row) = 0;
  /// It was deleted: with its shadow, properties, tags and place under a gateway. If the list of
  /// credentials has it, device_changed() with status deleted follows, or it would be back.
  virtual void device_gone(std::string_view product_key, std::string_view device_name) = 0;
  /// The device's tags; all of the row is as device_changed() would have it.
  virtual void tags_changed(const device_row& row) = 0;
  /// An empty document: it was deleted with its device.
  virtual void shadow_changed(const shadow_row& row) = 0;
  /// A value that is empty: cleared, the version stays.
  virtual void desired_changed(const desired_row& row) = 0;
  virtual void reported_changed(const reported_row& row) = 0;
  /// A gateway key that is empty: the sub-device belongs to nobody, and is known to nobody's past.
  virtual void topology_changed(const topology_row& row) = 0;

protected:
  ~state_keeper() = default;
};

} // namespace fleet::cloud
