// Campaigns as rows of the store, and back at start; and the devices that one may choose from.
#include <algorithm>
#include <utility>

#include "cloud_sim/platform_firmware.hpp"
#include "protocol/base/json_write.hpp"

namespace fleet::cloud {

namespace {

std::int64_t ms_of(duration d) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// As campaign_row has them, which is what a campaign cannot count anew.
std::array<std::uint32_t, 8> numbers_of(const campaign_sums& s) noexcept {
  return {static_cast<std::uint32_t>(s.state),
          static_cast<std::uint32_t>(s.halted_by),
          s.wave,
          s.already,
          s.attempts_failed,
          s.attempts_succeeded,
          s.judged_failed,
          s.judged};
}

/// The list of devices is left out: rows of devices stand for it.
std::string write_rules(const campaign_rules& r, const campaign_cargo& cargo) {
  byte_buffer out;
  object_writer json{out};
  json.text("product", cargo.product_key);
  json.text("module", cargo.module);
  json.text("version", r.version);
  json.text("name", r.select.name);
  json.integer("permille", r.select.permille);
  byte_buffer list;
  list.push('[');
  for (const auto& v : r.select.from_versions) {
    if (list.size() != 1) {
      list.push(',');
    }
    append_json_text(list, v);
  }
  list.push(']');
  json.raw("versions", as_text(list.view()));
  list.clear();
  list.push('[');
  for (const auto w : r.select.waves) {
    if (list.size() != 1) {
      list.push(',');
    }
    append_unsigned(list, w);
  }
  list.push(']');
  json.raw("waves", as_text(list.view()));
  json.integer("offersPerSecond", r.offers_per_second);
  json.integer("underWay", r.under_way_max);
  json.integer("haltPermille", r.halt_permille);
  json.integer("haltAfter", r.halt_after);
  json.integer("retries", r.retries);
  json.integer("retryAfterMs", ms_of(r.retry_after));
  json.integer("attemptMs", ms_of(r.attempt_most));
  json.integer("waveDonePermille", r.wave_done_permille);
  json.integer("waveMostMs", ms_of(r.wave_most));
  json.integer("wavePauseMs", ms_of(r.wave_pause));
  json.end();
  return std::string{as_text(out.view())};
}

/// Reads what write_rules() wrote; what is not there stays as it is by default.
class rules_reader {
public:
  explicit rules_reader(json_reader& json) : json_(json) {}

