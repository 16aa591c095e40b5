// A device that asks the auth host before each connection (aliyun-iot.md §5.4): a link for that
// alone, then the one to where the answer says. Whatever goes wrong there is a failed attempt.
#include <algorithm>

#include "actors/device/device.hpp"
#include "actors/device/guide.hpp"
#include "actors/device/id2_veil.hpp"
#include "actors/device/speech_scratch.hpp"

namespace fleet::actors {

bool device::asks_for_guidance() const noexcept {
  return guide_ && !guide_->answered();
}

void device::begin_guidance(hal::connect_options& options) {
  const auto& plan = product_.logon;
  const auto* const triples = product_.speech->triples();
  if (plan.by == logon_way::direct || triples == nullptr || registrar_) {
    return;
  }
  if (guide_) {
    options.peer = guide_->place();
    return;
  }
  guide_ = std::make_unique<guide>(plan, triples->at(index_),
                                   product_.peer_at(product_.places.number_of(index_)),
                                   product_.security != nullptr);
  const auto& door = plan.of(index_);
  options.peer = door.auth_host;
  options.security = door.security;
  options.server_name = door.server_name;
  options.timeout = std::min(options.timeout, door_patience);
}

/// What hides the MQTT stream of a device with an ID2 element; none of others, or at the auth host.
std::unique_ptr<stream_transform> device::veil() {
  const int mode = product_.logon.id2_mode;
  const auto* const triples = product_.speech->triples();
  if (!alink::id2_encrypts(mode) || triples == nullptr || asks_for_guidance() || registrar_) {
    return nullptr;
  }
  const auto who = triples->at(index_);
  const bool granted = guide_ && product_.logon.by == logon_way::pre_auth;
  // The guide takes no answer with another key than a stream's.
  return make_id2_veil(who, granted ? granted_id2_mode(mode) : mode,
                       granted ? guide_->grant().codec_key : alink::id2_stream_key(who),
                       {product_.seed, slot_.board.boots(), now()});
}

void device::ask_for_guidance() {
  phase_due_ = later(attempt_began_, door_patience);
  guide_->ask(product_.logon.of(index_).host, now(), slot_.board.link.output());
  settle_guidance();
}

void device::take_guidance(bytes_view bytes) {
  guide_->receive(bytes, now(), around_.speech->json);
  settle_guidance();
}

/// An answer may end with its connection. True if that has been dealt with.
bool device::end_guidance(hal::close_reason reason, std::string_view detail) {
  if (!asks_for_guidance() || phase_ == phase::stopping) {
    return false;
  }
  guide_->closed(around_.speech->json);
  settle_guidance();
  if (asks_for_guidance()) { // it never stood, or nothing had been asked
    std::string why = "the auth host: ";
    why += hal::to_string(reason);
    if (!detail.empty()) {
      why.append(": ").append(detail);
    }
    leave_link(outcome::auth_host_failed, why);
  }
  return true;
}

void device::settle_guidance() {
  if (!guide_->failure().empty()) {
    const std::string why = guide_->failure(); // leaving the link forgets it
    leave_link(outcome::auth_host_failed, why);
    return;
  }
  if (!guide_->answered()) {
    return;
  }
  slot_.board.link.drop();
  if (go(step::link_ended) && phase_ == phase::backing_off) {
    phase_due_ = now(); // it came for this alone, and now logs on
  } else {
    guide_.reset();
  }
}

} // namespace fleet::actors
