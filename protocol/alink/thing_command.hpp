// What the platform asks of a device (aliyun-iot.md §11.3 to §11.5, §16.7, §9.2): property set and
// get, service calls in both call types, notifications, enable, disable, delete. Written by the
// platform's side, read by the device's; the device's codes are 460 for every fault of the shape.
#pragma once

#include "protocol/alink/message.hpp"
#include "protocol/alink/thing_sample.hpp"
#include "protocol/alink/topics.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_command_members = 200; ///< properties or inputs of one request

/// `thing/service/property/set`, values as the thing model types them; times are not written.
void append_property_set(byte_buffer& out, std::uint64_t id, std::span<const sample> values);

struct property_set_request {
  int code = code_success; ///< 460: no object, over 200 members, or one twice
  std::span<const json_member> members;
};
/// An empty object is good: there is nothing to set.
property_set_request read_property_set(const message& request) noexcept;

/// `thing/service/property/get`; params is the list of identifiers.
void append_property_get(byte_buffer& out, std::uint64_t id,
                         std::span<const std::string_view> identifiers);

struct property_get_request {
  int code = code_success; ///< 460: no list, over 200 elements, or one that is no plain text
  std::span<const json_member> identifiers; ///< identifier_at() of each
};
property_get_request read_property_get(const message& request) noexcept;

/// The text of an element of a list of identifiers; empty if it is none.
std::string_view identifier_at(const json_member& element) noexcept;

/// `thing/service/{id}`, or the payload of the synchronous form over RRPC (§11.5, rrpc.hpp).
void append_service_call(byte_buffer& out, std::uint64_t id, std::string_view service,
                         std::span<const sample> inputs);

struct service_request {
  int code = code_success;  ///< 460: no service named, no object, over 200 members, or one twice
  std::string_view service; ///< also `property.set` and `property.get`, which come by RRPC as well
  std::span<const json_member> inputs;
  std::string_view raw; ///< params; a list for `property.get`
};
/// `by_topic` is the identifier that the topic names; empty for RRPC, where the method alone tells.
service_request read_service_call(const message& request, std::string_view by_topic = {}) noexcept;

/// `_thing/event/notify`: an identifier and a value.
void append_event_notify(byte_buffer& out, std::uint64_t id, std::string_view identifier,
                         std::string_view value);

struct event_notification {
  int code = code_success;     ///< 460: no identifier, no value, or one of them twice
  std::string_view identifier; ///< such as `awss.BindNotify`
  std::string_view value;      ///< raw
};
event_notification read_event_notify(const message& request) noexcept;

/// `thing/enable`, `thing/disable`, `thing/delete`, as `kind` says; params `{}`.
void append_order(byte_buffer& out, std::uint64_t id, topic_kind kind);

/// 200, or 460 for params that are there and no object: an order without any is one all the same.
int read_order(const message& request) noexcept;

} // namespace fleet::alink
