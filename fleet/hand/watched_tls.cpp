// A filter around a filter.
#include "fleet/hand/watched_tls.hpp"

#include <utility>

namespace fleet::program {

namespace {

class watched_filter final : public stream_filter {
public:
  watched_filter(std::unique_ptr<stream_filter> inner, std::string name, bool verified,
                 const watched_tls::sink& tell)
      : inner_(std::move(inner)), name_(std::move(name)), tell_(tell), verified_(verified) {}

  filter_state start(byte_buffer& cipher_out) override {
    tell_("TCP is up; TLS handshake with " + name_);
    return inner_->start(cipher_out);
  }
  filter_state receive(bytes_view cipher, byte_buffer& plain_out,
                       byte_buffer& cipher_out) override {
    const filter_state state = inner_->receive(cipher, plain_out, cipher_out);
    const bool open = state == filter_state::open || state == filter_state::ended;
    if (open && !std::exchange(told_, true)) {
      tell_(verified_ ? "TLS is up: the certificate is valid for " + name_
                      : "TLS is up: the certificate was not looked at (--insecure)");
    }
    return state;
  }
  filter_state send(bytes_view plain, byte_buffer& cipher_out) override {
    return inner_->send(plain, cipher_out);
  }
  void close(byte_buffer& cipher_out) override { inner_->close(cipher_out); }
  [[nodiscard]] std::string error() const override { return inner_->error(); }

private:
  std::unique_ptr<stream_filter> inner_;
  std::string name_;
  const watched_tls::sink& tell_;
  bool verified_;
  bool told_ = false;
};

} // namespace

watched_tls::watched_tls(stream_filter_factory& inner, bool verified, sink tell)
    : inner_(inner), tell_(std::move(tell)), verified_(verified) {}

std::unique_ptr<stream_filter> watched_tls::make(std::string_view server_name) {
  return std::make_unique<watched_filter>(inner_.make(server_name), std::string{server_name},
                                          verified_, tell_);
}

} // namespace fleet::program
