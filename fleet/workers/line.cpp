// What others ask of the switchboard goes to it as jobs.
#include "fleet/workers/line.hpp"

#include <chrono>
#include <system_error>
#include <unistd.h>
#include <utility>

#include <caf/io/middleman.hpp>
#include <caf/openssl/manager.hpp>
#include <caf/send.hpp>

#include "fleet/workers/switchboard.hpp"
#include "fleet/workers/tls_scribe.hpp"
#include "hal_sim/real_world/socket.hpp"

namespace fleet::program {

namespace {

/// For what is not sent yet when all ends.
constexpr duration written_most = std::chrono::seconds{2};
constexpr duration look_each = std::chrono::milliseconds{50};

} // namespace

line::config::config(const std::optional<wire_certificates>& certificates) {
  set("scheduler.policy", caf::atom("sharing"));
  set("scheduler.max-threads", std::size_t{1});
  load<caf::io::middleman>();
  if (certificates) {
    openssl_cafile = certificates->authority_file;
    openssl_certificate = certificates->certificate_file;
    openssl_key = certificates->key_file;
    load<caf::openssl::manager>();
  }
}

line::line(const std::optional<wire_certificates>& certificates, const crew_secret& secret,
           std::shared_ptr<shared_box> box)
    : config_(certificates), secure_(certificates.has_value()), secret_(secret),
      box_(std::move(box)) {
  caf::actor_config placed{&system_.middleman().backend()};
  board_ = system_.spawn_class<switchboard, caf::no_spawn_options>(placed, *this);
}

line::~line() {
  ask([](switchboard& board) { board.finish(); });
  {
    std::unique_lock held{box_->lock};
    box_->filled.wait_for(held, written_most, [this] { return ended_; });
  }
  ask([](switchboard& board) { board.finish(); });
  board_ = nullptr;
}

void line::ask(job what) {
  {
    const std::lock_guard held{box_->lock};
    jobs_.push_back(std::move(what));
  }
  caf::anon_send(board_, caf::get_atom::value);
}

result<std::uint16_t, std::string> line::listen(const hal::address& at) {
  if (const auto why = secure_ ? tls_trouble(system_) : std::nullopt) {
    return fail("cannot listen at " + at.text() + ": " + *why);
  }
  auto chosen = at;
  const auto socket = hal::open_listener(chosen);
  if (!socket) {
    return fail("cannot listen at " + at.text() + ": "
                + std::generic_category().message(socket.error()));
  }
  ask([fd = socket.value()](switchboard& board) { board.listen(fd); });
  return chosen.port;
}

result<peer_number, std::string> line::call(int socket, const hal::address& at, duration at_most,
                                            const give_up& given_up) {
  if (const auto why = secure_ ? tls_trouble(system_) : std::nullopt) {
    ::close(socket);
    return fail("cannot reach " + at.text() + ": " + *why);
  }
  const auto outcome = std::make_shared<call_outcome>();
  ask([socket, who = "who is at " + at.text(), outcome](switchboard& board) {
    board.call(socket, who, outcome);
  });
  std::unique_lock held{box_->lock};
  const auto known = [&outcome] { return outcome->got.has_value(); };
  for (duration waited{0}; waited < at_most && !known() && !given_up(); waited += look_each) {
    box_->filled.wait_for(held, look_each, known);
  }
  if (!outcome->got) {
    outcome->given_up = true;
    held.unlock();
    ask([outcome](switchboard& board) { board.give_up(outcome); });
    return fail("who is at " + at.text() + " did not say in time who it is");
  }
  return std::move(*outcome->got);
}

void line::send(peer_number to, std::vector<char> frame) {
  ask([to, frame = std::move(frame)](switchboard& board) { board.write(to, frame); });
}

void line::close(peer_number peer) {
  ask([peer](switchboard& board) { board.drop(peer); });
}

} // namespace fleet::program
