// The HTTP client machine, used once.
#include "actors/device/door_caller.hpp"

#include <array>
#include <variant>

#include "protocol/alink/logon.hpp"

namespace fleet::actors {

namespace {

/// The platform's answer has some 200 octets; a device's buffer is small.
const http::client_limits& limits() {
  static const http::client_limits one{.read = {.head_max = 2048, .body_max = door_answer_max},
                                       .response_deadline = door_patience};
  return one;
}

} // namespace

door_caller::door_caller() : client_(limits()) {}

void door_caller::ask(std::string_view path, std::string_view body, std::string_view host,
                      time_point now, byte_buffer& out) {
  const std::array<http::field, 2> fields{
      {{"Accept", alink::auth_accept}, {"Content-Type", alink::auth_content_type}}};
  client_.start();
  const auto sent = client_.send(
      {.method = "POST", .target = path, .host = host, .fields = fields, .body = as_bytes(body)},
      http::delivery::collected, now, out);
  if (sent != http::write_error::none) {
    failure_ = "the question cannot be written: is the host a name?";
  }
}

std::optional<bytes_view> door_caller::receive(bytes_view bytes, time_point now) {
  client_.receive(bytes, now);
  return drain();
}

std::optional<bytes_view> door_caller::closed() {
  client_.closed();
  return drain();
}

std::optional<bytes_view> door_caller::drain() {
  while (auto event = client_.next_event()) {
    if (const auto* const done = std::get_if<http::client_event::response_finished>(&*event)) {
      return done->body;
    }
    if (const auto* const bad = std::get_if<http::client_event::failed>(&*event)) {
      failure_ = "the auth host's answer cannot be read: ";
      failure_ += http::to_string(bad->why);
    }
  }
  return std::nullopt;
}

std::size_t door_caller::memory_bytes() const noexcept {
  return client_.memory_bytes() + failure_.capacity();
}

} // namespace fleet::actors
