// Faults as somebody outside orders them and reads of them, on the twin's thread: one desk's, or
// those of a twin on several homes as if they were one.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cloud_sim/fault_window.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::cloud {

class fault_orders {
public:
  /// As faults::timeline::add(), for effects of the cloud and of firmware; false for others too.
  virtual bool add(faults::fault f, time_point start, const fault_draw& draw,
                   fault_lease lease) = 0;
  /// Its owner is heard of: what was leased to them stays for as long again, or those of it that
  /// are named. What nobody renews ends, and is forgotten.
  virtual void renew(std::string_view owner) = 0;
  virtual void renew(std::string_view owner, const std::vector<std::string>& names) = 0;
  /// Empty: nobody in particular, or there is no such fault.
  [[nodiscard]] virtual std::string_view owner_of(std::string_view name) const noexcept = 0;
  virtual bool remove(std::string_view name) = 0;
  [[nodiscard]] virtual const std::vector<faults::timeline::entry>& all() const noexcept = 0;
  [[nodiscard]] virtual const faults::timeline::entry*
  find_fault(std::string_view name) const noexcept = 0;
  /// Of the same order.
  [[nodiscard]] virtual std::vector<std::shared_ptr<const fault_mark>> marks() const = 0;

protected:
  ~fault_orders() = default;
};

} // namespace fleet::cloud
