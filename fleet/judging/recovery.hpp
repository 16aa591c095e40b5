// How a fleet comes through its faults: fed with a sample each slice of a run, it says of each
// fault when the fleet was whole again, what it cost, and whether back-off did its duty.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "actors/device/histogram.hpp"

namespace fleet::judging {

/// The fleet at one moment; counts are those since the run began.
struct fleet_moment {
  double at_s = 0; ///< since the first device was started
  std::uint64_t online = 0;
  std::uint64_t wanted = 0;          ///< to be online
  std::uint64_t off_by_fault = 0;    ///< of those: without power by a fault in force
  std::uint64_t children_online = 0; ///< devices behind gateways
  std::uint64_t children_wanted = 0; ///< likewise, with gateways that have power
  std::uint64_t in_flight = 0;       ///< reports without acknowledgement
  std::uint64_t connects = 0;        ///< after a device's first
  std::uint64_t attempts = 0;
  std::uint64_t resent = 0;
  std::uint64_t links_lost = 0;
};

/// A fault as those who drive it count it, over all shards.
struct fault_look {
  std::string name;
  std::string effect;
  std::uint64_t selected = 0;
  std::uint64_t hit = 0;
  std::uint64_t strikes = 0;
  bool in_force = false;
  double began_s = -1; ///< since the first device was started; below 0: not yet
  double ended_s = 0;  ///< likewise; counts where it began and is not in force
};

/// Asked at a fault's begin and when it is done with; far too much to be read at each sample.
class distributions {
public:
  /// Of acknowledgements, since the run began.
  [[nodiscard]] virtual actors::histogram_snapshot acknowledgements() const = 0;
  /// Of the waits between attempts, likewise.
  [[nodiscard]] virtual actors::histogram_snapshot waits() const = 0;

protected:
  ~distributions() = default;
};

/// What the fleet's settings say about coming back.
struct recovery_limits {
  double first_s = 1; ///< the shortest wait that back-off allows
  double cap_s = 60;  ///< the longest
  /// For so long it must stay whole to be so: some faults are noticed with the next report only.
  double settle_s = 1;
  /// Likewise after links were left half open, as long as not all of them are known to be lost:
  /// until whoever asks only once in a keep-alive has asked.
  double notice_s = 1;
};

/// From a fault's begin until the fleet was whole again.
struct backoff_finding {
  std::uint64_t attempts = 0;
  std::uint64_t waits = 0; ///< drawn; attempts without one follow a boot
  double shortest_s = 0;   ///< as exact as the histogram's 0.8 %
  double longest_s = 0;
  std::uint64_t distinct = 0;            ///< waits below the cap that the histogram tells apart
  std::uint64_t attempts_peak_per_s = 0; ///< in the fullest second
  std::uint64_t allowed_per_s = 0;       ///< in that second, by whoever was not online
  std::uint64_t excess_per_s = 0;        ///< the most beyond what was allowed, in any second
  double spread = 0;                     ///< share of all attempts that the fullest second has
  bool capped = true;                    ///< no wait beyond the cap
  bool spaced = true;                    ///< none below the first, no second fuller than allowed
  bool jittered = true;                  ///< waits differ
  [[nodiscard]] bool kept() const noexcept { return capped && spaced && jittered; }
};

struct fault_finding {
  std::string name;
  std::string effect;
  double at_s = 0;
  std::optional<double> ended_s; ///< none: in force when the run ended
  std::uint64_t selected = 0;
  std::uint64_t hit = 0;
  std::uint64_t strikes = 0;
  std::optional<double> recovered_s; ///< after its end; none: the fleet was not whole again
  /// When the run ended it was whole for so long, less than it must be for that to be known.
  std::optional<double> whole_for_s;
  std::string followed_by; ///< a fault that began before that; empty: none
  std::uint64_t reconnect_peak_per_s = 0;
  std::uint64_t links_lost = 0;
  std::uint64_t delayed = 0;  ///< acknowledged later than delayed_after_s
  double delayed_after_s = 1; ///< 1 s, or four times the p99 before, whichever is more
  std::uint64_t repeated = 0; ///< reports sent again, with DUP
  backoff_finding backoff;
};

/// Most faults that are told of one run; what comes beyond is not looked at.
inline constexpr std::size_t findings_most = 1000;

class recovery_watch {
public:
  /// `asked` outlives it.
  recovery_watch(const recovery_limits& limits, const distributions& asked);
  ~recovery_watch();

  /// One sample, later than the one before; `faults` as they stand then.
  void look(const fleet_moment& now, std::span<const fault_look> faults);
  /// The run is over: what is still open is told as it is.
  void finish();

  /// In the order of their begins; of those that are open, what is known so far.
  [[nodiscard]] const std::vector<fault_finding>& findings() const noexcept { return findings_; }
  /// Seconds since the end of a fault that is over and from which the fleet has not recovered, as
  /// of the last sample; then, and while it is in force, nothing.
  [[nodiscard]] std::optional<double> waiting_s(std::size_t finding) const noexcept;
  /// A line for each fault that began, ended, or was recovered from since the last call.
  std::vector<std::string> take_news();

private:
  struct open_fault;
  /// The most of something, in this stretch of time and in the one before.
  struct crowd {
    std::uint64_t now = 0;
    std::uint64_t before = 0;

    [[nodiscard]] std::uint64_t most() const noexcept { return std::max(now, before); }
    void set_back(std::uint64_t to) noexcept {
      before = to;
      now = 0;
    }
  };
  struct point {
    double at_s;
    std::uint64_t connects;
    std::uint64_t attempts;
    std::uint64_t links_lost;
    std::uint64_t wanted;
    std::uint64_t online;
  };

  void open(const fault_look& fault);
  void follow(open_fault& one, const fleet_moment& now, const fault_look* fault);
  void count_second(const open_fault& one, const fleet_moment& now);
  void recovered(const open_fault& one);
  void close(const open_fault& one);
  void let_go(const fleet_moment& now);
  static bool whole(open_fault& one, const fleet_moment& now);
  static void settle_for_less(open_fault& one, const open_fault& other) noexcept;
  [[nodiscard]] double settle_s(const open_fault& one, const fleet_moment& now) const;
  void count_usual(const fleet_moment& now);
  void judge_waits(const open_fault& one);

  recovery_limits limits_;
  const distributions& asked_;
  std::vector<fault_finding> findings_;
  std::vector<std::unique_ptr<open_fault>> open_;
  std::map<std::string, double, std::less<>> told_; ///< when the last of each name began
  std::optional<double> first_look_s_;
  std::deque<point> second_; ///< what the last second saw
  std::vector<std::string> news_;
  fleet_moment last_{};
  // What is usual without faults:
  actors::histogram_snapshot calm_;       ///< acknowledgements
  actors::histogram_snapshot calm_since_; ///< those before this calm began
  crowd in_flight_;                       ///< reports
  crowd children_missing_;                ///< behind gateways that come and go
  double stretch_began_s_ = 0;
  actors::histogram_snapshot waits_; ///< as of the last sample
  std::uint64_t waits_read_at_ = 0;  ///< links lost and attempts by then
};

} // namespace fleet::judging
