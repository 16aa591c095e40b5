// A GET of one file over HTTP or HTTPS on a link of its own, body in pieces as they come: firmware
// (aliyun-iot.md §14.3) and configurations (§14.6). One at a time, no retries and no judgement of
// what comes: those are the owner's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "actors/device/firmware_settings.hpp"
#include "hal_sim/board/link.hpp"
#include "protocol/http/client.hpp"
#include "protocol/http/url.hpp"

namespace fleet::actors {

/// The head of the answer. Views live during the call.
struct fetch_head {
  std::uint16_t status = 0;
  std::optional<std::uint64_t> length{};      ///< of the body to come
  std::optional<std::uint64_t> range_first{}; ///< Content-Range of a 206
  std::optional<std::uint64_t> range_total{};
  std::string_view location{}; ///< of a redirect

  [[nodiscard]] bool redirects() const noexcept;
};

/// Why a fetch failed: whether it may do by itself what it does not now.
enum class fetch_trouble : std::uint8_t {
  away,  ///< no connection, or not an octet of an answer
  broken ///< an answer that ended early or broke the protocol, or no such fetch is possible
};

/// Told in turns of the device. Any of these calls may drop the fetch or begin the next one; none
/// may destroy it.
class fetch_events {
public:
  virtual void on_head(const fetch_head& head) = 0;
  virtual void on_body(bytes_view octets) = 0;
  /// The body came to its own end.
  virtual void on_body_end() = 0;
  /// `why` is a sentence without secrets.
  virtual void on_fetch_failed(fetch_trouble what, std::string_view why) = 0;

protected:
  ~fetch_events() = default;
};

/// How a device's parts come to their turn when something of theirs happens on the home: the
/// device's actor, which then calls device::part_turn().
class turn_giver {
public:
  virtual void give_part_turn() = 0;

protected:
  ~turn_giver() = default;
};

/// What a fetch stands on; all of it outlives it.
struct fetch_place {
  hal::home& home;
  const fetch_plan& plan;
  hal::link_kind link = hal::link_kind::ethernet;
  std::uint64_t origin = 0;    ///< the device's index
  turn_giver* turns = nullptr; ///< none: whoever owns it has no turns, and is told at once
  hal::link* beside = nullptr; ///< the board's: what disturbs it disturbs a fetch; none: nothing
};

/// Octets of a head, and without an octet: more is a failed fetch.
inline constexpr std::uint32_t fetch_head_max = 8192;
inline constexpr duration fetch_idle_max = std::chrono::seconds{60};

class image_fetch final : hal::stream_events {
public:
  image_fetch(const fetch_place& at, fetch_events& owner);
  ~image_fetch();
  image_fetch(const image_fetch&) = delete;
  image_fetch& operator=(const image_fetch&) = delete;

  /// Asks for `url`, with `range_from` for the octets from there on. What was open is dropped. What
  /// comes of it is told in later turns only.
  void open(std::string_view url, std::optional<std::uint64_t> range_from);
  /// The same of what a Location means beside the last URL. Never from https to http.
  void follow(std::string_view location, std::optional<std::uint64_t> range_from);
  /// Leaves the transport: nothing more is told.
  void drop() noexcept;
  [[nodiscard]] bool busy() const noexcept { return state_ != state::idle; }

  /// In the device's turn: tells what happened since the last one.
  void take_turn();
  void handle_timeout();
  [[nodiscard]] time_point next_timeout() const noexcept;
  /// Octets, its own size included; the stream is the world's.
  [[nodiscard]] std::size_t memory_bytes() const noexcept;

  /// Where a URL's host is, by literal address or the plan's names; none: not known.
  [[nodiscard]] static std::optional<hal::address> find(const fetch_plan& plan,
                                                        const http::url& where);

private:
  enum class state : std::uint8_t { idle, doomed, connecting, asked };

  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;

  void want_turn();
  void go(const http::url& where, std::optional<std::uint64_t> range_from);
  /// Fails in the next turn: no event within a call of the owner.
  void doom(std::string_view why);
  void ask();
  void drain();
  void tell(const http::client_event_variant& event);
  void fail(fetch_trouble what, std::string_view why);

  fetch_place at_;
  fetch_events* owner_;
  hal::link link_;
  std::unique_ptr<http::client> client_; ///< of the open request
  http::url where_;
  std::optional<std::uint64_t> range_from_;
  std::string why_;          ///< of a doomed one, or why the link ended
  bytes_view arrived_{};     ///< since the last turn, which follows at once
  std::uint32_t opened_ = 0; ///< fetches so far: an event of one may begin the next
  state state_ = state::idle;
  bool connected_ = false; ///< since the last turn
  bool closed_ = false;
};

} // namespace fleet::actors
