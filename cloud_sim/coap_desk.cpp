// One request, one answer: from options to the door, and from its words to codes.
#include "cloud_sim/coap_desk.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "cloud_sim/coap_codes.hpp"
#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/coap/codec.hpp"

namespace fleet::cloud {

namespace {

constexpr std::uint32_t wrong_sign_units = 20; ///< of coap_desk_options::wrong_signs
/// What the SDK's largest messages have (§17.5): a whole payload, behind a path and a token.
constexpr std::uint16_t message_max = 1280;
/// An AES block more than a payload: what the AES mode adds (§17.4).
constexpr std::uint32_t body_max = alink::max_coap_payload + 16;

coap::server_behaviour behaviour_of_platform() {
  coap::server_behaviour out;
  out.also_known = alink::coap_post_options;
  out.limits.message_max = message_max;
  out.body_max = body_max;
  return out;
}

std::array<std::uint8_t, 19> octets_of(const hal::address& a) noexcept {
  std::array<std::uint8_t, 19> out{};
  std::copy(a.ip.begin(), a.ip.end(), out.begin());
  out[16] = static_cast<std::uint8_t>(a.port >> 8);
  out[17] = static_cast<std::uint8_t>(a.port & 0xff);
  out[18] = a.v6 ? 1 : 0;
  return out;
}

bool one_of(std::uint32_t format, std::initializer_list<std::uint32_t> all) noexcept {
  return std::find(all.begin(), all.end(), format) != all.end();
}

} // namespace

struct coap_desk::peer final : hal::timer {
  peer(coap_desk& of, const hal::address& who) : desk(of), at(who) {}
  ~peer() { desk.home_.disarm(*this); }
  peer(const peer&) = delete;
  peer& operator=(const peer&) = delete;

  coap_desk& desk;
  const hal::address at;
  std::optional<coap::server_session> session; ///< none: nothing to remember
  std::optional<device_index> owner;           ///< of its key (§17.1)
  std::optional<device_index> device;          ///< over DTLS: who posted last
  time_point armed_for = never;
  std::uint64_t way = 0;                     ///< as post_request
  std::uint32_t number = fault_desk::nobody; ///< of who was heard there last
  hal::silence_place place = 0;              ///< in heard_
  bool over_dtls = false;

private:
  void on_wake(time_point /*now*/) override { desk.wake(*this); }
};

/// What the options of a request say, and its answer.
struct coap_desk::request {
  std::string path;
  bool whole = true; ///< no level holds a slash or a NUL
  std::optional<std::uint32_t> format;
  std::optional<std::uint32_t> accept;
  std::string_view token;
  std::optional<bytes_view> sequence;

  coap::code code = coap::code::internal_server_error;
  bytes_view payload;
  std::uint64_t message_id = 0; ///< 0: none
  bool json = true;             ///< what the payload is, if there is one
  bool separate = false;

