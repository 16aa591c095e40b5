// The factory and the door of the imitation.
#include "protocol/tls/dtls_model.hpp"

#include "protocol/base/random.hpp"
#include "protocol/tls/modelled_session.hpp"

namespace fleet::tls {

namespace {
/// How long a cookie is good at least, as dtls_server_options.
constexpr duration cookie_life = std::chrono::seconds{30};
} // namespace

modelled_dtls::modelled_dtls(dtls_model_options options)
    : options_(std::make_shared<const dtls_model_options>(std::move(options))) {}

std::unique_ptr<datagram_filter> modelled_dtls::make(const datagram_filter_request& request) {
  const std::uint64_t attempt =
      mix64(hash_text(request.psk_identity) + hash_text(request.server_name) + ++made_) | 1;
  auto made = std::make_unique<modelled_session>(options_, attempt, false);
  made->aim_at(request);
  return made;
}

std::unique_ptr<datagram_filter> modelled_dtls::accept(bytes_view from, bytes_view datagram,
                                                       time_point now, datagram_batch& out) {
  modelled_hello hello;
  if (!read_hello(datagram, hello)) {
    return nullptr;
  }
  const std::int64_t step = now.time_since_epoch() / cookie_life;
  if (hello.cookie != modelled_cookie(from, step)
      && hello.cookie != modelled_cookie(from, step - 1)) {
    send_cookie(modelled_cookie(from, step), out);
    return nullptr;
  }
  auto made = std::make_unique<modelled_session>(options_, hello.attempt, true);
  made->answer(hello);
  return made;
}

std::uint64_t modelled_dtls::attempt_of(bytes_view datagram) const {
  modelled_hello hello;
  return read_hello(datagram, hello) ? hello.attempt : 0;
}

} // namespace fleet::tls
