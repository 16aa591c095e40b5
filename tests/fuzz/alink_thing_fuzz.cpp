// Any octets to every reader of the thing model's messages. What a reader calls good must keep its
// promises: views inside the payload, limits kept, cursors that end whole, and values that survive
// being written again.
#include <cstdlib>
#include <vector>

#include "protocol/alink/thing_messages.hpp"
#include "protocol/alink/topic_router.hpp"

namespace {

using namespace fleet;
using namespace fleet::alink;

std::string_view whole_text;

void require(bool kept) {
  if (!kept) {
    std::abort();
  }
}

void require_inside(std::string_view part) {
  require(part.empty()
          || (part.data() >= whole_text.data()
              && part.data() + part.size() <= whole_text.data() + whole_text.size()));
}

void require_known(int code) {
  require(code == code_success || find_code(code) != nullptr);
}

std::uint32_t walk_samples(std::string_view raw, sample_layout layout, timed_form form) {
  require_inside(raw);
  sample_cursor cursor{raw, layout, form};
  std::uint32_t good = 0;
  for (sample s; cursor.next(s); ++good) {
    require_inside(s.identifier);
    require_inside(s.value);
    require(!s.identifier.empty() && !s.value.empty());
    require(!s.time_ms || *s.time_ms >= 0);
  }
  return good;
}

void walk_reports(std::string_view raw, sample_layout layout, std::uint32_t devices) {
  report_cursor cursor{raw, layout};
  std::uint32_t count = 0;
  for (device_report share; cursor.next(share); ++count) {
    require(!share.product_key.empty() && !share.device_name.empty());
    walk_samples(share.properties, layout, timed_form::required);
    walk_samples(share.events, layout, timed_form::required);
  }
  require(!cursor.broken() && count == devices);
}

void check_reports(const message& m) {
  const property_post post = read_property_post(m);
  require_known(post.code);
  require(post.members.size() <= max_post_properties);
  const batch_post batch = read_property_batch(m);
  require_known(batch.code);
  if (batch.code == code_success) {
    require(batch.property_count.good <= max_post_properties);
    require(walk_samples(batch.properties, sample_layout::by_name, timed_form::required)
            == batch.property_count.good);
    require(walk_samples(batch.events, sample_layout::by_name, timed_form::required)
            == batch.event_count.good);
  }
  const history_post history = read_property_history(m);
  require_known(history.code);
  if (history.code == code_success) {
    require(history.devices <= max_history_entries);
    walk_reports(history.entries, sample_layout::in_list, history.devices);
  }
  const pack_post pack = read_property_pack(m);
  require_known(pack.code);
  if (pack.code == code_success) {
    require(pack.devices <= max_pack_devices && pack.events.good <= max_pack_events);
    walk_samples(pack.own.properties, sample_layout::flat, timed_form::required);
    walk_reports(pack.sub_devices, sample_layout::flat, pack.devices);
  }
  for (const timed_form form : {timed_form::never, timed_form::maybe, timed_form::required}) {
    const event_post_request event = read_event_post(m, form);
    require_known(event.code);
    require_inside(event.outputs);
    require(event.code != code_success || event.outputs.starts_with('{'));
  }
}

/// A post that was understood, written again, says the same.
void check_round_trip(const message& m) {
  static json_reader second;
  const property_post post = read_property_post(m);
  if (post.code != code_success) {
    return;
  }
  std::vector<sample> samples;
  sample_cursor cursor{post.raw, sample_layout::flat, timed_form::maybe};
  for (sample s; cursor.next(s);) {
    if (s.identifier.find('\\') == std::string_view::npos) {
      samples.push_back(s); // an escape in a name would be escaped once more
    }
  }
  byte_buffer out;
  append_property_post(out, 1, samples);
  const message again = parse_message(second, out.view());
  require(again.state == message_state::good);
  const property_post copy = read_property_post(again);
  require(copy.code == code_success && copy.members.size() == samples.size());
  sample_cursor copied{copy.raw, sample_layout::flat, timed_form::maybe};
  for (const sample& s : samples) {
    sample back;
    require(copied.next(back));
    require(back.identifier == s.identifier && back.value == s.value && back.time_ms == s.time_ms);
  }
}

void check_commands(const message& m) {
  for (const int code :
       {read_property_set(m).code, read_property_get(m).code, read_service_call(m).code,
        read_service_call(m, "s").code, read_event_notify(m).code, read_order(m), read_reset(m),
        read_log_post(m).code, read_log_config_get(m), read_diag_post(m).code, read_model_get(m),
        read_dynamic_model_get(m).code, read_config_get(m)}) {
    require(code == code_success || code == code_parameter_error);
  }
  for (const json_member& element : read_property_get(m).identifiers) {
    require(!identifier_at(element).empty());
  }
  require_known(read_desired_get(m).code);
  const desired_delete_request gone = read_desired_delete(m);
  require_known(gone.code);
  desired_cursor properties{gone.properties, false};
  for (desired_property p; properties.next(p);) {
    require_inside(p.identifier);
    require(!p.version || *p.version >= 0);
  }
  require(!properties.broken());
  for (const tag_use use : {tag_use::update, tag_use::remove}) {
    const tags_request tags = read_tags(m, use);
    tag_cursor cursor{tags.tags, use};
    std::size_t count = 0;
    for (device_tag t; cursor.next(t); ++count) {
      require(valid_tag_key(t.key));
      require_inside(t.value);
    }
    require(!cursor.broken() && count <= max_tags_per_call);
  }
  if (const auto mid = read_mid_report(m)) {
    require_inside(mid->module_id);
  }
}

void check_replies(const message& m) {
  const reply_view reply = read_reply(m);
  require(!reply.good() || !reply.raw_id.empty());
  const desired_reply desired = read_desired_reply(m);
  desired_cursor properties{desired.properties, true};
  for (desired_property p; properties.next(p);) {
    require(!p.value.empty());
  }
  require(!properties.broken());
  (void)read_log_config(m.data_members);
  (void)classify(m);
  for (const config_offer& offer : {read_config_push(m), read_config_reply(m)}) {
    if (offer.fault == config_fault::none) {
      require(offer.info.size >= 1 && offer.info.size <= max_config_size);
      require(offer.info.url.find_first_of("\r\n \"") == std::string_view::npos);
      require(offer.info.sign.size() == (offer.info.method == config_digest::md5 ? 32U : 64U));
    } else {
      require(offer.code != code_success);
    }
  }
}

void check_topics(std::string_view text) {
  for (const auto& call : {parse_rrpc_request(text), parse_rrpc_response(text)}) {
    if (call) {
      require(!call->message_id.empty() && call->message_id.size() <= max_rrpc_id);
      (void)rrpc_number(call->message_id);
      (void)rrpc_service(*call);
      byte_buffer out;
      append_rrpc_response_topic(out, *call);
      require(parse_rrpc_response(as_text(out.view())).has_value());
    }
  }
  const std::size_t middle = text.find('\n');
  if (middle != std::string_view::npos && valid_route(text.substr(0, middle))) {
    const std::string_view filter = text.substr(0, middle);
    const bool matched = route_matches(filter, text.substr(middle + 1), {"PK", "DN"});
    require(filter != "/#" || matched || text.size() == middle + 1 || text[middle + 1] != '/');
  }
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static json_reader reader;
  static json_reader other;
  whole_text = as_text({data, size});
  const message m = parse_message(reader, {data, size});
  check_reports(m);
  check_round_trip(m);
  check_commands(m);
  check_replies(m);
  check_topics(whole_text);
  if (const auto answer = read_ntp_answer(other, {data, size})) {
    (void)clock_offset(*answer, answer->device_send);
    require(round_trip(*answer, answer->device_send) <= milliseconds{0});
  }
  (void)read_ntp_request(other, {data, size});
  require_inside(read_config_push_reply(other, {data, size}).raw_id);
  // What was never seen whole may break a walk, but not lead it outside.
  json_walk walk{whole_text};
  for (json_member member; walk.next(member);) {
    require_inside(member.key);
    require_inside(member.value);
  }
  return 0;
}
