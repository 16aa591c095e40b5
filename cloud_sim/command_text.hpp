// The text of the commands that the twin sends of its own accord: a property set with the ledger's
// tag. No topics, no delivery.
#pragma once

#include <cstdint>

#include "protocol/alink/message.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/ledger/ledger.hpp"
#include "protocol/tsl/model.hpp"

namespace fleet::cloud {

/// What a command is made for.
struct command_form {
  std::string_view version = alink::call_version;
  const tsl::model* model = nullptr; ///< the product's; null: devices that know LightSwitch
};

/// Octets that the properties of a command take, but for the first of them.
inline constexpr std::size_t command_params_most = 64;

/// Whether there is a property that a command can set.
bool has_command(const tsl::model* model) noexcept;

/// Replaces `out` with a property set (aliyun-iot.md §11.3) with the tag sealed in: of the model's
/// writable properties the first, and those behind it that fit into command_params_most; a low
/// value of each for even `id`, a high one for odd, so that the light is on. With few and short
/// properties under 200 octets, so that the smallest devices can take it (§23.18). Only where
/// has_command().
void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t,
                        const command_form& form = {});

} // namespace fleet::cloud
