// The faults of a twin's homes as one: each home has a desk with all of them, which strikes the
// devices of that home; what they did is added up.
#pragma once

#include <vector>

#include "cloud_sim/fault_desk.hpp"
#include "cloud_sim/fault_orders.hpp"

namespace fleet::cloud {

class wide_faults final : public fault_orders {
public:
  /// They outlive it; at least one. Called while their homes stand still.
  explicit wide_faults(std::vector<fault_desk*> each) : each_(std::move(each)) {}

  bool add(faults::fault f, time_point start, const fault_draw& draw, fault_lease lease) override;
  void renew(std::string_view owner) override;
  void renew(std::string_view owner, const std::vector<std::string>& names) override;
  [[nodiscard]] std::string_view owner_of(std::string_view name) const noexcept override {
    return each_.front()->owner_of(name);
  }
  bool remove(std::string_view name) override;
  [[nodiscard]] const std::vector<faults::timeline::entry>& all() const noexcept override {
    return each_.front()->all();
  }
  [[nodiscard]] const faults::timeline::entry*
  find_fault(std::string_view name) const noexcept override {
    return each_.front()->find_fault(name);
  }
  [[nodiscard]] std::vector<std::shared_ptr<const fault_mark>> marks() const override;

private:
  std::vector<fault_desk*> each_;
};

} // namespace fleet::cloud
