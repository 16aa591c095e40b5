// What the plain device reports and answers: the dialect's words, the ledger's tags. Whatever a
// product asks for beyond that is thing.hpp's.
#include <algorithm>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/device_extras.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/topic_schedule.hpp"

namespace fleet::actors {

report next_report(const hal::home& h, device_slot& slot, const product_settings& product,
                   std::uint64_t colours) {
  report r;
  r.index = slot.board.index();
  r.tag = slot.uplink.attempt(r.index, product.qos != mqtt::qos::at_most_once);
  r.wall_ms = slot.board.clock.wall_ms(h.wall_ms(), h.now());
  r.payload_bytes = product.payload_bytes;
  r.values.temperature_milli = slot.board.temperature.value(h.now());
  r.values.humidity_milli = slot.board.humidity.value(h.now());
  r.values.red = static_cast<std::uint8_t>(colours % 255);
  r.values.green = static_cast<std::uint8_t>((colours >> 8) % 255);
  r.values.blue = static_cast<std::uint8_t>((colours >> 16) % 255);
  return r;
}

void device::report_due(time_point due) {
  const auto& product = product_;
  const auto cells = cells_of(product.replay.get(), product.seed, index_, reports_.over() - 1);
  if (!cells) {
    return; // its rows have all been told
  }
  if (now() - due > late_after) {
    bump(counts().late_sends);
  }
  if (const auto why = obstacle_on(slot_.board.memory, client_,
                                   std::max(product.payload_bytes, product.report_bytes),
                                   product.client.in_flight_max)) {
    counts().skip_report(*why);
    return;
  }
  report r = next_report(*around_.home, slot_, product, values_.next());
  r.values.light = light_;
  r.cells = *cells;
  around_.payload.clear();
  product.speech->write_report(r, values_, around_.payload);
  mqtt::message_view message;
  message.topic = topic_;
  message.payload = around_.payload.view();
  message.qos = product.qos;
  const auto sent =
      client_.publish(message, due, cookie_of(r.tag), now(), slot_.board.link.output());
  if (!sent) {
    counts().skip_report(skip_of(sent.error()));
    return;
  }
  awaited_[awaited_next_++ % awaited_.size()] = {r.tag.sequence, due};
  bump(counts().published[static_cast<std::size_t>(product.qos)]);
  slot_.trace.note(now(), happening::published, r.tag.sequence);
}

void device::on_message(const mqtt::message_view& message) {
  if (registrar_) {
    take_secret(message);
    return;
  }
  bump(counts().received[static_cast<std::size_t>(message.qos)]);
  const auto fit = topics_ ? topics_->dispatch(message) : topic_fit::held;
  if (fit == topic_fit::handled || (extras_ && extras_->take(message))) {
    return;
  }
  if (fit != topic_fit::held) {
    bump(counts().topic_strays);
    return;
  }
  const auto what = product_.speech->understand(index_, message, *around_.speech);
  switch (what.kind) {
    case downlink_kind::reply: on_reply(what); return;
    case downlink_kind::own_echo:
    case downlink_kind::unknown: return;
    case downlink_kind::command: break;
  }
  const auto found = ledger::find_tag(message.payload);
  if (found.state == ledger::tag_state::corrupted) {
    bump(counts().downlink_corrupted);
    return;
  }
  if (found.state == ledger::tag_state::intact) {
    // A tag of another device is accepted here and attempted there: the ledger calls it unexpected.
    if (ledger::is_new(slot_.downlink.accept(found.what, message.dup, slot_.connections))) {
      bump(counts().ledger_commands);
    }
  }
  if (what.sets_light) {
    light_ = what.light;
  }
  bump(counts().commands);
  slot_.trace.note(now(), happening::command, found.what.sequence);
  answer(what, message.qos);
}

void device::on_reply(const downlink& answer) {
  if (answer.reply_code != 200) {
    bump(counts().replies_bad);
    return;
  }
  bump(counts().replies);
  for (auto& a : awaited_) {
    if (a.sequence == answer.reply_sequence && a.sequence != 0) {
      counts().latencies[static_cast<std::size_t>(latency::publish_reply)].record(now() - a.due);
      a.sequence = 0;
      return;
    }
  }
}

void device::answer(const downlink& command, mqtt::qos q) {
  around_.payload.clear();
  if (!product_.speech->write_answer(index_, command, around_.topic, around_.payload)) {
    return;
  }
  mqtt::message_view message;
  message.topic = around_.topic;
  message.payload = around_.payload.view();
  message.qos = std::min(q, mqtt::qos::at_least_once);
  (void)client_.publish(message, now(), untagged, now(), slot_.board.link.output());
}

} // namespace fleet::actors
