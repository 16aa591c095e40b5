// What the platform tells of its devices, as rows of the store. Translates; the batch is the
// persistence's.
#pragma once

#include "cloud_sim/state_keeper.hpp"
#include "cloud_sim/store/store.hpp"

namespace fleet::cloud {

class kept_state final : public state_keeper {
public:
  explicit kept_state(store& into) noexcept : store_(into) {}

  void product_changed(const product_row& row) override;
  void device_changed(const device_row& row) override;
  void device_gone(std::string_view product_key, std::string_view device_name) override;
  void tags_changed(const device_row& row) override;
  void shadow_changed(const shadow_row& row) override;
  void desired_changed(const desired_row& row) override;
  void reported_changed(const reported_row& row) override;
  void topology_changed(const topology_row& row) override;

private:
  store& store_;
};

} // namespace fleet::cloud
