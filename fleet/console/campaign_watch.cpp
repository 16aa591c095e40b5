// The loop, and when a line is due.
#include "fleet/console/campaign_watch.hpp"

#include <fmt/format.h>

#include "fleet/console/rollout_request.hpp"

namespace fleet::program {

/// Nobody answered; false once that has gone on for too long.
bool campaign_watch::silent(const std::string& why) {
  if (!answered_ || ++silences_ > watch_silences_max) {
    return wrong(exit_code::environment_failed, why);
  }
  if (silences_ == 1) {
    watcher_.show("no answer; asking on");
  }
  return true;
}

bool campaign_watch::look(std::uint32_t id) {
  const auto answer = try_to_ask(campaign_request(id));
  if (!answer) {
    return silent(answer.error());
  }
  if (!good(answer.value(), "the twin")) {
    return false;
  }
  auto view = read_campaign(answer.value().body);
  if (!view) {
    return foreign("the campaign has another form than it should");
  }
  seen_ = std::move(*view);
  answer_ = answer.value().body;
  answered_ = true;
  silences_ = 0;
  return true;
}

double campaign_watch::rate() {
  const double now = watcher_.now_s();
  ended_.emplace_back(now, seen_.ended());
  while (ended_.size() > 2 && ended_.front().first < now - watch_rate_s) {
    ended_.pop_front();
  }
  const auto& [since, before] = ended_.front();
  // After a retry fewer have ended than before.
  return now - since < 1 || seen_.ended() <= before
             ? 0
             : static_cast<double>(seen_.ended() - before) / (now - since);
}

void campaign_watch::show(bool last) {
  const double now = watcher_.now_s();
  const std::string what = fmt::format("{} {}", seen_.state, seen_.wave);
  const double per_second = rate();
  const bool due = watcher_.redraws() || last || what != shown_ || now - shown_s_ >= watch_line_s;
  if (due) {
    watcher_.show(watch_line(seen_, per_second, now - began_s_, watcher_.columns()));
    shown_ = what;
    shown_s_ = now;
  }
}

console_outcome campaign_watch::run(std::uint32_t id) {
  began_s_ = watcher_.now_s();
  while (look(id)) {
    if (silences_ == 0) {
      show(seen_.over());
    }
    if (seen_.over()) {
      watcher_.finish();
      print(answer_, render_campaign(seen_));
      if (!seen_.all_good()) {
        outcome_.code = exit_code::expectation_failed;
      }
      return std::move(outcome_);
    }
    if (!watcher_.wait(watch_period)) {
      watcher_.finish();
      wrong(exit_code::interrupted,
            fmt::format("campaign {} goes on; `fleet cloud campaign status {} --watch` shows it "
                        "again",
                        id, id));
      return std::move(outcome_);
    }
  }
  watcher_.finish();
  return std::move(outcome_);
}

} // namespace fleet::program
