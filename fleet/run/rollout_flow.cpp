// When, and what came of it.
#include "fleet/run/rollout_flow.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace fleet::program {

rollout_flow::rollout_flow(hal::home& home, console_now console, rollout_plan& planned,
                           const product_plan& product)
    : home_(home), console_(std::move(console)), planned_(planned), product_(product) {}

rollout_flow::~rollout_flow() {
  home_.disarm(*this);
}

void rollout_flow::start(std::uint64_t seed) {
  seed_ = seed;
  seen_.running.store(true, std::memory_order_relaxed);
  begin_at_ = later(home_.now(), planned_.rollout.at);
  home_.arm(*this, begin_at_);
}

void rollout_flow::stop() {
  home_.disarm(*this);
  if (campaign_) {
    look();
  } else if (firmware_ && trouble_.empty()) {
    trouble_ = "the run ended before the twin had its image's digests";
  }
}

void rollout_flow::on_wake(time_point now) {
  if (!campaign_ && trouble_.empty()) {
    begin(now);
  }
  if (campaign_) {
    look();
  }
  if (seen_.running.load(std::memory_order_relaxed)) {
    home_.arm(*this, later(now, look_every));
  }
}

void rollout_flow::fail_with(const cloud::operation_failure& why) {
  trouble_ = why.detail.empty() ? std::string{cloud::to_string(why.why)} : why.detail;
  seen_.running.store(false, std::memory_order_relaxed);
}

bool rollout_flow::put_image(cloud::firmware_operations& console) {
  const auto added = console.add_firmware(firmware_order_of(planned_, product_, seed_));
  if (!added) {
    fail_with(added.error());
    return false;
  }
  firmware_ = added.value().id;
  const bytes_view content = as_bytes(planned_.content);
  for (std::size_t at = 0; at < content.size(); at += cloud::firmware_piece_max) {
    const auto piece =
        content.subspan(at, std::min<std::size_t>(cloud::firmware_piece_max, content.size() - at));
    const auto put = console.put_content(*firmware_, at, piece);
    if (!put) {
      fail_with(put.error());
      return false;
    }
  }
  planned_.content = {}; // the twin has it
  return true;
}

// A large image is not ready in the turn that brings it: the twin makes its digests slice by slice.
void rollout_flow::begin(time_point now) {
  auto* const console = console_();
  if (console == nullptr) { // it was killed; until it is there again
    return;
  }
  if (!firmware_) {
    began_ = now;
    if (!put_image(*console)) {
      return;
    }
  }
  const auto there = console->firmware(*firmware_);
  if (!there) {
    fail_with(there.error());
    return;
  }
  if (!there.value().ready) {
    return; // until the next wake
  }
  const auto made = console->add_campaign(campaign_order_of(planned_, *firmware_));
  if (!made) {
    fail_with(made.error());
    return;
  }
  campaign_ = made.value().id;
}

void rollout_flow::look() {
  auto* const console = console_();
  if (console == nullptr) {
    return;
  }
  const auto got = console->campaign(*campaign_);
  if (!got) {
    return;
  }
  const auto& sums = got.value().sums;
  seen_.devices.store(sums.devices, std::memory_order_relaxed);
  for (std::size_t i = 0; i < cloud::rollout_state_count; ++i) {
    seen_.by_state[i].store(sums.by_state[i], std::memory_order_relaxed);
  }
  const bool under_way =
      sums.of(cloud::rollout_state::offered) + sums.of(cloud::rollout_state::upgrading) != 0;
  const bool goes_on = sums.state == cloud::campaign_state::ready
                       || sums.state == cloud::campaign_state::running || under_way;
  if (!goes_on && !ended_) {
    ended_ = home_.now();
  } else if (goes_on) {
    ended_.reset();
  }
  seen_.running.store(goes_on, std::memory_order_relaxed);
}

report::rollout_fact rollout_flow::fact() const {
  report::rollout_fact out;
  out.name = planned_.rollout.name;
  out.product = product_.product.name;
  out.version = planned_.rollout.version;
  out.may_fail = planned_.rollout.may_fail;
  out.trouble = trouble_;
  auto* const console = console_();
  if (console == nullptr) {
    out.trouble = "the twin was away when the run ended";
    return out;
  }
  if (firmware_) {
    if (const auto got = console->firmware(*firmware_)) {
      out.image_bytes = got.value().size;
      out.downloads = got.value().downloads;
      out.octets_sent = got.value().octets_sent;
    }
  }
  if (!campaign_) {
    return out;
  }
  const auto got = console->campaign(*campaign_);
  if (!got) {
    out.trouble = got.error().why == cloud::operation_error::unknown_campaign
                      ? "the twin has forgotten the campaign"
                      : got.error().detail;
    return out;
  }
  const auto& view = got.value();
  out.began = true;
  out.state = cloud::to_string(view.sums.state);
  out.why = view.why;
  out.wave = view.sums.wave;
  out.waves = view.sums.waves;
  out.devices = view.sums.devices;
  out.already = view.sums.already;
  out.by_state = view.sums.by_state;
  out.attempts_failed = view.sums.attempts_failed;
  out.attempts_succeeded = view.sums.attempts_succeeded;
  out.causes = view.causes;
  out.steps = view.steps;
  if (ended_) {
    out.took_s = std::chrono::duration<double>(*ended_ - began_).count();
  }
  return out;
}

} // namespace fleet::program
