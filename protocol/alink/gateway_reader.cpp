// The platform's half: requests and pack reports of a gateway, trusted in nothing.
#include "protocol/alink/gateway_reader.hpp"

#include "protocol/alink/gateway_fields.hpp"
#include "protocol/base/check.hpp"

namespace fleet::alink {

namespace {

using namespace gateway_fields;
using enum topic_kind;

constexpr std::size_t max_timestamp = 32; ///< characters; a real one has 13
constexpr std::size_t max_random = 64;    ///< characters; real ones have 16

bool announces_device(topic_kind kind) noexcept {
  return kind == sub_register || kind == product_register || kind == list_found;
}

bool is_signed(topic_kind kind) noexcept {
  return kind == topo_add || kind == session_login || kind == session_batch_login;
}

/// §2: what the console takes as a device's name; stricter than what topics can carry.
bool meets_specs(std::string_view name) noexcept {
  return name.size() >= 4 && name.size() <= max_device_name
         && std::all_of(name.begin(), name.end(), [](char c) {
              const bool alphanumeric =
                  (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
              return alphanumeric || std::string_view{"-_@.:"}.find(c) != std::string_view::npos;
            });
}

/// Reads a field that may be written as a string or as a bare value of `bare` type. False when it
/// is neither; absent is fine.
bool text_or(std::span<const json_member> members, std::string_view key, json_type bare,
             std::string_view& out) noexcept {
  bool repeated = false;
  const json_member* const m = only(members, key, repeated);
  if (m == nullptr) {
    return true;
  }
  if (m->type == bare) {
    out = m->value;
    return !repeated;
  }
  const auto said = json_plain_text(m->value);
  out = said.value_or(std::string_view{});
  return said && !repeated;
}

/// signMethod in either spelling (§16.2); false when it names no method or is there twice.
bool read_method(std::span<const json_member> members, sign_method& out) noexcept {
  bool repeated = false;
  const json_member* const camel = only(members, "signMethod", repeated);
  const json_member* const lower = only(members, "signmethod", repeated);
  if (camel == nullptr && lower == nullptr) {
    return true;
  }
  const auto word = json_plain_text((camel == nullptr ? lower : camel)->value);
  const auto method = word ? parse_sign_method(*word) : std::nullopt;
  out = method.value_or(out);
  return method && !repeated && (camel == nullptr || lower == nullptr);
}

bool read_signature(std::span<const json_member> members, sub_device_entry& out) noexcept {
  bool repeated = false;
  const auto client_id = text(members, "clientId", repeated);
  const auto sign = text(members, "sign", repeated);
  const bool there = client_id && sign && !sign->empty() && !repeated;
  if (!there || !text_or(members, "timestamp", json_type::number, out.timestamp)
      || !text_or(members, "cleanSession", json_type::boolean, out.clean_session)) {
    return false;
  }
  out.client_id = *client_id;
  out.sign = *sign;
  const std::size_t base = std::min(client_id->find('|'), client_id->size());
  return base > 0 && base <= max_client_id_base && out.timestamp.size() <= max_timestamp
         && out.clean_session.size() <= std::string_view{"false"}.size();
}

bool read_product_signature(std::span<const json_member> members, sub_device_entry& out) noexcept {
  bool repeated = false;
  const auto random = text(members, "random", repeated);
  const auto sign = text(members, "sign", repeated);
  out.random = random.value_or(std::string_view{});
  out.sign = sign.value_or(std::string_view{});
  return !repeated && !out.random.empty() && out.random.size() <= max_random && !out.sign.empty();
}

/// One device of a request; answers the code for it.
int read_entry(topic_kind kind, std::span<const json_member> members, sub_device_entry& out) {
  bool repeated = false;
  const auto key = text(members, "productKey", repeated);
  const auto name = text(members, "deviceName", repeated);
  if (repeated || !key || !name || !valid_name(*key, max_product_key)) {
    return code_parameter_error;
  }
  if (announces_device(kind) && !meets_specs(*name)) {
    return gateway_code::bad_device_name;
  }
  out.who = {*key, *name};
  const bool good = valid_name(*name, max_device_name)
                    && (!is_signed(kind) || read_signature(members, out))
                    && (kind != product_register || read_product_signature(members, out))
                    && read_method(members, out.method);
  return good ? code_success : code_parameter_error;
}

/// The list that stands as a member of the params.
std::string_view list_in(std::span<const json_member> params, std::string_view key) noexcept {
  bool repeated = false;
  const json_member* const list = only(params, key, repeated);
  return list == nullptr || repeated ? std::string_view{} : list->value;
}

bool fits_envelope(const message& m, int& code, std::string_view& id, bool& wants_reply) noexcept {
  id = m.id;
  wants_reply = m.wants_reply;
  const bool good = m.state == message_state::good && !m.id.empty();
  code = good ? static_cast<int>(code_success) : static_cast<int>(code_parameter_error);
  return good;
}

} // namespace

gateway_request gateway_reader::read_request(topic_kind kind, bytes_view payload) {
  FLEET_CHECK(is_gateway_request(kind));
  gateway_request out;
  entries_.clear();
  const message m = parse_message(envelope_, payload);
  if (!fits_envelope(m, out.code, out.id, out.wants_reply)) {
    return out;
  }
  out.code = read_entries(kind, m);
  if (out.code == code_success) {
    out.devices = entries_;
  }
  return out;
}

int gateway_reader::read_entries(topic_kind kind, const message& m) {
  if (kind == topo_get) {
    const bool nothing =
        m.params.empty() || is_object(m.params) || (is_array(m.params) && m.params_members.empty());
    return nothing ? code_success : code_parameter_error;
  }
  const bool wrapped = kind == session_batch_login || kind == product_register;
  if (takes_one_device(kind) || wrapped) {
    if (!is_object(m.params)) {
      return code_parameter_error;
    }
    if (wrapped) {
      sign_method common = sign_method::hmacmd5;
      if (!read_method(m.params_members, common)) {
        return code_parameter_error;
      }
      const std::string_view key = kind == product_register ? "proxieds" : "deviceList";
      return read_list(kind, list_in(m.params_members, key), to_string(common));
    }
    return read_entry(kind, m.params_members, entries_.emplace_back());
  }
  return read_list(kind, m.params, to_string(sign_method::hmacmd5));
}

int gateway_reader::read_list(topic_kind kind, std::string_view list, std::string_view method) {
  if (!is_array(list) || list_.read(as_bytes(list)) != json_error::none || list_.top().empty()
      || list_.top().size() > max_listed_devices) {
    return code_parameter_error;
  }
  for (const json_member& m : list_.top()) {
    sub_device_entry& entry = entries_.emplace_back();
    entry.method = *parse_sign_method(method);
    const int code = m.type == json_type::object ? read_entry(kind, list_.children(m), entry)
                                                 : static_cast<int>(code_parameter_error);
    if (code != code_success) {
      return code;
    }
  }
  return code_success;
}

pack_report gateway_reader::read_pack(bytes_view payload) {
  pack_report out;
  pack_.clear();
  const message m = parse_message(envelope_, payload);
  if (!fits_envelope(m, out.code, out.id, out.wants_reply)) {
    return out;
  }
  out.code = is_object(m.params) ? read_pack_parts(m, out) : static_cast<int>(code_parameter_error);
  if (out.code == code_success) {
    out.sub_devices = pack_;
  } else {
    out.own = {};
  }
  return out;
}

namespace {

/// properties and events of one device; false when one is there and no object, or there twice.
bool read_part(std::span<const json_member> members, pack_part& out) noexcept {
  bool repeated = false;
  const json_member* const properties = only(members, "properties", repeated);
  const json_member* const events = only(members, "events", repeated);
  out.properties = properties == nullptr ? std::string_view{} : properties->value;
  out.events = events == nullptr ? std::string_view{} : events->value;
  return !repeated && (out.properties.empty() || is_object(out.properties))
         && (out.events.empty() || is_object(out.events));
}

} // namespace

int gateway_reader::read_pack_parts(const message& m, pack_report& out) {
  bool repeated = false;
  const json_member* const list = only(m.params_members, "subDevices", repeated);
  int code = code_parameter_error;
  if (repeated || !read_part(m.params_members, out.own) || !count_part(out.own, code)) {
    return code;
  }
  if (list == nullptr) {
    const bool nothing = out.own.properties.empty() && out.own.events.empty();
    return nothing ? code_parameter_error : code_success;
  }
  if (!is_array(list->value) || list_.read(as_bytes(list->value)) != json_error::none) {
    return code_parameter_error;
  }
  if (list_.top().size() > max_pack_sub_devices) {
    return gateway_code::too_many_sub_devices;
  }
  for (const json_member& element : list_.top()) {
    code = element.type == json_type::object ? read_pack_entry(list_.children(element))
                                             : static_cast<int>(code_parameter_error);
    if (code != code_success) {
      return code;
    }
  }
  return code_success;
}

int gateway_reader::read_pack_entry(std::span<const json_member> members) {
  bool repeated = false;
  pack_entry entry;
  int code = code_parameter_error;
  const json_member* const who = only(members, "identity", repeated);
  if (repeated || who == nullptr || who->type != json_type::object
      || !read_part(members, entry.part) || !count_part(entry.part, code)
      || item_.read(as_bytes(who->value)) != json_error::none) {
    return code;
  }
  const auto names = pair(item_.top());
  if (!names) {
    return code_parameter_error;
  }
  entry.who = *names;
  pack_.push_back(entry);
  return code_success;
}

bool gateway_reader::count_part(const pack_part& part, int& code) {
  const auto within = [&](std::string_view object, std::size_t most, int too_many) {
    if (object.empty()) {
      return true;
    }
    const json_error error = item_.read(as_bytes(object));
    if (error == json_error::none && item_.top().size() <= most) {
      return true;
    }
    const bool large = error == json_error::none || error == json_error::too_many_members;
    code = large ? too_many : static_cast<int>(code_parameter_error);
    return false;
  };
  return within(part.properties, max_pack_properties, gateway_code::map_too_large)
         && within(part.events, max_part_events, gateway_code::too_many_events);
}

} // namespace fleet::alink
