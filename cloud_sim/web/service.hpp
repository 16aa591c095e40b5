// An HTTP/1.1 service on one home: accepts streams, runs a server machine over each, keeps limits
// and deadlines, hands requests to its handler. What a request means is the handler's business.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "cloud_sim/web/message.hpp"
#include "hal_sim/world/home.hpp"
#include "protocol/http/server.hpp"

namespace fleet::cloud {

/// What a service is willing to hold. Each bound is reached by a test.
struct web_limits {
  http::server_limits http{.read = {.body_max = 1024 * 1024}};
  std::uint32_t connections_max = 256; ///< more are dropped as they arrive
  /// A handler that has not answered by then: status 504 in its place.
  duration answer_deadline = std::chrono::seconds{90};
  /// Octets of a body from a source that may wait in a connection for the network.
  std::uint32_t window = 64 * 1024;
  /// A peer that has taken none of them for so long is torn off.
  duration stall_deadline = std::chrono::seconds{60};
  duration linger = std::chrono::seconds{5}; ///< while nothing of a last answer leaves
};

/// Written by the service's home, read by any thread.
struct web_counters {
  std::atomic<std::uint64_t> connections{0};      ///< accepted
  std::atomic<std::uint64_t> connections_open{0}; ///< gauge
  std::atomic<std::uint64_t> connections_over_limit{0};
  std::atomic<std::uint64_t> requests{0};      ///< handed to the handler
  std::atomic<std::uint64_t> violations{0};    ///< connections ended for what the peer sent
  std::atomic<std::uint64_t> unanswered{0};    ///< past answer_deadline
  std::atomic<std::uint64_t> unread{0};        ///< connections ended since answers were not read
  std::atomic<std::uint64_t> bodies_open{0};   ///< gauge: answers from a source under way
  std::atomic<std::uint64_t> bodies_broken{0}; ///< torn by their source
  std::atomic<std::uint64_t> bodies_octets{0}; ///< that sources gave
};

class web_session;

class web_service final {
public:
  /// Home and handler must outlive the service.
  web_service(hal::home& where, web_handler& handler, const web_limits& limits = {});
  ~web_service();
  web_service(const web_service&) = delete;
  web_service& operator=(const web_service&) = delete;

  /// Listens on one more address; the address with the port that was chosen, or why not.
  result<hal::address, hal::listen_error> listen(const hal::listen_options& options);

  /// Ends all connections and stops listening. Again is harmless.
  void stop();
  /// Ends all connections at once; answers that have not left do not leave any more.
  void reset_all();

  [[nodiscard]] const web_counters& counters() const noexcept { return counters_; }
  [[nodiscard]] std::size_t connection_count() const noexcept { return sessions_.size(); }

private:
  friend class web_session;

  /// Knows for its listener whether streams are encrypted.
  class door final : public hal::accept_events {
  public:
    door(web_service& owner, bool secure) : owner_(owner), secure_(secure) {}
    void on_accepted(hal::stream_ptr accepted) override;
    std::unique_ptr<hal::listener> listening;

  private:
    web_service& owner_;
    bool secure_;
  };

  void take(hal::stream_ptr accepted, bool secure);
  void forget(web_session& gone);

  hal::home& home_;
  web_handler& handler_;
  const web_limits limits_;
  web_counters counters_;
  std::vector<std::unique_ptr<door>> doors_;
  std::vector<std::shared_ptr<web_session>> sessions_;
};

} // namespace fleet::cloud
