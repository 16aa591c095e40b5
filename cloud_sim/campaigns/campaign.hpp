// One firmware campaign (aliyun-iot.md §14.1): offers by waves and rates, what devices report,
// halt, cancel and retry. Without I/O or clock; who sends an offer, and with which address, is its
// owner.
//
// Order of use: make it with the product's devices, start(); tell it what devices do; after each
// call, and after handle_timeout() at next_timeout(), next_event() until it answers nothing.
#pragma once

#include <deque>
#include <optional>
#include <span>
#include <string_view>
#include <variant>
#include <vector>

#include "cloud_sim/campaigns/campaign_rules.hpp"

namespace fleet::cloud {

using campaign_event_variant = std::variant<campaign_event::offer, campaign_event::device_changed,
                                            campaign_event::campaign_changed>;

/// A device of the campaign's product.
struct device_facts {
  std::uint32_t device = 0;
  std::string_view version; ///< that it reported last; empty if it never did
  bool online = false;
};

/// Costs 16 octets a device, and nothing for each that is not chosen. No call but start(),
/// cancel(), retry_failed() and the opening of a wave looks at all devices.
class campaign {
public:
  /// `rules` must be valid(); `devices` are the product's, rising by number, of which at most
  /// campaign_devices_max are chosen.
  campaign(campaign_rules rules, std::span<const device_facts> devices);

  void start(time_point now);

  /// The device is there, and reports this version (`inform`); empty: it is there, no more.
  void online(std::uint32_t device, std::string_view version, time_point now);
  void offline(std::uint32_t device);
  /// -4 to 100.
  void progressed(std::uint32_t device, int step, time_point now);
  /// The device asks (`request`): whether to answer with the firmware. That is an offer, if none is
  /// out, whatever the rates say; a wave that is not open yet has none.
  bool asked(std::uint32_t device, time_point now);

  /// No further offers; what is under way goes on and counts.
  void halt();
  /// Goes on after a halt; failures before it are forgiven.
  void resume(time_point now);
  /// For good: whoever was not offered it is not; who was goes on and counts.
  void cancel();
  /// Takes one device out, for another campaign to have; false if it takes no part, has ended, or
  /// is upgrading.
  bool withdraw(std::uint32_t device, time_point now);
  /// All that failed get one attempt more, in the waves that are open; but those in `spared`
  /// (rising), which stay as they are. How many do.
  std::size_t retry_failed(time_point now, std::span<const std::uint32_t> spared = {});

  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_timeout() const noexcept;
  std::optional<campaign_event_variant> next_event();

  [[nodiscard]] const campaign_rules& rules() const noexcept { return rules_; }
  [[nodiscard]] const campaign_sums& sums() const noexcept { return sums_; }
  /// Devices whose attempt has not ended; also a campaign that was cancelled may have some.
  [[nodiscard]] std::uint32_t under_way() const noexcept {
    return sums_.of(rollout_state::offered) + sums_.of(rollout_state::upgrading);
  }
  /// It runs, and its next wave waits for a first attempt, of devices none of which is there.
  [[nodiscard]] bool waits_for_devices() const noexcept {
    return sums_.state == campaign_state::running && sums_.wave + 1 < sums_.waves && !next_wave_
           && blind() && !being_tried();
  }
  /// Of any: its wave had its time.
  [[nodiscard]] bool overdue() const noexcept { return overdue_; }
  /// None if it takes no part.
  [[nodiscard]] const rollout_device* find(std::uint32_t device) const noexcept;
  [[nodiscard]] std::span<const rollout_device> devices() const noexcept { return devices_; }

  /// After a restart of the twin, on a campaign made without devices: how far it had come. `rows`
  /// are what devices() was, and `sums` what it was, of which states and waves are counted anew.
  /// Nobody is online; attempts under way get their whole time again.
  void restore(std::span<const rollout_device> rows, const campaign_sums& sums, time_point now);

private:
  struct due_device {
    time_point at;
    std::uint32_t device;
    std::uint16_t offers; ///< of its offers when this was noted; another number: stale
  };
  rollout_device* entry(std::uint32_t device) noexcept;
  void set(rollout_device& d, rollout_state state);
  void join_queue(rollout_device& d);
  void offer(rollout_device& d, time_point now);
  void make_offers(time_point now);
  void succeed(rollout_device& d);
  void fail(rollout_device& d, rollout_cause cause, time_point now);
  void judge(bool wave_ends);
  /// Fetches up to so many devices that wait for later waves, those online first or alone; how many
  /// came.
  std::size_t lengthen_wave(std::size_t wave, std::size_t most, bool online_alone = false);
  /// A wave that had its time, and of which nothing is known.
  void lengthen_overdue_wave(time_point now);
  void open_wave(time_point now);
  void end_wave_if_done(time_point now);
  void finish_if_done();
  void change(campaign_state to);
  /// No attempt has ended yet, and the campaign is one that bad firmware is to halt.
  [[nodiscard]] bool untried() const noexcept;
  /// The next wave may not open: no attempt that a halt is judged by has ended.
  [[nodiscard]] bool blind() const noexcept;
  [[nodiscard]] bool being_tried() const noexcept { return under_way() != 0 || !queue_.empty(); }
  [[nodiscard]] bool wave_done(time_point now) const noexcept;
  [[nodiscard]] time_point wave_limit() const noexcept;
  [[nodiscard]] bool room() const noexcept;

  campaign_rules rules_;
  campaign_sums sums_;
  std::vector<rollout_device> devices_; ///< rising
  std::deque<std::uint32_t> queue_;     ///< ready for an offer
  std::deque<due_device> attempts_;     ///< each ends after attempt_most: in the order they began
  std::deque<due_device> rests_;        ///< likewise
  std::vector<campaign_event_variant> events_;
  std::size_t told_ = 0; ///< of events_
  std::array<std::uint32_t, campaign_waves_max> wave_devices_{};
  std::array<std::uint32_t, campaign_waves_max> wave_ended_{};
  time_point next_offer_{};
  time_point wave_opened_{}; ///< or lengthened, when it had had its time
  bool overdue_ = false;     ///< it had its time while nobody was there to lengthen it by
  std::optional<time_point> next_wave_; ///< while it pauses between two
};

} // namespace fleet::cloud
