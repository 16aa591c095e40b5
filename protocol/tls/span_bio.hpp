// A BIO that reads from the span and writes to the buffer its caller holds at that moment, so that
// a session keeps no ciphertext of its own. Not a queue: what is not consumed is the caller's to
// keep.
#pragma once

#include "protocol/base/bytes.hpp"
#include "protocol/tls/openssl.hpp"

namespace fleet::tls {

class session;

/// What one call of a session may read and where it may write, valid only during that call, and
/// whose they are.
struct span_io {
  bytes_view in;
  byte_buffer* out = nullptr;
  session* owner = nullptr;
};

/// A BIO over `io`, which must stay where it is as long as the BIO lives; null when out of memory.
bio_ptr make_span_bio(span_io& io);

/// The span_io a BIO of make_span_bio() was made with.
span_io& io_of(BIO* bio);

} // namespace fleet::tls
