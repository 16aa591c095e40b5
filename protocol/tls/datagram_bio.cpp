// The BIO method behind make_datagram_bio().
#include "protocol/tls/datagram_bio.hpp"

#include <algorithm>
#include <cstdlib> // timeval

#include "protocol/base/check.hpp"
#include "protocol/tls/dtls_records.hpp"

namespace fleet::tls {

namespace {

int read_datagram(BIO* bio, char* to, std::size_t room, std::size_t* got) {
  datagram_io& io = datagrams_of(bio);
  BIO_clear_retry_flags(bio);
  if (!io.filled) {
    *got = 0;
    BIO_set_retry_read(bio);
    return 0;
  }
  // What does not fit is lost, as with a socket.
  *got = std::min(room, io.in.size());
  std::copy_n(io.in.begin(), *got, reinterpret_cast<std::uint8_t*>(to));
  io.filled = false;
  return 1;
}

int write_datagram(BIO* bio, const char* from, std::size_t count, std::size_t* written) {
  datagram_io& io = datagrams_of(bio);
  BIO_clear_retry_flags(bio);
  FLEET_CHECK(io.out != nullptr);
  const bytes_view datagram{reinterpret_cast<const std::uint8_t*>(from), count};
  io.out->push(datagram);
  for (bytes_view rest = datagram; !rest.empty();) {
    const record_view record = first_record(rest);
    if (record.epoch == 1) {
      io.next_write = std::max(io.next_write, record.sequence + 1);
    }
    rest = rest.subspan(record.whole.size());
  }
  *written = count;
  return 1;
}

void hear_of_timer(datagram_io& io, void* pointer) {
  const auto* at = static_cast<const timeval*>(pointer);
  const bool running = at->tv_sec != 0 || at->tv_usec != 0;
  io.fresh = io.fresh || (running && !io.running);
  io.running = running;
  io.deadline = pointer;
}

long control(BIO* bio, int command, long /*number*/, void* pointer) {
  datagram_io& io = datagrams_of(bio);
  switch (command) { // an int of OpenSSL's, not an enum of ours
    case BIO_CTRL_FLUSH: return 1;
    case BIO_CTRL_DGRAM_QUERY_MTU:
    case BIO_CTRL_DGRAM_GET_MTU:
    case BIO_CTRL_DGRAM_GET_FALLBACK_MTU: return io.mtu;
    case BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT: hear_of_timer(io, pointer); return 1;
    default: return 0;
  }
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fleet datagrams");
  FLEET_CHECK(method != nullptr);
  BIO_meth_set_read_ex(method, read_datagram);
  BIO_meth_set_write_ex(method, write_datagram);
  BIO_meth_set_ctrl(method, control);
  BIO_meth_set_create(method, create);
  return method;
}

} // namespace

bio_ptr make_datagram_bio(datagram_io& io) {
  // Never freed: a session may outlive every static object of ours.
  static const BIO_METHOD* const method = make_method();
  bio_ptr bio{BIO_new(method)};
  if (bio) {
    BIO_set_data(bio.get(), &io);
  }
  return bio;
}

datagram_io& datagrams_of(BIO* bio) {
  return *static_cast<datagram_io*>(BIO_get_data(bio));
}

bool timer_is_ours() {
  // The deadline became a number of ticks of OpenSSL's own behind 3.0.
  static const bool ours = OPENSSL_version_major() == 3 && OPENSSL_version_minor() == 0;
  return ours;
}

void expire(datagram_io& io) {
  if (timer_is_ours() && io.running) {
    *static_cast<timeval*>(io.deadline) = timeval{1, 0};
  }
}

} // namespace fleet::tls
