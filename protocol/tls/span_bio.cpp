// The BIO method behind make_span_bio().
#include "protocol/tls/span_bio.hpp"

#include <algorithm>

#include "protocol/base/check.hpp"

namespace fleet::tls {

namespace {

int read_span(BIO* bio, char* to, std::size_t room, std::size_t* got) {
  span_io& io = io_of(bio);
  BIO_clear_retry_flags(bio);
  *got = std::min(room, io.in.size());
  if (*got == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  std::copy_n(io.in.begin(), *got, reinterpret_cast<std::uint8_t*>(to));
  io.in = io.in.subspan(*got);
  return 1;
}

int write_buffer(BIO* bio, const char* from, std::size_t count, std::size_t* written) {
  span_io& io = io_of(bio);
  BIO_clear_retry_flags(bio);
  FLEET_CHECK(io.out != nullptr);
  io.out->append(std::string_view{from, count});
  *written = count;
  return 1;
}

long control(BIO* /*bio*/, int command, long /*number*/, void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "fleet span");
  FLEET_CHECK(method != nullptr);
  BIO_meth_set_read_ex(method, read_span);
  BIO_meth_set_write_ex(method, write_buffer);
  BIO_meth_set_ctrl(method, control);
  BIO_meth_set_create(method, create);
  return method;
}

} // namespace

bio_ptr make_span_bio(span_io& io) {
  // Never freed: a session may outlive every static object of ours.
  static const BIO_METHOD* const method = make_method();
  bio_ptr bio{BIO_new(method)};
  if (bio) {
    BIO_set_data(bio.get(), &io);
  }
  return bio;
}

span_io& io_of(BIO* bio) {
  return *static_cast<span_io*>(BIO_get_data(bio));
}

} // namespace fleet::tls
