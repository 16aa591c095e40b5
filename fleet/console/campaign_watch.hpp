// A campaign watched until it ends: asked again and again, shown as a line. The campaign is the
// twin's; to end the watching does nothing to it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <utility>

#include "fleet/console/console_talk.hpp"
#include "fleet/console/onlooker.hpp"
#include "fleet/console/rollout_options.hpp"
#include "fleet/console/rollout_render.hpp"

namespace fleet::program {

/// Between two questions.
inline constexpr duration watch_period = std::chrono::milliseconds{500};
/// Between two lines where they do not take each other's place.
inline constexpr double watch_line_s = 5;
/// Questions in a row that nobody answers, as while a twin is started again.
inline constexpr unsigned watch_silences_max = 60;
/// Over how long the rate is taken.
inline constexpr double watch_rate_s = 10;

class campaign_watch final : console_talk {
public:
  /// All outlive it.
  campaign_watch(const rollout_options& what, admin_api& api, const std::string& where,
                 onlooker& watcher)
      : console_talk({to_string(what.verb), what.json}, api, where), watcher_(watcher) {}

  /// Asks for that campaign until it is over. Exit codes: 0 it finished and all succeeded, 1 it
  /// did not, 130 the watching was ended.
  console_outcome run(std::uint32_t id);

private:
  bool look(std::uint32_t id);
  bool silent(const std::string& why);
  void show(bool last);
  [[nodiscard]] double rate();

  onlooker& watcher_;
  campaign_view seen_;
  std::string answer_; ///< as JSON
  bool answered_ = false;
  unsigned silences_ = 0;
  double began_s_ = 0;
  double shown_s_ = 0;
  std::string shown_;                                  ///< state and wave of the last line
  std::deque<std::pair<double, std::uint64_t>> ended_; ///< when, how many
};

} // namespace fleet::program
