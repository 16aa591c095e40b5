// The updater's actions as messages, requests and steps of the boot loader, and what comes back.
#include "actors/device/firmware_part.hpp"

#include <algorithm>
#include <variant>

#include "actors/device/cookie.hpp"
#include "actors/device/speech_scratch.hpp"
#include "actors/device/surroundings.hpp"

namespace fleet::actors {

namespace {

using alink::topic_kind;

/// Draws of its own for each boot, or all waits of a device would be alike.
random_stream chance_of(const thing_place& of) {
  return {of.product.seed ^ mix64(of.slot.board.boots()), of.slot.board.index(), "ota"};
}

bool is_trial(hal::boot_verdict verdict) noexcept {
  return verdict == hal::boot_verdict::switched || verdict == hal::boot_verdict::trying;
}

update_result result_of(int step) noexcept {
  return static_cast<update_result>(std::clamp(-step, 1, 4) - 1);
}
static_assert(static_cast<int>(update_result::burn_failed) == -ota::step_burn_failed - 1);

/// The URL as it is when its slashes are not escaped.
std::string plain(std::string_view url) {
  std::string out{url};
  std::erase(out, '\\');
  return out;
}

/// Whether a download would go on if nothing came between.
bool under_way(ota::update_phase phase) noexcept {
  switch (phase) {
    case ota::update_phase::waiting:
    case ota::update_phase::opening:
    case ota::update_phase::downloading: return true;
    case ota::update_phase::idle:
    case ota::update_phase::asking:
    case ota::update_phase::staged:
    case ota::update_phase::over: break;
  }
  return false;
}

bool same_module(std::string_view a, std::string_view b) noexcept {
  const auto name = [](std::string_view m) { return m == "default" ? std::string_view{} : m; };
  return name(a) == name(b);
}

} // namespace

firmware_part::firmware_part(const thing_place& of, const alink::device_pair& names)
    : of_(of), names_(names), storage_(of.slot.board),
      machine_(of.product.firmware->updater, storage_,
               std::string{of.slot.board.flash->running.image.version()}, chance_of(of)) {
  bump(counts().in_update[static_cast<std::size_t>(shown_)]);
  note_boot();
}

firmware_part::~firmware_part() {
  drop(counts().in_update[static_cast<std::size_t>(shown_)]);
  bump(result_count(update_result::cut_off), under_way(shown_) ? 1 : 0);
}

counter& firmware_part::result_count(update_result r) const noexcept {
  return counts().update_results[static_cast<std::size_t>(r)];
}

/// What the boot loader made of the last update.
void firmware_part::note_boot() {
  const auto verdict = of_.slot.board.flash->running.verdict;
  if (verdict == hal::boot_verdict::fell_back || verdict == hal::boot_verdict::refused) {
    bump(result_count(update_result::fell_back));
    of_.slot.update_began = never;
  }
}

void firmware_part::filters(std::vector<filter_text>& out) const {
  for (const auto kind : {topic_kind::ota_request, topic_kind::ota_upgrade}) {
    out.push_back(
        {std::string{of_.around.own_topic(plain_topic(kind), names_)}, mqtt::qos::at_least_once});
  }
}

void firmware_part::online() {
  machine_.connected(now());
  drain();
}

void firmware_part::ask() {
  if (machine_.phase() == ota::update_phase::idle) {
    say_version(topic_kind::ota_request);
  }
}

bool firmware_part::take(const mqtt::message_view& message) {
  const auto topic = alink::parse_topic(message.topic);
  const bool pushed = topic.kind == topic_kind::ota_upgrade;
  if (!pushed && topic.kind != topic_kind::ota_request) {
    return false;
  }
  if (topic.product_key != names_.product_key || topic.device_name != names_.device_name) {
    return false;
  }
  const auto offer = alink::read_upgrade(
      of_.around.speech->json, message.payload,
      {.http_too = of_.product.fetch.http_too, .md5_only = settings().md5_only});
  if (offer.fault == alink::ota_fault::none) {
    offered(offer);
  } else if (offer.fault == alink::ota_fault::nothing && !pushed) {
    machine_.nothing_offered();
  } else {
    bump(counts().firmware_offers_bad);
  }
  drain();
  tidy();
  return true;
}

void firmware_part::offered(const alink::firmware_offer& offer) {
  const auto& info = offer.info;
  const auto digest = digest_from_hex(info.method, info.sign);
  if (!same_module(info.module, settings().module) || !digest) {
    bump(counts().firmware_offers_bad);
    return;
  }
  const auto phase = machine_.phase();
  if (phase == ota::update_phase::idle || of_.slot.update_began == never) {
    of_.slot.update_began = now();
  }
  machine_.offered({.version = std::string{info.version},
                    .size = static_cast<std::uint32_t>(info.size),
                    .digest = *digest,
                    .url = plain(info.url)},
                   now());
}

void firmware_part::drain() {
  for (;;) {
    if (!of_.slot.board.flash->chip.powered()) {
      bump(result_count(update_result::cut_off),
           power_ != power_need::lost && under_way(shown_) ? 1 : 0);
      power_ = power_need::lost;
      break;
    }
    const auto next = machine_.next_action();
    if (!next) {
      break;
    }
    std::visit([this](const auto& what) { act(what); }, *next);
  }
  count();
}

void firmware_part::act(const ota::action::say_version&) {
  say_version(topic_kind::ota_inform);
}

void firmware_part::act(const ota::action::ask&) {
  say_version(topic_kind::ota_request);
}

void firmware_part::say_version(topic_kind kind) {
  of_.around.payload.clear();
  alink::append_ota_version(of_.around.payload, ++last_id_, machine_.version(),
                            settings().old_ids ? alink::ota_dialect::sdk_2_10
                                               : alink::ota_dialect::sdk_3,
                            settings().module);
  send(kind, mqtt::qos::at_least_once);
}

void firmware_part::act(const ota::action::confirm&) {
  auto& running = of_.slot.board.flash->running;
  const bool was_trial = is_trial(running.verdict);
  if (storage_.confirm() != hal::boot_step::done || !was_trial) {
    return;
  }
  running.verdict = hal::boot_verdict::booted;
  bump(result_count(update_result::succeeded));
  if (of_.slot.update_began != never) {
    counts().update_time.record(now() - of_.slot.update_began);
    of_.slot.update_began = never;
  }
}

void firmware_part::act(const ota::action::say_progress& what) {
  if (what.step < 0) {
    bump(result_count(result_of(what.step)));
    of_.slot.update_began = never;
  }
  of_.around.payload.clear();
  alink::append_progress(of_.around.payload, ++last_id_, what.step, what.desc,
                         settings().old_ids ? alink::ota_dialect::sdk_2_10
                                            : alink::ota_dialect::sdk_3);
  send(topic_kind::ota_progress, mqtt::qos::at_most_once);
}

void firmware_part::send(topic_kind kind, mqtt::qos q) {
  mqtt::message_view message;
  message.topic = of_.around.own_topic(plain_topic(kind), names_);
  message.payload = of_.around.payload.view();
  message.qos = q;
  (void)of_.link.publish(message, now(), untagged);
}

void firmware_part::act(const ota::action::fetch& what) {
  if (!lend_ram()) {
    machine_.fetch_failed(now());
    return;
  }
  if (fetch_ == nullptr) {
    fetch_events& teller = *this;
    fetch_ = std::make_unique<image_fetch>(fetch_place{*of_.around.home, of_.product.fetch,
                                                       of_.product.link, of_.slot.board.index(),
                                                       of_.turns, &of_.slot.board.link},
                                           teller);
  }
  fetch_->open(what.url, what.range_from);
}

void firmware_part::act(const ota::action::follow& what) {
  FLEET_CHECK(fetch_ != nullptr); // it told of the redirect
  fetch_->follow(what.location, what.range_from);
}

void firmware_part::act(const ota::action::drop_fetch&) {
  if (fetch_ != nullptr) {
    fetch_->drop();
  }
}

void firmware_part::act(const ota::action::reboot&) {
  power_ = power_need::reset;
}

void firmware_part::on_head(const fetch_head& head) {
  machine_.head({.status = head.status,
                 .length = head.length,
                 .range_first = head.range_first,
                 .range_total = head.range_total,
                 .location = head.location},
                now());
  drain();
}

void firmware_part::on_body(bytes_view octets) {
  machine_.body(octets, now());
  drain();
}

void firmware_part::on_body_end() {
  machine_.body_ended(now());
  drain();
}

void firmware_part::on_fetch_failed(fetch_trouble what, std::string_view) {
  if (what == fetch_trouble::away) {
    machine_.unreachable(now());
  } else {
    machine_.fetch_failed(now());
  }
  drain();
}

void firmware_part::part_turn() {
  if (fetch_ != nullptr) {
    fetch_->take_turn();
  }
  tidy();
}

void firmware_part::handle_timeout() {
  if (fetch_ != nullptr && fetch_->next_timeout() <= now()) {
    fetch_->handle_timeout();
  }
  if (machine_.next_timeout() <= now()) {
    machine_.handle_timeout(now());
    drain();
  }
  tidy();
}

time_point firmware_part::next_timeout() const noexcept {
  const time_point own = machine_.next_timeout();
  return fetch_ == nullptr ? own : std::min(own, fetch_->next_timeout());
}

bool firmware_part::lend_ram() {
  ram_lent_ = ram_lent_ || of_.slot.board.memory.take(settings().download_ram_bytes);
  return ram_lent_;
}

void firmware_part::return_ram() {
  if (ram_lent_) {
    ram_lent_ = false;
    of_.slot.board.memory.give(settings().download_ram_bytes);
  }
}

void firmware_part::tidy() {
  if (fetch_ != nullptr && !fetch_->busy()) {
    fetch_.reset();
    return_ram();
  }
}

void firmware_part::count() {
  const auto& is = machine_.counters();
  auto& c = counts();
  bump(c.firmware_offers, is.offers - counted_.offers);
  bump(c.firmware_offers_ignored, is.ignored - counted_.ignored);
  bump(c.firmware_fetches, is.attempts - counted_.attempts);
  bump(c.firmware_octets, is.octets - counted_.octets);
  if (is.staged != counted_.staged) {
    bump(c.firmware_staged);
    if (of_.slot.update_began != never) {
      c.download_time.record(now() - of_.slot.update_began);
    }
  }
  counted_ = is;
  if (const auto phase = machine_.phase(); phase != shown_) {
    drop(c.in_update[static_cast<std::size_t>(shown_)]);
    bump(c.in_update[static_cast<std::size_t>(phase)]);
    shown_ = phase;
  }
}

std::size_t firmware_part::memory_bytes() const noexcept {
  return sizeof *this - sizeof machine_ + machine_.memory_bytes() + storage_.memory_bytes()
         + (fetch_ == nullptr ? 0 : fetch_->memory_bytes());
}

} // namespace fleet::actors
