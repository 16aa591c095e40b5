// Tokens by device, each with its device's number in front; those online in the order of their last
// post.
#include "cloud_sim/post_door.hpp"

#include <algorithm>
#include <charconv>

#include "cloud_sim/neighbours.hpp"
#include "cloud_sim/persistence.hpp"
#include "cloud_sim/post_talk.hpp"
#include "protocol/base/fetch_ahead.hpp"
#include "protocol/base/hmac.hpp"

namespace fleet::cloud {

namespace {

/// A token is its device's index and 32 digits that nobody can guess.
constexpr std::size_t index_digits = 8;
constexpr std::size_t token_digits = 32;
constexpr std::size_t random_digits = 16; ///< of the AES mode (§17.2)

std::string index_text(device_index device) {
  std::string out(index_digits, '0');
  for (std::size_t i = index_digits; i-- > 0; device >>= 4) {
    out[i] = "0123456789abcdef"[device & 15];
  }
  return out;
}

} // namespace

std::optional<device_index> device_in_token(std::string_view token) noexcept {
  device_index out = 0;
  if (token.size() != index_digits + token_digits) {
    return std::nullopt;
  }
  const auto* const end = token.data() + index_digits;
  const auto [stopped, error] = std::from_chars(token.data(), end, out, 16);
  return error == std::errc{} && stopped == end ? std::optional{out} : std::nullopt;
}

post_door::post_door(const parts& from, post_platform& platform)
    : parts_(from), platform_(platform) {}

post_door::~post_door() {
  parts_.core.home().disarm(*this);
}

post_counters& post_door::counted(post_protocol by) const noexcept {
  return parts_.core.counters().posting[static_cast<std::size_t>(by)];
}

bool post_door::withholding() const noexcept {
  const auto* const kept = parts_.core.kept();
  return kept != nullptr && kept->withholding();
}

post_door::poster* post_door::find(std::string_view token) const noexcept {
  const auto device = device_in_token(token);
  poster* const found = device && *device < places_.size() ? places_[*device] : nullptr;
  return found != nullptr && found->talk_of(token) != nullptr ? found : nullptr;
}

void post_door::expect(std::span<const device_index> devices) const noexcept {
  const auto each = [&](auto look) {
    for (const device_index device : devices) {
      if (device < places_.size() && places_[device] != nullptr) {
        look(*places_[device]);
      }
    }
  };
  each([&](const poster& p) {
    fetch_ahead(&p, sizeof p);
    fetch_ahead(parts_.core.ledger().find(p.as.index), sizeof(device_account));
  });
  each([](const poster& p) { // and its neighbours in the line of those online
    fetch_ahead(p.current.token.data(), index_digits + token_digits);
    fetch_ahead(p.as.own.data(), p.as.own.size());
    fetch_ahead(p.older == nullptr ? nullptr : &p.older->newer);
    fetch_ahead(p.newer == nullptr ? nullptr : &p.newer->older);
  });
}

std::string post_door::derive(std::string_view purpose, device_index device) {
  std::string content{purpose};
  for (const auto part :
       {std::uint64_t{device}, made_, static_cast<std::uint64_t>(parts_.core.home().wall_ms())}) {
    content.append(".").append(std::to_string(part));
  }
  return hmac_hex(hmac_hash::sha256, key_, content);
}

bool post_door::make_room() {
  if (posters_.size() < parts_.options.posts.tokens_max) {
    return true;
  }
  if (by_expiry_.empty() || by_expiry_.begin()->first > parts_.core.now()) {
    return false;
  }
  forget(by_expiry_.begin()->second);
  return true;
}

void post_door::forget(device_index device) {
  const auto found = posters_.find(device);
  if (found == posters_.end()) {
    return;
  }
  leave(*found->second);
  by_expiry_.erase({found->second->expires, device});
  places_[device] = nullptr;
  gone_.push_back(std::move(found->second));
  posters_.erase(found);
}

// Whoever has no secret learns neither which devices there are nor which are disabled.
result<post_grant, logon_denial> post_door::authenticate(const alink::post_logon_request& asked,
                                                         post_protocol by,
                                                         std::optional<device_index> owner) {
  const broker::turn guard{parts_.core};
  const auto denied = [&](logon_denial why) {
    add(counted(by).logons_refused);
    return fail(why);
  };
  const auto device = parts_.devices.find(asked.product_key, asked.device_name);
  const auto who = device ? parts_.devices.identity_of(*device) : alink::identity{};
  const bool right =
      alink::signed_by(asked, device ? std::string_view{who.device_secret} : "nobody");
  if (!device || !right || (owner && *owner != *device)) {
    return denied(logon_denial::unauthorized);
  }
  // Whoever brought it here could not read whose it is, as in the first of several blocks.
  if (!parts_.core.is_home_of(place_of_device(who.product_key, who.device_name))) {
    return denied(logon_denial::no_room);
  }
  if (parts_.devices.disabled(*device)) {
    return denied(logon_denial::disabled);
  }
  if (auto* const faulty = faults(); faulty != nullptr && faulty->refuses(*device)) {
    return denied(logon_denial::by_fault);
  }
  const time_point now = parts_.core.now();
  if (!logons_.take(*device, parts_.options.bounds.connects, now)) {
    add(parts_.core.counters().connects_over_rate);
    return denied(logon_denial::too_many);
  }
  const auto known = posters_.find(*device);
  if (key_.empty() || withholding() || (known == posters_.end() && !make_room())) {
    return denied(logon_denial::no_room);
  }
  auto& slot = posters_[*device];
  if (slot == nullptr) {
    slot = std::make_unique<poster>(*device, who);
    places_.resize(std::max<std::size_t>(places_.size(), *device + std::size_t{1}));
    places_[*device] = slot.get();
    slot->as.of = &parts_.state.products.open(who.product_key);
  } else {
    by_expiry_.erase({slot->expires, *device});
  }
  ++made_;
  post_grant out;
  talk made;
  out.token = index_text(*device) + derive("post token", *device).substr(0, token_digits);
  out.separate = asked.separate;
  if (by == post_protocol::coap && !asked.sequence.empty()) {
    out.random = derive("post random", *device).substr(0, random_digits);
    out.sequence_offset = first_sequence;
    made.seal = std::make_unique<sealed_talk>(who.device_secret, out.random);
  }
  const auto& options = parts_.options.posts;
  made.token = out.token;
  made.ends =
      later(now, by == post_protocol::coap ? options.coap_token_life : options.http_token_life);
  made.by = by;
  made.separate = asked.separate;
  slot->next = std::make_unique<talk>(std::move(made));
  if (slot->current.ends <= now) {
    begin(*slot);
  }
  slot->expires = std::max(slot->current.ends, slot->next ? slot->next->ends : time_point{});
  by_expiry_.emplace(slot->expires, *device);
  add(counted(by).tokens);
  return out;
}

/// The former token has been replaced, by one that its device has.
void post_door::begin(poster& who) {
  who.current = std::move(*who.next);
  who.next.reset();
  who.link = parts_.core.take_number();
}

post_result post_door::judge(const post_request& what, poster*& whose) {
  if (what.token.empty()) {
    return post_result::no_token;
  }
  whose = find(what.token);
  talk* const with = whose == nullptr ? nullptr : whose->talk_of(what.token);
  if (with == nullptr || with->by != what.by) {
    whose = nullptr;
    return post_result::unknown_token;
  }
  if (with->ends <= parts_.core.now()) {
    return post_result::expired_token;
  }
  if (what.owner && *what.owner != whose->as.index) {
    return post_result::not_owner;
  }
  if (withholding()) {
    return post_result::no_room;
  }
  const auto out = unseal(what, *with);
  if (out == post_result::taken && with == whose->next.get()) {
    begin(*whose);
  }
  return out;
}

post_result post_door::unseal(const post_request& what, talk& whose) {
  const auto size_max =
      what.by == post_protocol::coap ? alink::max_coap_payload : alink::max_http_body;
  plain_.clear();
  if (whose.seal == nullptr) {
    plain_.append(what.payload);
    return what.sequence              ? post_result::undecipherable
           : plain_.size() > size_max ? post_result::too_large
                                      : post_result::taken;
  }
  byte_buffer digits;
  if (!what.sequence || !whose.seal->cipher.decrypt(*what.sequence, digits)
      || !whose.seal->cipher.decrypt(what.payload, plain_)) {
    return post_result::undecipherable;
  }
  const auto number = alink::post_sequence_of(digits.view());
  if (!number || !whose.seal->fresh(*number)) {
    return number ? post_result::bad_sequence : post_result::undecipherable;
  }
  whose.seal->use(*number);
  return plain_.size() > size_max ? post_result::too_large : post_result::taken;
}

// Neither protocol marks a repeat, and the transports take out those of the network. Whoever has
// not heard an answer posts the message again with a new token or over a new way, which is what
// explains a repeat; any other is somebody's mistake.
post_outcome post_door::post(const post_request& what) {
  gone_.clear();
  const broker::turn guard{parts_.core};
  poster* whose = nullptr;
  post_outcome out;
  out.what = judge(what, whose);
  auto& counters = counted(what.by);
  if (whose == nullptr || out.what == post_result::expired_token) {
    add(counters.tokens_refused);
    return out;
  }
  out.device = whose->as.index;
  out.separate = whose->current.separate;
  answer_.clear();
  if (out.what == post_result::taken) {
    if (std::exchange(whose->way, what.way) != what.way) {
      whose->link = parts_.core.take_number();
    }
    touch(*whose); // what it says may depend on its being here
    mqtt::message_view message;
    message.topic = what.topic;
    message.payload = plain_.view();
    message.qos = mqtt::qos::at_least_once;
    switch (platform_.take_post(whose->as, message, whose->link, answer_)) {
      case post_verdict::taken: break;
      case post_verdict::forbidden: out.what = post_result::forbidden; break;
      case post_verdict::over_bound: out.what = post_result::over_bound; break;
    }
  }
  if (out.what != post_result::taken) {
    add(counters.refused);
    return out;
  }
  add(counters.posts);
  const auto begun = static_cast<std::uint64_t>(parts_.core.home().wall_ms()) * 1'000'000;
  last_message_ = last_message_ == 0 ? begun + 1 : last_message_ + 1;
  out.message_id = last_message_;
  out.answer = answer_.payload();
  if (whose->current.seal != nullptr && !out.answer.empty()) {
    sealed_.clear();
    whose->current.seal->cipher.encrypt(answer_.payload(), sealed_);
    out.answer = sealed_.view();
  }
  return out;
}

void post_door::touch(poster& who) {
  if (who.online) {
    unlink(who);
  } else if (parts_.lines.find(who.as.index).online()) {
    return; // it is online by its session
  }
  const post_protocol by = who.current.by;
  if (who.online && who.seen_by != by) {
    subtract(counted(who.seen_by).online);
    add(counted(by).online);
    parts_.lines.note_posting(who.as.index, by);
  }
  who.seen_by = by;
  who.online_until = later(parts_.core.now(), parts_.options.posts.presence);
  who.older = newest_;
  (newest_ != nullptr ? newest_->newer : oldest_) = &who;
  newest_ = &who;
  if (!armed()) {
    parts_.core.home().arm(*this, oldest_->online_until);
  }
  if (!who.online) {
    who.online = true;
    add(counted(by).online);
    parts_.lines.note_posting(who.as.index, by);
    platform_.on_posting(who.as, by, true);
  }
}

void post_door::unlink(poster& who) noexcept {
  (who.older != nullptr ? who.older->newer : oldest_) = who.newer;
  (who.newer != nullptr ? who.newer->older : newest_) = who.older;
  who.older = who.newer = nullptr;
}

void post_door::leave(poster& who) {
  if (who.online) {
    unlink(who);
    who.online = false;
    subtract(counted(who.seen_by).online);
    parts_.lines.note_silent(who.as.index);
    platform_.on_posting(who.as, who.seen_by, false);
  }
}

void post_door::on_wake(time_point now) {
  gone_.clear();
  const broker::turn guard{parts_.core};
  while (oldest_ != nullptr && oldest_->online_until <= now) {
    leave(*oldest_);
  }
  if (oldest_ != nullptr) {
    parts_.core.home().arm(*this, oldest_->online_until);
  }
}

void post_door::displaced(device_index device) {
  if (const auto found = posters_.find(device); found != posters_.end()) {
    leave(*found->second);
  }
}

void post_door::withdraw(device_index device) {
  forget(device);
}

void post_door::stop() {
  const broker::turn guard{parts_.core};
  while (!by_expiry_.empty()) { // everybody stands there
    forget(by_expiry_.begin()->second);
  }
  parts_.core.home().disarm(*this);
}

} // namespace fleet::cloud
