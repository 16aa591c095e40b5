// The network attachment of one board: at most one stream, opened, watched and let go here, so that
// planned disturbances have one place to act. No protocol, no retries: those are the owner's.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "hal_sim/board/datagram_link.hpp"
#include "hal_sim/board/link_faults.hpp"
#include "hal_sim/world/home.hpp"
#include "hal_sim/world/stream.hpp"
#include "protocol/base/stream_transform.hpp"

namespace fleet::hal {

class link_weather;

/// What links have seen, added up over all boards of one home: written by its thread alone.
struct link_counters {
  std::atomic<std::uint64_t> opened{0};              ///< attempts
  std::atomic<std::uint64_t> connected{0};           ///< attempts that came through
  std::atomic<std::uint64_t> bytes_received{0};      ///< after decryption; sent ones: home_meters
  std::array<std::atomic<std::uint64_t>, 9> ended{}; ///< by close_reason
};

/// A link tells its owner what its stream tells it, after it has done its own part. Any of these
/// calls may open() or drop().
class link final : public stream_events {
public:
  /// `salt`: what the disturbances of this link draw from, and no other's.
  explicit link(home& h, std::uint32_t salt = 0) noexcept;
  link(const link&) = delete;
  link& operator=(const link&) = delete;
  ~link();

  /// Starts to connect; a stream that is still there is dropped without a word to its owner.
  /// `owner` is told the outcome in a later turn, and must outlive the stream. `transform` changes
  /// every octet of it on both ways; none: they go as they are.
  void open(const connect_options& options, stream_events& owner,
            std::unique_ptr<stream_transform> transform = nullptr);

  /// The same of a second link of the same board: what disturbs `main`, which must outlive this
  /// one's stream, disturbs that too.
  void open_beside(link& main, const connect_options& options, stream_events& owner);

  /// Where to append what shall be sent, this turn only; from open() until on_closed().
  [[nodiscard]] byte_buffer& output();

  /// Transforms what was appended; to be called before the turn ends, by whoever called output().
  void seal() noexcept {
    if (extras_ != nullptr) {
      seal_output();
    }
  }

  /// Octets the network, or what disturbs it, has not taken yet.
  [[nodiscard]] std::size_t unsent() const { return stream_ == nullptr ? 0 : stream_->unsent(); }

  /// Ends the stream in order, or at once; on_closed(local) follows. Nothing happens without one.
  void close();
  void reset();
  /// Lets the stream go: no further call to its owner.
  void drop() noexcept;

  void pause_reading(bool paused);

  /// Connected, and neither side has ended it.
  [[nodiscard]] bool up() const noexcept { return state_ == state::up; }
  /// There is a stream: connecting, connected or ending.
  [[nodiscard]] bool active() const noexcept { return state_ != state::down; }

  /// Where to count; none: nowhere.
  void count_into(link_counters* counters) noexcept { counters_ = counters; }

  /// The board's link for datagrams, made when it is first asked for; `luck`: what its faults draw
  /// from. A board without one pays nothing for it.
  [[nodiscard]] datagram_link& datagrams(random_stream luck);
  /// The same, or null where nobody has asked for it.
  [[nodiscard]] datagram_link* datagrams() const noexcept;

  [[nodiscard]] home& where() const noexcept { return *home_; }

  // Planned disturbances, link_disturb.cpp; none of these calls tells the owner anything before a
  // later turn, and none may be made between output() and the end of its caller's turn.

  /// `what` is in force from now on, over all streams and datagrams, until it is relieved. Several
  /// may be at once.
  void disturb(const link_disturbance& what);
  void relieve(const link_disturbance& what);
  /// One that is in force has become another.
  void disturbance_changed(const link_disturbance& what);
  /// All that is in force, added up.
  [[nodiscard]] link_disturbance disturbed_by() const noexcept;
  /// A reset of the stream, connected or connecting, that both sides see.
  void tear();
  /// A stream that is up passes nothing any more and neither side is told: the owner's writes
  /// vanish, and the far side is not read. When the owner lets it go, the far side does not hear
  /// of that either: the world's stream stands until the far side ends it, or the board goes.
  void go_half_open();

  /// Octets on the heap, the datagram link's included; streams are the world's.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

private:
  friend class link_weather;
  enum class state : std::uint8_t { down, connecting, up, ending };

  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_drained() override;
  void on_closed(close_reason reason, std::string_view detail) override;
  void foresee(unsigned step) const noexcept override;

  struct extras;
  extras& extras_of();
  [[nodiscard]] stream_transform* veil() const noexcept;
  void lift() noexcept;
  /// Gives back what nothing needs any more.
  void tidy() noexcept;
  void seal_output() noexcept;
  void begin(const connect_options& options, stream_events& owner,
             std::unique_ptr<stream_transform> transform);

  link_weather& weather_of();
  [[nodiscard]] link_weather* weather() const noexcept;
  void renew();
  void wrap();
  void take_back(stream_ptr stream) noexcept;

  home* home_;
  stream_events* owner_ = nullptr;
  stream_ptr stream_;
  link_counters* counters_ = nullptr;
  std::unique_ptr<extras> extras_; ///< none: plain
  std::uint32_t salt_;
  std::uint16_t patience_ = 0; ///< of the attempt, in tenths of a second
  state state_ = state::down;
  bool secured_ : 1 = false;
  bool paused_ : 1 = false;
};

static_assert(sizeof(link) <= 56 + sizeof(stream_ptr), "every board has one");

} // namespace fleet::hal