  explicit request(bytes_view options);
};

coap_desk::request::request(bytes_view options) {
  coap::option_reader reader{options};
  while (const auto o = reader.next()) {
    if (o->number == coap::option::uri_path) {
      const auto level = as_text(o->value);
      whole = whole && level.find('/') == std::string_view::npos
              && level.find('\0') == std::string_view::npos;
      path.append("/").append(level);
    } else if (o->number == alink::coap_option_token_sdk || o->number == alink::coap_option_token) {
      token = as_text(o->value);
    } else if (o->number == alink::coap_option_sequence) {
      sequence = o->value;
    }
  }
  format = coap::find_uint(options, coap::option::content_format);
  accept = coap::find_uint(options, coap::option::accept);
}

coap_desk::coap_desk(hal::home& where, post_door& door, const coap_desk_options& options)
    : home_(where), door_(door), options_(options), behaviour_(behaviour_of_platform()),
      peers_(door.places()), wrong_signs_(options.wrong_signs) {}

coap_desk::~coap_desk() {
  if (way_ != nullptr) {
    way_->serve(nullptr);
  }
}

// Who is forgotten has its repeats judged anew, so a crowd of strangers costs others no more.
coap_desk::peer& coap_desk::open_peer(const hal::address& at) {
  if (peer* const known = peers_.find(at)) {
    heard_.touch(known->place);
    return *known;
  }
  if (peers_.size() >= options_.peers_max && !heard_.empty()) {
    add(door_.counters().coap_peers_displaced);
    peer& silent = *heard_.front();
    if (silent.over_dtls) {
      way_->drop(silent.at);
    }
    forget(silent);
  }
  peer& made = peers_.add(std::make_unique<peer>(*this, at));
  made.place = heard_.add(made);
  made.way = ++met_;
  return made;
}

void coap_desk::forget(peer& p) {
  heard_.remove(p.place);
  if (p.device) {
    by_device_.erase(*p.device);
  }
  peers_.take(p);
}

void coap_desk::on_peer(const hal::address& from, std::string_view identity) {
  peer& p = open_peer(from);
  p.over_dtls = true;
  p.owner = identity.empty() ? std::nullopt : door_.psk_owner(identity);
}

void coap_desk::on_crowd(std::span<const hal::address> senders) noexcept {
  std::array<peer*, hal::crowd_max> found;
  const auto known = peers_.expect(senders, sizeof(peer), found);
  for (unsigned step = 0; step < coap::server_session::expect_steps; ++step) {
    for (const peer* p : known) {
      if (p->session) {
        p->session->expect(step);
      }
    }
  }
  std::array<device_index, hal::crowd_max> devices;
  std::size_t count = 0;
  for (const peer* p : known) {
    heard_.expect(p->place);
    devices[count++] = p->number; // who is nobody has nothing to be fetched
  }
  door_.expect({devices.data(), count});
  for (const peer* p : known) {
    heard_.expect_neighbours(p->place);
  }
}

void coap_desk::on_peer_gone(const hal::address& from, std::string_view /*why*/) {
  if (peer* const known = peers_.find(from)) {
    forget(*known);
  }
}

// By a post that was taken, and not by the log-on, which can be repeated by who only heard it.
void coap_desk::belongs_to(peer& p, device_index device) {
  if (!p.over_dtls || p.device == device) {
    return;
  }
  if (p.device) {
    by_device_.erase(*p.device);
  }
  const auto former = by_device_.find(device);
  if (former != by_device_.end()) {
    peer& old = *former->second;
    way_->drop(old.at);
    forget(old);
  }
  p.device = device;
  by_device_[device] = &p;
}

// What cannot be kept is not answered, and so comes again.
void coap_desk::on_datagram(const hal::address& from, bytes_view bytes) {
  if (door_.withholding()) {
    return;
  }
  peer& p = open_peer(from);
  auto* const faults = door_.faults();
  if (faults != nullptr && p.number != fault_desk::nobody && !faults->hears(p.number)) {
    return; // it will come again
  }
  if (!p.session) {
    p.session.emplace(behaviour_,
                      random_stream{hash_text(as_text(octets_of(from))), ++met_, "coap"});
  }
  p.session->receive(bytes, home_.now());
  drain(p);
  settle(p);
}

void coap_desk::drain(peer& p) {
  while (const auto event = p.session->next_event(out_)) {
    // What became of answers sent by themselves matters to nobody.
    if (const auto* const r = std::get_if<coap::server_event::request_arrived>(&*event)) {
      take(p, *r);
    }
  }
}

/// Sends what there is; forgets who has nothing to be remembered for.
void coap_desk::settle(peer& p) {
  for (; !out_.empty(); out_.pop()) {
    send(p.at, p.number, out_.front());
  }
  if (p.session->idle()) {
    home_.disarm(p);
    p.session.reset();
    if (!p.over_dtls) {
      forget(p);
    }
    return;
  }
  // A wake that only moves away is moved when it comes: else each datagram of each of very many
  // peers would reorder the home's timers.
  const time_point due = p.session->next_timeout();
  if (!p.armed() || due < p.armed_for) {
    p.armed_for = due;
    home_.arm(p, due);
  }
}

void coap_desk::wake(peer& p) {
  p.session->handle_timeout(home_.now(), out_);
  drain(p);
  settle(p);
}

void coap_desk::reset_all() {
  way_->discard();
  unsent_ = std::make_shared<const int>();
  for (std::size_t left = peers_.size(); left > 0; --left) {
    peer& p = *heard_.front();
    home_.disarm(p);
    p.session.reset();
    p.way = ++met_; // what comes again was heard before, and is no mistake
    if (p.over_dtls) {
      heard_.touch(p.place); // all of them in turn: their order stays
    } else {
      forget(p);
    }
  }
}

void coap_desk::take(peer& p, const coap::server_event::request_arrived& r) {
  add(door_.counters().coap_requests);
  request q{r.options};
  const auto topic = alink::topic_of_post_path(q.path);
  if (q.path.size() > alink::max_post_path) {
    q.code = uri_too_long;
  } else if (!q.whole || (q.path != alink::post_auth_path && !topic)) {
    q.code = coap::code::not_found;
  } else if (r.method != coap::code::post) {
    q.code = coap::code::method_not_allowed;
  } else if (topic) {
    q.path = std::string{*topic};
    post(p, r, q);
  } else {
    log_on(p, r, q);
  }
  coap::option_list options;
  std::array<std::uint8_t, 8> number{};
  if (!q.payload.empty()) {
    options.add_uint(coap::option::content_format,
                     q.json ? coap::content_format::json : coap::content_format::octets);
  }
  if (q.code == coap::code::service_unavailable) {
    options.add_uint(coap::option::max_age, 1);
  }
  if (q.message_id != 0) {
    for (std::size_t i = number.size(); i-- > 0; q.message_id >>= 8) {
      number[i] = static_cast<std::uint8_t>(q.message_id & 0xff);
    }
    options.add(alink::coap_option_message_id, number);
  }
  if (q.separate && p.session->has_room()) {
    p.session->acknowledge(r.id, home_.now(), out_);
  }
  coap::response_fields fields{q.code, options.view(), q.payload, false};
  if (p.session->respond(r.id, fields, home_.now(), out_) == coap::respond_error::none) {
    return;
  }
  // No room for the answer: the client asks again.
  fields = {coap::code::internal_server_error, {}, {}, false};
  if (p.session->respond(r.id, fields, home_.now(), out_) != coap::respond_error::none) {
    p.session->drop(r.id); // or its peer would stay forever
  }
}

void coap_desk::log_on(peer& p, const coap::server_event::request_arrived& r, request& q) {
  if (q.format && !one_of(*q.format, {coap::content_format::json})) {
    q.code = coap::code::unsupported_content_format;
    return;
  }
  if (q.accept && !one_of(*q.accept, {coap::content_format::json})) {
    q.code = coap::code::not_acceptable;
    return;
  }
  const auto asked = alink::read_post_logon(json_, r.payload);
  if (!asked) {
    q.code = coap::code::bad_request;
    return;
  }
  hal::address source = p.at;
  source.port = 0;
  const auto octets = octets_of(source);
  if (!wrong_signs_.allows(as_text(octets), home_.now())) {
    add(door_.counters().posting[static_cast<std::size_t>(post_protocol::coap)].unjudged);
    q.code = coap::code::service_unavailable;
    return;
  }
  p.number = door_.number_of(*asked);
  const auto got = door_.authenticate(*asked, post_protocol::coap, p.owner);
  if (!got) {
    q.code = code_of(got.error());
    if (got.error() == logon_denial::unauthorized) {
      wrong_signs_.charge(as_text(octets), wrong_sign_units, home_.now());
    }
    return;
  }
  const auto& grant = got.value();
  payload_.clear();
  alink::append_coap_grant(payload_, {grant.token, grant.random, grant.sequence_offset});
  q.code = coap::code::content;
  q.payload = payload_.view();
  q.separate = grant.separate;
}

// Alink's own messages are JSON, whose answers may be asked for as octets (§17.3); on topics of the
// product any octets may stand. CBOR, which some edition allows, is not read here.
void coap_desk::post(peer& p, const coap::server_event::request_arrived& r, request& q) {
  using namespace coap::content_format;
  const bool any = alink::parse_topic(q.path).kind == alink::topic_kind::custom;
  if (q.format && !one_of(*q.format, {text, octets, json}) && !(any && *q.format == cbor)) {
    q.code = coap::code::unsupported_content_format;
    return;
  }
  if (q.accept && !one_of(*q.accept, {octets, json})) {
    q.code = coap::code::not_acceptable;
    return;
  }
  post_request what;
  what.token = q.token;
  what.topic = q.path;
  what.payload = r.payload;
  what.sequence = q.sequence;
  what.owner = p.owner;
  what.way = p.way;
  if (const auto owner = door_.token_owner(q.token)) {
    p.number = *owner;
  }
  const auto out = door_.post(what);
  q.code = code_of(out.what);
  q.separate = out.separate;
  q.json = !q.sequence && q.accept != octets;
  if (out.what == post_result::taken) {
    belongs_to(p, out.device);
    q.payload = out.answer;
    q.message_id = out.message_id;
  }
}

} // namespace fleet::cloud
