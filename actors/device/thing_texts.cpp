// Reports whose payload the user wrote: templates filled in for each message and sent as they come
// (aliyun-iot.md §9.1, §11.6). In the ledger where the template has a place for its tag.
#include <algorithm>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/sealed_tag.hpp"
#include "actors/device/thing.hpp"

namespace fleet::actors {

/// The report's number among those it is counted with: the ledger's, or else those without a tag.
std::uint32_t thing::report_number(const report_plan& plan) const noexcept {
  return plan.text && !plan.text->has_ledger()
             ? untagged_reports_ + 1
             : slot_.uplink.upcoming(slot_.board.index()).sequence;
}

alink::template_values thing::text_values(const report_plan& plan) const {
  alink::template_values values;
  values.device = values.client = device_name_;
  values.index = slot_.board.index();
  values.sequence = report_number(plan);
  values.timestamp_ms = wall_ms();
  values.product = product_key_;
  values.cells = *cells_of(plan);
  return values;
}

alink::topic thing::topic_of(const report_plan& plan) {
  if (plan.what != report_kind::custom) {
    return plain_topic(alink::topic_kind::model_up_raw);
  }
  around_.part.clear();
  (void)plan.topic.render(around_.part, text_values(plan), values_);
  auto where = plain_topic(alink::topic_kind::custom);
  where.rest = as_text(around_.part.view());
  return where;
}

void thing::post_text(const report_plan& plan, time_point due) {
  const auto tag = slot_.uplink.upcoming(slot_.board.index());
  sealed_tag writer{tag};
  auto& out = fresh_payload();
  const auto checksum_at = plan.text->render(out, text_values(plan), values_, &writer);
  if (product_.payload_bytes > out.size()) {
    auto filling = out.prepare(product_.payload_bytes - out.size());
    std::fill(filling.begin(), filling.end(), static_cast<std::uint8_t>(' '));
  }
  const auto where = topic_of(plan);
  if (const auto why = link_.obstacle(out.size())) {
    counts().skip_report(*why);
    return;
  }
  std::uint64_t cookie = untagged;
  if (checksum_at) {
    (void)slot_.uplink.attempt(slot_.board.index(), product_.qos != mqtt::qos::at_most_once);
    ledger::seal({&out[0], out.size()}, *checksum_at);
    cookie = cookie_of(tag);
  }
  if (publish_report(where, due, cookie) && !checksum_at) {
    ++untagged_reports_;
  }
}

bool thing::publish_report(const alink::topic& where, time_point due, std::uint64_t cookie) {
  mqtt::message_view message;
  message.topic = around_.own_topic(where, names());
  message.payload = around_.payload.view();
  message.qos = product_.qos;
  if (const auto why = link_.publish(message, due, cookie)) {
    counts().skip_report(*why);
    return false;
  }
  bump(counts().published[static_cast<std::size_t>(product_.qos)]);
  slot_.trace.note(now(), happening::published, sequence_of(cookie));
  return true;
}

} // namespace fleet::actors
