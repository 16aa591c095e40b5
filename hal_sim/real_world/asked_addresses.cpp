// IP_PKTINFO and IPV6_PKTINFO (ip(7), RFC 3542 §6), and who asked where.
#include "hal_sim/real_world/asked_addresses.hpp"

#include <cstring>
#include <utility>

#include "hal_sim/real_world/socket.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/random.hpp"

namespace fleet::hal {

namespace {

template <class Info>
Info info_of(const cmsghdr& header) noexcept {
  Info info{};
  std::memcpy(&info, CMSG_DATA(&header), sizeof info);
  return info;
}

template <class Info>
void put(const Info& info, int level, int type, msghdr& m) noexcept {
  m.msg_controllen = CMSG_SPACE(sizeof info);
  cmsghdr* const header = CMSG_FIRSTHDR(&m);
  header->cmsg_level = level;
  header->cmsg_type = type;
  header->cmsg_len = CMSG_LEN(sizeof info);
  std::memcpy(CMSG_DATA(header), &info, sizeof info);
}

} // namespace

bool tell_asked_address(int fd, bool v6) noexcept {
  const int on = 1;
  // Of IPv4 peers on an IPv6 socket too: their addresses come mapped.
  return ::setsockopt(fd, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVPKTINFO : IP_PKTINFO, &on,
                      sizeof on)
         == 0;
}

std::optional<address> asked_address(const msghdr& received) noexcept {
  auto* const all = const_cast<msghdr*>(&received);
  for (cmsghdr* h = CMSG_FIRSTHDR(all); h != nullptr; h = CMSG_NXTHDR(all, h)) {
    sockaddr_storage raw{};
    if (h->cmsg_level == IPPROTO_IP && h->cmsg_type == IP_PKTINFO) {
      sockaddr_in in{};
      in.sin_family = AF_INET;
      in.sin_addr = info_of<in_pktinfo>(*h).ipi_spec_dst;
      std::memcpy(&raw, &in, sizeof in);
      return from_socket(raw);
    }
    if (h->cmsg_level == IPPROTO_IPV6 && h->cmsg_type == IPV6_PKTINFO) {
      sockaddr_in6 in{};
      in.sin6_family = AF_INET6;
      in.sin6_addr = info_of<in6_pktinfo>(*h).ipi6_addr;
      std::memcpy(&raw, &in, sizeof in);
      return from_socket(raw);
    }
  }
  return {};
}

void answer_from(const address& ours, msghdr& datagram, control_octets& where) noexcept {
  where = {};
  datagram.msg_control = where.room.data();
  datagram.msg_controllen = where.room.size();
  if (ours.v6) {
    in6_pktinfo info{};
    std::memcpy(&info.ipi6_addr, ours.ip.data(), sizeof info.ipi6_addr);
    put(info, IPPROTO_IPV6, IPV6_PKTINFO, datagram);
  } else {
    in_pktinfo info{};
    std::memcpy(&info.ipi_spec_dst, ours.ip.data(), sizeof info.ipi_spec_dst);
    put(info, IPPROTO_IP, IP_PKTINFO, datagram);
  }
}

std::size_t asked_addresses::by_octets::operator()(const address& a) const noexcept {
  return static_cast<std::size_t>(mix64(hash_text(as_text(a.ip)) + a.port));
}

void asked_addresses::heard(const address& peer, const address& ours) {
  std::optional<address>& usual = usual_[peer.v6 ? 1 : 0];
  if (!usual) {
    usual = ours;
  }
  if (ours == *usual) {
    // Nearly everybody, nearly always: then both tables are empty.
    recent_.erase(peer);
    older_.erase(peer);
    return;
  }
  if (const auto found = recent_.find(peer); found != recent_.end()) {
    found->second = ours;
    return;
  }
  if (recent_.size() >= others_max) {
    older_ = std::exchange(recent_, {});
  }
  older_.erase(peer);
  recent_.emplace(peer, ours);
}

const address* asked_addresses::of(const address& peer) const noexcept {
  if (const auto found = recent_.find(peer); found != recent_.end()) {
    return &found->second;
  }
  const auto found = older_.find(peer);
  if (found != older_.end()) {
    return &found->second;
  }
  const std::optional<address>& usual = usual_[peer.v6 ? 1 : 0];
  return usual ? &*usual : nullptr;
}

} // namespace fleet::hal
