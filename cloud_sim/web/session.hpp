// One accepted stream with its HTTP server machine: moves octets and time between the two, one
// request at a time. Owned by the service, kept alive through its own calls. Internal to the
// folder.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "cloud_sim/web/service.hpp"
#include "hal_sim/world/stream.hpp"
#include "hal_sim/world/timer.hpp"

namespace fleet::cloud {

class web_session final : public hal::stream_events,
                          public answer_taker,
                          public std::enable_shared_from_this<web_session>,
                          private hal::timer {
public:
  web_session(web_service& owner, hal::stream_ptr accepted, bool secure);
  ~web_session();
  web_session(const web_session&) = delete;
  web_session& operator=(const web_session&) = delete;

  /// Arms the first deadline; once it is shared.
  void open();
  /// Drops the stream and whatever is under way.
  void drop();
  /// Likewise, and what was to be sent is dropped too.
  void reset();

  void answer(std::uint64_t exchange, web_answer what) override;
  void resume(std::uint64_t exchange) override;

  std::uint32_t at = 0; ///< its place in the service's list

private:
  enum class phase : std::uint8_t { alive, lingering, ended };

  void on_connected() override {}
  void on_received(bytes_view bytes) override;
  void on_drained() override;
  void on_closed(hal::close_reason reason, std::string_view detail) override;
  void on_wake(time_point now) override;

  void drain();
  void handle(const http::server_event_variant& event);
  void ask(const http::server_event::request_arrived& request);
  void respond(web_answer what);
  /// Begins a body that comes from a source.
  void stream_body(http::fields_view fields, web_answer what);
  /// Moves its octets while there is room for them.
  void pump();
  void drop_body();
  void tear();
  /// Whether the peer has taken octets since it was asked last, or a deadline set.
  bool moves();
  void linger();
  void end();
  void rearm();
  [[nodiscard]] bool congested() const;

  web_service& owner_;
  hal::stream_ptr stream_;
  http::server_connection machine_;
  std::string source_;
  std::optional<web_answer> answered_; ///< given while the handler still ran
  std::unique_ptr<body_source> body_;  ///< of the answer under way
  std::uint64_t left_ = 0;             ///< octets of it to come
  std::size_t unsent_then_ = 0;        ///< octets unsent when a deadline for them was set
  time_point body_due_ = never;        ///< when to ask it again, or to give the peer up
  std::uint64_t exchange_ = 0;         ///< number of the latest request
  time_point deadline_ = never;        ///< of the answer, or of the lingering
  phase phase_ = phase::alive;
  bool secure_;
  bool waiting_ = false; ///< an answer is owed
  bool asking_ = false;  ///< the handler runs
  bool asked_head_ = false;
  bool unsent_ = false; ///< the body waits for the network, not for its source
  bool paused_ = false;
};

} // namespace fleet::cloud
