// Datagrams into a capture file that tshark reads (the classic pcap format, LINKTYPE_RAW), each
// behind IPv4 and UDP headers made for it. For tests that hold a decrypted or simulated datagram.
#pragma once

#include <cstdint>
#include <fstream>
#include <string>

#include "hal_sim/world/address.hpp"
#include "protocol/base/bytes.hpp"
#include "protocol/base/time.hpp"

namespace fleet::support {

class pcap_file {
public:
  explicit pcap_file(const std::string& path) : file_(path, std::ios::binary | std::ios::trunc) {
    constexpr std::uint32_t raw_ip = 101;
    byte_buffer head;
    append_u32(head, 0xa1b2c3d4); // the reader finds out the order of octets by it
    head.append_u16(2);
    head.append_u16(4);
    append_u32(head, 0);
    append_u32(head, 0);
    append_u32(head, 0xffff);
    append_u32(head, raw_ip);
    put(head.view());
  }

  /// One datagram between two IPv4 addresses; any port but `coap_port` is no CoAP for tshark.
  void write(const hal::address& from, const hal::address& to, bytes_view datagram,
             time_point now) {
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now.time_since_epoch());
    const auto size = static_cast<std::uint32_t>(ip_octets + udp_octets + datagram.size());
    byte_buffer out;
    append_u32(out, static_cast<std::uint32_t>(us.count() / 1'000'000));
    append_u32(out, static_cast<std::uint32_t>(us.count() % 1'000'000));
    append_u32(out, size);
    append_u32(out, size);
    append_ip(out, from, to, size);
    out.append_u16(from.port);
    out.append_u16(to.port);
    out.append_u16(static_cast<std::uint16_t>(size - ip_octets));
    out.append_u16(0); // no checksum
    out.append(datagram);
    put(out.view());
    file_.flush();
    ++written_;
  }
  [[nodiscard]] std::uint64_t written() const noexcept { return written_; }

  static constexpr std::uint16_t coap_port = 5683; ///< RFC 7252 §6.1

private:
  static constexpr std::uint32_t ip_octets = 20;
  static constexpr std::uint32_t udp_octets = 8;

  static void append_u32(byte_buffer& out, std::uint32_t value) {
    out.append_u16(static_cast<std::uint16_t>(value >> 16));
    out.append_u16(static_cast<std::uint16_t>(value & 0xffff));
  }
  static void append_ip(byte_buffer& out, const hal::address& from, const hal::address& to,
                        std::uint32_t size) {
    const auto half = [](const hal::address& a, std::size_t at) {
      return static_cast<std::uint16_t>(a.ip[at] << 8 | a.ip[at + 1]);
    };
    std::uint16_t words[] = {0x4500,
                             static_cast<std::uint16_t>(size),
                             0,
                             0x4000,
                             64 << 8 | 17,
                             0,
                             half(from, 0),
                             half(from, 2),
                             half(to, 0),
                             half(to, 2)};
    std::uint32_t sum = 0;
    for (const std::uint16_t w : words) {
      sum += w;
    }
    words[5] = static_cast<std::uint16_t>(~(sum + (sum >> 16)));
    for (const std::uint16_t w : words) {
      out.append_u16(w);
    }
  }
  void put(bytes_view bytes) {
    file_.write(reinterpret_cast<const char*>(bytes.data()),
                static_cast<std::streamsize>(bytes.size()));
  }

  std::ofstream file_;
  std::uint64_t written_ = 0;
};

} // namespace fleet::support
