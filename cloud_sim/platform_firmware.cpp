// What devices say and are told of firmware. Nothing here looks at all devices for one of them.
#include "cloud_sim/platform_firmware.hpp"

#include <algorithm>
#include <utility>

#include "cloud_sim/platform_options.hpp"
#include "protocol/alink/thing_reply.hpp"

namespace fleet::cloud {

namespace {

/// A topic of the device: `own` is `/PK/DN/`.
void write_topic(std::string& out, std::string_view head, std::string_view own) {
  out.assign(head).append(own.substr(0, own.size() - 1));
}

constexpr std::string_view upgrade_head = "/ota/device/upgrade";

} // namespace

platform_firmware::platform_firmware(const parts& from)
    : parts_(from), tokens_("firmware " + from.options.firmware.key) {}

platform_firmware::~platform_firmware() {
  parts_.core.home().disarm(*this);
}

bool platform_firmware::take(const uplink& what) {
  using enum alink::topic_kind;
  const auto kind = what.on.kind;
  if (kind != ota_inform && kind != ota_request && kind != ota_progress) {
    return false;
  }
  const auto m = alink::parse_message(json_, what.message.payload);
  const bool good = m.state == alink::message_state::good;
  if (kind == ota_progress) {
    const auto said = alink::read_progress(m);
    if (!good || said.fault != alink::ota_fault::none) {
      add(parts_.core.counters().malformed_requests);
    } else if (const auto campaign = book_.holder_of(what.device());
               campaign != 0 && cargo_.at(campaign).module == said.module) {
      book_.progressed(what.device(), said.step, parts_.core.now());
      settle();
    }
    return true;
  }
  const auto said = alink::read_ota_version(m);
  if (!good || said.fault != alink::ota_fault::none) {
    add(parts_.core.counters().malformed_requests);
  } else if (kind == ota_inform) {
    inform(what, said);
  } else {
    request(what, said);
  }
  return true;
}

void platform_firmware::inform(const uplink& what, const alink::ota_version& said) {
  if (said.module.empty()) {
    parts_.state.set_firmware(what.device(), said.version);
  }
  report(what.device(), said);
}

// A campaign of the past may still hear of its version; one of another module must not.
void platform_firmware::report(device_index device, const alink::ota_version& said) {
  if (book_.all().empty()) {
    return;
  }
  book_.online(device, said.version, parts_.core.now(), [&](campaign_book::id campaign) {
    return cargo_.at(campaign).module == said.module;
  });
  settle();
}

bool platform_firmware::find_offer(const uplink& what, const alink::ota_version& said,
                                   alink::firmware_info& out) {
  const device_index device = what.device();
  const auto holder = book_.holder_of(device);
  if (holder == 0 || cargo_.at(holder).module != said.module) {
    return false;
  }
  if (said.version == book_.find(holder)->rules().version) {
    report(device, said); // it runs it: that is a report, and not a question
    return false;
  }
  const auto campaign = book_.asked(device, parts_.core.now());
  settle();
  return campaign && describe(*campaign, device, out);
}

void platform_firmware::request(const uplink& what, const alink::ota_version& said) {
  const auto* const known = parts_.state.look(what.device());
  if (said.module.empty() && (known == nullptr || known->firmware != said.version)) {
    inform(what, said);
  }
  alink::firmware_info offer;
  const bool newer = find_offer(what, said, offer);
  payload_.clear();
  next_id_ = next_id_ % INT32_MAX + 1;
  if (newer) {
    alink::append_upgrade(payload_, next_id_, offer);
    add(parts_.core.counters().firmware_offers);
  } else {
    alink::append_no_upgrade(payload_, next_id_);
  }
  topic_.assign(what.message.topic);
  if (newer && what.from.as->granted(topic_) < 0) { // the answer's topic is the question's (§14.2)
    write_topic(topic_, upgrade_head, what.from.as->own);
  }
  parts_.lines.reply(what.from, topic_, payload_.view(), what.message.qos);
}

void platform_firmware::answer_get(const uplink& what, const alink::message& m, byte_buffer& out) {
  auto said = alink::read_firmware_get(m);
  alink::firmware_info offer;
  if (said.fault == alink::ota_fault::none && find_offer(what, said, offer)) {
    alink::append_firmware_reply(out, m.id, offer);
    add(parts_.core.counters().firmware_offers);
  } else {
    alink::append_code_reply(out, m.id,
                             said.fault == alink::ota_fault::none ? alink::code_success
                                                                  : alink::code_parameter_error);
  }
}

void platform_firmware::came(device_index device) {
  if (!book_.all().empty()) {
    arrivals_.push_back({later(parts_.core.now(), firmware_arrival_silence), device});
    awaited_.insert(device);
    rearm();
  }
}

// Over a slow link that may be long after it connected.
void platform_firmware::listens(device_index device) {
  const auto campaign = book_.holder_of(device);
  if (campaign != 0 && !book_.find(campaign)->find(device)->online && !awaited_.contains(device)) {
    came(device);
  }
}

void platform_firmware::gone(device_index device) {
  if (!book_.all().empty()) {
    book_.offline(device);
  }
}

void platform_firmware::deleted(device_index device) {
  book_.withdraw(device, parts_.core.now());
  settle();
}

void platform_firmware::on_wake(time_point now) {
  const broker::turn guard{parts_.core};
  shelf_.work();
  for (; !arrivals_.empty() && arrivals_.front().at <= now; arrivals_.pop_front()) {
    const auto device = arrivals_.front().device;
    awaited_.erase(device);
    const auto to = parts_.lines.find(device);
    if (to.online()) {
      write_topic(topic_, upgrade_head, to.as->own);
      if (to.as->granted(topic_) >= 0) {
        book_.online(device, {}, now);
      }
    }
  }
  book_.handle_timeout(now);
  settle();
}

void platform_firmware::rearm() {
  time_point next = book_.next_timeout();
  next = arrivals_.empty() ? next : std::min(next, arrivals_.front().at);
  next = shelf_.busy() ? parts_.core.now() : next;
  parts_.core.home().arm(*this, next);
}

void platform_firmware::settle() {
  while (const auto event = book_.next_event()) {
    const auto campaign = event->campaign;
    if (const auto* const to = std::get_if<campaign_event::offer>(&event->what)) {
      send_offer(campaign, to->device);
    } else if (const auto* const of = std::get_if<campaign_event::device_changed>(&event->what)) {
      keep_device(campaign, of->device);
    }
    keep_campaign(campaign);
  }
  rearm();
}

bool platform_firmware::describe(campaign_book::id campaign, device_index device,
                                 alink::firmware_info& out) {
  const auto& cargo = cargo_.at(campaign);
  const auto* const f = shelf_.find(cargo.firmware);
  if (f == nullptr || !f->ready()) {
    return false;
  }
  const auto& options = parts_.options.firmware;
  const auto life = std::chrono::duration_cast<std::chrono::seconds>(options.token_life).count();
  sign_ = f->offered_sign();
  std::string_view image = f->sha256;
  auto* const faults = parts_.core.faults();
  if (faults != nullptr
      && faults->firmware(faults::effect::firmware_unbootable, device) != nullptr) {
    const auto& other = unbootable_signs(*f);
    sign_ = f->what.sign_method == content_digest::md5 ? other.md5 : other.sha256;
    image = other.sha256;
  }
  url_.assign(options.url).append(std::to_string(f->id)).append("?token=");
  url_ += tokens_.issue({f->id, image}, device, parts_.core.home().wall_ms() / 1000, life);
  out.version = f->what.version;
  out.module = f->what.module;
  out.size = f->offered_size();
  out.method = f->what.sign_method;
  out.sign = sign_;
  out.url = url_;
  return true;
}

// One that could not be told is taken for away, and looked for again. One that only posts asks by
// itself (§14.4).
void platform_firmware::send_offer(campaign_book::id campaign, device_index device) {
  if (parts_.lines.posting(device)) {
    return;
  }
  const auto to = parts_.lines.find(device);
  alink::firmware_info offer;
  auto outcome = command_outcome::offline;
  if (to.online() && describe(campaign, device, offer)) {
    payload_.clear();
    next_id_ = next_id_ % INT32_MAX + 1;
    alink::append_upgrade(payload_, next_id_, offer);
    write_topic(topic_, upgrade_head, to.as->own);
    outcome = parts_.lines.push(to, topic_, payload_.view(), mqtt::qos::at_least_once);
  }
  if (outcome == command_outcome::sent) {
    add(parts_.core.counters().firmware_offers);
    return;
  }
  add(parts_.core.counters().firmware_offers_unsent);
  book_.offline(device);
  if (to.online()) {
    arrivals_.push_back({later(parts_.core.now(), firmware_arrival_silence), device});
  }
}

served_firmware platform_firmware::judge(std::uint32_t id, std::string_view token) {
  served_firmware out;
  const auto* const f = shelf_.find(id);
  if (f == nullptr || !f->ready()) { // no token can be for octets that nobody knows
    out.verdict = f == nullptr ? firmware_verdict::forged : firmware_verdict::not_yet;
    return out;
  }
  const std::int64_t now_s = parts_.core.home().wall_ms() / 1000;
  auto said = tokens_.judge({id, f->sha256}, token, now_s);
  out.unbootable = said.verdict == token_verdict::forged && parts_.core.faults() != nullptr
                   && for_unbootable(*f, token, said);
  switch (said.verdict) {
    case token_verdict::good: break;
    case token_verdict::expired: out.verdict = firmware_verdict::expired; return out;
    case token_verdict::forged: return out;
  }
  out.verdict = firmware_verdict::good;
  out.id = id;
  out.size = f->served_size();
  out.tag = out.unbootable ? unbootable_signs(*f).sha256 : f->sha256;
  out.fault = f->what.fault;
  out.status = f->what.status;
  misbehave(out, said.device);
  return out;
}

bytes_view platform_firmware::octets(std::uint32_t id, std::uint64_t from, std::size_t most) {
  return shelf_.octets(id, from, most);
}

void platform_firmware::begun(std::uint32_t id) {
  add(parts_.core.counters().firmware_downloads);
  if (auto* const f = shelf_.find(id)) {
    ++f->downloads;
  }
}

void platform_firmware::sent(std::uint32_t id, std::size_t octets) {
  add(parts_.core.counters().firmware_octets, octets);
  if (auto* const f = shelf_.find(id)) {
    f->octets_sent += octets;
  }
}

void platform_firmware::refused() {
  add(parts_.core.counters().firmware_refused);
}

firmware_pace platform_firmware::pace() const {
  return parts_.options.firmware.pace;
}

} // namespace fleet::cloud
