// poll over a signalfd, an eventfd and the input.
#include "fleet/hand/waiter.hpp"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdint>

#include "protocol/base/check.hpp"

namespace fleet::program {

waiter::waiter() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  signals_ = ::signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
  nudges_ = ::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  FLEET_CHECK(signals_ >= 0 && nudges_ >= 0);
}

waiter::~waiter() {
  ::close(signals_);
  ::close(nudges_);
}

waiter::news waiter::wait(int input) {
  std::array<pollfd, 3> watched{{{signals_, POLLIN, 0}, {nudges_, POLLIN, 0}, {input, POLLIN, 0}}};
  while (::poll(watched.data(), watched.size(), -1) < 0) {
    FLEET_CHECK(errno == EINTR);
  }
  news out;
  if (watched[0].revents != 0) {
    signalfd_siginfo info{};
    if (::read(signals_, &info, sizeof info) == sizeof info) {
      out.signal = static_cast<int>(info.ssi_signo);
    }
  }
  if (watched[1].revents != 0) {
    std::uint64_t count = 0;
    (void)!::read(nudges_, &count, sizeof count);
  }
  out.readable = watched[2].revents != 0;
  return out;
}

void waiter::nudge() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(nudges_, &one, sizeof one);
}

bool is_terminal(int descriptor) noexcept {
  return ::isatty(descriptor) == 1;
}

std::string read_some(int descriptor) {
  std::string octets(std::size_t{64} * 1024, '\0');
  ssize_t got = 0;
  do {
    got = ::read(descriptor, octets.data(), octets.size());
  } while (got < 0 && errno == EINTR);
  octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
  return octets;
}

} // namespace fleet::program
