// Alink as a device writes and reads it.
#include "actors/device/vendor_dialect.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include "actors/device/speech_scratch.hpp"
#include "protocol/alink/id2_model.hpp"
#include "protocol/alink/message.hpp"

namespace fleet::actors {

namespace {

constexpr std::string_view property_post = "thing/event/property/post";
constexpr std::string_view property_set = "thing/service/property/set";

void append_number(byte_buffer& out, std::int64_t value) {
  std::array<char, 20> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  out.append(std::string_view{digits.data(), static_cast<std::size_t>(end - digits.data())});
}

/// Thousandths as a decimal: 21432 is `21.432`.
void append_milli(byte_buffer& out, std::int64_t milli) {
  if (milli < 0) {
    out.push('-');
    milli = -milli;
  }
  append_number(out, milli / 1000);
  out.push('.');
  const auto rest = milli % 1000;
  out.push(static_cast<std::uint8_t>('0' + rest / 100));
  out.push(static_cast<std::uint8_t>('0' + rest / 10 % 10));
  out.push(static_cast<std::uint8_t>('0' + rest % 10));
}

void write_login(alink::direct_login fields, login_text& out) {
  out.client_id = std::move(fields.client_id);
  out.username = std::move(fields.username);
  out.password = std::move(fields.password);
}

/// What a securemode of direct mode becomes after pre-auth (§5.2).
constexpr int granted_mode(int direct) noexcept {
  switch (direct) {
    case 2: return -1;
    case 4: return 1;
    case 7: return 5;
    default: return 0; // a number, not an enumeration
  }
}

bool ends_with(std::string_view text, std::string_view tail) noexcept {
  return text.size() >= tail.size() && text.substr(text.size() - tail.size()) == tail;
}

} // namespace

vendor_dialect::vendor_dialect(const vendor_options& options,
                               std::shared_ptr<const alink::credential_source> credentials)
    : options_(options), credentials_(std::move(credentials)) {}

std::string vendor_dialect::device_topic(std::uint32_t index, std::string_view suffix) const {
  const auto who = credentials_->at(index);
  // What belongs to the thing model lies under /sys, a product's own classes do not (§9).
  std::string out = suffix.starts_with("thing/") ? "/sys/" : "/";
  out += who.product_key;
  out += '/';
  out += who.device_name;
  out += '/';
  out += suffix;
  return out;
}

void vendor_dialect::login(std::uint32_t index, login_text& out) const {
  log_in(credentials_->at(index), out);
}

void vendor_dialect::login_with(std::uint32_t index, std::string_view secret,
                                login_text& out) const {
  auto who = credentials_->at(index);
  who.device_secret = secret;
  log_in(who, out);
}

void vendor_dialect::login_granted(std::uint32_t index, const alink::preauth_grant& grant,
                                   login_text& out) const {
  write_login(alink::make_preauth_login(
                  credentials_->at(index), grant,
                  {options_.sign, granted_mode(options_.secure_mode), options_.flags}),
              out);
}

void vendor_dialect::log_in(const alink::identity& who, login_text& out) const {
  if (alink::id2_mode(options_.secure_mode)) {
    write_login(alink::make_id2_login(alink::model_id2(who), options_.secure_mode, options_.flags),
                out);
    return;
  }
  write_login(alink::make_direct_login(who, options_.sign, options_.secure_mode, options_.flags),
              out);
}

void vendor_dialect::filters(std::uint32_t index, std::vector<filter_text>& out) const {
  // In the order of the manual's samples (aliyun-iot.md §22.1).
  if (options_.platform == vendor_platform::linkplatform) {
    out.push_back({device_topic(index, "data"), mqtt::qos::at_least_once});
    out.push_back({device_topic(index, property_set), mqtt::qos::at_least_once});
    return;
  }
  out.push_back({device_topic(index, property_set), mqtt::qos::at_least_once});
  out.push_back(
      {device_topic(index, std::string{property_post} + "_reply"), mqtt::qos::at_least_once});
}

void vendor_dialect::report_topic(std::uint32_t index, std::string& out) const {
  out = device_topic(index,
                     options_.platform == vendor_platform::linkplatform ? "data" : property_post);
}

bool vendor_dialect::write_report(const report& r, random_stream&, byte_buffer& out) const {
  const std::size_t from = out.size();
  out.append(R"({"id":")");
  append_number(out, r.tag.sequence);
  out.append(R"(","version":"1.0","params":{"LightSwitch":)");
  out.push(r.values.light ? '1' : '0');
  out.append(R"(,"RGBColor":{"Red":)");
  append_number(out, r.values.red);
  out.append(R"(,"Green":)");
  append_number(out, r.values.green);
  out.append(R"(,"Blue":)");
  append_number(out, r.values.blue);
  out.append(R"(},"Temperature":)");
  append_milli(out, r.values.temperature_milli);
  out.append(R"(},"method":"thing.event.property.post","tag":")");
  const std::size_t checksum_at = ledger::append_tag(out, r.tag);
  out.push('"');
  constexpr std::string_view pad = R"(,"pad":")";
  const std::size_t written = out.size() - from + 1;
  if (r.payload_bytes > written + pad.size() + 1) {
    out.append(pad);
    auto filling = out.prepare(r.payload_bytes - written - pad.size() - 1);
    std::fill(filling.begin(), filling.end(), static_cast<std::uint8_t>('x'));
    out.push('"');
  }
  out.push('}');
  ledger::seal({&out[from], out.size() - from}, checksum_at - from);
  return true;
}

downlink vendor_dialect::understand(std::uint32_t, const mqtt::message_view& message,
                                    speech_scratch& scratch) const {
  downlink out;
  const bool reply = ends_with(message.topic, "property/post_reply");
  const bool set = ends_with(message.topic, property_set);
  if (!reply && !set) {
    // On LinkPlatform `data` brings our own reports back.
    out.kind = ends_with(message.topic, "/data") ? downlink_kind::own_echo : downlink_kind::unknown;
    return out;
  }
  const auto parsed = alink::parse_message(scratch.json, message.payload);
  if (parsed.state != alink::message_state::good) {
    return out;
  }
  out.kind = reply ? downlink_kind::reply : downlink_kind::command;
  if (reply) {
    const std::string_view id = json_plain_text(parsed.id).value_or(parsed.id);
    std::from_chars(id.data(), id.data() + id.size(), out.reply_sequence);
    out.reply_code = static_cast<int>(parsed.code.value_or(0));
    return out;
  }
  out.request_id = parsed.id;
  for (const auto& member : parsed.params_members) {
    if (member.key == "LightSwitch") {
      const auto value = json_integer(member.value);
      out.sets_light = value.has_value();
      out.light = value.value_or(0) != 0;
    }
  }
  return out;
}

bool vendor_dialect::write_answer(std::uint32_t index, const downlink& command, std::string& topic,
                                  byte_buffer& payload) const {
  if (command.request_id.empty()) {
    return false;
  }
  topic = device_topic(index, std::string{property_set} + "_reply");
  alink::reply_fields fields;
  fields.raw_id = command.request_id;
  alink::append_reply(payload, fields);
  return true;
}

std::string vendor_dialect::name(std::uint32_t index) const {
  return credentials_->at(index).device_name;
}

void vendor_dialect::command_topic(std::uint32_t index, std::string& out) const {
  out = device_topic(index, property_set);
}

std::string vendor_dialect::all_reports_filter() const {
  return options_.platform == vendor_platform::linkplatform ? "/+/+/data"
                                                            : "/sys/+/+/thing/event/property/post";
}

} // namespace fleet::actors
