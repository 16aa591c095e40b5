// What goes with which protocol: schemes of targets, tiers of security. Flags and scenarios share
// it.
#pragma once

#include <optional>
#include <string>

#include "fleet/options.hpp"

namespace fleet::program {

/// What is spoken at a target that is not embedded.
device_protocol protocol_of(text::scheme scheme) noexcept;
/// The tier that its scheme stands for; another one may go with it, see scheme_takes().
security security_of(text::scheme scheme) noexcept;
/// Whether a connection of that tier can be had at a target of that scheme; any at embedded.
bool scheme_takes(text::scheme scheme, security tier) noexcept;

/// Why a protocol does not go with a profile or a tier, as `protocol X with…, …`; nothing where it
/// does (aliyun-iot.md §5.2, §17.1, §18).
std::optional<std::string> protocol_contradiction(device_protocol spoken, profile whose,
                                                  security tier);

} // namespace fleet::program
