// result<T, E>: a value, or the reason (an enum) why a local request cannot be served now.
// Not for what the peer did: that is an event.
#pragma once

#include <type_traits>
#include <utility>
#include <variant>

#include "protocol/base/check.hpp"

namespace fleet {

template <class Error>
struct failure {
  Error error;
};

/// Names the failing side: `return fail(publish_error::window_full);`
template <class Error>
constexpr failure<std::decay_t<Error>> fail(Error&& error) {
  return {std::forward<Error>(error)};
}

/// A value of T or an error of E; asking for the wrong one is a broken invariant.
template <class T, class E>
class [[nodiscard]] result {
public:
  result(T value) : held_(std::in_place_index<0>, std::move(value)) {}
  result(failure<E> why) : held_(std::in_place_index<1>, std::move(why.error)) {}

  [[nodiscard]] bool ok() const noexcept { return held_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }

  [[nodiscard]] T& value() & {
    FLEET_CHECK(ok());
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] const T& value() const& {
    FLEET_CHECK(ok());
    return *std::get_if<0>(&held_);
  }
  [[nodiscard]] T&& value() && {
    FLEET_CHECK(ok());
    return std::move(*std::get_if<0>(&held_));
  }
  [[nodiscard]] const E& error() const& {
    FLEET_CHECK(!ok());
    return *std::get_if<1>(&held_);
  }

private:
  std::variant<T, E> held_;
};

} // namespace fleet
