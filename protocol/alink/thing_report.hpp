// What a device reports (aliyun-iot.md §11.1, §11.2, §16.4): property post, batch, history and pack
// post, event post. Written by the device's side, read by the platform's; whether the values fit
// the thing model is not judged here.
#pragma once

#include <string>

#include "protocol/alink/message.hpp"
#include "protocol/alink/thing_sample.hpp"

namespace fleet::alink {

inline constexpr std::size_t max_post_properties = 200; ///< in one request (§8.1, §11.1)
inline constexpr std::size_t max_pack_events = 20;      ///< in one pack post (§8.1)
inline constexpr std::size_t max_pack_devices = 20;     ///< sub-devices in one pack post (§8.1)
inline constexpr std::size_t max_history_entries = 200; ///< devices in one history post

/// `thing/event/property/post`: with times where the samples have them.
void append_property_post(byte_buffer& out, std::uint64_t id, std::span<const sample> samples);

struct property_post {
  int code = code_success; ///< 6301 to 6305; 6106: too many; 6207: a property stands there twice
  std::span<const json_member> members; ///< as message::params_members
  std::string_view raw;                 ///< the object, for sample_cursor in layout `flat`
};
/// Params that are empty are good: nothing to store is no fault (§10.1).
property_post read_property_post(const message& request) noexcept;

/// `thing/event/property/batch/post`: many moments of one device.
void append_property_batch(byte_buffer& out, std::uint64_t id, std::span<const sample> properties,
                           std::span<const sample> events);

struct batch_post {
  int code = code_success;     ///< 6301 to 6305, 6207: shape, 6106: over 200 of either
  std::string_view properties; ///< for sample_cursor in `by_name`, `required`; may be empty
  std::string_view events;     ///< likewise
  sample_count property_count;
  sample_count event_count;
};
batch_post read_property_batch(const message& request) noexcept;

/// One device's share of a history or pack post, to be written.
struct device_samples {
  std::string_view product_key;
  std::string_view device_name;
  std::span<const sample> properties;
  std::span<const sample> events;
};

/// The same as it was read: raw containers, in layout `in_list` (history) or `flat` (pack), timed
/// form `required`; empty where there are none.
struct device_report {
  std::string_view product_key;
  std::string_view device_name;
  std::string_view properties;
  std::string_view events;
};

/// The shares in a raw list. One that the reader of the whole message found good ends only at its
/// end.
class report_cursor {
public:
  report_cursor(std::string_view raw, sample_layout layout) noexcept
      : walk_(raw), layout_(layout) {}
  /// False at the end and at a share of the wrong shape; broken() tells which.
  bool next(device_report& out) noexcept;
  [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
  json_walk walk_;
  sample_layout layout_;
  bool broken_ = false;
};

/// `thing/event/property/history/post`: params are the list of shares.
void append_property_history(byte_buffer& out, std::uint64_t id,
                             std::span<const device_samples> devices);

struct history_post {
  int code = code_success;  ///< 6301 to 6305, 6207: shape, 6106: over 200 of anything
  std::string_view entries; ///< for report_cursor in `in_list`
  std::uint32_t devices = 0;
  sample_count samples; ///< properties and events of all
};
history_post read_property_history(const message& request) noexcept;

/// `thing/event/property/pack/post`: a gateway's own values and its sub-devices'. `own` without
/// names.
void append_property_pack(byte_buffer& out, std::uint64_t id, const device_samples& own,
                          std::span<const device_samples> sub_devices);

struct pack_post {
  int code = code_success; ///< 6301 to 6305, 6207: shape, 6106: over 200 properties, 6356, 6357
  device_report own;       ///< without names
  std::string_view sub_devices; ///< for report_cursor in `flat`; may be empty
  std::uint32_t devices = 0;
  sample_count properties; ///< of all together
  sample_count events;
};
pack_post read_property_pack(const message& request) noexcept;

/// `thing/event/{id}/post`. With a time the documented form `{"value":{…},"time":T}` is written,
/// without one the C SDK's: the outputs alone. `outputs` is a JSON object.
void append_event_post(byte_buffer& out, std::uint64_t id, std::string_view event,
                       const sample& outputs);

struct event_post_request {
  int code = code_success;  ///< 6301 to 6305; 6207: the time, or an output twice; 6106: over 200
  std::string_view outputs; ///< raw object
  std::optional<std::int64_t> time_ms;
};
/// Both forms. Say `never` for an event whose outputs have a struct `value` of their own.
event_post_request read_event_post(const message& request,
                                   timed_form form = timed_form::maybe) noexcept;

} // namespace fleet::alink
