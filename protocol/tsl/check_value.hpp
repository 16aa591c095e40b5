// Values against data types, and lists of parameters; internal to this folder, see check.hpp.
#pragma once

#include <bitset>
#include <span>

#include "protocol/tsl/check.hpp"
#include "protocol/tsl/raw_json.hpp"

namespace fleet::tsl {

/// A mistake with its code; where it is comes later.
finding found(mistake what, int code) noexcept;
/// The code of a value outside of its specs (§10.1).
int specs_code(data_kind kind) noexcept;

/// A json_reader's members with the face of raw_members.
class split_members {
public:
  explicit split_members(std::span<const json_member> all) noexcept : rest_(all) {}
  bool next(json_member& out) noexcept {
    if (rest_.empty()) {
      return false;
    }
    out = rest_.front();
    rest_ = rest_.subspan(1);
    return true;
  }
  [[nodiscard]] bool whole() const noexcept { return true; }

private:
  std::span<const json_member> rest_;
};

/// How a list of parameters is checked: the members of a struct, or an event's or service's own.
struct list_rules {
  unknown_rule unknown = unknown_rule::refuse;
  bool all_required = true;
  int unknown_code = 0;
  int missing_code = 0;
};

/// Checks members against parameters. The finding's identifier names the parameter.
template <class Members>
finding check_list(std::span<const parameter> expected, Members members, const list_rules& rules,
                   const check_policy& policy) {
  std::bitset<max_parameters> seen;
  json_member m;
  while (members.next(m)) {
    std::size_t index = 0;
    while (index < expected.size() && expected[index].identifier != m.key) {
      ++index;
    }
    finding f;
    if (index == expected.size()) {
      f = rules.unknown == unknown_rule::refuse ? found(mistake::unknown, rules.unknown_code)
                                                : finding{};
    } else if (seen.test(index)) {
      f = found(mistake::twice, 6315);
    } else {
      seen.set(index);
      f = check_value(expected[index].type, m.value, policy);
    }
    if (!f.ok()) {
      f.identifier = m.key;
      return f;
    }
  }
  if (!members.whole()) {
    return found(mistake::wrong_type, 6305);
  }
  for (std::size_t i = 0; rules.all_required && i < expected.size(); ++i) {
    if (expected[i].required && !seen.test(i)) {
      finding f = found(mistake::missing, rules.missing_code);
      f.identifier = expected[i].identifier;
      return f;
    }
  }
  return {};
}

} // namespace fleet::tsl
