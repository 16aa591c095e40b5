// Templates rendered for devices.
#include "actors/device/mqtt_dialect.hpp"

#include <algorithm>

#include "actors/device/sealed_tag.hpp"
#include "protocol/mqtt/topic.hpp"

namespace fleet::actors {

namespace {

constexpr std::string_view default_payload =
    R"({{"device":"{device}","seq":{seq},"timestamp":{timestamp},"temperature":{random 180..260},)"
    R"("ledger":"{ledger}"}})";

/// Renders texts that no message's randomness touches: the same device always gets the same.
std::string render(const alink::payload_template& t, std::string_view device, std::uint32_t index,
                   std::string_view product = {}) {
  alink::template_values values;
  values.device = device;
  values.client = device;
  values.index = index;
  values.product = product;
  random_stream random{0, index, "template"};
  byte_buffer out;
  t.render(out, values, random);
  return std::string{as_text(out.view())};
}

/// Octets of a text of CONNECT: MQTT's own 65,535, less what random numbers may add.
constexpr std::size_t text_max = 65'000;

/// What MQTT takes as text (MQTT 3.1.1, 1.5.3).
bool sendable(std::string_view text) noexcept {
  const auto found = mqtt::scan(text);
  return found.well_formed && !found.has_null;
}

using complaint = std::optional<std::string>;

/// A report goes to one topic; commands come by a filter.
complaint topic_complaint(const alink::payload_template& topic, std::string_view device) {
  const std::string text = render(topic, device, UINT32_MAX);
  if (mqtt::scan(text).has_wildcard) {
    return "--topic: has a wildcard, + or #; a report goes to one topic";
  }
  return std::nullopt;
}

complaint filter_complaint(const alink::payload_template& filter, std::string_view device) {
  if (!mqtt::valid_filter(render(filter, device, UINT32_MAX))) {
    return "--down-topic: + stands alone in its level, and # alone in the last one";
  }
  return std::nullopt;
}

/// Whether a device that listens there hears its own reports or another one's.
complaint echo_complaint(const alink::payload_template& topic,
                         const alink::payload_template& filter) {
  const std::string listens = render(filter, "dev_000001", 1);
  for (const std::uint32_t index : {1U, 2U}) {
    const std::string name = index == 1 ? "dev_000001" : "dev_000002";
    if (mqtt::matches(listens, render(topic, name, index))) {
      return "--down-topic: also brings what devices send to --topic, and nothing tells these "
             "reports from commands; name them apart, or leave {ledger} out of --payload";
    }
  }
  return std::nullopt;
}

/// A wildcard for each level in which they differ.
std::string filter_of_both(const std::string& one, const std::string& other) {
  std::string out;
  std::size_t a = 0;
  std::size_t b = 0;
  while (a <= one.size() && b <= other.size()) {
    const auto end_a = std::min(one.find('/', a), one.size());
    const auto end_b = std::min(other.find('/', b), other.size());
    const auto level_a = one.substr(a, end_a - a);
    const bool same = level_a == other.substr(b, end_b - b);
    out += (out.empty() && a == 0 ? "" : "/") + (same ? level_a : "+");
    a = end_a + 1;
    b = end_b + 1;
  }
  return out;
}

/// The filter that sees the reports of all devices, by what some of them would send to: a choice
/// may be the same for two.
std::string filter_of_all(const alink::payload_template& topic, std::string_view product) {
  constexpr std::uint32_t tries = 32;
  std::string out = render(topic, "\x01", 7, product);
  for (std::uint32_t i = 1; i < tries; ++i) {
    out = filter_of_both(out, render(topic, "\x02", 7 + i, product));
  }
  return out;
}

} // namespace

struct mqtt_dialect::parts {
  std::shared_ptr<const alink::credential_source> credentials;
  alink::payload_template client_id;
  alink::payload_template username;
  alink::payload_template password;
  alink::payload_template topic;
  alink::payload_template command_topic;
  alink::payload_template payload;
  std::string product;
  std::string all_reports;
  bool listens = true;
  mqtt::qos qos = mqtt::qos::at_least_once;
};

mqtt_dialect::mqtt_dialect(std::unique_ptr<parts> p) : parts_(std::move(p)) {}
mqtt_dialect::~mqtt_dialect() = default;

result<std::unique_ptr<mqtt_dialect>, std::string>
mqtt_dialect::make(const mqtt_texts& texts,
                   std::shared_ptr<const alink::credential_source> credentials) {
  auto p = std::make_unique<parts>();
  p->credentials = std::move(credentials);
  p->product = texts.product;
  p->listens = texts.listens;
  p->qos = texts.qos;
  const std::string widest(alink::max_device_name, 'x');
  struct entry {
    std::string_view flag;
    std::string_view text;
    std::string_view otherwise;
    alink::payload_template* into;
  };
  const entry entries[] = {
      {"--client-id", texts.client_id, "{device}", &p->client_id},
      {"--username", texts.username, "", &p->username},
      {"--password", texts.password, "", &p->password},
      {"--topic", texts.topic, "fleet/{device}/up", &p->topic},
      {"--down-topic", texts.command_topic, "fleet/{device}/down", &p->command_topic},
      {"--payload", texts.payload, default_payload, &p->payload},
  };
  for (const auto& e : entries) {
    auto compiled = alink::payload_template::compile(e.text.empty() ? e.otherwise : e.text);
    if (!compiled) {
      return fail(std::string{e.flag} + ": column " + std::to_string(compiled.error().column) + ": "
                  + compiled.error().message);
    }
    if (e.into != &p->payload && e.into != &p->password && !sendable(e.text)) {
      return fail(std::string{e.flag} + ": must be UTF-8 without U+0000"); // [MQTT-1.5.3-1]
    }
    *e.into = std::move(compiled).value();
    if (e.into != &p->payload && render(*e.into, widest, UINT32_MAX).size() > text_max) {
      return fail(std::string{e.flag} + ": must not grow beyond 65,000 octets");
    }
    if (e.into != &p->payload && (e.into->has_ledger() || e.into->has_columns())) {
      return fail(std::string{e.flag}
                  + ": {ledger} and {column} have their place in --payload alone");
    }
  }
  for (const auto& wrong :
       {topic_complaint(p->topic, widest), filter_complaint(p->command_topic, widest),
        p->payload.has_ledger() ? echo_complaint(p->topic, p->command_topic) : complaint{}}) {
    if (wrong) {
      return fail(*wrong);
    }
  }
  if (const auto unknown = p->payload.bind(texts.columns)) {
    return fail(
        "--payload: has {column " + *unknown + "}, and "
        + (texts.columns.empty() ? "no table is replayed" : "the table has no such column"));
  }
  p->all_reports = filter_of_all(p->topic, p->product);
  // Topics of $ are the server's own: none need pass them on, and no wildcard finds them
  // ([MQTT-4.7.2-1]).
  if (!p->payload.has_ledger() || render(p->topic, widest, 0, p->product).starts_with('$')) {
    p->all_reports.clear();
  }
  return std::unique_ptr<mqtt_dialect>{new mqtt_dialect{std::move(p)}};
}

void mqtt_dialect::login(std::uint32_t index, login_text& out) const {
  const std::string device = name(index);
  out.client_id = render(parts_->client_id, device, index, parts_->product);
  out.username = render(parts_->username, device, index, parts_->product);
  out.password = render(parts_->password, device, index, parts_->product);
}

void mqtt_dialect::filters(std::uint32_t index, std::vector<filter_text>& out) const {
  if (!parts_->listens) {
    return;
  }
  filter_text one;
  command_topic(index, one.filter);
  one.qos = parts_->qos;
  out.push_back(std::move(one));
}

void mqtt_dialect::report_topic(std::uint32_t index, std::string& out) const {
  out = render(parts_->topic, name(index), index, parts_->product);
}

bool mqtt_dialect::write_report(const report& r, random_stream& random, byte_buffer& out) const {
  const std::size_t from = out.size();
  const std::string device = name(r.index);
  alink::template_values values;
  values.device = device;
  values.client = device;
  values.index = r.index;
  values.sequence = r.tag.sequence;
  values.timestamp_ms = r.wall_ms;
  values.product = parts_->product;
  values.cells = r.cells;
  sealed_tag tag{r.tag};
  const auto checksum_at = parts_->payload.render(out, values, random, &tag);
  const std::size_t written = out.size() - from;
  if (r.payload_bytes > written) {
    auto filling = out.prepare(r.payload_bytes - written);
    std::fill(filling.begin(), filling.end(), static_cast<std::uint8_t>(' '));
  }
  if (!checksum_at) {
    return false;
  }
  ledger::seal({&out[from], out.size() - from}, *checksum_at - from);
  return true;
}

bool mqtt_dialect::tags_reports() const noexcept {
  return parts_->payload.has_ledger();
}

downlink mqtt_dialect::understand(std::uint32_t, const mqtt::message_view&, speech_scratch&) const {
  // The command topic is all a device subscribes to.
  downlink out;
  out.kind = downlink_kind::command;
  return out;
}

bool mqtt_dialect::write_answer(std::uint32_t, const downlink&, std::string&, byte_buffer&) const {
  return false;
}

std::string mqtt_dialect::name(std::uint32_t index) const {
  return parts_->credentials->at(index).device_name;
}

void mqtt_dialect::command_topic(std::uint32_t index, std::string& out) const {
  out = render(parts_->command_topic, name(index), index, parts_->product);
}

std::string mqtt_dialect::all_reports_filter() const {
  return parts_->all_reports;
}

} // namespace fleet::actors
