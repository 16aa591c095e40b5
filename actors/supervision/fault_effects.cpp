// What each effect is on a link and on a board.
#include <algorithm>
#include <limits>

#include "actors/device/firmware_boot.hpp"
#include "actors/supervision/fault_driver.hpp"

namespace fleet::actors {

namespace {

using faults::effect;

/// So much of it, in whole numbers.
template <class Number>
Number part_of(Number whole, std::uint32_t ppm) noexcept {
  __extension__ using wide = __int128;
  return static_cast<Number>(static_cast<wide>(whole) * ppm / faults::whole_ppm);
}

random_stream luck_of(const faults::draw& draw, std::uint64_t key, std::uint32_t round,
                      const hal::board& board) noexcept {
  return {draw.seed ^ key ^ mix64(std::uint64_t{round} + 1), board.index(), "spoilt"};
}

} // namespace

hal::link_disturbance disturbance_of(const faults::fault& f, std::uint32_t strength_ppm) noexcept {
  hal::link_disturbance d;
  const auto share = part_of(f.share_ppm, strength_ppm);
  const duration by{part_of(f.by.count(), strength_ppm)};
  switch (f.what) {
    case effect::latency: d.latency = by; break;
    case effect::jitter: d.jitter = by; break;
    case effect::bandwidth: d.octets_per_s = f.rate; break;
    case effect::stall: d.stall = true; break;
    case effect::refuse: d.refuse = true; break;
    case effect::dns_failure: d.dns_failure = true; break;
    case effect::slicing: d.slice_octets = f.size; break;
    case effect::corruption: d.corrupt_ppm = share; break;
    case effect::tls_failure: d.tls_failure = true; break;
    case effect::loss: d.loss_ppm = share; break;
    case effect::duplication: d.duplicate_ppm = share; break;
    case effect::reordering:
      d.reorder_ppm = share;
      d.hold_back = f.by;
      break;
    case effect::partition: d.cut = true; break;
    case effect::reset:
    case effect::half_open:
    case effect::nat_rebinding:
    case effect::power_loss:
    case effect::power_loss_in_write:
    case effect::reboot_loop:
    case effect::clock_jump:
    case effect::clock_drift:
    case effect::memory_exhaustion:
    case effect::bit_rot:
    case effect::full_flash:
    case effect::kv_corruption:
    case effect::dead_battery:
    case effect::actor_crash:
    case effect::firmware_wrong_digest:
    case effect::firmware_truncated:
    case effect::firmware_oversize:
    case effect::firmware_slow:
    case effect::firmware_failing:
    case effect::firmware_unbootable:
    case effect::cloud_restart:
    case effect::cloud_slow:
    case effect::cloud_throttle:
    case effect::drop_acks:
    case effect::deliver_twice:
    case effect::kick:
    case effect::refuse_credentials:
    case effect::expire_tokens:
    case effect::malformed: break;
  }
  return d;
}

bool fault_driver::hits(const known& of, std::uint32_t index) const {
  return of.reached_ppm != 0 && faults::selects(of.fault.select, shard_.options.draw, of.key, index)
         && faults::place_of(of.fault.select, shard_.options.draw, of.key, index) < of.reached_ppm;
}

board_standing fault_driver::standing(std::uint32_t index) const {
  board_standing out;
  std::int64_t drift = 0;
  for (const auto& each : known_) {
    const faults::fault& f = each->fault;
    if (faults::info_of(f.what).of != faults::domain::device || !hits(*each, index)) {
      continue;
    }
    if (f.what == effect::power_loss || f.what == effect::dead_battery) {
      out.unpowered = true;
    } else if (f.what == effect::full_flash) {
      out.full = true;
    } else if (f.what == effect::power_loss_in_write) {
      out.cut_ppm = std::min(out.cut_ppm + f.share_ppm, faults::whole_ppm);
    } else if (f.what == effect::memory_exhaustion) {
      out.ram_left = std::min(out.ram_left.value_or(f.size), f.size);
    } else if (f.what == effect::clock_drift) {
      drift += std::int64_t{f.drift_ppm} * 1000;
    }
  }
  using ppb = std::numeric_limits<std::int32_t>;
  out.drift_ppb =
      static_cast<std::int32_t>(std::clamp<std::int64_t>(drift, ppb::min(), ppb::max()));
  return out;
}

bool fault_driver::strike_board(known& of, std::uint32_t slot) {
  auto& board = shard_.slots[slot].board;
  const effect what = of.fault.what;
  if (what == effect::reboot_loop || what == effect::actor_crash) {
    device_actor* const device = devices_.device_at(slot);
    if (device == nullptr || !board.powered()) {
      return false;
    }
    what == effect::actor_crash ? device->crash() : device->reboot();
    return true;
  }
  if (what == effect::clock_jump) {
    board.clock.jump(std::chrono::duration_cast<std::chrono::milliseconds>(of.fault.by).count());
    return true;
  }
  auto luck = luck_of(shard_.options.draw, of.key, of.round, board);
  if (what == effect::kv_corruption) {
    return board.spoil_store(luck) != 0;
  }
  if (what == effect::bit_rot) {
    if (board.flash) {
      auto& chip = board.flash->chip;
      chip.rot(luck, 0, chip.geometry().blocks, of.fault.size);
    }
    return board.flash != nullptr;
  }
  return refresh(what, slot);
}

bool fault_driver::refresh(effect after, std::uint32_t slot) {
  auto& board = shard_.slots[slot].board;
  device_actor* const device = devices_.device_at(slot);
  const auto& product = shard_.products.at(board.index());
  const board_standing is = standing(board.index());
  if (after == effect::power_loss || after == effect::dead_battery) {
    if (device != nullptr) {
      is.unpowered ? device->power_cut() : device->power_return();
    }
    return device != nullptr;
  }
  if (after == effect::memory_exhaustion) {
    limit_ram(board.memory, product, is);
  } else if (after == effect::clock_drift) {
    board.clock.set_drift(is.drift_ppb, now());
  } else {
    if (after == effect::full_flash) {
      board.kv.set_read_only(is.full);
    }
    if (board.flash) {
      disturb_flash(*board.flash, is, board);
    }
  }
  return true;
}

} // namespace fleet::actors
