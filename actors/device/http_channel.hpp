// Posting over HTTP (aliyun-iot.md §18): one request at a time on the board's link, which stays
// open between them and is opened again when the server has closed it. See post_channel.hpp.
#pragma once

#include <memory>
#include <string>

#include "actors/device/post_channel.hpp"
#include "protocol/alink/post_logon.hpp"
#include "protocol/http/client.hpp"

namespace fleet::actors {

class http_channel final : public post_channel, hal::stream_events {
public:
  http_channel(const post_place& at, post_channel_events& owner);
  ~http_channel() override;
  http_channel(const http_channel&) = delete;
  http_channel& operator=(const http_channel&) = delete;

  void log_on(const alink::identity& who) override;
  /// HTTP has only one kind of post: `reliable` or not.
  result<std::uint32_t, post_error> post(std::string_view topic, bytes_view payload,
                                         bool reliable) override;
  [[nodiscard]] std::size_t room(std::string_view topic) const override {
    const bool named = topic.size() + alink::post_topic_prefix.size() <= alink::max_post_path;
    return named ? alink::max_http_body : 0;
  }
  void close() override;
  void drop() noexcept override;
  void take_turn() override;
  void handle_timeout() override;
  [[nodiscard]] time_point next_timeout() const noexcept override;
  [[nodiscard]] std::size_t memory_bytes() const noexcept override;

private:
  enum class state : std::uint8_t { closed, connecting, up };

  void on_connected() override;
  void on_received(bytes_view bytes) override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;

  void open();
  void leave() noexcept;
  void ask();
  /// False where such a request cannot be written.
  bool send(const http::request& what);
  void drain();
  void tell(const http::client_event_variant& event);
  void take_grant(const http::client_event::response_finished& answer);
  void take_answer(const http::client_event::response_finished& answer);
  /// What was under way on the connection has failed.
  void take_failure(const http::client_event::failed& bad);
  void end(outcome why, std::string_view detail);
  void end_closed();
  [[nodiscard]] std::string_view host();
  [[nodiscard]] const post_plan& plan() const noexcept { return *at_.product.post; }
  [[nodiscard]] time_point now() const noexcept { return at_.around.home->now(); }

  post_place at_;
  post_channel_events& owner_;
  http::client client_;
  std::string token_;                    ///< empty: none
  std::unique_ptr<alink::identity> who_; ///< while it logs on
  bytes_view arrived_{};                 ///< since the last turn, which follows at once
  std::string detail_{};                 ///< why the link ended
  std::uint32_t last_ = 0;               ///< number of the last post
  std::uint32_t open_ = 0;               ///< the one under way; 0: none, or /auth
  state state_ = state::closed;
  hal::close_reason reason_ = hal::close_reason::local;
  bool asked_ = false;     ///< /auth is under way
  bool connected_ = false; ///< since the last turn
  bool closed_ = false;
  bool served_ = false;   ///< this connection has brought an answer
  bool posted_ = false;   ///< to a post
  bool repeated_ = false; ///< a post was, and none has been answered since
  bool lonely_ = false;   ///< the server closes behind /auth: a post takes a connection of its own
};

} // namespace fleet::actors
