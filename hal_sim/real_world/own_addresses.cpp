// A datagram socket that is connected and never used tells the kernel's choice.
#include "hal_sim/real_world/own_addresses.hpp"

#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <optional>
#include <string_view>

#include "hal_sim/real_world/socket.hpp"

namespace fleet::hal {

namespace {

using octets = std::array<std::uint8_t, 4>;

std::optional<address> choice_of_kernel(const address& peer) {
  const int fd = ::socket(peer.v6 ? AF_INET6 : AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP);
  if (fd < 0) {
    return std::nullopt;
  }
  address asked = peer;
  asked.port = std::max<std::uint16_t>(peer.port, 1);
  socket_address to = to_socket(asked);
  socket_address from;
  from.size = sizeof from.raw;
  const bool known =
      ::connect(fd, to.get(), to.size) == 0 && ::getsockname(fd, from.get(), &from.size) == 0;
  ::close(fd);
  if (!known) {
    return std::nullopt;
  }
  address out = from_socket(from.raw);
  out.port = 0;
  return out;
}

octets octets_of(const sockaddr* raw) noexcept {
  sockaddr_in in{};
  std::memcpy(&in, raw, sizeof in);
  octets out{};
  std::memcpy(out.data(), &in.sin_addr, out.size());
  return out;
}

bool same_subnet(const octets& a, const octets& b, const octets& mask) noexcept {
  for (std::size_t i = 0; i < mask.size(); ++i) {
    if (((a[i] ^ b[i]) & mask[i]) != 0) {
      return false;
    }
  }
  return true;
}

bool usable(const ifaddrs& entry) noexcept {
  return entry.ifa_addr != nullptr && entry.ifa_netmask != nullptr
         && entry.ifa_addr->sa_family == AF_INET && (entry.ifa_flags & IFF_UP) != 0;
}

} // namespace

std::vector<address> own_addresses_towards(const address& peer) {
  const auto chosen = choice_of_kernel(peer);
  if (!chosen) {
    return {};
  }
  std::vector<address> out{*chosen};
  ifaddrs* list = nullptr;
  if (chosen->v6 || ::getifaddrs(&list) != 0) {
    return out;
  }
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> all{list, &::freeifaddrs};
  octets mine{};
  std::copy_n(chosen->ip.begin(), mine.size(), mine.begin());
  const ifaddrs* home = list;
  while (home != nullptr && !(usable(*home) && octets_of(home->ifa_addr) == mine)) {
    home = home->ifa_next;
  }
  for (const ifaddrs* at = home == nullptr ? nullptr : list; at != nullptr; at = at->ifa_next) {
    if (!usable(*at) || std::string_view{at->ifa_name} != home->ifa_name) {
      continue;
    }
    const octets other = octets_of(at->ifa_addr);
    if (other != mine && same_subnet(mine, other, octets_of(home->ifa_netmask))) {
      address& more = out.emplace_back();
      std::copy(other.begin(), other.end(), more.ip.begin());
    }
  }
  std::sort(out.begin() + 1, out.end(),
            [](const address& a, const address& b) { return a.ip < b.ip; });
  return out;
}

} // namespace fleet::hal
