// One end of an imitated DTLS conversation. Internal to this folder.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "protocol/base/datagram_filter.hpp"
#include "protocol/tls/dtls_model.hpp"
#include "protocol/tls/dtls_records.hpp"

namespace fleet::tls {

/// The flights, each one message here, in as many datagrams as it takes.
enum class flight : std::uint8_t {
  hello = 1,    ///< client, twice: without and with a cookie; begins as a ClientHello does
  cookie,       ///< server, without a session
  answer,       ///< server: hello, certificate, done
  key,          ///< client: key exchange, Finished
  done,         ///< server: ticket, Finished
  short_answer, ///< server, to a ticket: hello, Finished
  short_done    ///< client: Finished
};

/// What a client's hello says.
struct modelled_hello {
  std::uint64_t attempt = 0;
  std::uint64_t cookie = 0;
  bool by_key = false;
  std::string ticket;
};

/// The hello in a datagram; false for anything else.
bool read_hello(bytes_view datagram, modelled_hello& out);

/// Octets that a place's cookie is, at a time.
std::uint64_t modelled_cookie(bytes_view from, std::int64_t step);

/// Appends the server's answer to a hello without the right cookie.
void send_cookie(std::uint64_t cookie, datagram_batch& out);

/// How long the model's sessions are resumed after the full handshake: as the real ones, whose
/// tickets say so.
inline constexpr duration modelled_ticket_life = std::chrono::hours{2};

class modelled_memory final : public filter_memory {
public:
  time_point until = never;
  std::string name;
  std::string ticket;
};

class modelled_session final : public datagram_filter {
public:
  modelled_session(std::shared_ptr<const dtls_model_options> options, std::uint64_t attempt,
                   bool server);
  /// Client: what it asks for.
  void aim_at(const datagram_filter_request& request);
  /// Server: whom it answers.
  void answer(const modelled_hello& hello) { hello_ = hello; }

  filter_state start(time_point now, datagram_batch& out) override;
  filter_state receive(bytes_view datagram, time_point now, datagram_batch& plain,
                       datagram_batch& out) override;
  [[nodiscard]] bool send(bytes_view plain, datagram_batch& out) override;
  filter_state handle_timeout(time_point now, datagram_batch& out) override;
  [[nodiscard]] time_point next_timeout() const override { return due_; }
  void close(datagram_batch& out) override;
  [[nodiscard]] std::size_t payload_max() const override;
  [[nodiscard]] std::string error() const override { return error_; }
  [[nodiscard]] bool timed_out() const override { return timed_out_; }
  [[nodiscard]] bool resumed() const override { return resumed_; }
  [[nodiscard]] std::string_view peer_identity() const override {
    return server_ ? std::string_view{identity_} : std::string_view{};
  }
  [[nodiscard]] std::unique_ptr<filter_memory> memory() override { return std::move(memory_); }

private:
  void send_flight(flight which, std::string body, datagram_batch& out);
  void emit(datagram_batch& out);
  void expect_answer();
  void take_piece(bytes_view fragment, datagram_batch& out);
  void take_flight(flight which, bytes_view body, datagram_batch& out);
  void take_answer(bytes_view body, datagram_batch& out);
  void take_key(bytes_view body, datagram_batch& out);
  void take_alert(bytes_view alert, datagram_batch& out);
  void alert(std::uint8_t level, std::uint8_t what, datagram_batch& out);
  void say_hello(datagram_batch& out);
  void opened();
  void remember(bytes_view ticket);
  void fail(std::string why);
  std::span<std::uint8_t> record(record_type type, std::size_t count, datagram_batch& out);
  [[nodiscard]] std::string ticket_for(std::string_view identity) const;
  [[nodiscard]] bool honours(std::string_view ticket);
  [[nodiscard]] std::size_t octets_of(flight which) const noexcept;
  [[nodiscard]] std::size_t overhead() const noexcept;

  std::shared_ptr<const dtls_model_options> options_;
  modelled_hello hello_; ///< client: ours; server: theirs
  std::unique_ptr<modelled_memory> memory_;
  std::string identity_;
  std::string key_; ///< client's, until the handshake is over
  std::string name_;
  time_point ticket_until_ = never; ///< client: of the ticket it offers
  std::string error_;
  std::string body_;  ///< of the last flight that was sent
  std::string parts_; ///< of the flight that is coming
  std::uint64_t next_write_ = 0;
  replay_window window_;
  time_point now_{};
  time_point due_ = never;
  duration wait_{};
  std::uint64_t pieces_ = 0; ///< that have come, a bit each
  flight sent_ = flight::hello;
  flight coming_ = flight::hello;
  filter_state state_ = filter_state::handshaking;
  std::uint8_t repeats_ = 0;
  bool waiting_ = false; ///< the last flight wants an answer
  bool server_ = false;
  bool by_key_ = false;
  bool resumed_ = false;
  bool timed_out_ = false;
  bool closing_ = false;
};

} // namespace fleet::tls
