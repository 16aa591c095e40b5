// A BIO that reads the one datagram and writes to the batch its caller holds at that moment:
// OpenSSL 3.0 has none over memory (BIO_s_dgram_mem came with 3.2). It also is the place where
// OpenSSL tells of its retransmission timer, which runs by the wall clock, and where ours takes it
// over.
#pragma once

#include <array>

#include "protocol/base/datagrams.hpp"
#include "protocol/base/time.hpp"
#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

class dtls_session;

/// What one call of a session may read and write, valid only during that call; and what it heard.
struct datagram_io {
  bytes_view in;
  bool filled = false; ///< `in` has not been read yet
  datagram_batch* out = nullptr;
  dtls_session* owner = nullptr;
  std::uint16_t mtu = 0;        ///< octets of a UDP payload
  std::uint64_t next_write = 0; ///< epoch 1: behind the last sequence number that was written

  // The timer. OpenSSL starts one for each flight and asks gettimeofday() whether it is over, both
  // when told to handle a timeout and whenever it runs out of input. A session sets the interval so
  // long that it never ends by itself (DTLS_set_timer_cb), keeps the time by our clock, and makes
  // OpenSSL's end when ours does: by the deadline that BIO_CTRL_DGRAM_SET_NEXT_TIMEOUT points to,
  // which in OpenSSL 3.0 is the session's own. What is written there is in 1970, so no wall clock
  // can disagree.
  void* deadline = nullptr;
  bool running = false; ///< a flight waits for its answer
  bool fresh = false;   ///< it is another flight than before this call
};

/// A BIO over `io`, which must stay where it is as long as the BIO lives; null when out of memory.
bio_ptr make_datagram_bio(datagram_io& io);

/// The datagram_io a BIO of make_datagram_bio() was made with.
datagram_io& datagrams_of(BIO* bio);

/// Makes OpenSSL's timer end now, for DTLSv1_handle_timeout() to send the flight again.
void expire(datagram_io& io);

/// Whether expire() works with the OpenSSL that is loaded; newer ones only show a copy of their
/// deadline. Then the interval is a true one, and OpenSSL's clock has to agree with ours.
bool timer_is_ours();

} // namespace fleet::tls
