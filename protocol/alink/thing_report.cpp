// Posts out and in.
#include "protocol/alink/thing_report.hpp"

#include "protocol/alink/fields.hpp"
#include "protocol/alink/methods.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::alink {

namespace {

using fields::code_family;

constexpr std::string_view batch_names[] = {"properties", "events", "subDevices"};
enum batch_part : std::size_t { the_properties, the_events, the_sub_devices };

constexpr std::string_view share_names[] = {"properties", "events", "identity"};
constexpr std::size_t the_identity = 2;

constexpr std::string_view identity_names[] = {"productKey", "deviceName"};

bool is_or_lacks(std::string_view raw, json_type type) noexcept {
  return raw.empty() || json_type_of(raw) == type;
}

json_type container_of(sample_layout layout) noexcept {
  return layout == sample_layout::in_list ? json_type::array : json_type::object;
}

void append_both(byte_buffer& out, const device_samples& share, sample_layout layout) {
  out.append(std::string_view{R"("properties":)"});
  append_samples(out, share.properties, layout);
  out.append(std::string_view{R"(,"events":)"});
  append_samples(out, share.events, layout);
}

void append_shares(byte_buffer& out, std::span<const device_samples> shares, sample_layout layout) {
  out.push('[');
  for (std::size_t i = 0; i < shares.size(); ++i) {
    out.append(std::string_view{i > 0 ? R"(,{"identity":{"productKey":)"
                                      : R"({"identity":{"productKey":)"});
    append_json_text(out, shares[i].product_key);
    out.append(std::string_view{R"(,"deviceName":)"});
    append_json_text(out, shares[i].device_name);
    out.append(std::string_view{"},"});
    append_both(out, shares[i], layout);
    out.push('}');
  }
  out.push(']');
}

void add(sample_count& to, const sample_count& more) noexcept {
  to.good += more.good;
  to.dropped += more.dropped;
}

bool over(const sample_count& count, std::size_t limit) noexcept {
  return std::size_t{count.good} + count.dropped > limit;
}

} // namespace

void append_property_post(byte_buffer& out, std::uint64_t id, std::span<const sample> samples) {
  begin_request(out, id);
  append_samples(out, samples, sample_layout::flat);
  end_request(out, topic_kind::property_post);
}

property_post read_property_post(const message& request) noexcept {
  property_post out;
  out.code = fields::params_fault(request, json_type::object, code_family::model);
  if (out.code != code_success) {
    return out;
  }
  if (request.params_members.size() > max_post_properties) {
    out.code = code_map_too_large;
    return out;
  }
  if (fields::repeats_key(request.params_members)) {
    out.code = code_format_error;
    return out;
  }
  out.members = request.params_members;
  out.raw = request.params;
  return out;
}

void append_property_batch(byte_buffer& out, std::uint64_t id, std::span<const sample> properties,
                           std::span<const sample> events) {
  begin_request(out, id);
  out.push('{');
  append_both(out, {{}, {}, properties, events}, sample_layout::by_name);
  out.push('}');
  end_request(out, topic_kind::property_batch_post);
}

batch_post read_property_batch(const message& request) noexcept {
  batch_post out;
  out.code = fields::params_fault(request, json_type::object, code_family::model);
  if (out.code != code_success) {
    return out;
  }
  const auto found = fields::pick(request.params_members, batch_names);
  const std::string_view properties = found.raw(the_properties);
  const std::string_view events = found.raw(the_events);
  if (found.repeated || !is_or_lacks(properties, json_type::object)
      || !is_or_lacks(events, json_type::object) || (properties.empty() && events.empty())) {
    out.code = code_format_error;
    return out;
  }
  const auto count = [](std::string_view raw) {
    return count_samples(raw, sample_layout::by_name, timed_form::required);
  };
  out.property_count = count(properties);
  out.event_count = count(events);
  if (over(out.property_count, max_post_properties) || over(out.event_count, max_post_properties)) {
    out.code = code_map_too_large;
    return out;
  }
  out.properties = properties;
  out.events = events;
  return out;
}

bool report_cursor::next(device_report& out) noexcept {
  json_member share;
  if (broken_ || !walk_.next(share)) {
    return false;
  }
  const auto found = fields::pick(share.value, share_names);
  const auto identity = fields::pick(found.raw(the_identity), identity_names);
  out.product_key = fields::text_of(identity.raw(0));
  out.device_name = fields::text_of(identity.raw(1));
  out.properties = found.raw(the_properties);
  out.events = found.raw(the_events);
  broken_ = found.repeated || identity.repeated || out.product_key.empty()
            || out.device_name.empty() || !is_or_lacks(out.properties, container_of(layout_))
            || !is_or_lacks(out.events, container_of(layout_));
  return !broken_;
}

