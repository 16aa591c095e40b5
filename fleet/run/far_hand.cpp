// Orders over HTTP, and the thread that keeps them.
#include "fleet/run/far_hand.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "fleet/run/far_faults.hpp"
#include "fleet/run/machine.hpp"
#include "fleet/run/run_mark.hpp"
#include "fleet/text/quantities.hpp"

namespace fleet::program {

far_hand::far_hand(std::shared_ptr<admin_api> api, std::string where, const prepared& ready,
                   far_pace pace)
    : api_(std::move(api)), where_(std::move(where)), pace_(pace), mark_(run_mark()),
      seed_(ready.seed), devices_(ready.devices()) {
  for (const auto& region : ready.regions) {
    shares_ppm_.push_back(region.share_ppm);
  }
}

far_hand::~far_hand() {
  if (keeper_.joinable()) {
    {
      const std::lock_guard held{lock_};
      ended_ = true;
    }
    wake_.notify_all();
    api_->give_up();
    keeper_.join();
  }
}

std::optional<fault_refusal> far_hand::send(const faults::fault& f) {
  return send_far_fault(*api_, where_, f, {seed_, shares_ppm_, devices_}, mark_);
}

std::optional<fault_refusal> far_hand::add(const std::shared_ptr<const faults::fault>& f) {
  const std::lock_guard ordering{orders_};
  const bool doomed = [this, &f] {
    const std::lock_guard held{lock_};
    return doomed_.contains(f->name);
  }();
  if (doomed) { // its name is wanted
    if (auto why = end(f->name)) {
      return fault_refusal{std::move(*why)};
    }
  }
  auto why = send(*f);
  if (why) {
    if (why->unheard) {
      doom(f->name); // it may have been taken
    }
    return why;
  }
  const std::lock_guard held{lock_};
  counted_.erase(f->name);
  before_.erase(f->name);
  open_[f->name] = {f, monotonic_seconds(), false};
  due_ = true;
  wake_.notify_all();
  if (!keeper_.joinable()) {
    keeper_ = std::thread{[this] { keep(); }};
  }
  return std::nullopt;
}

std::optional<std::string> far_hand::remove(const std::string& name) {
  const std::lock_guard ordering{orders_};
  const bool open = [this, &name] {
    const std::lock_guard held{lock_};
    return open_.contains(name);
  }();
  if (open) {
    (void)look(); // it forgets what it counted
  }
  {
    const std::lock_guard held{lock_};
    open_.erase(name);
  }
  if (auto why = end(name)) {
    return fmt::format("fault {} goes on: {}; the twin is told again, and ends it by itself where "
                       "it does not hear of it for {}",
                       name, *why, text::format_duration(far_lease));
  }
  return std::nullopt;
}

void far_hand::let_go(const std::string& name) {
  if (slow_) {
    doom(name); // a run that ends has no time for each of them
    return;
  }
  const double began = monotonic_seconds();
  (void)remove(name);
  slow_ = monotonic_seconds() - began > seconds(pace_.patience);
}

/// What it does not give up is tried again by the thread.
std::optional<std::string> far_hand::end(const std::string& name) {
  auto why = end_far_fault(*api_, where_, name, mark_);
  const std::lock_guard held{lock_};
  if (why) {
    doomed_.insert(name);
  } else {
    doomed_.erase(name);
  }
  return why;
}

void far_hand::doom(const std::string& name) {
  const std::lock_guard held{lock_};
  open_.erase(name);
  doomed_.insert(name);
}

std::vector<std::string> far_hand::take_lost() {
  const std::lock_guard held{lock_};
  return std::exchange(lost_, {});
}

std::optional<fault_figures> far_hand::figures(const std::string& name) const {
  const std::lock_guard held{lock_};
  const auto found = counted_.find(name);
  return found == counted_.end() ? std::nullopt : std::optional{found->second};
}

void far_hand::keep() {
  std::unique_lock held{lock_};
  while (true) {
    wake_.wait_for(held, pace_.often, [this] { return due_ || ended_; });
    if (ended_) {
      return;
    }
    due_ = false;
    held.unlock();
    turn();
    held.lock();
  }
}

void far_hand::turn() {
  const std::lock_guard ordering{orders_};
  for (const auto& name : look()) {
    order_again(name);
  }
  const auto doomed = [this] {
    const std::lock_guard held{lock_};
    return doomed_;
  }();
  for (const auto& name : doomed) {
    if (end(name)) {
      return; // nor will it the others
    }
  }
}

std::vector<std::string> far_hand::look() {
  std::vector<std::string> names;
  {
    const std::lock_guard held{lock_};
    for (const auto& [name, one] : open_) {
      names.push_back(name);
    }
  }
  if (names.empty()) {
    return {};
  }
  const auto all = renew_far_faults(*api_, where_, mark_, names);
  if (!all) {
    return {};
  }
  const std::lock_guard held{lock_};
  for (const auto& one : all.value()) {
    const auto found = open_.find(one.name);
    std::erase(names, one.name);
    if (found == open_.end()) {
      continue;
    }
    const auto before = before_.find(one.name);
    const auto former = before == before_.end() ? fault_figures{} : before->second;
    // Those that were hit before are hit again, since it selects the same.
    counted_[one.name] = {static_cast<std::uint32_t>(one.selected),
                          std::max(former.hit, static_cast<std::uint32_t>(one.hit)),
                          former.strikes + one.strikes};
    found->second.struck = found->second.struck || one.state != "waiting";
    if (one.state == "over") {
      open_.erase(found);
    }
  }
  return names;
}

/// The twin has been started anew, or has not heard of this run for too long.
void far_hand::order_again(const std::string& name) {
  open_fault one;
  {
    const std::lock_guard held{lock_};
    const auto found = open_.find(name);
    if (found == open_.end()) {
      return; // let go meanwhile
    }
    one = found->second;
  }
  const duration since{static_cast<std::int64_t>((monotonic_seconds() - one.ordered_s) * 1e9)};
  const auto rest = rest_of(*one.fault, since, one.struck);
  if (!rest && one.struck) {
    const std::lock_guard held{lock_};
    open_.erase(name); // it was over anyway
    return;
  }
  if (!rest) {
    lose(name, "its time was over before the twin knew of it again");
    return;
  }
  const auto why = send(*rest);
  if (why && !why->unheard) {
    lose(name, why->why);
  } else if (!why) {
    const std::lock_guard held{lock_};
    if (const auto counted = counted_.find(name); counted != counted_.end()) {
      before_[name] = counted->second;
    }
  }
}

void far_hand::lose(const std::string& name, const std::string& why) {
  const std::lock_guard held{lock_};
  open_.erase(name);
  lost_.push_back(fmt::format("the twin at {} has lost fault {}: {}", where_, name, why));
}

} // namespace fleet::program
