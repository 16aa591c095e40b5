// Faults that the twin plays on its devices (design, part 9): which are in force, whom they hit and
// how hard. Carries none out: the twin's doors ask it, strikes are told to the twin. Lives longer
// than a twin that is killed and started again.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "cloud_sim/counters.hpp"
#include "cloud_sim/fault_orders.hpp"
#include "cloud_sim/fault_window.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::cloud {

/// The twin, as far as faults reach into it by themselves.
class fault_target {
public:
  /// There is a fault now: the desk is to be asked from here on.
  virtual void on_faults() = 0;
  /// Both answer how many devices were hit.
  virtual std::uint32_t kick(const fault_choice& whom) = 0;
  virtual std::uint32_t expire_tokens(const fault_choice& whom) = 0;

protected:
  ~fault_target() = default;
};

/// Whoever can end the twin as kill -9 would, and start it again.
class cloud_life {
public:
  virtual void go_down() = 0;
  virtual void come_up() = 0;

protected:
  ~cloud_life() = default;
};

/// All calls on the home's thread but those that say otherwise.
class fault_desk final : public fault_orders, private hal::timer, private faults::timeline_events {
public:
  static constexpr std::uint32_t nobody = UINT32_MAX; ///< the number of who is not known yet
  /// Answers that are held back at once, of posts; more are sent without delay.
  static constexpr std::size_t held_max = 1'000'000;

  /// The home must outlive the desk.
  explicit fault_desk(hal::home& where, fault_draw draw = {});
  ~fault_desk();
  fault_desk(const fault_desk&) = delete;
  fault_desk& operator=(const fault_desk&) = delete;

  /// Whom strikes are told to, null for nobody; what is held back for a former one is dropped.
  void serve(fault_target* target);
  /// Who carries cloud_restart out; null: it does nothing.
  void serve(cloud_life* life) noexcept { life_ = life; }

  /// As faults::timeline::add(), for effects of the cloud and of firmware; false for others too.
  bool add(faults::fault f, time_point start) { return add(std::move(f), start, draw_); }
  bool add(faults::fault f, time_point start, const fault_draw& draw,
           fault_lease lease = {}) override;
  void renew(std::string_view owner) override;
  void renew(std::string_view owner, const std::vector<std::string>& names) override;
  [[nodiscard]] std::string_view owner_of(std::string_view name) const noexcept override;
  bool remove(std::string_view name) override;
  /// All faults end, in the order in which they came, and are forgotten.
  void remove_all();
  /// Nothing begins and nothing ends any more, and nobody is hit; what was done stays to be read.
  void freeze();
  /// Whether there was a fault ever.
  [[nodiscard]] bool any() const noexcept { return any_; }
  [[nodiscard]] const std::vector<faults::timeline::entry>& all() const noexcept override {
    return timeline_.all();
  }
  [[nodiscard]] const faults::timeline::entry*
  find_fault(std::string_view name) const noexcept override {
    return timeline_.find(name);
  }
  /// Of the same order. Each may be read by any thread.
  [[nodiscard]] std::vector<std::shared_ptr<const fault_mark>> marks() const override {
    return {marks_.begin(), marks_.end()};
  }

  // What the doors ask, by the device's number. Each counts where it says yes.

  /// How long what is sent to it is held back.
  [[nodiscard]] duration delay(std::uint32_t device);
  /// Whether a message of it is heard, or silence is all it gets.
  [[nodiscard]] bool hears(std::uint32_t device);
  [[nodiscard]] bool drops_ack(std::uint32_t device);
  [[nodiscard]] bool doubles(std::uint32_t device);
  [[nodiscard]] bool refuses(std::uint32_t device);
  [[nodiscard]] bool garbles(std::uint32_t device);
  /// The window of that effect of the firmware server that hits the device, or null.
  [[nodiscard]] const faults::fault* firmware(faults::effect what, std::uint32_t device);

  /// `count` octets that are no packet of MQTT, no message of CoAP and no answer of HTTP.
  void append_garbage(byte_buffer& out, std::size_t count);
  /// Runs `job` after `by`; in the order of their times, and of these calls.
  void after(duration by, std::function<void()> job);

  /// Whether a token of pre-auth that was given at `given_s`, in seconds since 1970, is forgotten.
  [[nodiscard]] bool forgot_token(std::uint32_t device, std::int64_t given_s) const;

  /// A tagged command of the ledger went out twice, as a message of its own.
  void note_doubled(bytes_view payload);
  /// How many of them did, to one device.
  [[nodiscard]] std::uint64_t doubled(std::uint32_t device) const noexcept;

  /// What effects did so far, by effect; readable from any thread.
  [[nodiscard]] const std::array<counter, faults::effect_count>& counts() const noexcept {
    return counts_;
  }

private:
  struct expired {
    fault_choice whom;
    std::int64_t at_s;
  };
  /// How a fault was ordered.
  struct order {
    fault_draw draw;
    fault_lease lease;
    time_point until = never; ///< unless it is renewed
  };
  void on_wake(time_point now) override;
  void on_strike(const faults::fault& f, const faults::strike& whom) override;
  void on_strength(const faults::fault& f, std::uint32_t ppm) override;
  void on_end(const faults::fault& f) override;
  void rearm();
  void renew(order& one, std::string_view owner) noexcept;
  void end_lapsed(time_point now);
  fault_window* find(std::string_view name) noexcept;
  fault_mark& mark_of(std::string_view name) noexcept;
  /// The window of that effect that hits, once its luck has spoken.
  bool strikes(faults::effect what, std::uint32_t device);
  void note(fault_window& by, std::uint32_t device);

  hal::home& home_;
  fault_draw draw_;
  fault_target* target_ = nullptr;
  cloud_life* life_ = nullptr;
  faults::timeline timeline_;
  std::vector<std::shared_ptr<fault_mark>> marks_;
  std::vector<std::unique_ptr<fault_window>> windows_; ///< in force, in the order of their begin
  std::map<std::string, order, std::less<>> orders_;
  std::vector<expired> expired_;
  std::map<std::pair<time_point, std::uint64_t>, std::function<void()>> held_;
  std::unordered_map<std::uint32_t, std::uint64_t> doubled_; ///< looked up, never walked
  random_stream garbage_;
  std::uint64_t held_count_ = 0;
  std::uint32_t down_ = 0; ///< restarts in force
  bool any_ = false;
  bool frozen_ = false;
  std::array<counter, faults::effect_count> counts_{};
};

} // namespace fleet::cloud
