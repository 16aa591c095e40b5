// What a thing asks of the platform and what it is told (aliyun-iot.md §11.7 to §11.9, §14.6):
// replies to its posts, desired properties, tags, models, configuration, time.
#include <algorithm>

#include "actors/device/device.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/thing_arrival.hpp"

namespace fleet::actors {

namespace {

using alink::topic_kind;

bool is_post(topic_kind kind) noexcept {
  return kind == topic_kind::property_post || kind == topic_kind::event_post
         || kind == topic_kind::property_batch_post || kind == topic_kind::property_pack_post
         || kind == topic_kind::property_history_post;
}

/// What a pack is refused with for one of those that it names (§16.4).
bool of_lost_child(std::int64_t code) noexcept {
  return code == alink::gateway_code::no_session || code == alink::gateway_code::no_relation;
}

} // namespace

bool thing::take_reply(const arrival& m) {
  const auto kind = m.topic.kind;
  if (kind == topic_kind::model_up_raw) {
    // Octets of a script, or the platform's own JSON.
    const auto code = alink::up_raw_code(around_.speech->json, m.message.payload);
    if (code.value_or(alink::code_success) == alink::code_success) {
      bump(counts().replies);
    } else { // which of them it answers, nobody says
      counts().error(std::any_of(plans_.begin(), plans_.end(), [](const report_plan& plan) {
        return plan.what == report_kind::raw && plan.may_fail;
      }));
    }
    return true;
  }
  if (is_post(kind) && plans_.empty()) {
    return false; // the plain device's
  }
  const auto parsed = alink::parse_message(around_.speech->json, m.message.payload);
  const auto reply = alink::read_reply(parsed);
  if (!reply.good() || !reply.number) {
    counts().error(false);
    return true;
  }
  const auto match = book_.close(*reply.number, kind, now());
  if (match.verdict != alink::reply_verdict::answered) {
    return true;
  }
  if (!reply.succeeded()) {
    // That there is no configuration yet is an answer, too (§14.6).
    const bool none = kind == topic_kind::config_get && reply.code == alink::code_no_config;
    const bool lost = kind == topic_kind::property_pack_post && of_lost_child(reply.code)
                      && link_.lost_child_since(now() - match.waited);
    if (!none && !lost) {
      counts().error((match.cookie & may_fail_bit) != 0);
    }
    return true;
  }
  if (is_post(kind)) {
    bump(counts().replies);
    const std::chrono::microseconds late{(match.cookie & ~may_fail_bit) - question_tries_max};
    counts().latencies[static_cast<std::size_t>(latency::publish_reply)].record(match.waited
                                                                                + late);
  } else if (kind == topic_kind::desired_get) {
    take_desired(parsed);
  } else if (kind == topic_kind::deviceinfo_update) {
    bump(counts().tags_told);
  } else if (kind == topic_kind::dsltemplate_get) {
    if (reply.members.empty()) {
      counts().error(false);
    } else {
      bump(counts().models_received);
    }
  } else if (kind == topic_kind::config_get) {
    take_config(alink::read_config_reply(parsed, config_transport()));
  }
  return true;
}

void thing::ask_first_questions() {
  if (features().desired) {
    ask(topic_kind::desired_get, 0);
  }
  if (asked_) {
    return;
  }
  asked_ = true;
  if (!features().tags.empty()) {
    ask(topic_kind::deviceinfo_update, 0);
  }
  if (features().model_get) {
    ask(topic_kind::dsltemplate_get, 0);
  }
  if (features().config_get) {
    ask(topic_kind::config_get, 0);
  }
}

void thing::ask(alink::topic_kind kind, std::uint32_t attempt) {
  auto& out = fresh_payload();
  const auto id = open(kind, attempt);
  if (kind == topic_kind::desired_get) {
    std::vector<std::string_view> names;
    for (const auto& p : model().properties()) {
      if (p.writable && names.size() < alink::max_desired) {
        names.push_back(p.identifier);
      }
    }
    alink::append_desired_get(out, id, names);
  } else if (kind == topic_kind::deviceinfo_update) {
    std::vector<alink::device_tag> tags;
    for (const auto& t : features().tags) {
      tags.push_back({t.key, t.value, {}});
    }
    alink::append_tags_update(out, id, tags);
  } else if (kind == topic_kind::dsltemplate_get) {
    alink::append_model_get(out, id);
  } else {
    FLEET_CHECK(kind == topic_kind::config_get);
    alink::append_config_get(out, id, features().children.each > 0);
  }
  (void)send(plain_topic(kind), mqtt::qos::at_least_once);
}

/// What can be applied is applied, reported and cleared at the version it had: a newer wish stays.
void thing::take_desired(const alink::message& reply) {
  const auto told = alink::read_desired_reply(reply);
  if (told.code != alink::code_success) {
    counts().error(false);
    return;
  }
  std::vector<alink::desired_property> applied;
  std::vector<std::string_view> names;
  alink::desired_cursor cursor{told.properties, true};
  alink::desired_property wish;
  while (applied.size() < alink::max_desired && cursor.next(wish)) {
    if (state_.set(wish.identifier, wish.value, tsl::access_right::write).ok()) {
      applied.push_back({wish.identifier, {}, wish.version});
      names.push_back(wish.identifier);
    }
  }
  if (applied.empty()) {
    return;
  }
  bump(counts().desired_applied, applied.size());
  post_values(names);
  alink::append_desired_delete(fresh_payload(), book_.next_id(), applied);
  if (send(plain_topic(topic_kind::desired_delete), mqtt::qos::at_least_once)) {
    (void)open(topic_kind::desired_delete, question_tries_max);
  }
}

void thing::ask_time() {
  if (time_open_) {
    bump(counts().request_timeouts);
  }
  time_asked_ms_ = wall_ms();
  time_open_ = true;
  alink::append_ntp_request(fresh_payload(), alink::milliseconds{time_asked_ms_});
  (void)send(plain_topic(alink::topic_kind::ntp_request), mqtt::qos::at_most_once);
}

void thing::take_time(bytes_view payload) {
  const auto told = alink::read_ntp_answer(around_.speech->json, payload);
  const alink::milliseconds received{wall_ms()};
  // Only what answers the last question, and only if the clock did not jump in between.
  if (!told || !time_open_ || told->device_send.count() != time_asked_ms_
      || alink::round_trip(*told, received).count() < 0) {
    return;
  }
  time_open_ = false;
  slot_.board.clock.set_wall(alink::server_time(*told, received).count(), around_.home->wall_ms(),
                             now());
  bump(counts().ntp_syncs);
}

} // namespace fleet::actors
