// What the platform tells of its devices, as rows of the store. Translates, and leaves to other
// homes of the twin what is theirs to tell; the batch is the persistence's.
#pragma once

#include "cloud_sim/state_keeper.hpp"
#include "cloud_sim/store/store.hpp"

namespace fleet::cloud {

class broker;

class kept_state final : public state_keeper {
public:
  /// Both must outlive it.
  kept_state(const broker& core, store& into) noexcept : core_(core), store_(into) {}

  void product_changed(const product_row& row) override;
  void device_changed(const device_row& row) override;
  void device_gone(std::string_view product_key, std::string_view device_name) override;
  void tags_changed(const device_row& row) override;
  void shadow_changed(const shadow_row& row) override;
  void desired_changed(const desired_row& row) override;
  void reported_changed(const reported_row& row) override;
  void topology_changed(const topology_row& row) override;

private:
  const broker& core_;
  store& store_;
};

} // namespace fleet::cloud
