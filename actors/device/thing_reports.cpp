// What a thing reports (aliyun-iot.md §11.1, §11.2, §11.6, §16.4): the values that it has, sealed
// with the ledger's tag.
#include <algorithm>
#include <array>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/thing.hpp"
#include "protocol/alink/gateway_messages.hpp"
#include "protocol/base/json_write.hpp"
#include "protocol/tsl/sample.hpp"

namespace fleet::actors {

namespace {

using alink::topic_kind;

/// Octets in front of a raw frame's values: what it is, and how many values follow.
constexpr std::uint8_t raw_report = 0x01;

} // namespace

void thing::append_members(byte_buffer& out, std::span<const std::string_view> identifiers) const {
  if (identifiers.empty()) {
    state_.append_members(out);
    return;
  }
  bool first = true;
  for (const auto identifier : identifiers) {
    if (model().find_property(identifier) == nullptr) {
      continue;
    }
    if (!first) {
      out.push(',');
    }
    first = false;
    append_json_text(out, identifier);
    out.push(':');
    state_.append_value(out, identifier);
  }
}

void thing::append_current(byte_buffer& out) {
  refresh({});
  out.push('{');
  bool first = true;
  for (const auto& p : model().properties()) {
    out.append(std::string_view{first ? "" : ","});
    first = false;
    append_json_text(out, p.identifier);
    out.append(std::string_view{R"(:{"value":)"});
    state_.append_value(out, p.identifier);
    out.append(std::string_view{R"(,"time":)"});
    append_integer(out, wall_ms());
    out.push('}');
  }
  out.push('}');
}

/// Behind the tries of questions: how late it is, and whether its reply may be an error.
std::uint32_t thing::post_cookie(time_point due, bool may_fail) const noexcept {
  const auto late = std::chrono::duration_cast<std::chrono::microseconds>(now() - due).count();
  return (question_tries_max
          + static_cast<std::uint32_t>(std::clamp<std::int64_t>(late, 0, 1 << 30)))
         | (may_fail ? may_fail_bit : 0);
}

void thing::report_due(const report_plan& plan, time_point due) {
  if (!cells_of(plan)) {
    return; // its rows have all been told
  }
  if (now() - due > late_after) {
    bump(counts().late_sends);
  }
  if (const auto why = link_.obstacle(product_.payload_bytes)) {
    counts().skip_report(*why);
    return;
  }
  if (is_of_shadow(plan.what)) {
    report_to_shadow(plan);
    return;
  }
  if (plan.text) {
    post_text(plan, due);
    return;
  }
  fresh_payload();
  around_.part.clear();
  alink::topic where;
  if (!write_report(plan, where) || !post_tagged(where, due)) {
    return; // and nothing is left open that nobody was asked
  }
  if (plan.what != report_kind::raw && plan.what != report_kind::custom) {
    (void)open(where.kind, post_cookie(due, plan.may_fail));
  }
  if (plan.what == report_kind::event) {
    bump(counts().events_posted);
  }
}

/// A request has the id that the book gives next: it is opened once it is sent.
bool thing::write_report(const report_plan& plan, alink::topic& where) {
  auto& out = around_.payload;
  switch (plan.what) {
    case report_kind::properties: {
      refresh_for(plan);
      where.kind = topic_kind::property_post;
      const std::vector<std::string_view> named{plan.identifiers.begin(), plan.identifiers.end()};
      append_members(around_.part, named);
      alink::append_property_post(out, book_.next_id(), as_text(around_.part.view()));
      return true;
    }
    case report_kind::event: return write_event(plan, where);
    case report_kind::batch: {
      append_current(around_.part);
      const bool pack = features().children.each > 0;
      where.kind = pack ? topic_kind::property_pack_post : topic_kind::property_batch_post;
      const auto id = book_.next_id();
      const std::string own{as_text(around_.part.view())};
      if (!pack || !link_.write_pack(out, id, {own, {}})) {
        where.kind = topic_kind::property_batch_post;
        write_batch(plan, id);
      }
      return true;
    }
    case report_kind::raw:
      refresh_for(plan);
      write_raw_frame(plan);
      where = topic_of(plan);
      return true;
    case report_kind::custom:
      refresh_for(plan);
      write_custom(plan);
      where = topic_of(plan);
      return true;
    case report_kind::shadow:
    case report_kind::shadow_async:
    case report_kind::shadow_delete: return false; // no Alink
  }
  FLEET_CHECK(false);
}

bool thing::write_event(const report_plan& plan, alink::topic& where) {
  const auto events = model().events();
  const std::size_t count = plan.identifiers.empty() ? events.size() : plan.identifiers.size();
  if (count == 0) {
    return false;
  }
  const std::size_t turn = event_turn_++ % count;
  const auto* event =
      plan.identifiers.empty() ? &events[turn] : model().find_event(plan.identifiers[turn]);
  if (event == nullptr) {
    return false;
  }
  auto& outputs = around_.part;
  outputs.push('{');
  for (const auto& p : event->output) {
    outputs.append(std::string_view{&p == event->output.data() ? "" : ","});
    append_json_text(outputs, p.identifier);
    outputs.push(':');
    tsl::append_sample(outputs, p.type, values_);
  }
  outputs.push('}');
  where.kind = topic_kind::event_post;
  where.rest = event->identifier;
  alink::append_event_post(around_.payload, book_.next_id(), event->identifier,
                           {event->identifier, as_text(outputs.view()), wall_ms()});
  return true;
}

/// Two moments of each property: half an interval ago and now.
void thing::write_batch(const report_plan& plan, std::uint32_t id) {
  auto& values = around_.part;
  values.clear();
  struct piece {
    std::string_view identifier;
    std::size_t from;
    std::size_t size;
    std::int64_t time_ms;
  };
  std::vector<piece> pieces;
  const auto ago = std::chrono::duration_cast<std::chrono::milliseconds>(plan.interval / 2).count();
  for (const auto& p : model().properties()) {
    const bool wanted = plan.identifiers.empty()
                        || std::find(plan.identifiers.begin(), plan.identifiers.end(), p.identifier)
                               != plan.identifiers.end();
    for (const std::int64_t back : {ago, std::int64_t{0}}) {
      if (!wanted || pieces.size() == alink::max_post_properties) {
        continue;
      }
      read_sensor(p.identifier);
      const std::size_t from = values.size();
      state_.append_value(values, p.identifier);
      pieces.push_back({p.identifier, from, values.size() - from, wall_ms() - back});
    }
  }
  std::vector<alink::sample> samples;
  samples.reserve(pieces.size());
  for (const auto& piece : pieces) {
    samples.push_back(
        {piece.identifier, as_text(values.view()).substr(piece.from, piece.size), piece.time_ms});
  }
  alink::append_property_batch(around_.payload, id, samples, {});
}

/// One octet says what it is, two how many values; each value its property's place in the model
/// (two), its length (two) and its JSON. All numbers with the high octet first.
void thing::write_raw_frame(const report_plan& plan) {
  auto& out = around_.payload;
  out.push(raw_report);
  const std::size_t count_at = out.size();
  out.append_u16(0);
  std::uint16_t count = 0;
  for (std::size_t i = 0; i < model().properties().size(); ++i) {
    const auto& identifier = model().properties()[i].identifier;
    if (!plan.identifiers.empty()
        && std::find(plan.identifiers.begin(), plan.identifiers.end(), identifier)
               == plan.identifiers.end()) {
      continue;
    }
    around_.part.clear();
    state_.append_value(around_.part, identifier);
    if (around_.part.size() > 0xffff) {
      continue;
    }
    out.append_u16(static_cast<std::uint16_t>(i));
    out.append_u16(static_cast<std::uint16_t>(around_.part.size()));
    out.append(around_.part.view());
    ++count;
  }
  out[count_at] = static_cast<std::uint8_t>(count >> 8);
  out[count_at + 1] = static_cast<std::uint8_t>(count & 0xff);
}

void thing::write_custom(const report_plan& plan) {
  auto& out = around_.payload;
  const std::vector<std::string_view> named{plan.identifiers.begin(), plan.identifiers.end()};
  out.push('{');
  append_members(out, named);
  out.push('}');
}

/// Into a JSON object as its last members, behind anything else; with the filling asked for.
void thing::append_tag(byte_buffer& out, const ledger::tag& tag) const {
  const auto text = as_text(out.view());
  const bool object = text.starts_with('{') && text.ends_with('}');
  std::size_t checksum_at = 0;
  if (object) {
    const bool empty = text.size() == 2;
    out.truncate(out.size() - 1);
    out.append(std::string_view{empty ? R"("tag":")" : R"(,"tag":")"});
    checksum_at = ledger::append_tag(out, tag);
    out.push('"');
    constexpr std::string_view pad = R"(,"pad":")";
    if (product_.payload_bytes > out.size() + pad.size() + 2) {
      out.append(pad);
      auto filling = out.prepare(product_.payload_bytes - out.size() - 2);
      std::fill(filling.begin(), filling.end(), static_cast<std::uint8_t>('x'));
      out.push('"');
    }
    out.push('}');
  } else {
    checksum_at = ledger::append_tag(out, tag);
    if (product_.payload_bytes > out.size()) {
      auto filling = out.prepare(product_.payload_bytes - out.size());
      std::fill(filling.begin(), filling.end(), static_cast<std::uint8_t>(' '));
    }
  }
  ledger::seal({&out[0], out.size()}, checksum_at);
}

bool thing::post_tagged(const alink::topic& where, time_point due) {
  if (const auto why = link_.obstacle(around_.payload.size())) {
    counts().skip_report(*why);
    return false;
  }
  const auto tag =
      slot_.uplink.attempt(slot_.board.index(), product_.qos != mqtt::qos::at_most_once);
  append_tag(around_.payload, tag);
  return publish_report(where, due, cookie_of(tag));
}

void thing::post_values(std::span<const std::string_view> identifiers) {
  if (identifiers.empty() || quiet_) {
    return;
  }
  if (const auto why = link_.obstacle(product_.payload_bytes)) {
    counts().skip_report(*why);
    return;
  }
  around_.part.clear();
  append_members(around_.part, identifiers);
  constexpr auto kind = topic_kind::property_post;
  alink::append_property_post(fresh_payload(), book_.next_id(), as_text(around_.part.view()));
  if (post_tagged(plain_topic(kind), now())) {
    (void)open(kind, post_cookie(now(), false));
  }
}

} // namespace fleet::actors
