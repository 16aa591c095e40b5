// Plain sockets, for a moment each.
#include "fleet/workers/knock.hpp"

#include <cerrno>
#include <poll.h>
#include <unistd.h>

#include "hal_sim/real_world/own_addresses.hpp"
#include "hal_sim/real_world/socket.hpp"

namespace fleet::program {

namespace {

constexpr int look_each_ms = 50;

} // namespace

result<int, knock_answer> call_at(const hal::address& at, duration at_most,
                                  const give_up& given_up) {
  const auto opened = hal::open_towards(at, nullptr);
  if (!opened) {
    return fail(opened.error().reason == hal::close_reason::refused ? knock_answer::refused
                                                                    : knock_answer::silent);
  }
  auto answer = knock_answer::silent;
  const auto most_ms = std::chrono::ceil<std::chrono::milliseconds>(at_most).count();
  for (std::int64_t waited = 0; waited < most_ms && !given_up(); waited += look_each_ms) {
    pollfd asked{opened.value(), POLLOUT, 0};
    if (::poll(&asked, 1, look_each_ms) <= 0) {
      continue;
    }
    int error = 0;
    socklen_t size = sizeof error;
    (void)::getsockopt(opened.value(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error == 0) {
      return opened.value();
    }
    answer = error == ECONNREFUSED ? knock_answer::refused : knock_answer::silent;
    break;
  }
  ::close(opened.value());
  return fail(answer);
}

knock_answer knock(const hal::address& at, duration at_most, const give_up& given_up) {
  const auto socket = call_at(at, at_most, given_up);
  if (!socket) {
    return socket.error();
  }
  ::close(socket.value());
  return knock_answer::open;
}

std::optional<hal::address> address_towards(const hal::address& far) {
  const auto own = hal::own_addresses_towards(far);
  return own.empty() ? std::nullopt : std::optional{own.front()};
}

door::door(const std::optional<hal::address>& at) {
  if (!at) {
    return;
  }
  auto chosen = *at;
  chosen.port = 0;
  if (const auto fd = hal::open_listener(chosen)) {
    fd_ = fd.value();
    at_ = chosen;
  }
}

door::~door() {
  if (fd_ >= 0) {
    ::close(fd_);
  }
}

void door::tend() {
  while (fd_ >= 0) {
    const int caller = ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (caller < 0) {
      return;
    }
    ::close(caller);
  }
}

} // namespace fleet::program
