// The gateway's half: replies and notices of the platform. A reply's data takes many shapes over
// the years (§16.1 to §16.3); whatever is no device in it is passed over.
#include <limits>

#include "protocol/alink/gateway_fields.hpp"
#include "protocol/alink/gateway_reader.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using namespace gateway_fields;
using enum topic_kind;

/// `12` or `"12"`; nothing for what no gateway sends.
std::optional<std::uint32_t> numeric_id(std::string_view raw) noexcept {
  const auto value = json_integer(json_plain_text(raw).value_or(raw));
  if (!value || *value < 0 || *value > std::numeric_limits<std::uint32_t>::max()) {
    return std::nullopt;
  }
  return static_cast<std::uint32_t>(*value);
}

std::optional<std::int64_t> number(std::span<const json_member> members, std::string_view key,
                                   bool& repeated) noexcept {
  const json_member* const m = only(members, key, repeated);
  return m == nullptr ? std::nullopt : json_integer(m->value);
}

std::optional<topology_change> known_change(std::int64_t status) noexcept {
  for (const topology_change c : {topology_change::created, topology_change::deleted,
                                  topology_change::enabled, topology_change::disabled}) {
    if (status == static_cast<std::int64_t>(c)) {
      return c;
    }
  }
  return std::nullopt;
}

} // namespace

void gateway_reader::take_pair(std::span<const json_member> members, bool failed) {
  const auto who = pair(members);
  if (!who || told_.size() == max_read_devices) {
    return;
  }
  bool repeated = false;
  reply_entry entry;
  entry.who = *who;
  entry.failed = failed;
  entry.code = number(members, "code", repeated).value_or(0);
  const auto secret = text(members, "deviceSecret", repeated);
  if (secret && valid_secret(*secret) && !repeated) {
    entry.device_secret = *secret;
  }
  told_.push_back(entry);
}

void gateway_reader::take_devices(const json_member& list, bool failed) {
  if (list.type != json_type::array || list_.read(as_bytes(list.value)) != json_error::none) {
    return;
  }
  for (const json_member& m : list_.top()) {
    take_pair(list_.children(m), failed);
  }
}

gateway_reply gateway_reader::read_reply(bytes_view payload) {
  gateway_reply out;
  told_.clear();
  const message m = parse_message(envelope_, payload);
  const auto id = numeric_id(m.id);
  if (m.state != message_state::good || !id || !m.code) {
    return out;
  }
  out.good = true;
  out.id = *id;
  out.code = *m.code;
  if (is_array(m.data)) {
    json_member data;
    data.type = json_type::array;
    data.value = m.data;
    take_devices(data, false);
  } else if (is_object(m.data)) {
    take_pair(m.data_members, false);
    for (const json_member& list : m.data_members) {
      if (list.key == "successes" || list.key == "failures") {
        take_devices(list, list.key == "failures");
      }
    }
  }
  out.devices = told_;
  return out;
}

gateway_notice gateway_reader::read_notice(topic_kind kind, bytes_view payload) {
  gateway_notice out;
  told_.clear();
  const message m = parse_message(envelope_, payload);
  out.id = m.id;
  out.code = code_parameter_error;
  if (m.state != message_state::good) {
    return out;
  }
  bool repeated = false;
  bool good = false;
  if (kind == topo_add_notify) {
    json_member list;
    list.type = json_type::array;
    list.value = m.params;
    good = is_array(m.params);
    take_devices(good ? list : json_member{}, false);
  } else if (kind == topo_change) {
    const auto status = number(m.params_members, "status", repeated);
    const auto change = status ? known_change(*status) : std::nullopt;
    const json_member* const list = only(m.params_members, "subList", repeated);
    good = is_object(m.params) && change && list != nullptr && list->type == json_type::array;
    out.change = change.value_or(topology_change::created);
    take_devices(good ? *list : json_member{}, false);
  } else if (kind == gateway_permit) {
    const auto time = number(m.params_members, "time", repeated);
    out.permit_product = text(m.params_members, "productKey", repeated).value_or("");
    good = is_object(m.params) && time && *time >= 0
           && *time <= std::numeric_limits<std::uint32_t>::max()
           && (out.permit_product.empty() || valid_name(out.permit_product, max_product_key));
    out.permit_seconds = good ? static_cast<std::uint32_t>(*time) : 0;
  } else if (kind == ext_error) {
    good = m.code && is_object(m.data);
    out.error = m.code.value_or(0);
    take_pair(good ? m.data_members : std::span<const json_member>{}, false);
    good = good && !told_.empty();
  } else {
    FLEET_CHECK(kind == disable || kind == enable || kind == topic_kind::remove);
    good = true; // its topic says it all
  }
  if (good && !repeated) {
    out.code = code_success;
    out.devices = told_;
  } else {
    out.permit_product = {};
    out.permit_seconds = 0;
    out.error = 0;
  }
  return out;
}

} // namespace fleet::alink
