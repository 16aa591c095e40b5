// getaddrinfo, once.
#include "hal_sim/real_world/resolve.hpp"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "hal_sim/real_world/socket.hpp"

namespace fleet::hal {

result<std::vector<address>, std::string> resolve(const std::string& host, std::uint16_t port) {
  if (host.empty()) {
    return fail(std::string{"an empty host name has no address"});
  }
  addrinfo wanted{};
  wanted.ai_family = AF_UNSPEC;
  wanted.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error = ::getaddrinfo(host.c_str(), nullptr, &wanted, &found);
  if (error != 0) {
    const char* why = error == EAI_SYSTEM ? ::strerrordesc_np(errno) : ::gai_strerror(error);
    return fail("the name '" + host + "' has no address: " + why);
  }
  std::vector<address> out;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    if (each->ai_family != AF_INET && each->ai_family != AF_INET6) {
      continue;
    }
    sockaddr_storage raw{};
    std::memcpy(&raw, each->ai_addr, std::min<std::size_t>(each->ai_addrlen, sizeof raw));
    address a = from_socket(raw);
    a.port = port;
    if (std::find(out.begin(), out.end(), a) == out.end()) {
      out.push_back(a);
    }
  }
  ::freeaddrinfo(found);
  if (out.empty()) {
    return fail("the name '" + host + "' has no IPv4 or IPv6 address");
  }
  return out;
}

} // namespace fleet::hal
