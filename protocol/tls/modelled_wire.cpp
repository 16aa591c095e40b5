// How the imitation's messages look: sizes as measured on the real thing, and what stands in them.
#include "protocol/tls/modelled_wire.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tls/modelled_session.hpp"

namespace fleet::tls {

namespace {
constexpr std::uint8_t client_hello = 1; // RFC 5246 §7.4
} // namespace

void put(std::string& to, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) {
    to.push_back(static_cast<char>(number >> shift & 0xff));
  }
}

std::uint64_t number_at(bytes_view from, std::size_t at) {
  std::uint64_t out = 0;
  for (std::size_t i = 0; i < 8 && at + i < from.size(); ++i) {
    out = out << 8 | from[at + i];
  }
  return out;
}

void put(std::string& to, std::string_view text) {
  to.push_back(static_cast<char>(std::min<std::size_t>(text.size(), 255)));
  to.append(text.substr(0, 255));
}

std::string_view text_at(bytes_view from, std::size_t at) {
  const std::size_t size = at < from.size() ? from[at] : 0;
  return at + 1 + size <= from.size() ? as_text(from.subspan(at + 1, size)) : std::string_view{};
}

bool read_hello(bytes_view datagram, modelled_hello& out) {
  const record_view record = first_record(datagram);
  const bytes_view body = record.fragment.subspan(std::min(piece_header, record.fragment.size()));
  if (!looks_like_hello(datagram) || body.size() < 17) {
    return false;
  }
  static_assert(static_cast<std::uint8_t>(flight::hello) == client_hello);
  out.attempt = number_at(body, 0);
  out.cookie = number_at(body, 8);
  out.by_key = record.fragment[3] != 0;
  out.ticket = text_at(body, 16);
  return true;
}

std::uint64_t modelled_cookie(bytes_view from, std::int64_t step) {
  return mix64(hash_text(as_text(from)) + static_cast<std::uint64_t>(step)) | 1;
}

void send_cookie(std::uint64_t cookie, datagram_batch& out) {
  constexpr std::size_t octets = 44; // measured, as all of these
  const auto to = out.prepare(octets);
  to[0] = static_cast<std::uint8_t>(record_type::handshake);
  to[1] = 0xfe;
  to[2] = 0xff; // a HelloVerifyRequest is of DTLS 1.0
  to[12] = octets - record_header_bytes;
  const auto body = to.subspan(record_header_bytes);
  body[0] = static_cast<std::uint8_t>(flight::cookie);
  body[2] = 1;
  body[5] = octets - record_header_bytes - piece_header;
  for (std::size_t i = 0; i < 8; ++i) {
    body[piece_header + i] = static_cast<std::uint8_t>(cookie >> (56 - 8 * i));
  }
}

/// Octets on the wire, measured on the real thing: P-256 certificate and AES-128-GCM, or a key and
/// CCM-8; whatever the body, a flight has no fewer.
std::size_t modelled_session::octets_of(flight which) const noexcept {
  const std::size_t ticket = hello_.ticket.empty() ? 0 : (by_key_ ? 256 : 208);
  const std::size_t cookie = hello_.cookie == 0 ? 0 : 16;
  switch (which) {
    case flight::hello: return (by_key_ ? 149 : 212) + ticket + cookie;
    case flight::cookie: return 44;
    case flight::answer: return by_key_ ? 103 : 971;
    case flight::key: return by_key_ ? 144 : 133;
    case flight::done: return by_key_ ? 322 : 282;
    case flight::short_answer: return by_key_ ? 173 : 181;
    case flight::short_done: return by_key_ ? 67 : 75;
  }
  FLEET_CHECK(false);
}

std::size_t modelled_session::overhead() const noexcept {
  return record_header_bytes + mark_bytes + (by_key_ ? 8 : 16);
}

std::span<std::uint8_t> modelled_session::record(record_type type, std::size_t count,
                                                 datagram_batch& out) {
  const auto to = out.prepare(record_header_bytes + count);
  to[0] = static_cast<std::uint8_t>(type);
  to[1] = 0xfe;
  to[2] = 0xfd;
  to[4] = type == record_type::handshake || state_ == filter_state::handshaking ? 0 : 1;
  for (std::size_t i = 0; i < 6; ++i) {
    to[5 + i] = static_cast<std::uint8_t>(next_write_ >> (40 - 8 * i));
  }
  ++next_write_;
  to[11] = static_cast<std::uint8_t>(count >> 8);
  to[12] = static_cast<std::uint8_t>(count & 0xff);
  return to.subspan(record_header_bytes);
}

void modelled_session::send_flight(flight which, std::string body, datagram_batch& out) {
  sent_ = which;
  body_ = std::move(body);
  emit(out);
}

void modelled_session::emit(datagram_batch& out) {
  const std::size_t head = record_header_bytes + piece_header;
  const std::size_t room = options_->mtu - head;
  const std::size_t octets = octets_of(sent_);
  const std::size_t total = std::max(body_.size(), octets > head ? octets - head : 0);
  const std::size_t pieces = std::max<std::size_t>((total + room - 1) / room, 1);
  for (std::size_t i = 0; i < pieces; ++i) {
    const std::size_t from = i * room;
    const std::size_t count = std::min(room, total - from);
    const auto to = record(record_type::handshake, piece_header + count, out);
    to[0] = static_cast<std::uint8_t>(sent_);
    to[1] = static_cast<std::uint8_t>(i);
    to[2] = static_cast<std::uint8_t>(pieces);
    to[3] = by_key_ ? 1 : 0;
    to[4] = static_cast<std::uint8_t>(room >> 8);
    to[5] = static_cast<std::uint8_t>(room & 0xff);
    if (from < body_.size()) {
      std::copy_n(body_.begin() + static_cast<std::ptrdiff_t>(from),
                  std::min(count, body_.size() - from), to.begin() + piece_header);
    }
  }
}

} // namespace fleet::tls
