// A device made with its product's secret alone (aliyun-iot.md §5.5): before it logs on for the
// first time it fetches its own, by a connection for that alone, and keeps it in its board's store.
#include "actors/device/device.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/registrar.hpp"
#include "actors/device/speech_scratch.hpp"

namespace fleet::actors {

std::optional<std::string_view> device::kept_secret() const noexcept {
  const auto kept = slot_.board.kv.get(secret_key);
  // A damaged one is none: it would be refused for ever.
  return kept && alink::valid_secret(as_text(*kept)) ? std::optional{as_text(*kept)} : std::nullopt;
}

void device::begin_registration(hal::connect_options& options) {
  const auto& plan = product_.registration;
  const auto* const triples = product_.speech->triples();
  if (plan.by == registration_way::none || triples == nullptr || kept_secret()) {
    return;
  }
  auto who = triples->at(index_);
  registrar_ = std::make_unique<registrar>(plan,
                                           alink::registrant{std::move(who.product_key),
                                                             std::move(who.device_name),
                                                             plan.product_secret},
                                           jitter_);
  if (registrar_->over_http()) {
    const auto& door = plan.of(index_);
    options.peer = door.auth_host;
    options.security = door.security;
    options.server_name = door.server_name;
  }
}

void device::log_on_or_register(login_text& out) {
  if (registrar_) {
    registrar_->login(out);
  } else if (guide_ && product_.logon.by == logon_way::pre_auth) {
    product_.speech->login_granted(index_, guide_->grant(), out);
  } else if (const auto kept = kept_secret();
             product_.registration.by != registration_way::none && kept) {
    product_.speech->login_with(index_, *kept, out);
  } else {
    product_.speech->login(index_, out);
  }
}

void device::ask_for_secret() {
  phase_due_ = later(now(), registration_patience);
  if (registrar_->over_http()) {
    registrar_->ask(product_.registration.of(index_).host, now(), slot_.board.link.output());
    settle_registration();
  }
}

void device::take_secret(const mqtt::message_view& message) {
  registrar_->take(message, around_.speech->json);
  settle_registration();
}

void device::take_answer(bytes_view bytes) {
  registrar_->receive(bytes, now(), around_.speech->json);
  settle_registration();
}

/// An answer may end with its connection. True if that was it.
bool device::end_answer() {
  if (!registrar_ || !registrar_->over_http()) {
    return false;
  }
  registrar_->closed(around_.speech->json);
  settle_registration();
  return !registrar_;
}

void device::settle_registration() {
  if (!registrar_->failure().empty()) {
    const std::string why = registrar_->failure(); // leaving the link forgets it
    leave_link(registrar_->refused() ? outcome::refused_authorization : outcome::protocol_error,
               why);
    return;
  }
  if (registrar_->secret().empty()) {
    return;
  }
  if (!slot_.board.kv.put(secret_key, as_bytes(registrar_->secret()))) {
    leave_link(outcome::exhausted, "the board's store has no room for the device's secret");
    return;
  }
  bump(counts().registrations);
  slot_.trace.note(now(), happening::registered);
  if (slot_.board.link.up()) {
    client_.stop(slot_.board.link.output()); // nothing over HTTP
  }
  lose_link();
  wait_ = {};
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    phase_due_ = now(); // it came for this alone, and now logs on
  }
}

} // namespace fleet::actors
