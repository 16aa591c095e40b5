// What a thing counts, such as a meter's reading: it goes on over a power cycle, as its register
// in the hardware would. Which numbers count, tsl::counts_up() says.
#include <bit>
#include <cmath>

#include "actors/device/device.hpp"
#include "actors/device/thing.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::actors {

namespace {

/// Of a thing's counters so many outlive its software: the board's store is small.
constexpr std::size_t counters_kept_max = 16;

std::string counter_key(std::string_view identifier) {
  return "count." + std::string{identifier};
}

} // namespace

bool thing::count_on(std::string_view identifier, const tsl::data_type& type) {
  if (!tsl::counts_up(type)) {
    return false;
  }
  const auto kept = slot_.board.kv.get_number(counter_key(identifier));
  // What a worn store gives back may be no number, or none that was counted.
  const double was = kept ? std::bit_cast<double>(*kept) : std::nan("");
  if (!std::isfinite(was)) {
    return false;
  }
  auto& scratch = around_.part;
  const std::size_t from = scratch.size();
  tsl::append_walked(scratch, type, was, values_);
  (void)state_.set(identifier, as_text(scratch.view()).substr(from));
  scratch.truncate(from);
  return true;
}

void thing::keep_counters() {
  std::size_t room = counters_kept_max;
  const auto keep = [this, &room](const std::string& identifier, const tsl::data_type& type) {
    const auto value = state_.number(identifier);
    if (room > 0 && value && tsl::counts_up(type)) {
      --room;
      (void)slot_.board.kv.put_number(counter_key(identifier),
                                      std::bit_cast<std::uint64_t>(*value));
    }
  };
  for (const auto& p : model().properties()) {
    if (p.writable || !state_.changed(model().property_index(p.identifier))) {
      continue; // nothing was measured
    }
    keep(p.identifier, p.type);
    for (const auto& member : p.type.members) {
      keep(p.identifier + "." + member.identifier, member.type);
    }
  }
}

} // namespace fleet::actors
