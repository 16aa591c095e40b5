// Sessions of CAF, streams of CAF, and in between when a handshake is over.
#include "fleet/workers/tls_scribe.hpp"

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fcntl.h>
#include <functional>
#include <system_error>
#include <unistd.h>
#include <utility>
#include <vector>

#include <caf/actor_system_config.hpp>
#include <caf/io/middleman.hpp>
#include <caf/io/network/default_multiplexer.hpp>
#include <caf/io/network/doorman_impl.hpp>
#include <caf/io/network/stream_impl.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/openssl/session.hpp>

namespace fleet::program {

namespace {

using caf::io::network::rw_state;
using caf::openssl::session_ptr;
using multiplexer = caf::io::network::default_multiplexer;

multiplexer& multiplexer_of(caf::actor_system& system) {
  return static_cast<multiplexer&>(system.middleman().backend());
}

/// Tells once when the handshake is over.
class tls_policy {
public:
  tls_policy(session_ptr session, std::function<void()> on_ready)
      : session_(std::move(session)), on_ready_(std::move(on_ready)) {}
  rw_state read_some(std::size_t& got, int fd, void* to, std::size_t size) {
    const auto out = session_->read_some(got, fd, to, size);
    look(fd, out);
    return out;
  }
  rw_state write_some(std::size_t& put, int fd, const void* from, std::size_t size) {
    const auto out = session_->write_some(put, fd, from, size);
    look(fd, out);
    return out;
  }
  bool must_read_more(int fd, std::size_t threshold) {
    return session_->must_read_more(fd, threshold);
  }

private:
  /// Of no octets a session says `success` while it shakes hands, and `indeterminate` afterwards.
  void look(int fd, rw_state last) {
    std::size_t none = 0;
    char nowhere = 0;
    if (on_ready_ && last != rw_state::failure
        && session_->read_some(none, fd, &nowhere, 0) == rw_state::indeterminate) {
      std::exchange(on_ready_, nullptr)();
    }
  }

  session_ptr session_;
  std::function<void()> on_ready_;
};

/// Keeps what is to be written until the handshake is over: CAF would try to write it all the time.
class tls_scribe final : public caf::io::scribe {
public:
  tls_scribe(multiplexer& backend, int fd, session_ptr session)
      : scribe(caf::io::network::conn_hdl_from_socket(fd)),
        stream_(backend, fd, std::move(session), [this] { on_ready(); }) {}

  void configure_read(caf::io::receive_policy::config config) override {
    stream_.configure_read(config);
    if (!std::exchange(launched_, true)) {
      stream_.start(this);
      stream_.force_empty_write(this); // the handshake may have to write
    }
  }
  void ack_writes(bool enable) override { stream_.ack_writes(enable); }
  std::vector<char>& wr_buf() override { return ready_ ? stream_.wr_buf() : early_; }
  std::vector<char>& rd_buf() override { return stream_.rd_buf(); }
  void graceful_shutdown() override {
    stream_.graceful_shutdown();
    detach(&stream_.backend(), false);
  }
  void flush() override {
    if (ready_) {
      stream_.flush(this);
    }
  }
  [[nodiscard]] std::string addr() const override { return {}; }
  [[nodiscard]] std::uint16_t port() const override { return 0; }
  void add_to_loop() override { stream_.activate(this); }
  void remove_from_loop() override { stream_.passivate(); }

private:
  void on_ready() {
    ready_ = true;
    auto& out = stream_.wr_buf();
    out.insert(out.end(), early_.begin(), early_.end());
    early_ = {};
    stream_.flush(this);
  }

  bool launched_ = false;
  bool ready_ = false;
  std::vector<char> early_;
  caf::io::network::stream_impl<tls_policy> stream_;
};

/// Looked for first, as CAF lets go of nothing that it has when it finds out.
std::optional<std::string> unreadable(const caf::actor_system& system) {
  const auto& files = system.config();
  for (const auto* file : {&files.openssl_cafile, &files.openssl_certificate, &files.openssl_key}) {
    const int fd = ::open(file->c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) {
      return *file + " cannot be read: " + std::generic_category().message(errno);
    }
    ::close(fd);
  }
  return std::nullopt;
}

/// Takes the socket. None where there is no session: it reads the files of the certificates for
/// each connection, and throws where it cannot.
caf::io::scribe_ptr scribe_over(caf::actor_system& system, int fd, bool accepted) {
  session_ptr session;
  auto why = unreadable(system);
  try {
    session = why ? nullptr : caf::openssl::make_session(system, fd, accepted);
  } catch (const std::exception& other) {
    why = other.what();
  }
  if (why) {
    std::fprintf(stderr, "a connection with certificates was ended: %s\n", why->c_str());
  }
  if (!session) {
    ::close(fd);
    return nullptr;
  }
  return caf::make_counted<tls_scribe>(multiplexer_of(system), fd, std::move(session));
}

class tls_doorman final : public caf::io::network::doorman_impl {
public:
  tls_doorman(multiplexer& backend, int fd) : doorman_impl(backend, fd) {}

  bool new_connection() override {
    if (detached()) {
      return false;
    }
    const int fd = acceptor_.accepted_socket();
    caf::io::network::nonblocking(fd, true);
    auto made = scribe_over(parent()->system(), fd, true);
    if (!made) {
      return false;
    }
    const auto handle = made->hdl();
    parent()->add_scribe(std::move(made));
    return doorman::new_connection(&acceptor_.backend(), handle);
  }
};

} // namespace

std::optional<std::string> tls_trouble(caf::actor_system& system) {
  if (auto why = unreadable(system)) {
    return why;
  }
  try {
    caf::openssl::session trial{system};
    return trial.init() ? std::nullopt : std::optional{std::string{"cannot make a TLS session"}};
  } catch (const std::exception& why) {
    return why.what();
  }
}

caf::io::scribe_ptr make_tls_scribe(caf::actor_system& system, int socket) {
  return scribe_over(system, socket, false);
}

caf::io::doorman_ptr make_tls_doorman(caf::actor_system& system, int socket) {
  return caf::make_counted<tls_doorman>(multiplexer_of(system), socket);
}

} // namespace fleet::program
