// Who gets which devices, at the beginning and when somebody is lost: a gateway and those behind it
// stay together. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "fleet/run/company.hpp"
#include "fleet/workers/messages.hpp"

namespace fleet::program {

/// Ranges that follow each other from 0 and have `devices` together, each as large as its weight's
/// share, the rest going to the largest remainders, the first of equal ones first. Weights are
/// positive, and there is one at least; with fewer devices than weights some ranges are empty.
std::vector<device_range> split_devices(std::uint32_t devices,
                                        std::span<const std::uint32_t> weights);

/// Somebody who can have more devices.
struct taker {
  std::uint32_t cores = 1; ///< positive
  std::uint64_t has = 0;   ///< devices that share its cores already
  std::uint32_t room = 0;  ///< devices that it can have beyond
};

/// How many of the devices each gets: so that each core has as many as any
/// other, as far as what is there allows, and nobody more than there is room
/// for. All together fewer than `devices` where there is not room for all.
std::vector<std::uint32_t> share_among(std::uint32_t devices, std::span<const taker> takers);

/// As that, with one at least for each that has room, as long as there are as
/// many.
std::vector<std::uint32_t> share_among_all(std::uint32_t devices, std::span<const taker> takers);

/// As share_among(), with `least` at least for each that gets any, as far as
/// the room of the others allows: a smaller part is not worth a process.
std::vector<std::uint32_t> share_among_few(std::uint32_t devices, std::span<const taker> takers,
                                           std::uint32_t least);

/// Devices with a connection each, and the devices behind it, if they are gateways: those of the
/// first from `children_first` on, then those of the next.
struct device_groups {
  device_range connecting;
  std::uint32_t children_first = 0;
  std::uint32_t children_each = 0;
};
/// Of a run; each of its devices is in one group.
std::vector<device_groups> groups_of(const prepared& ready);
std::uint32_t connections_of(std::span<const device_groups> all) noexcept;

/// Why they cannot be shared out over so many; nothing: they can.
std::optional<std::string> too_few_for(std::span<const device_groups> all, std::size_t workers);

/// Whether somebody, by number, has room for whole groups; who has it for some has it for fewer.
using room_test = std::function<bool(std::size_t number, const device_set& some)>;

/// Shares that are whole groups, in their order, each as near to its weight's share as that allows,
/// none without a device, and none with more than there is room for, where there is a way. There
/// are as many connections as weights at least. Without `fits` there is room for all.
std::vector<device_set> split_groups(std::span<const device_groups> all,
                                     std::span<const std::uint32_t> weights,
                                     const room_test& fits = {});
/// How many of whole groups each takes, from the first one on: as near to its part, of devices, as
/// that allows, one at least of whoever has a part, and nobody more than there is room for. What
/// one has no room for is another's, where that has it; all together fewer where nobody has.
std::vector<std::uint32_t> groups_for(std::span<const device_groups> all, const device_set& devices,
                                      std::span<const std::uint32_t> parts, const room_test& fits);
/// How few that are alike have room for all; 0: more than `most`.
std::uint32_t fewest_for(std::span<const device_groups> all,
                         const std::function<bool(const device_set&)>& fits, std::uint32_t most);
/// How many of whole groups' devices have a connection of their own; so many groups there are.
std::uint32_t connections_in(std::span<const device_groups> all, const device_set& devices);
/// Of whole groups the first `count`, and the others.
std::pair<device_set, device_set> cut_groups(std::span<const device_groups> all,
                                             const device_set& devices, std::uint32_t count);
/// How many of whole groups, the first ones, `fits` has room for: the more, the less.
std::uint32_t fitting_groups(std::span<const device_groups> all, const device_set& devices,
                             const std::function<bool(const device_set&)>& fits);
/// How many of their devices are in as many groups, as if these were equal; 0 for no group alone.
std::uint32_t room_in(std::span<const device_groups> all, const device_set& devices,
                      const std::function<bool(const device_set&)>& fits);
/// Whether these are whole groups, and one at least.
bool whole_groups(std::span<const device_groups> all, const device_set& devices);

/// As shard_spec has them, and back; nothing: these are no devices.
wire_counts numbers_of(const device_set& devices);
std::optional<device_set> devices_of(const wire_counts& numbers);

} // namespace fleet::program
