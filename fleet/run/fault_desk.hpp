// The faults of a run as its director keeps them: what was ordered, who carries each out, and how
// far it is. Carries nothing out itself: shards and twin do, each with a timeline of its own.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "actors/supervision/fault_marks.hpp"
#include "fleet/run/fault_refusal.hpp"
#include "protocol/base/result.hpp"
#include "protocol/faults/timeline.hpp"

namespace fleet::program {

/// What those who carry a fault out have counted so far.
struct fault_figures {
  std::uint32_t selected = 0;
  std::uint32_t hit = 0;     ///< devices, by now
  std::uint64_t strikes = 0; ///< each of them once for each time
};

/// Who carries faults out: the shards' supervisors, or the far side.
class fault_hand {
public:
  virtual ~fault_hand() = default;
  /// Its `at` counts from the start of the run, where that is to come, and from now otherwise. Or
  /// why it does not take it.
  virtual std::optional<fault_refusal> add(const std::shared_ptr<const faults::fault>& f) = 0;
  /// Or why it goes on for a while; it is asked for no more, all the same.
  virtual std::optional<std::string> remove(const std::string& name) = 0;
  /// As remove(), of a run that drains: nobody waits long for each of them.
  virtual void let_go(const std::string& name) { (void)remove(name); }
  /// What it had taken and is no more, though nobody has removed it: a sentence each, told once.
  virtual std::vector<std::string> take_lost() { return {}; }
  /// None: it does not count, or has not begun. Callable from any thread.
  [[nodiscard]] virtual std::optional<fault_figures> figures(const std::string& name) const = 0;
};

/// Who carries out what; null: nobody.
struct fault_hands {
  fault_hand* devices = nullptr; ///< network and device
  fault_hand* cloud = nullptr;   ///< firmware and cloud
};

/// A line of the list.
struct fault_row {
  std::string name;
  faults::effect what = faults::effect::latency;
  std::string text; ///< describe() of it
  faults::timeline::state state = faults::timeline::state::waiting;
  duration begins{0};            ///< since the start of the run
  std::optional<duration> ends;  ///< as planned, likewise; none: with the run
  std::optional<duration> ended; ///< since then
  bool live = false;             ///< added to a run that went on
  bool dropped = false;          ///< the run drained before it began
  fault_figures figures;
};
/// `waiting`, `in force`, `over`, or `dropped`.
std::string_view state_text(const fault_row& row) noexcept;

class fault_desk : private faults::timeline_events {
public:
  /// Of one run, those that were removed among them: each shard keeps the counts of all.
  static constexpr std::size_t added_most = actors::fault_marks::marks_max;

  /// Before anything else; the hands outlive the desk, or let_go() comes first.
  void work_with(fault_hands hands) { hands_ = hands; }

  /// `selected`: how many devices it selects. `now` is counted from the start of the run, 0 before
  /// it. Or why it cannot be.
  std::optional<fault_refusal> add(faults::fault f, std::uint32_t selected, duration now);
  /// By its own name, or all parts of a preset's. Or a sentence: there is none, or it goes on for a
  /// while where it is carried out.
  std::optional<std::string> remove(std::string_view name, duration now);
  /// Keeps up with time; live faults that are over are forgotten when there are too many.
  void advance(duration now);
  /// The run drains: what is in force ends, what is to come does not.
  void end_all(duration now);
  void let_go() { hands_ = {}; }

  [[nodiscard]] bool empty() const;
  /// Whether a fault of that name is there.
  [[nodiscard]] bool has(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> names() const;
  /// In the order of add(); callable from any thread until let_go().
  [[nodiscard]] std::vector<fault_row> rows() const;

private:
  struct entry {
    fault_row row;
    std::shared_ptr<const faults::fault> fault;
  };
  void on_strike(const faults::fault& f, const faults::strike& whom) override;
  void on_strength(const faults::fault&, std::uint32_t) override {}
  void on_end(const faults::fault& f) override;
  [[nodiscard]] fault_hand* hand_of(faults::effect what) const noexcept;
  [[nodiscard]] entry* find(std::string_view name);
  void forget_oldest();

  fault_hands hands_;
  faults::timeline timeline_; ///< the director's own, to tell how far they are
  duration now_{0};
  std::size_t added_ = 0;
  mutable std::mutex lock_; ///< of entries_: the metrics page reads them
  std::vector<entry> entries_;
};

} // namespace fleet::program
