// One TCP connection of a real home: a small object that only remembers; its home does the work.
// Private to this folder: everyone else sees hal::stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "hal_sim/world/address.hpp"
#include "hal_sim/world/stream.hpp"

namespace fleet::hal {

class real_home;
struct attempt;

/// Where a connection stands. Leads forward only, from any phase to closed.
enum class stream_phase : std::uint8_t {
  waiting,     ///< for its turn to connect; no socket yet
  connecting,  ///< TCP under way
  handshaking, ///< TCP stands, the filter negotiates
  open,
  closed ///< no socket any more; on_closed was told, or nobody wanted to know
};

/// Freed by its home at the end of a turn in which it was abandoned and closed.
class real_stream final : public stream {
public:
  real_stream(real_home& where, stream_events* events, const address& peer, int fd,
              stream_phase phase) noexcept;
  ~real_stream() override;

  byte_buffer& output() override;
  [[nodiscard]] std::size_t unsent() const override;
  void tell_when_sent() override { over_high_ = true; }
  void close() override;
  void reset() override;
  void pause_reading(bool paused) override;
  [[nodiscard]] std::string peer() const override { return peer_.text(); }
  void set_events(stream_events& events) override { events_ = &events; }

private:
  friend class real_home;
  void abandon() noexcept override;

  real_home& home_;
  stream_events* events_;                 ///< null until an accepted stream is handed over
  std::unique_ptr<stream_filter> filter_; ///< null for a plain stream
  byte_buffer* out_ = nullptr;            ///< plain bytes not sent; lent by the home's pool
  byte_buffer* cipher_ = nullptr;         ///< encrypted bytes not sent; lent likewise
  attempt* attempt_ = nullptr;            ///< until connected or accepted; the home owns it
  address peer_;
  int fd_;
  stream_phase phase_;
  bool abandoned_ : 1 = false;   ///< no owner any more
  bool closing_ : 1 = false;     ///< close() was called: send what is unsent, hear nothing more
  bool resetting_ : 1 = false;   ///< reset() was called
  bool paused_ : 1 = false;      ///< reading is paused
  bool blocked_ : 1 = false;     ///< the kernel took no more; it will say when it does
  bool over_high_ : 1 = false;   ///< on_drained is owed: was over the high-water mark, or asked
  bool hung_up_ : 1 = false;     ///< the peer's end or an error is behind what is yet to be read
  bool send_failed_ : 1 = false; ///< nothing more can be sent; what arrived is still to be read
  bool alerted_ : 1 = false;     ///< the filter said goodbye
  bool dirty_ : 1 = false;       ///< in the home's list to flush
  bool readable_ : 1 = false;    ///< in the home's list to read again
  bool unanswered_ : 1 = false;  ///< open, but counts among the pending connects still
};

static_assert(sizeof(real_stream) <= 96, "an idle device pays for each octet");

} // namespace fleet::hal
