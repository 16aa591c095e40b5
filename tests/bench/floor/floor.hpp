// The floor: the least an MQTT client for many connections can cost, one epoll loop in C-like C++.
// A yardstick for the benchmarks, not a client for use: it trusts its broker and stops at the first
// surprise. Depends on nothing of the project.
#pragma once

#include <cstdint>
#include <netinet/in.h>
#include <openssl/ssl.h>
#include <string>
#include <vector>

namespace floor_client {

enum class mode : std::uint8_t { publish, connect, idle, tls_handshake, reconnect };

struct options {
  floor_client::mode mode = mode::publish;
  sockaddr_in peer{};
  std::uint32_t connections = 1000;
  std::uint32_t pending_max = 60;    ///< connects begun and not yet answered by CONNACK
  std::uint32_t sources = 8;         ///< local addresses 127.0.0.1 … 127.0.0.N, used in turn
  double duration_s = 10;
  double interval_s = 0;             ///< between two publishes of one connection; 0: on PUBACK
  bool fine_timer = false;           ///< epoll_pwait2 to the nanosecond instead of milliseconds
  std::uint32_t topic_bytes = 32;
  std::uint32_t payload_bytes = 128;
  std::uint16_t keep_alive_s = 60;
  bool subscribing = false;          ///< one SUBSCRIBE per connection; online is who has its SUBACK
  int tls_version = 0;               ///< OpenSSL's number of the one version to speak; 0: any
  bool resuming = false;             ///< each connection resumes the TLS session it had before
  int probe_qos = -1;                ///< 0 or 1: one more connection that reads every message back
  std::string prefix = "floor";      ///< of the topic
  std::string client_id = "floor-{index}";
  std::string username;              ///< empty: none; {index} stands for six digits, as in the id
  std::string password;
  std::string ca_file;               ///< not empty: TLS, verified against it
  std::string server_name = "localhost";
};

enum class stage : std::uint8_t { closed, connecting, handshaking, logging_on, online };

struct connection {
  SSL* tls = nullptr;
  SSL_SESSION* session = nullptr; ///< to resume
  std::uint8_t* partial = nullptr; ///< the beginning of a packet whose end is still on its way
  std::uint32_t partial_bytes = 0;
  int fd = -1;
  std::uint16_t packet_id = 0;
  floor_client::stage stage = stage::closed;
};

struct counters {
  std::uint64_t online = 0;
  std::uint64_t handshakes = 0;
  std::uint64_t resumed = 0; ///< of them
  std::uint64_t published = 0;
  std::uint64_t acknowledged = 0;
  std::uint64_t probed = 0; ///< messages the probe read
};

/// User and system time of this process, and its resident octets.
struct usage {
  double wall_s = 0;
  double user_s = 0;
  double system_s = 0;
  std::uint64_t resident_bytes = 0;
};
usage measure();

/// Prints the sentence to standard error and exits with 3.
[[noreturn]] void give_up(const char* what);

class loop {
public:
  explicit loop(const options& o);

  /// Brings all connections online (tls_handshake: until `duration_s` is over).
  void connect_all();
  /// Publishes for `seconds`, then waits up to two seconds for the last PUBACKs.
  void publish_for(double seconds);
  /// Keeps the connections alive for `seconds`.
  void idle_for(double seconds);
  /// Handshakes over and over for `seconds`, closing each connection at once.
  void handshake_for(double seconds);
  void disconnect_all();
  /// Tears all connections down, waits until the broker may have buried them, and forgets what was
  /// counted; what can be resumed is kept.
  void tear_all_and_wait(double seconds);

  [[nodiscard]] const counters& count() const { return counters_; }

private:
  void open(std::uint32_t index);
  void close(connection& c);
  void fill_pending(std::uint32_t total);
  void turn(double until_s);
  void on_ready(std::uint32_t index, std::uint32_t events);
  void on_writable(std::uint32_t index);
  void handshake(std::uint32_t index);
  void on_readable(std::uint32_t index);
  void on_bytes(std::uint32_t index, const std::uint8_t* data, std::size_t size);
  void on_packet(std::uint32_t index, const std::uint8_t* packet, std::size_t size);
  void log_on(std::uint32_t index);
  void publish(std::uint32_t index);
  void publish_due(double now_s);
  void ping_due(double now_s);
  void subscribe(std::uint32_t index);
  void acknowledge(std::uint8_t high, std::uint8_t low);
  void send_bytes(connection& c, const std::uint8_t* data, std::size_t size);

  options options_;
  SSL_CTX* tls_ = nullptr;
  int epoll_ = -1;
  std::vector<connection> connections_; ///< the probe, if any, is the last
  std::vector<std::uint8_t> buffer_;
  std::vector<std::uint8_t> acks_; ///< of the probe, sent once per read
  counters counters_;
  std::uint32_t opened_ = 0;
  std::uint32_t pending_ = 0;
  std::uint32_t next_ = 0;     ///< whose turn it is to publish or ping
  double next_due_s_ = 0;
  double step_s_ = 0;          ///< between two publishes or pings of the whole loop
  bool publishing_ = false;
  bool handshakes_only_ = false;
};

} // namespace floor_client
