// Orders in, sentences out.
#include "fleet/run/fault_session.hpp"

#include <algorithm>
#include <cstdio>
#include <utility>

#include <unistd.h>

#include "fleet/run/machine.hpp"
#include "fleet/run/run_faults.hpp"

namespace fleet::program {

namespace {

constexpr int names_tried = 20; ///< of a live fault that was given none

} // namespace

std::optional<startup_error> fault_session::open() {
  const bool asked_for = !options_.control.empty();
  // A virtual run is over before anybody has typed, and opens no socket unasked.
  if (options_.control == "off" || (options_.virtual_world && !asked_for)) {
    return std::nullopt;
  }
  auto made = control_server::listen(asked_for ? options_.control : control_path_of_this_process());
  if (made) {
    control_ = std::move(made).value();
  } else if (asked_for) {
    return startup_error{exit_code::environment_failed, made.error()};
  } else if (!options_.quiet) {
    std::fprintf(stderr, "note: %s\n", made.error().c_str());
  }
  return std::nullopt;
}

std::optional<std::string> fault_session::begin(const caf::actor& root) {
  shards_.speak_to(root);
  desk_.work_with({&shards_, cloud_});
  running_ = true;
  for (const auto& planned : ready_.faults) {
    const auto selected = count_selected(planned.fault, draw_of(ready_), ready_.devices());
    if (auto refusal = desk_.add(planned.fault, selected, duration{0})) {
      return "fault " + planned.fault.name + " was not to be: " + refusal->why;
    }
  }
  return std::nullopt;
}

std::vector<std::string> fault_session::take_lost() {
  return running_ && cloud_ != nullptr ? cloud_->take_lost() : std::vector<std::string>{};
}

void fault_session::turn(duration now) {
  now_ = now;
  if (running_) {
    desk_.advance(now);
  }
  const auto answers = [this](const control_order& order) { return answer(order); };
  if (control_) {
    control_->turn(answers, monotonic_seconds());
  }
  if (box_ != nullptr) {
    box_->serve(answers);
  }
}

void fault_session::quiet(duration now) {
  now_ = now;
  running_ = false;
  desk_.end_all(now);
}

void fault_session::close() {
  running_ = false;
  shards_.speak_to({});
  control_.reset();
}

std::string fault_session::answer(const control_order& order) {
  switch (order.verb) {
    case control_verb::who:
      return who_answer({::getpid(), ready_.plan ? ready_.plan->name : std::string{}, ready_.seed,
                         ready_.devices(), options_.virtual_world, now_});
    case control_verb::list: return list_answer(desk_.rows(), now_);
    case control_verb::add: return add(order.words);
    case control_verb::remove: return remove(order.names);
  }
  return control_refusal("not understood");
}

std::string fault_session::carry_out(const control_order& order, duration since) {
  const auto now = std::exchange(now_, std::max(now_ - since, duration{0}));
  shards_.late_by(since);
  refusal_.clear();
  (void)answer(order);
  shards_.late_by(duration{0});
  now_ = now;
  return std::exchange(refusal_, {});
}

std::string fault_session::refuse(std::string why) {
  refusal_ = std::move(why);
  return control_refusal(refusal_);
}

std::optional<std::string> fault_session::relay(const control_order& order) {
  std::string wrong;
  for (const auto& who : relay_ ? relay_(order) : std::vector<std::string>{}) {
    wrong += (wrong.empty() ? "done, but not everywhere: " : "; ") + who;
  }
  return wrong.empty() ? std::nullopt : std::optional{std::move(wrong)};
}

std::string fault_session::add(const std::string& words) {
  if (!running_) {
    return refuse("the run is about to end and takes no faults any more");
  }
  auto taken = desk_.names();
  std::string refused;
  for (int tries = 0; tries < names_tried; ++tries) {
    auto made = live_faults(options_, ready_, words, taken);
    if (!made) {
      return refuse(refused.empty() ? made.error() : refused);
    }
    const auto got = add_all(std::move(made.value().faults));
    if (!got.refusal) {
      if (auto wrong = relay({control_verb::add, words, {}})) {
        return refuse(std::move(*wrong));
      }
      return add_answer(got.told, made.value().notes);
    }
    refused = got.refusal->why;
    if (!got.refusal->name_taken) {
      break;
    }
    taken.push_back(got.refused); // at a twin elsewhere; who gave it no name takes the next
  }
  return refuse(std::move(refused));
}

/// All of them or none.
fault_session::added fault_session::add_all(std::vector<planned_fault> faults) {
  added out;
  std::vector<std::string> there;
  for (auto& planned : faults) {
    const auto selected = count_selected(planned.fault, draw_of(ready_), ready_.devices());
    auto line = announcement(planned.fault, selected, ready_.devices());
    const std::string name = planned.fault.name;
    // What began with the run counts from 0: a live one is a little later, whatever the hour.
    out.refusal = desk_.add(std::move(planned.fault), selected, std::max(now_, duration{1}));
    if (out.refusal) {
      out.refused = name;
      for (const auto& part : there) {
        (void)desk_.remove(part, now_);
      }
      return out;
    }
    there.push_back(name);
    out.told.push_back(std::move(line));
  }
  return out;
}

std::string fault_session::remove(const std::vector<std::string>& names) {
  for (const auto& name : names) {
    if (!desk_.has(name)) {
      return refuse("there is no fault " + name + "; fleet fault list shows all");
    }
  }
  std::string wrong;
  std::vector<std::string> gone; // here, whoever may go on with it for a while
  for (const auto& name : names) {
    if (desk_.has(name)) {
      gone.push_back(name);
    }
    if (const auto why = desk_.remove(name, now_)) {
      wrong += (wrong.empty() ? "" : "; ") + *why;
    }
  }
  if (auto there = relay({control_verb::remove, {}, gone})) {
    wrong += (wrong.empty() ? "" : "; ") + *there;
  }
  return wrong.empty() ? add_answer({}, {}) : refuse(std::move(wrong));
}

} // namespace fleet::program
