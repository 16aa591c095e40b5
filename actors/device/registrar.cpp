// One question, one answer, by either way.
#include "actors/device/registrar.hpp"

namespace fleet::actors {

namespace {

/// 15 characters, as the SDKs with registration over HTTPS draw them (§5.5).
constexpr std::size_t http_random = 15;

} // namespace

registrar::registrar(const registration_plan& plan, alink::registrant who, random_stream& chance)
    : plan_(plan), who_(std::move(who)) {
  if (plan.by == registration_way::https) {
    door_ = std::make_unique<door_caller>();
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

void registrar::ask(std::string_view host, time_point now, byte_buffer& out) {
  const auto body =
      alink::make_registration_body(who_, random_, plan_.sign, alink::registration_style::later);
  door_->ask(alink::registration_path, body, host, now, out);
  failure_ = door_->failure();
}

void registrar::receive(bytes_view bytes, time_point now, json_reader& reader) {
  read(door_->receive(bytes, now), reader);
}

void registrar::closed(json_reader& reader) {
  read(door_->closed(), reader);
}

void registrar::read(const std::optional<bytes_view>& answer, json_reader& reader) {
  failure_ = door_->failure();
  if (answer) {
    settle(alink::read_registration_reply(reader, *answer, who_));
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
  if (refused_ && answer.error().code == alink::code_already_active) {
    failure_.append(": ").append(registered_before);
  }
}

std::size_t registrar::memory_bytes() const noexcept {
  return sizeof(*this) + who_.product_key.capacity() + who_.device_name.capacity()
         + who_.product_secret.capacity() + random_.capacity() + secret_.capacity()
         + failure_.capacity() + (door_ ? sizeof(*door_) + door_->memory_bytes() : 0);
}

} // namespace fleet::actors
