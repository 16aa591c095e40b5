// A thing's beginning, its connections and its timers, and how it sends.
#include "actors/device/thing.hpp"

#include <algorithm>
#include <array>
#include <limits>

#include "actors/device/cookie.hpp"
#include "actors/device/device.hpp"
#include "actors/device/plain_model.hpp"
#include "actors/device/thing_config.hpp"
#include "actors/device/thing_shadow.hpp"

namespace fleet::actors {

namespace {

/// One try each: MQTT repeats what is not acknowledged, and questions are asked anew.
constexpr alink::request_policy thing_requests{.first_wait = std::chrono::seconds{10},
                                               .longest_wait = std::chrono::seconds{10},
                                               .remembered = std::chrono::seconds{60},
                                               .sends_max = 1,
                                               .open_max = 100,
                                               .jitter_percent = 0};

const tsl::model& model_of(const product_settings& product) {
  return product.features.model ? *product.features.model : plain_model();
}

/// What a model without a list of reports means: all properties, as often as the plain device.
std::span<const report_plan> plans_of(const product_settings& product) {
  static const report_plan whole;
  if (!product.features.reports.empty()) {
    return product.features.reports;
  }
  if (product.features.model && product.interval > duration::zero()) {
    return {&whole, 1};
  }
  return {};
}

/// Values of its own for each boot, or a device would report the same series after each.
std::uint64_t seed_of_boot(const thing_place& of) {
  const std::uint32_t boots = of.slot.board.boots();
  return boots > 1 ? of.product.seed ^ mix64(boots) : of.product.seed;
}

} // namespace

thing::thing(const thing_place& at)
    : around_(at.around), product_(at.product), slot_(at.slot), link_(at.link),
      state_(model_of(at.product)),
      book_(at.product.behaviour == behaviour::sdk ? alink::sdk_requests : thing_requests),
      values_(seed_of_boot(at), at.slot.board.index(), "thing"),
      jitter_(at.product.seed, at.slot.board.index(), "reports"), plans_(plans_of(at.product)),
      turns_(at.turns) {
  const auto who = product_.speech->triples()->at(slot_.board.index());
  product_key_ = who.product_key;
  device_name_ = who.device_name;
  if (!plans_.empty()) {
    clocks_ = std::make_unique<report_clock[]>(plans_.size());
  }
  if (features().shadow) {
    open_shadow();
  }
}

thing::~thing() {
  keep_counters();
}

time_point thing::now() const noexcept {
  return around_.home->now();
}

std::int64_t thing::wall_ms() const noexcept {
  return slot_.board.clock.wall_ms(around_.home->wall_ms(), now());
}

meters& thing::counts() const noexcept {
  return *around_.counts;
}

void thing::filters(std::vector<filter_text>& out) const {
  const std::string own = "/" + product_key_ + "/" + device_name_;
  const auto want = [&](std::string_view head, std::string_view tail) {
    out.push_back({std::string{head} + own + std::string{tail}, mqtt::qos::at_least_once});
  };
  const auto& f = features();
  const bool has_batch = std::any_of(plans_.begin(), plans_.end(), [](const report_plan& p) {
    return p.what == report_kind::batch;
  });
  const bool has_raw = std::any_of(plans_.begin(), plans_.end(),
                                   [](const report_plan& p) { return p.what == report_kind::raw; });
  if (f.model) {
    for (const auto tail : {"/thing/service/property/set", "/thing/event/+/post_reply",
                            "/thing/service/property/get", "/thing/service/+"}) {
      want("/sys", tail);
    }
  } else {
    product_.speech->filters(slot_.board.index(), out);
  }
  if (has_batch) {
    want("/sys", f.children.each > 0 ? "/thing/event/property/pack/post_reply"
                                     : "/thing/event/property/batch/post_reply");
  }
  if (has_raw) {
    want("/sys", "/thing/model/up_raw_reply");
    want("/sys", "/thing/model/down_raw");
  }
  if (f.desired) {
    want("/sys", "/thing/property/desired/get_reply");
    want("/sys", "/thing/property/desired/delete_reply");
  }
  if (!f.tags.empty()) {
    want("/sys", "/thing/deviceinfo/update_reply");
  }
  if (f.model_get) {
    want("/sys", "/thing/dsltemplate/get_reply");
  }
  if (f.config_get) {
    want("/sys", "/thing/config/get_reply");
  }
  if (f.config_push) {
    want("/sys", "/thing/config/push");
  }
  if (f.takes_rrpc()) {
    want("/sys", "/rrpc/request/+");
    want("/ext/rrpc/+/sys", "/#");
    want("/ext/rrpc/+", "/#");
  }
  if (f.ntp_interval > duration::zero()) {
    want("/ext/ntp", "/response");
  }
  if (f.shadow) {
    want("/shadow/get", "");
  }
  if (f.broadcasts) {
    out.push_back({"/broadcast/" + product_key_ + "/#", mqtt::qos::at_least_once});
  }
}

void thing::online() {
  online_ = true;
  for (std::size_t i = 0; i < plans_.size() && !quiet_; ++i) {
    if (clocks_[i].due() == never) {
      clocks_[i].begin(beat_of(i), now(), jitter_);
    }
  }
  if (!quiet_) {
    ask_first_questions();
    if (features().ntp_interval > duration::zero()) {
      next_time_ = now();
    }
  }
  if (shadow_) {
    auto& out = fresh_payload();
    shadow_->client.connected(now(), out);
    send_shadow();
    drain_shadow();
  }
}

void thing::offline() {
  online_ = false;
  time_open_ = false;
  next_time_ = never;
  if (shadow_) {
    shadow_->client.disconnected();
    drain_shadow();
  }
}

void thing::quiet() {
  quiet_ = true;
  next_time_ = never;
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    clocks_[i].stop();
  }
}

