// The text of the commands that the twin sends of its own accord: a property set with the ledger's
// tag. No topics, no delivery.
#pragma once

#include <cstdint>

#include "protocol/alink/message.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::cloud {

/// Replaces `out` with a property set (aliyun-iot.md §11.3), the light on for odd `id`, with the
/// tag sealed in. Under 200 octets, so that the smallest devices can take it (§23.18).
void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t,
                        std::string_view version = alink::call_version);

} // namespace fleet::cloud
