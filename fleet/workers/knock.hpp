// Whether anybody is at an address, and a place to be found at. No word is said over it: whoever is
// found, and speaks, is the wire's.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>

#include "hal_sim/world/address.hpp"
#include "protocol/base/result.hpp"
#include "protocol/base/time.hpp"

namespace fleet::program {

enum class knock_answer : std::uint8_t {
  open,    ///< somebody listens there
  refused, ///< its machine answers, and nobody listens
  silent   ///< nobody answered in time, or no way leads there
};

/// Asked now and then while somebody waits: whether that is of no use any more.
using give_up = std::function<bool()>;

/// Connects; blocks for `at_most`, or until `given_up`. A socket that does not block, or what was
/// found in its place.
result<int, knock_answer> call_at(const hal::address& at, duration at_most,
                                  const give_up& given_up);

/// Connects and lets go again; blocks for `at_most`, or until `given_up`.
knock_answer knock(const hal::address& at, duration at_most, const give_up& given_up);

/// The address of this machine from which `far` is reached, without a port; none: no way leads
/// there.
std::optional<hal::address> address_towards(const hal::address& far);

/// Listens as long as it is there, so that others find out whether this process still is.
class door {
public:
  /// On a free port of that address; closed where it cannot.
  explicit door(const std::optional<hal::address>& at);
  ~door();
  door(const door&) = delete;
  door& operator=(const door&) = delete;

  /// None: it is closed.
  [[nodiscard]] const std::optional<hal::address>& at() const noexcept { return at_; }
  /// Lets those who knocked go; to be called now and then.
  void tend();

private:
  std::optional<hal::address> at_;
  int fd_ = -1;
};

} // namespace fleet::program