time_point thing::next_timeout() const noexcept {
  time_point next = std::min(next_time_, book_.next_timeout());
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    next = std::min(next, clocks_[i].due());
  }
  next = config_ ? std::min(next, config_->next_timeout()) : next;
  return shadow_ ? std::min(next, shadow_->client.next_timeout()) : next;
}

void thing::handle_timeout() {
  while (const auto due = book_.handle_timeout(now(), jitter_)) {
    bump(counts().request_timeouts);
    if (online_ && !quiet_ && due->cookie + 1 < question_tries_max) {
      ask(due->request, due->cookie + 1);
    }
  }
  if (shadow_ && shadow_->client.next_timeout() <= now()) {
    auto& out = fresh_payload();
    shadow_->client.handle_timeout(now(), out);
    send_shadow();
    drain_shadow();
  }
  if (config_ && config_->next_timeout() <= now()) {
    config_->handle_timeout();
    part_turn();
  }
  if (next_time_ <= now()) {
    next_time_ = later(now(), features().ntp_interval);
    ask_time();
  }
  for (std::size_t i = 0; i < plans_.size(); ++i) {
    while (clocks_[i].due() <= now()) {
      const time_point due = clocks_[i].due();
      clocks_[i].next(beat_of(i));
      if (online_) {
        report_due(plans_[i], due);
      } else {
        counts().skip_report(skip::offline);
      }
    }
  }
}

report_beat thing::beat_of(std::size_t plan) const noexcept {
  report_beat beat = actors::beat_of(product_, around_.load_began, slot_.board.index());
  if (!features().reports.empty()) {
    beat.interval = plans_[plan].interval;
    beat.timing = plans_[plan].timing;
    beat.plan = static_cast<std::uint32_t>(plan);
  }
  beat.interval = std::max<duration>(beat.interval, std::chrono::milliseconds{1});
  return beat;
}

byte_buffer& thing::fresh_payload() {
  around_.payload.clear();
  return around_.payload;
}

bool thing::send(const alink::topic& where, mqtt::qos q) {
  return send_to(around_.own_topic(where, names()), q, now(), untagged);
}

bool thing::send_to(std::string_view topic, mqtt::qos q, time_point due, std::uint64_t cookie) {
  mqtt::message_view message;
  message.topic = topic;
  message.payload = around_.payload.view();
  message.qos = q;
  return !link_.publish(message, due, cookie);
}

std::uint32_t thing::open(alink::topic_kind kind, std::uint32_t cookie) {
  auto opened = book_.open(kind, cookie, now());
  if (!opened) {
    // Nobody answers as fast as this device asks: the oldest question is given up.
    (void)book_.abandon_next(now());
    bump(counts().request_timeouts);
    opened = book_.open(kind, cookie, now());
  }
  FLEET_CHECK(opened.ok());
  return opened.value();
}

std::size_t thing::memory_bytes() const noexcept {
  const auto text = [](const std::string& s) {
    return s.capacity() > std::string{}.capacity() ? s.capacity() + 1 : 0;
  };
  return text(product_key_) + text(device_name_) + state_.heap_octets() + book_.memory_bytes()
         + plans_.size() * sizeof(report_clock) + (config_ ? config_->memory_bytes() : 0)
         + (shadow_ ? sizeof(shadow_part) + text(shadow_->prefix) + shadow_->client.memory_bytes()
                    : 0);
}

} // namespace fleet::actors
