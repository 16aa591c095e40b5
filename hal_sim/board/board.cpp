// Power on, power off, and what of a board outlives which.
#include "hal_sim/board/board.hpp"

namespace fleet::hal {

namespace {
constexpr std::string_view boots_key = "boots";
} // namespace

const board_settings& default_board() noexcept {
  static const board_settings settings;
  return settings;
}

board::board(home& h, std::uint32_t index, std::uint64_t seed,
             const board_settings& settings) noexcept
    : link(h, static_cast<std::uint32_t>(random_stream{seed, index, "link faults"}.next())),
      kv(settings.kv_bytes), memory(settings.ram_bytes), index_(index & 0x7fffffffU),
      temperature(settings.temperature, {seed, index, "temperature"}),
      humidity(settings.humidity, {seed, index, "humidity"}), seed_(seed) {}

std::uint32_t board::boots() const noexcept {
  return static_cast<std::uint32_t>(kv.get_number(boots_key).value_or(0));
}

void board::boot(time_point now) {
  power_off();
  // Too small a store forgets; the first boot reserves the room in any other. One that cannot be
  // written counts on: the count is ours.
  const bool read_only = kv.read_only();
  kv.set_read_only(false);
  (void)kv.put_number(boots_key, std::uint64_t{boots()} + 1);
  kv.set_read_only(read_only);
  clock.boot(now);
  powered_ = 1;
}

void board::power_off() noexcept {
  link.drop();
  if (datagram_link* const datagrams = link.datagrams()) {
    datagrams->drop();
  }
  memory.clear();
  if (flash) {
    flash->stop();
  }
  powered_ = 0;
}

std::size_t board::spoil_store(random_stream luck) {
  return kv.spoil(luck, boots_key);
}

void board::factory_reset() {
  const std::uint32_t count = boots();
  power_off();
  kv.clear();
  if (count != 0) {
    (void)kv.put_number(boots_key, count);
  }
}

} // namespace fleet::hal
