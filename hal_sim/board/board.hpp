// The simulated hardware of one device (design, part 6): link, clock, store, memory, sensors,
// power. It outlives the device's software: a crash, a reboot and a power loss leave it standing.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "hal_sim/board/board_clock.hpp"
#include "hal_sim/board/board_flash.hpp"
#include "hal_sim/board/kv_store.hpp"
#include "hal_sim/board/link.hpp"
#include "hal_sim/board/memory_budget.hpp"
#include "hal_sim/board/sensor.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/base/random.hpp"
#include "protocol/base/time.hpp"

namespace fleet::hal {

/// What all boards of a kind have in common; outlives them.
struct board_settings {
  std::uint32_t kv_bytes = kv_store::default_capacity_bytes;
  std::uint32_t ram_bytes = 0; ///< 0: unlimited
  sensor_settings temperature{.shape = waveform::sine,
                              .low = 15'000,
                              .high = 30'000,
                              .period = std::chrono::hours{24}}; ///< °C
  sensor_settings humidity{.shape = waveform::random_walk,
                           .low = 30'000,
                           .high = 80'000,
                           .period = std::chrono::minutes{1},
                           .step = 250}; ///< % relative
};

/// A board as nobody configured it.
const board_settings& default_board() noexcept;

class board {
public:
  /// Manufactured and off. `index` is the device's.
  board(home& h, std::uint32_t index, std::uint64_t seed,
        const board_settings& settings = default_board()) noexcept;

  /// Power on: uptime starts at 0, all memory is free, the boot count in the store goes up. A board
  /// that was on is powered off first.
  void boot(time_point now);

  /// The link is dropped (the far side sees its end), memory is lost; store and wall clock stay.
  void power_off() noexcept;

  /// power_off() and an empty store, but for the boot count: messages are told apart by it.
  void factory_reset();

  /// Puts other octets in the place of all that the store keeps, but for the boot count: that is
  /// ours rather than the board's, and traces and random draws tell boots apart by it. Answers how
  /// many entries there were.
  std::size_t spoil_store(random_stream luck);

  [[nodiscard]] bool powered() const noexcept { return powered_ != 0; }
  /// How often it was booted; kept in the store.
  [[nodiscard]] std::uint32_t boots() const noexcept;

  [[nodiscard]] home& where() const noexcept { return link.where(); }
  [[nodiscard]] std::uint32_t index() const noexcept { return index_; }
  /// The board's substream for `purpose`; the same every time.
  [[nodiscard]] random_stream random(std::string_view purpose) const noexcept {
    return {seed_, index_, purpose};
  }

  /// Its link for datagrams, made when it is first asked for.
  [[nodiscard]] datagram_link& datagrams() { return link.datagrams(random("datagram faults")); }

  /// Octets, those on the heap included; the stream is the world's.
  [[nodiscard]] std::size_t memory_bytes() const noexcept {
    return sizeof *this + kv.memory_bytes() + (flash ? flash->memory_bytes() : 0)
           + link.memory_bytes();
  }

  hal::link link;
  kv_store kv;
  board_clock clock;
  memory_budget memory;

private:
  // Here they fill a gap.
  std::uint32_t index_ : 31;
  std::uint32_t powered_ : 1 = 0;

public:
  sensor temperature;
  sensor humidity;
  std::unique_ptr<board_flash> flash; ///< none: what it runs is not on it

private:
  std::uint64_t seed_;
};

static_assert(sizeof(board) <= 200, "every device has one");

} // namespace fleet::hal
