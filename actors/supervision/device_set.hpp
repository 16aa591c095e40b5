// Which of a fleet's devices somebody has, by their indices: spans that rise. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace fleet::actors {

/// Devices `first` and the `count` - 1 after it.
struct device_span {
  std::uint32_t first = 0;
  std::uint32_t count = 0;

  friend bool operator==(const device_span&, const device_span&) = default;
};

/// Devices in the order of their indices; the place of one is how many are before it.
class device_set {
public:
  device_set() = default;
  device_set(std::uint32_t first, std::uint32_t count);
  /// In any order; no device twice.
  explicit device_set(std::vector<device_span> spans);

  [[nodiscard]] std::uint32_t count() const noexcept { return count_; }
  /// The first of them; 0 where there are none.
  [[nodiscard]] std::uint32_t first() const noexcept {
    return spans_.empty() ? 0 : spans_.front().first;
  }
  /// Behind the last of them.
  [[nodiscard]] std::uint32_t end() const noexcept {
    return spans_.empty() ? 0 : spans_.back().first + spans_.back().count;
  }
  /// `place` is below count().
  [[nodiscard]] std::uint32_t at(std::uint32_t place) const noexcept;
  [[nodiscard]] std::optional<std::uint32_t> place_of(std::uint32_t device) const noexcept;
  [[nodiscard]] bool contains(std::uint32_t device) const noexcept {
    return place_of(device).has_value();
  }
  /// Whether both have a device.
  [[nodiscard]] bool meets(const device_set& other) const noexcept;
  /// Those at `count` places from `place` on.
  [[nodiscard]] device_set part(std::uint32_t place, std::uint32_t count) const;
  /// None is empty, and none begins where another ends.
  [[nodiscard]] const std::vector<device_span>& spans() const noexcept { return spans_; }

  friend bool operator==(const device_set&, const device_set&) = default;

private:
  std::vector<device_span> spans_;
  std::uint32_t count_ = 0;
};

} // namespace fleet::actors