void append_property_history(byte_buffer& out, std::uint64_t id,
                             std::span<const device_samples> devices) {
  begin_request(out, id);
  append_shares(out, devices, sample_layout::in_list);
  end_request(out, topic_kind::property_history_post);
}

history_post read_property_history(const message& request) noexcept {
  history_post out;
  out.code = fields::params_fault(request, json_type::array, code_family::model);
  if (out.code != code_success) {
    return out;
  }
  report_cursor cursor{request.params, sample_layout::in_list};
  for (device_report share; cursor.next(share); ++out.devices) {
    add(out.samples, count_samples(share.properties, sample_layout::in_list, timed_form::required));
    add(out.samples, count_samples(share.events, sample_layout::in_list, timed_form::required));
  }
  if (cursor.broken()) {
    out.code = code_format_error;
  } else if (out.devices > max_history_entries || over(out.samples, max_post_properties)) {
    out.code = code_map_too_large;
  } else {
    out.entries = request.params;
  }
  return out;
}

void append_property_pack(byte_buffer& out, std::uint64_t id, const device_samples& own,
                          std::span<const device_samples> sub_devices) {
  begin_request(out, id);
  out.push('{');
  append_both(out, own, sample_layout::flat);
  out.append(std::string_view{R"(,"subDevices":)"});
  append_shares(out, sub_devices, sample_layout::flat);
  out.push('}');
  end_request(out, topic_kind::property_pack_post);
}

pack_post read_property_pack(const message& request) noexcept {
  pack_post out;
  out.code = fields::params_fault(request, json_type::object, code_family::model);
  if (out.code != code_success) {
    return out;
  }
  const auto found = fields::pick(request.params_members, batch_names);
  const device_report own{{}, {}, found.raw(the_properties), found.raw(the_events)};
  const std::string_view others = found.raw(the_sub_devices);
  if (found.repeated || !is_or_lacks(own.properties, json_type::object)
      || !is_or_lacks(own.events, json_type::object) || !is_or_lacks(others, json_type::array)
      || (own.properties.empty() && own.events.empty() && others.empty())) {
    out.code = code_format_error;
    return out;
  }
  const auto count = [&](const device_report& share) {
    add(out.properties, count_samples(share.properties, sample_layout::flat, timed_form::required));
    add(out.events, count_samples(share.events, sample_layout::flat, timed_form::required));
  };
  count(own);
  report_cursor cursor{others, sample_layout::flat};
  for (device_report share; cursor.next(share); ++out.devices) {
    count(share);
  }
  if (cursor.broken()) {
    out.code = code_format_error;
  } else if (out.devices > max_pack_devices) {
    out.code = code_too_many_packed_devices;
  } else if (over(out.events, max_pack_events)) {
    out.code = code_too_many_events;
  } else if (over(out.properties, max_post_properties)) {
    out.code = code_map_too_large;
  } else {
    out.own = own;
    out.sub_devices = others;
  }
  return out;
}

void append_event_post(byte_buffer& out, std::uint64_t id, std::string_view event,
                       const sample& outputs) {
  begin_request(out, id);
  if (outputs.time_ms) {
    out.append(std::string_view{R"({"value":)"});
    out.append(outputs.value);
    out.append(std::string_view{R"(,"time":)"});
    append_integer(out, *outputs.time_ms);
    out.push('}');
  } else {
    out.append(outputs.value);
  }
  end_request(out, topic_kind::event_post, event);
}

event_post_request read_event_post(const message& request, timed_form form) noexcept {
  event_post_request out;
  out.code = fields::params_fault(request, json_type::object, code_family::model);
  if (out.code != code_success) {
    return out;
  }
  if (request.params_members.size() > max_post_properties) {
    out.code = code_map_too_large;
    return out;
  }
  const auto read = read_sample({}, request.params, form);
  if (!read || fields::repeats_key(request.params_members)) {
    out.code = code_format_error;
    return out;
  }
  if (json_type_of(read->value) != json_type::object) { // an output that is called `value`
    out.outputs = request.params;
    return out;
  }
  out.outputs = read->value;
  out.time_ms = read->time_ms;
  return out;
}

} // namespace fleet::alink
