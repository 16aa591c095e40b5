// One question, one answer, by either way.
#include "actors/device/registrar.hpp"

#include <array>
#include <variant>

namespace fleet::actors {

namespace {

/// The platform's answer has some 200 octets; a device's buffer is small.
const http::client_limits& http_limits() {
  static const http::client_limits one{.read = {.head_max = 2048, .body_max = 1024},
                                       .response_deadline = registration_patience};
  return one;
}

/// 15 characters, as the SDKs with registration over HTTPS draw them (§5.5).
constexpr std::size_t http_random = 15;

} // namespace

registrar::registrar(const registration_plan& plan, alink::registrant who, random_stream& chance)
    : plan_(plan), who_(std::move(who)) {
  if (plan.by == registration_way::https) {
    http_ = std::make_unique<http::client>(http_limits());
    random_ = alink::registration_random(chance, http_random);
  } else {
    random_ = alink::registration_random_hex(chance);
  }
}

void registrar::login(login_text& out) const {
  auto fields = alink::make_registration_login(who_, random_, plan_.sign);
  out.client_id = std::move(fields.client_id);
  out.username = std::move(fields.username);
  out.password = std::move(fields.password);
}

void registrar::take(const mqtt::message_view& message, json_reader& reader) {
  if (message.topic == alink::registration_topic) {
    settle(alink::read_registration_push(reader, message.payload, who_));
  }
}

void registrar::ask(time_point now, byte_buffer& out) {
  const auto body =
      alink::make_registration_body(who_, random_, plan_.sign, alink::registration_style::later);
  const std::array<http::field, 2> fields{
      {{"Accept", alink::auth_accept}, {"Content-Type", alink::auth_content_type}}};
  http_->start();
  const auto sent = http_->send({.method = "POST",
                                 .target = alink::registration_path,
                                 .host = plan_.host,
                                 .fields = fields,
                                 .body = as_bytes(body)},
                                http::delivery::collected, now, out);
  if (sent != http::write_error::none) {
    failure_ = "the question cannot be written: is the host a name?";
  }
}

void registrar::receive(bytes_view bytes, time_point now, json_reader& reader) {
  http_->receive(bytes, now);
  drain(reader);
}

void registrar::closed(json_reader& reader) {
  http_->closed();
  drain(reader);
}

void registrar::drain(json_reader& reader) {
  while (auto event = http_->next_event()) {
    if (const auto* const done = std::get_if<http::client_event::response_finished>(&*event)) {
      settle(alink::read_registration_reply(reader, done->body, who_));
    } else if (const auto* const bad = std::get_if<http::client_event::failed>(&*event)) {
      failure_ = "the auth host's answer cannot be read: ";
      failure_ += http::to_string(bad->why);
    }
  }
}

void registrar::settle(result<std::string, alink::logon_refusal> answer) {
  if (answer && alink::valid_secret(answer.value())) {
    secret_ = std::move(answer).value();
    return;
  }
  refused_ = !answer && answer.error().code != 0;
  failure_ = refused_ ? "the platform refuses to register the device: code "
                            + std::to_string(answer.error().code)
                      : std::string{"what came for a secret is none"};
}

std::size_t registrar::memory_bytes() const noexcept {
  return sizeof(*this) + who_.product_key.capacity() + who_.device_name.capacity()
         + who_.product_secret.capacity() + random_.capacity() + secret_.capacity()
         + failure_.capacity() + (http_ ? sizeof(*http_) + http_->memory_bytes() : 0);
}

} // namespace fleet::actors
