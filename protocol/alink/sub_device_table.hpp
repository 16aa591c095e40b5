// What a gateway machine remembers of each sub-device, and where each is: ready in one of six
// lines, waiting for its time, in a request, or nowhere. Internal to gateway_machine.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "protocol/alink/gateway_states.hpp"
#include "protocol/base/time.hpp"

namespace fleet::alink {

/// The things a sub-device can be about to ask for, in the order of their urgency.
enum class sub_device_work : std::uint8_t { log_out, unbind, forget, log_in, add, enroll, none };
inline constexpr std::size_t sub_device_work_count = 6;

constexpr sub_device_work work_of(sub_device_state state) noexcept {
  switch (state) {
    case sub_device_state::registering: return sub_device_work::enroll;
    case sub_device_state::adding: return sub_device_work::add;
    case sub_device_state::logging_in: return sub_device_work::log_in;
    case sub_device_state::logging_out: return sub_device_work::log_out;
    case sub_device_state::unbinding: return sub_device_work::unbind;
    case sub_device_state::unregistering: return sub_device_work::forget;
    case sub_device_state::unregistered:
    case sub_device_state::unbound:
    case sub_device_state::offline:
    case sub_device_state::online:
    case sub_device_state::parked:
    case sub_device_state::refused:
    case sub_device_state::disabled:
    case sub_device_state::deleted: return sub_device_work::none;
  }
  return sub_device_work::none;
}

enum class sub_device_place : std::uint8_t { nowhere, ready, waiting, in_flight };

struct sub_device_record {
  time_point due = time_point::min(); ///< not asked before; while online: since when
  std::uint16_t before = 0;           ///< neighbours in a line
  std::uint16_t behind = 0;
  std::uint16_t heap_at = 0;
  std::uint8_t slot = 0; ///< of the request it is in
  std::uint8_t attempts = 0;
  sub_device_state state = sub_device_state::unbound;
  sub_device_place place = sub_device_place::nowhere;
  sub_device_work line = sub_device_work::none;
  bool bound : 1 = false;       ///< topology was added, or is believed to be
  bool wanted : 1 = true;       ///< by its owner
  bool alone : 1 = false;       ///< a batch failed on it: ask for it singly
  bool probing : 1 = false;     ///< deleted, says a notice: asks whether that still holds
  bool leaving : 1 = false;     ///< for good: logged out, then unbound, then unregistered
  bool told_online : 1 = false; ///< the owner knows it as online
};

/// The records with their lines and the heap of those that wait. Indices are below count().
class sub_device_table {
public:
  explicit sub_device_table(std::uint16_t count);

  sub_device_record& operator[](std::uint16_t index) noexcept { return records_[index]; }
  const sub_device_record& operator[](std::uint16_t index) const noexcept {
    return records_[index];
  }
  [[nodiscard]] std::uint16_t count() const noexcept {
    return static_cast<std::uint16_t>(records_.size());
  }

  /// To the back of the line of its state's work, or to wait for record.due if that is to come.
  void enqueue(std::uint16_t index, time_point now);
  void put_in_flight(std::uint16_t index, std::uint8_t slot);
  /// Takes it out of wherever it is.
  void withdraw(std::uint16_t index);

  [[nodiscard]] bool any_ready() const noexcept;
  [[nodiscard]] bool any_ready(sub_device_work work) const noexcept {
    return lines_[static_cast<std::size_t>(work)].first != none;
  }
  /// The first of a line that is not empty.
  [[nodiscard]] std::uint16_t first_ready(sub_device_work work) const noexcept {
    return lines_[static_cast<std::size_t>(work)].first;
  }
  [[nodiscard]] time_point next_due() const noexcept;
  /// Moves those whose time has come into their lines.
  void wake(time_point now);

  /// Octets of one sub-device, its place in the heap included.
  static constexpr std::size_t bytes_per_sub_device =
      sizeof(sub_device_record) + sizeof(std::uint16_t);

private:
  static constexpr std::uint16_t none = 0xffff;
  struct line {
    std::uint16_t first = none;
    std::uint16_t last = none;
  };
  void join_line(std::uint16_t index);
  void leave_line(std::uint16_t index);
  void join_heap(std::uint16_t index);
  void leave_heap(std::uint16_t index);
  void set_heap(std::size_t at, std::uint16_t index);
  void sift_up(std::size_t at);
  void sift_down(std::size_t at);
  /// By time, then by index: the order never depends on how the heap came about.
  [[nodiscard]] bool earlier(std::uint16_t a, std::uint16_t b) const noexcept;

  std::vector<sub_device_record> records_;
  std::vector<std::uint16_t> heap_;
  std::array<line, sub_device_work_count> lines_{};
};

} // namespace fleet::alink
