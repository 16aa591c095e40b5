// The `method` of an Alink request (aliyun-iot.md §10, §11): it follows from the request's topic.
// Topics themselves are topics.hpp's.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/alink/topics.hpp"

namespace fleet::alink {

/// Appends the method that goes with a topic under `/sys/PK/DN/`: its tail with dots for slashes.
/// `rest` as in topic_kind. Only for kinds of such topics that carry Alink.
void append_method(byte_buffer& out, topic_kind kind, std::string_view rest = {});

/// Whether a method is the one that goes with a topic. Judge by it only where strictness is wanted:
/// clients leave the method out or empty, and the topic decides (§23.12).
bool method_fits(std::string_view method, topic_kind kind, std::string_view rest = {}) noexcept;

/// end_request() with the method of a topic.
void end_request(byte_buffer& out, topic_kind kind, std::string_view rest = {});

/// The service that `thing.service.{id}` names, also `property.set` and `property.get`; empty for
/// any other method. A synchronous call is told by it alone (§11.5).
std::string_view service_of(std::string_view method) noexcept;

/// The event that `thing.event.{id}.post` names; empty for any other method.
std::string_view event_of(std::string_view method) noexcept;

} // namespace fleet::alink
