// Posting over CoAP (aliyun-iot.md §17): plain, over DTLS or in AES mode, on the board's link for
// datagrams, whose radio it lets sleep where that is planned. See post_channel.hpp.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>

#include "actors/device/post_channel.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/client.hpp"

namespace fleet::actors {

class coap_channel final : public post_channel, hal::datagram_link_events {
public:
  coap_channel(const post_place& at, post_channel_events& owner);
  ~coap_channel() override;
  coap_channel(const coap_channel&) = delete;
  coap_channel& operator=(const coap_channel&) = delete;

  void log_on(const alink::identity& who) override;
  result<std::uint32_t, post_error> post(std::string_view topic, bytes_view payload,
                                         bool reliable) override;
  [[nodiscard]] std::size_t room(std::string_view topic) const override;
  bool ping() override;
  void close() override;
  void drop() noexcept override;
  void take_turn() override;
  void handle_timeout() override;
  [[nodiscard]] std::optional<vain_wait> waits_for() const override;
  [[nodiscard]] time_point next_timeout() const noexcept override;
  [[nodiscard]] std::size_t memory_bytes() const noexcept override;

private:
  /// Of one handshake, before another is begun: four repeats of one flight, whose waits double from
  /// a second (RFC 6347 §4.2.4.1). A fifth would come after as long again.
  static constexpr duration handshake_wait = std::chrono::seconds{31};

  enum class state : std::uint8_t { closed, opening, up };

  void on_link_open() override;
  void on_link_datagram(bytes_view bytes) override;
  void on_link_trouble(hal::datagram_trouble trouble) override;
  void on_link_closed(hal::close_reason reason, std::string_view detail) override;
  void on_link_hurry() override;

  void open();
  /// Whether the far side seems to be gone, or to have forgotten the session.
  [[nodiscard]] bool unheard() const noexcept;
  void leave_unheard();
  /// A post that asks for no answer has none.
  void count_silence(std::uint32_t id) noexcept;
  void renew();
  void ask_for_life();
  void ask();
  /// Path, formats and token of a post; views of `topic` and the token. False where no such path is
  /// allowed.
  [[nodiscard]] bool head_to(std::string_view topic, bool json, coap::option_list& options) const;
  /// Once more from the beginning; false when that has been done often enough.
  bool ask_anew();
  void drain();
  void tell(const coap::client_event_variant& event);
  void take(bytes_view datagram);
  void take_grant(const coap::client_event::response_arrived& answer);
  void take_answer(const coap::client_event::response_arrived& answer);
  void end(outcome why, std::string_view detail);
  /// Hands what the machine wrote to the link, and lets the radio sleep when nothing is open.
  void flush();
  void wake_radio();
  /// Books the time since it did so last, by what the radio was: before that, or the link, changes.
  void count_radio() noexcept;
  [[nodiscard]] std::string handshake_sentence() const;
  /// Octets of a message that needs no blocks, which the platform does not know (§17.5).
  [[nodiscard]] std::size_t whole_max() const {
    return std::min<std::size_t>(link_.payload_max(), coap_message_max);
  }
  [[nodiscard]] const post_plan& plan() const noexcept { return *at_.product.post; }
  [[nodiscard]] time_point now() const noexcept { return at_.around.home->now(); }

  post_place at_;
  post_channel_events& owner_;
  hal::datagram_link& link_;
  coap::client client_;
  std::unique_ptr<filter_memory> former_; ///< of the last DTLS session
  std::string token_;                     ///< empty: none
  std::optional<alink::post_cipher> cipher_;
  std::unique_ptr<alink::identity> who_; ///< while it logs on
  random_stream chance_;
  bytes_view arrived_{};   ///< since the last turn, which follows at once
  std::string detail_{};   ///< why the link ended
  time_point due_ = never; ///< the end of patience while it logs on
  time_point again_ = never;
  time_point asleep_at_ = never;
  time_point radio_from_ = never; ///< what is booked ends here; where the link is open
  std::uint32_t sequence_ = 0;    ///< AES mode: of the next message
  std::uint32_t asked_ = 0;       ///< the request /auth; 0: none is open
  std::uint32_t resent_ = 0;      ///< repeats told so far, or that never left
  std::uint32_t probe_ = 0;       ///< the ping that asks for a sign of life; 0: none is open
  std::uint16_t newest_ = 0;      ///< post, by the end of its number
  std::uint16_t heard_to_ = 0;    ///< likewise the newest when the far side was last heard
  std::uint8_t repeats_ = 0;      ///< made since then
  std::uint8_t silent_ = 0;       ///< posts at QoS 0 of since then that have no answer
  state state_ = state::closed;
  hal::close_reason reason_ = hal::close_reason::local;
  std::uint8_t tries_ = 0; ///< questions within auth_wait
  std::uint8_t waits_ = 0; ///< so many times auth_wait has passed without a token
  bool opened_ = false;    ///< since the last turn
  bool closed_ = false;
  bool in_turn_ = false; ///< what the link tells now is taken afterwards
  bool refused_ = false; ///< nobody listens there, said the network
};

} // namespace fleet::actors
