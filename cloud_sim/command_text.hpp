// The text of what the twin sends of its own accord: a property set with the ledger's tag, and the
// answer to a device's request. No topics, no delivery.
#pragma once

#include <cstdint>
#include <string_view>

#include "protocol/base/bytes.hpp"
#include "protocol/ledger/ledger.hpp"

namespace fleet::cloud {

/// Replaces `out` with a property set (aliyun-iot.md §11.3), the light on for odd `id`, with the tag
/// sealed in.
void write_property_set(byte_buffer& out, std::uint64_t id, const ledger::tag& t);

/// Replaces `out` with `{"id":…,"code":…,"data":{}}`; `raw_id` is JSON and is echoed to the letter
/// (§10).
void write_reply(byte_buffer& out, std::string_view raw_id, int code);

} // namespace fleet::cloud