  template <class Number>
  void number(std::string_view key, Number& out) {
    const auto* const found = json_.find(key);
    const auto read = found == nullptr ? std::nullopt : json_integer(found->value);
    good_ = good_ && read && std::in_range<Number>(*read);
    out = good_ ? static_cast<Number>(*read) : out;
  }
  void span(std::string_view key, duration& out) {
    std::int64_t ms = 0;
    number(key, ms);
    good_ = good_ && ms >= 0 && ms <= ms_of(duration::max());
    out = good_ ? duration{std::chrono::milliseconds{ms}} : out;
  }
  void text(std::string_view key, std::string& out) {
    const auto* const found = json_.find(key);
    good_ = good_ && found != nullptr && append_json_string(out, found->value);
  }
  template <class Take>
  void list(std::string_view key, Take take) {
    const auto* const found = json_.find(key);
    good_ = good_ && found != nullptr && found->value.starts_with('[');
    if (good_) {
      for (const auto& each : json_.children(*found)) {
        take(each.value);
      }
    }
  }
  void bad() noexcept { good_ = false; }
  [[nodiscard]] bool good() const noexcept { return good_; }

private:
  json_reader& json_;
  bool good_ = true;
};

bool read_rules(json_reader& json, std::string_view text, campaign_rules& r,
                campaign_cargo& cargo) {
  if (json.read(as_bytes(text)) != json_error::none || json.is_array()) {
    return false;
  }
  rules_reader in{json};
  in.text("product", cargo.product_key);
  in.text("module", cargo.module);
  in.text("version", r.version);
  in.text("name", r.select.name);
  in.number("permille", r.select.permille);
  in.list("versions", [&](std::string_view raw) {
    if (!append_json_string(r.select.from_versions.emplace_back(), raw)) {
      in.bad();
    }
  });
  in.list("waves", [&](std::string_view raw) {
    const auto n = json_integer(raw);
    if (n && *n > 0 && *n <= 1000) {
      r.select.waves.push_back(static_cast<std::uint16_t>(*n));
    } else {
      in.bad();
    }
  });
  in.number("offersPerSecond", r.offers_per_second);
  in.number("underWay", r.under_way_max);
  in.number("haltPermille", r.halt_permille);
  in.number("haltAfter", r.halt_after);
  in.number("retries", r.retries);
  in.span("retryAfterMs", r.retry_after);
  in.span("attemptMs", r.attempt_most);
  in.number("waveDonePermille", r.wave_done_permille);
  in.span("waveMostMs", r.wave_most);
  in.span("wavePauseMs", r.wave_pause);
  return in.good() && valid(r);
}

} // namespace

std::vector<device_facts> platform_firmware::facts_of(std::string_view product_key, bool versions) {
  const auto& devices = parts_.state.devices();
  std::vector<device_facts> out;
  for (auto d = devices.next(0); d; d = devices.next(*d + 1)) {
    if (devices.identity_of(*d).product_key != product_key) {
      continue;
    }
    const auto* const known = parts_.state.look(*d);
    const auto to = parts_.lines.find(*d);
    bool listens = false;
    if (to.online()) {
      topic_.assign("/ota/device/upgrade").append(to.as->own);
      topic_.pop_back();
      listens = to.as->granted(topic_) >= 0;
    }
    const bool told = versions && known != nullptr;
    out.push_back({*d, told ? std::string_view{known->firmware} : std::string_view{}, listens});
  }
  return out;
}

void platform_firmware::added(campaign_book::id campaign, campaign_cargo what) {
  cargo_.insert_or_assign(campaign, std::move(what));
  if (keeper_ != nullptr) {
    for (const auto& d : book_.find(campaign)->devices()) {
      keep_device(campaign, d.device);
    }
    keeper_->number_changed({"campaign", campaign});
  }
  keep_campaign(campaign);
}

void platform_firmware::removed(campaign_book::id campaign) {
  cargo_.erase(campaign);
  kept_.erase(campaign);
  if (keeper_ != nullptr) {
    keeper_->campaign_gone(campaign);
  }
}

void platform_firmware::keep_device(campaign_book::id campaign, device_index device) {
  const auto* const c = keeper_ == nullptr ? nullptr : book_.find(campaign);
  const auto* const d = c == nullptr ? nullptr : c->find(device);
  if (d != nullptr) {
    keeper_->rollout_changed({campaign, parts_.state.devices().identity_of(device).device_name,
                              static_cast<std::uint8_t>(d->state),
                              static_cast<std::uint8_t>(d->cause), d->step, d->attempts, d->wave,
                              d->offers});
  }
}

void platform_firmware::keep_campaign(campaign_book::id campaign) {
  const auto* const c = keeper_ == nullptr ? nullptr : book_.find(campaign);
  if (c == nullptr) {
    return;
  }
  const auto& s = c->sums();
  const auto numbers = numbers_of(s);
  const auto [known, fresh] = kept_.try_emplace(campaign, numbers);
  if (!fresh && known->second == numbers) {
    return;
  }
  known->second = numbers;
  const auto& cargo = cargo_.at(campaign);
  const std::string rules = write_rules(c->rules(), cargo);
  keeper_->campaign_changed({campaign, cargo.firmware, rules, static_cast<std::uint8_t>(s.state),
                             static_cast<std::uint8_t>(s.halted_by), s.wave, s.already,
                             s.attempts_failed, s.attempts_succeeded, s.judged_failed, s.judged});
}

bool platform_firmware::load(const campaign_row& row) {
  former made;
  made.cargo.firmware = row.firmware;
  if (row.campaign == 0 || row.state > static_cast<std::uint8_t>(campaign_state::finished)
      || row.halted_by > static_cast<std::uint8_t>(halt_reason::failure_rate)
      || !read_rules(json_, row.rules, made.rules, made.cargo)) {
    return false;
  }
  auto& s = made.sums;
  s.state = static_cast<campaign_state>(row.state);
  s.halted_by = static_cast<halt_reason>(row.halted_by);
  s.wave = row.wave;
  s.already = row.already;
  s.attempts_failed = row.attempts_failed;
  s.attempts_succeeded = row.attempts_succeeded;
  s.judged_failed = row.judged_failed;
  s.judged = row.judged;
  formers_.insert_or_assign(row.campaign, std::move(made));
  return true;
}

bool platform_firmware::load(const rollout_row& row) {
  const auto of = formers_.find(row.campaign);
  const auto device =
      of == formers_.end()
          ? std::nullopt
          : parts_.state.devices().find(of->second.cargo.product_key, row.device_name);
  if (!device || row.state >= rollout_state_count
      || row.cause > static_cast<std::uint8_t>(rollout_cause::old_version) || row.step < -4
      || row.step > 100) {
    return false;
  }
  rollout_device d;
  d.device = *device;
  d.state = static_cast<rollout_state>(row.state);
  d.cause = static_cast<rollout_cause>(row.cause);
  d.step = row.step;
  d.attempts = row.attempts;
  d.wave = row.wave;
  d.offers = row.offers;
  of->second.devices.push_back(d);
  return true;
}

bool platform_firmware::load(const number_row& row) {
  if (row.kind == "firmware") {
    shelf_.go_on_after(row.last);
  } else if (row.kind == "campaign") {
    book_.go_on_after(row.last);
  } else {
    return false;
  }
  return true;
}

std::uint64_t platform_firmware::loaded() {
  std::uint64_t unused = 0;
  for (auto& [number, was] : formers_) {
    if (was.devices.size() <= campaign_devices_max
        && book_.restore(number, was.rules, was.devices, was.sums, parts_.core.now())) {
      cargo_.emplace(number, std::move(was.cargo));
      kept_.emplace(number, numbers_of(book_.find(number)->sums()));
    } else {
      ++unused;
    }
  }
  formers_.clear();
  return unused;
}

void platform_firmware::keep_in(firmware_keeper* keeper) {
  keeper_ = keeper;
  shelf_.keep_in(keeper);
  rearm();
}

} // namespace fleet::cloud
