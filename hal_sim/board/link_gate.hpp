// What stands between a link's owner and the world's stream while something disturbs it: a stream
// itself, which delays, holds, cuts, spoils and ends what passes, above TLS and without the kernel.
// It does not know who disturbs: link_weather does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "hal_sim/board/link_faults.hpp"
#include "hal_sim/board/link_lane.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

class link_gate;

/// What the gates of one link have in common.
class gate_keeper {
public:
  gate_keeper(home& h, random_stream draws) noexcept : where(h), luck(draws) {}

  /// Nothing disturbs any more and the gate holds nothing: its stream can be given back. Told from
  /// a turn of the home only.
  virtual void on_idle(link_gate& gate) = 0;
  /// Nobody owns it, and now nothing is left of it. Likewise.
  virtual void on_over(link_gate& gate) = 0;

  home& where;
  link_disturbance sum; ///< all that is in force
  random_stream luck;

protected:
  ~gate_keeper() = default;
};

/// A gate's owner is told what any stream's is, in turns of the home alone. One that was let go
/// lives on, held by its keeper, until what it was given has passed.
class link_gate final : public stream,
                        stream_events,
                        timer,
                        public std::enable_shared_from_this<link_gate> {
public:
  link_gate(gate_keeper& keeper, stream_events& owner) noexcept;
  link_gate(const link_gate&) = delete;
  link_gate& operator=(const link_gate&) = delete;
  ~link_gate() override;

  /// An attempt to connect, as far as the disturbances let it.
  void open(const connect_options& options);

  /// A stream that stands or connects already.
  struct standing {
    bool connected = false;
    bool paused = false;
    bool secured = false;
    duration timeout{}; ///< of one that connects, from now on
  };
  void take(stream_ptr inner, const standing& as);
  /// The stream, when it is idle; the gate is nothing then.
  [[nodiscard]] stream_ptr give_back();

  /// keeper.sum has changed.
  void refresh();
  /// What was appended to output() is all for now.
  void collect();
  /// A reset that both sides see, whatever else disturbs.
  void tear();
  /// From now on nothing passes, and neither side is told.
  void go_half_open();
  /// The keeper goes: so does the stream, at once.
  void leave() noexcept;

  [[nodiscard]] bool over() const noexcept { return over_; }
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  byte_buffer& output() override;
  [[nodiscard]] std::size_t unsent() const override;
  void tell_when_sent() override { drained_owed_ = true; }
  void close() override;
  void reset() override;
  void pause_reading(bool paused) override;
  [[nodiscard]] std::string peer() const override;
  void set_events(stream_events& events) override { owner_ = &events; }

  /// What the far side sends into a half-open stream before it is told that nobody reads, and what
  /// the owner does likewise.
  static constexpr std::size_t blind_octets = 64 * 1024;
  /// Pieces delivered in one turn; more wait for the next, so that others get theirs.
  static constexpr int pieces_per_turn = 64;

private:
  struct ending {
    close_reason reason;
    std::string detail;
    time_point due;
    bool at_once; ///< behind nothing, and held back by nothing
  };
  struct attempt;

  void abandon() noexcept override;
  void on_wake(time_point now) override;
  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_drained() override;
  void on_closed(close_reason reason, std::string_view detail) override;

  [[nodiscard]] time_point now() const noexcept { return keeper_->where.now(); }
  [[nodiscard]] bool held() const noexcept { return half_open_ || keeper_->sum.holds(); }
  [[nodiscard]] bool idle() const noexcept;
  [[nodiscard]] time_point next() const noexcept;
  void rearm();
  void try_attempt();
  void give_up();
  [[nodiscard]] time_point attempt_again() const noexcept;
  [[nodiscard]] time_point after_round_trips(unsigned count);
  /// Whether a piece of the stream may pass; it may be another one afterwards.
  [[nodiscard]] bool fit(std::span<std::uint8_t> piece);
  void swallow_output();
  void forget_down() noexcept;
  void throttle();
  void end_with(ending why);

  void pump();
  void pump_up();
  void finish_up();
  void pump_down();
  void tell_drained();
  void tell_end();
  void settle();

  gate_keeper* keeper_;
  stream_events* owner_; ///< none: let go
  stream_ptr inner_;     ///< none: not yet, or not any more
  std::unique_ptr<attempt> attempt_;
  link_lane up_;
  link_lane down_;
  std::optional<ending> end_;        ///< to be told
  time_point deadline_ = never;      ///< of the attempt
  time_point connected_due_ = never; ///< on_connected is to be told
  time_point collect_at_ = never;    ///< something may have been appended
  time_point fin_due_ = never;       ///< behind all that was sent before close()
  time_point up_again_{};            ///< not before: one slice a turn
  time_point down_again_{};          ///< likewise, pieces_per_turn of them
  std::size_t swallowed_up_ = 0;     ///< by a half-open stream
  std::size_t swallowed_down_ = 0;
  unsigned round_trips_ = 1; ///< of an attempt: TCP's, and TLS's
  bool secured_ : 1 = false;
  bool inner_up_ : 1 = false;     ///< the world's stream is connected
  bool open_ : 1 = false;         ///< and the owner knows
  bool closing_ : 1 = false;      ///< close() was called, or it was let go
  bool inner_closed_ : 1 = false; ///< and the world's stream knows
  bool resetting_ : 1 = false;    ///< the far side is to see a reset when it can
  bool half_open_ : 1 = false;
  bool paused_ : 1 = false; ///< by the owner
  bool inner_paused_ : 1 = false;
  bool drained_owed_ : 1 = false;
  bool delivering_ : 1 = false; ///< a piece of down_ is lent to the owner
  bool forget_ : 1 = false;     ///< clear down_ after that
  bool over_ : 1 = false;
};

} // namespace fleet::hal
