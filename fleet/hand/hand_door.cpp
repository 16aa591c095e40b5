// A device by hand that asks the auth host before each connection (aliyun-iot.md §5.4): a link for
// that alone, then the one to where the answer says.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "actors/device/guide.hpp"
#include "fleet/hand/hand_device.hpp"

namespace fleet::program {

bool hand_device::asks_the_door() const noexcept {
  return guide_ != nullptr && !guide_->answered();
}

void hand_device::knock() {
  const auto& plan = setup_.logon;
  guide_ = std::make_unique<actors::guide>(plan, setup_.who, setup_.peers[retry_.address()],
                                           setup_.security != nullptr);
  say(line_kind::note, fmt::format("asking the auth host {} over HTTP{}", plan.auth_host.text(),
                                   plan.security == nullptr ? "" : "S"));
  phase_ = phase::connecting;
  phase_due_ = later(now(), actors::door_patience);
  peer_ = plan.auth_host;
  hal::connect_options options;
  options.peer = peer_;
  options.security = plan.security;
  options.server_name = plan.server_name;
  options.timeout = std::min(options.timeout, duration{actors::door_patience});
  board_.link.open(options, *this);
}

void hand_device::ask_the_door() {
  guide_->ask(setup_.logon.host, now(), board_.link.output());
  board_.link.seal();
  settle_door();
}

void hand_device::hear_the_door(bytes_view bytes) {
  guide_->receive(bytes, now(), json_);
  settle_door();
}

/// True if that ended what was under way at the door.
bool hand_device::door_closed(setback what, const std::string& why) {
  if (!asks_the_door()) {
    return false;
  }
  guide_->closed(json_); // an answer may end with its connection
  settle_door();
  if (asks_the_door()) {
    guide_.reset();
    setback_came(what, "the auth host: " + why);
  }
  return true;
}

void hand_device::settle_door() {
  if (!guide_->failure().empty()) {
    const std::string why = guide_->failure();
    guide_.reset();
    setback_came(setback::rejected, why);
    return;
  }
  if (!guide_->answered()) {
    return;
  }
  board_.link.drop();
  login_ = setup_.login;
  if (setup_.logon.by == actors::logon_way::pre_auth) {
    setup_.speech->login_granted(0, guide_->grant(), login_);
    // As often as it comes anew, the one before is worth nothing.
    auto hidden = setup_.secrets;
    hidden.push_back(login_.password);
    mask_ = secret_mask{std::move(hidden)};
  }
  call(guide_->place());
}

} // namespace fleet::program
