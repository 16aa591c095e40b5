// From what was asked of firmware and campaigns to requests of the admin API: routes and bodies.
// Reads no file and sends nothing.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "fleet/console/admin_api.hpp"
#include "fleet/console/rollout_options.hpp"
#include "protocol/base/result.hpp"

namespace fleet::program {

/// Octets of an image that one request carries: what the API takes.
inline constexpr std::size_t upload_piece = std::size_t{1} << 20;
/// Devices of one answer, and of one campaign's list.
inline constexpr std::uint32_t rollout_page = 500;
inline constexpr std::size_t listed_names_max = 10'000;

admin_request firmware_list_request();
admin_request firmware_request(std::uint32_t id);
/// `size` octets, to be uploaded; or generated from `seed`, with `what.generate` of them.
admin_request add_firmware_request(const new_firmware& what, std::uint64_t size,
                                   std::uint64_t seed);
admin_request content_request(std::uint32_t id, std::uint64_t offset, std::string_view octets);
admin_request delete_firmware_request(std::uint32_t id);

admin_request campaign_list_request();
admin_request campaign_request(std::uint32_t id);
/// `devices`: the names that `what.devices` stands for.
admin_request new_campaign_request(const new_campaign& what,
                                   const std::vector<std::string>& devices);
/// `start`, `halt`, `resume`, `cancel` or `retry`.
admin_request campaign_order_request(std::uint32_t id, std::string_view order);
admin_request delete_campaign_request(std::uint32_t id);
admin_request campaign_devices_request(const rollout_options& what, std::uint64_t from);

/// Names with commas between them, or one a line, blank lines and those that begin with `#` left
/// out. The error is a sentence.
result<std::vector<std::string>, std::string> read_names(std::string_view text);

} // namespace fleet::program
