// A list so short that it is walked.
#include "fleet/hand/answers.hpp"

#include <algorithm>
#include <utility>

namespace fleet::program {

namespace {

constexpr std::int64_t code_of_echo = 200;

} // namespace

bool answer_book::add(awaited_answer what) {
  if (awaited_.size() == max) {
    return false;
  }
  awaited_.push_back(std::move(what));
  return true;
}

std::optional<awaited_answer> answer_book::take(std::string_view topic, bytes_view payload,
                                                std::string_view raw_id, std::int64_t code) {
  const auto found = std::find_if(awaited_.begin(), awaited_.end(), [&](const auto& a) {
    return a.topic == topic
           && (a.echo ? a.match == as_text(payload) : !raw_id.empty() && a.match == raw_id);
  });
  if (found == awaited_.end()) {
    return std::nullopt;
  }
  awaited_answer out = std::move(*found);
  out.code = out.echo ? code_of_echo : code;
  awaited_.erase(found);
  return out;
}

std::optional<awaited_answer> answer_book::take_overdue(time_point now) {
  const auto found = std::find_if(awaited_.begin(), awaited_.end(),
                                  [now](const auto& a) { return a.until <= now; });
  if (found == awaited_.end()) {
    return std::nullopt;
  }
  awaited_answer out = std::move(*found);
  awaited_.erase(found);
  return out;
}

time_point answer_book::next_timeout() const noexcept {
  time_point next = never;
  for (const auto& a : awaited_) {
    next = std::min(next, a.until);
  }
  return next;
}

bool answer_book::waits_for(asked_by who) const noexcept {
  return std::any_of(awaited_.begin(), awaited_.end(),
                     [who](const auto& a) { return a.who == who; });
}

} // namespace fleet::program
