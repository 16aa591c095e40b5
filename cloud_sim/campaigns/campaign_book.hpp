// All campaigns of a platform: told once what a device does, it tells those whom it concerns; no
// device is in two campaigns at once. Pure like a campaign; the store and the messages are its
// owner's.
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string_view>

#include "cloud_sim/campaigns/campaign.hpp"
#include "protocol/base/result.hpp"

namespace fleet::cloud {

/// What becomes of devices that take part in another campaign that goes on.
enum class campaign_overlap : std::uint8_t {
  leave,    ///< they stay there
  take_over ///< they come over, unless they are upgrading already
};

enum class campaign_error : std::uint8_t {
  invalid,    ///< the rules are not valid()
  name_taken, ///< names decide who is chosen: each is used once
  full,       ///< campaigns_max of them: remove() one that has ended
  nobody,     ///< no device would take part: others have them
  unknown,    ///< no campaign of that number
  not_now     ///< its state does not allow it
};

class campaign_book {
public:
  static constexpr std::size_t campaigns_max = 64;
  using id = std::uint32_t; ///< from 1 on, rising

  /// `devices` are those of the campaign's product, rising by number.
  result<id, campaign_error> add(const campaign_rules& rules, std::span<const device_facts> devices,
                                 campaign_overlap overlap, time_point now);
  /// One that a former twin had, under the number it had.
  result<id, campaign_error> restore(id number, const campaign_rules& rules,
                                     std::span<const rollout_device> rows,
                                     const campaign_sums& sums, time_point now);
  /// Forgets one of which nothing is under way, and which goes on no more.
  result<id, campaign_error> remove(id number);

  result<id, campaign_error> start(id number, time_point now);
  result<id, campaign_error> halt(id number);
  result<id, campaign_error> resume(id number, time_point now);
  result<id, campaign_error> cancel(id number);
  /// Leaves alone whom another campaign has by now; `nobody` if that is everybody who failed.
  result<id, campaign_error> retry_failed(id number, time_point now);

  /// As of a campaign. What a device says is for the campaign that has it, and only if none has,
  /// for those that it failed in; that it is there or away is for all.
  /// A version of a module is for the campaigns that `concerns` names; unset: for any.
  void online(std::uint32_t device, std::string_view version, time_point now,
              const std::function<bool(id)>& concerns = {});
  void offline(std::uint32_t device);
  void progressed(std::uint32_t device, int step, time_point now);
  void withdraw(std::uint32_t device, time_point now);
  /// Whose firmware to answer with.
  std::optional<id> asked(std::uint32_t device, time_point now);

  void handle_timeout(time_point now);
  [[nodiscard]] time_point next_timeout() const noexcept;

  struct event {
    id campaign;
    campaign_event_variant what;
  };
  std::optional<event> next_event();

  /// Which campaign still wants something of the device; 0: none. No more than one does.
  [[nodiscard]] id holder_of(std::uint32_t device) const noexcept;
  /// So many devices by the campaign that has them.
  using holders = std::map<id, std::uint32_t>;
  /// Of the devices that these rules choose. Says why add() found nobody, as after it.
  [[nodiscard]] holders holders_of(const campaign_rules& rules,
                                   std::span<const device_facts> devices) const;
  /// Of those that failed in a campaign. Says whom retry_failed() left alone.
  [[nodiscard]] holders holders_of_failed(id number) const;
  [[nodiscard]] const campaign* find(id number) const noexcept;
  /// What add() will call the next one.
  [[nodiscard]] id next() const noexcept { return last_ + 1; }
  /// The last number of a former twin: add() goes on behind it, whatever of it was removed.
  void go_on_after(id last) noexcept { last_ = std::max(last_, last); }
  /// By number.
  [[nodiscard]] const std::map<id, campaign>& all() const noexcept { return campaigns_; }

private:
  template <class Change>
  result<id, campaign_error> change(id number, std::initializer_list<campaign_state> from,
                                    Change what);
  [[nodiscard]] bool known(std::string_view name) const noexcept;

  std::map<id, campaign> campaigns_;
  id last_ = 0;
};

} // namespace fleet::cloud
