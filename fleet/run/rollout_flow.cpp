// When, and what came of it.
#include "fleet/run/rollout_flow.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace fleet::program {

namespace {

constexpr auto* away = "the twin was away when the run ended";

} // namespace

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
    auto* const console = console_();
    // For what was downloaded alone: without an answer the campaign is known all the same.
    if (console != nullptr) {
      if (const auto image = console->firmware(image_->id)) {
        image_ = image.value();
      }
    }
  }
  if (!trouble_.empty()) {
    return;
  }
  trouble_ = unanswered_;
  if (trouble_.empty() && image_ && !campaign_) {
    trouble_ = all_there() ? "the run ended before the twin had its image's digests"
                           : "the run ended before the twin had its image";
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
    // Pieces follow each other at once, and the home's other work comes between them.
    const bool sends = image_ && !all_there() && unanswered_.empty();
    home_.arm(*this, later(now, sends ? duration{1} : look_every));
  }
}

void rollout_flow::failed(const cloud::operation_failure& why) {
  auto& as = why.why == cloud::operation_error::timed_out ? unanswered_ : trouble_;
  as = why.detail.empty() ? std::string{cloud::to_string(why.why)} : why.detail;
  if (!trouble_.empty()) {
    seen_.running.store(false, std::memory_order_relaxed);
  }
}

bool rollout_flow::see(const cloud::firmware_operations::firmware_result& image) {
  if (!image) {
    failed(image.error());
    return false;
  }
  image_ = image.value();
  return true;
}

bool rollout_flow::all_there() const {
  return image_->received >= image_->size;
}

/// No more than one, since its answer is waited for.
bool rollout_flow::put_piece(cloud::firmware_operations& console) {
  const bytes_view content = as_bytes(planned_.content);
  const auto at = std::min<std::size_t>(image_->received, content.size());
  const auto put = console.put_content(image_->id, at,
                                       content.subspan(at, std::min(piece_, content.size() - at)));
  if (!put) {
    piece_ = std::max(piece_ / 2, piece_least);
  }
  if (!see(put)) {
    return false;
  }
  if (image_->received <= at) {
    failed({cloud::operation_error::refused, "what was sent is not there"});
    return false;
  }
  return true;
}

// A large image is not ready in the turn that brings it: the twin makes its digests slice by slice.
void rollout_flow::begin(time_point now) {
  auto* const console = console_();
  if (console == nullptr) { // it was killed; until it is there again
    unanswered_ = away;
    return;
  }
  const bool unsure = !unanswered_.empty();
  unanswered_.clear();
  if (!image_) {
    began_ = now;
    if (!see(console->add_firmware(firmware_order_of(planned_, product_, seed_)))) {
      return;
    }
  } else if ((unsure || all_there()) && !see(console->firmware(image_->id))) {
    return;
  }
  if (!all_there() && !put_piece(*console)) {
    return;
  }
  if (!image_->ready) {
    return; // until the next wake
  }
  planned_.content = {}; // the twin has it
  const auto made = console->add_campaign(campaign_order_of(planned_, image_->id));
  if (!made) {
    failed(made.error());
    return;
  }
  campaign_ = made.value();
}

void rollout_flow::look() {
  auto* const console = console_();
  if (console == nullptr) {
    unanswered_ = away;
    return;
  }
  const auto got = console->campaign(campaign_->id);
  if (!got) {
    unanswered_ = got.error().why == cloud::operation_error::unknown_campaign
                      ? "the twin has forgotten the campaign"
                      : got.error().detail;
    return;
  }
  unanswered_.clear();
  campaign_ = got.value();
  const auto& sums = campaign_->sums;
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
  if (image_) {
    out.image_bytes = image_->size;
    out.downloads = image_->downloads;
    out.octets_sent = image_->octets_sent;
  }
  if (!campaign_) {
    return out;
  }
  const auto& view = *campaign_;
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
