// When it speaks: the link's events wait for the device's turn. What a post is made of stands in
// coap_posts.cpp; what comes in is coap_answers.cpp's.
#include "actors/device/coap_channel.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "actors/device/close_outcome.hpp"

namespace fleet::actors {

namespace {

/// No process that begins anew may repeat the ids of the one before (RFC 7252 §4.4).
random_stream stream_of(const post_place& at, std::string_view purpose) noexcept {
  const std::uint64_t life = mix64(at.product.seed + at.board.boots());
  return {life, at.board.index(), purpose};
}

/// A CoAP option of a number in as few octets as it takes (RFC 7252 §3.2), for those under 256.
struct small_number {
  explicit small_number(std::uint32_t value) noexcept : octet(static_cast<std::uint8_t>(value)) {}
  [[nodiscard]] bytes_view view() const noexcept { return {&octet, 1}; }
  std::uint8_t octet;
};

std::uint8_t at_most_octet(std::uint32_t n) noexcept {
  return static_cast<std::uint8_t>(std::min<std::uint32_t>(n, UINT8_MAX));
}

} // namespace

coap_channel::coap_channel(const post_place& at, post_channel_events& owner)
    : at_(at), owner_(owner), link_(at.board.datagrams()),
      client_(at.product.post->coap.client, stream_of(at, "coap")),
      chance_(stream_of(at, "coap sequence")) {}

coap_channel::~coap_channel() {
  drop();
}

void coap_channel::log_on(const alink::identity& who) {
  who_ = std::make_unique<alink::identity>(who);
  token_.clear();
  cipher_.reset();
  tries_ = 0;
  waits_ = 0;
  refused_ = false;
  if (state_ == state::closed) {
    open();
  } else if (state_ == state::up) {
    due_ = later(now(), plan().auth_wait);
    ask();
  }
}

void coap_channel::open() {
  const coap_plan& coap = plan().coap;
  hal::datagram_link_options options;
  const std::size_t place = at_.product.places.number_of(at_.board.index());
  options.way = {at_.product.peer_at(place), at_.product.link, at_.board.index()};
  options.security = coap.security;
  std::string identity;
  std::string key;
  duration patience = at_.product.connect_timeout;
  if (coap.security != nullptr) {
    patience = handshake_wait;
    options.request.server_name = at_.product.server_name_at(place);
    options.request.former = former_.get();
    if (coap.shared_key) {
      const alink::sign_method method = plan().sign.value_or(alink::sign_method::hmacsha256);
      const std::string_view timestamp =
          plan().timestamp.empty() ? alink::sdk_timestamp : std::string_view{plan().timestamp};
      identity = alink::make_psk_identity(*who_, method, timestamp);
      key = alink::make_psk_key(*who_, method, timestamp);
      options.request.psk_identity = identity;
      options.request.psk_key = as_bytes(key);
    }
  }
  count_radio();
  radio_from_ = now();
  state_ = state::opening;
  due_ = later(now(), patience);
  repeats_ = 0;
  silent_ = 0;
  heard_to_ = newest_;
  refused_ = false;
  opened_ = closed_ = false; // of a link before
  arrived_ = {};
  if (at_.onlooker != nullptr) {
    at_.onlooker->on_opening();
  }
  wake_radio();
  link_.open(options, *this);
}

void coap_channel::ask() {
  std::array<char, 8> digits{};
  std::string_view sequence;
  if (plan().coap.aes) {
    const auto end =
        std::to_chars(digits.data(), digits.data() + digits.size(), chance_.below(10'000)).ptr;
    sequence = {digits.data(), static_cast<std::size_t>(end - digits.data())};
  }
  byte_buffer& body = at_.around.part;
  body.clear();
  alink::append_coap_logon(
      body, *who_, {.method = plan().sign, .timestamp = plan().timestamp, .sequence = sequence});
  const small_number json{coap::content_format::json};
  const std::array<coap::option_view, 3> options{
      {{coap::option::uri_path, as_bytes(alink::post_auth_path.substr(1))},
       {coap::option::content_format, json.view()},
       {coap::option::accept, json.view()}}};
  again_ = never;
  wake_radio();
  const auto asked = client_.request({.method = coap::code::post,
                                      .options = options,
                                      .payload = body.view(),
                                      .confirmable = true,
                                      .observe = false,
                                      .whole_max = whole_max()},
                                     now(), at_.around.datagrams);
  asked_ = asked ? asked.value() : 0;
  if (asked) {
    ++tries_;
  } else {
    again_ = later(now(), plan().auth_again); // others wait for their answers still
  }
  flush();
}

bool coap_channel::ping() {
  if (state_ != state::up) {
    return false;
  }
  wake_radio();
  const auto asked = client_.ping(now(), at_.around.datagrams);
  flush();
  return asked.ok();
}

void coap_channel::count_radio() noexcept {
  if (state_ == state::closed || at_.around.counts == nullptr) { // by hand nobody counts
    return;
  }
  const auto what = link_.radio_on() ? radio::on : radio::asleep;
  const auto span = std::chrono::duration_cast<std::chrono::microseconds>(now() - radio_from_);
  bump(at_.around.counts->radio_us[static_cast<std::size_t>(what)],
       static_cast<std::uint64_t>(span.count()));
  radio_from_ += span; // what is less than 1 µs stays for the next time
}

void coap_channel::wake_radio() {
  count_radio();
  asleep_at_ = never;
  if (!link_.radio_on()) {
    link_.set_radio(true);
  }
}

void coap_channel::flush() {
  coap::datagrams& out = at_.around.datagrams;
  for (; !out.empty(); out.pop()) {
    if (at_.onlooker != nullptr) {
      at_.onlooker->on_passed(true, out.front());
    }
    (void)link_.send(out.front()); // one that does not go is a lost one
  }
  const std::uint32_t repeats = client_.counts().retransmissions;
  if (repeats != resent_) {
    owner_.on_resent(repeats - std::exchange(resent_, repeats));
  }
  if (plan().coap.radio_sleep && state_ == state::up && link_.radio_on() && asleep_at_ == never
      && client_.open_requests() == 0 && probe_ == 0 && again_ == never) {
    asleep_at_ = later(now(), plan().coap.radio_awake);
  }
}

void coap_channel::take_turn() {
  if (in_turn_) {
    return; // whoever is at it looks again
  }
  in_turn_ = true;
  if (std::exchange(opened_, false) && state_ == state::opening) {
    state_ = state::up;
    refused_ = false; // of the handshake: somebody came
    former_ = link_.memory();
    due_ = later(now(), plan().auth_wait);
    owner_.on_transport_up();
    if (state_ == state::up && who_ != nullptr) {
      ask();
    }
  }
  if (const bytes_view arrived = std::exchange(arrived_, bytes_view{});
      !arrived.empty() && state_ == state::up) {
    take(arrived);
  }
  if (std::exchange(closed_, false) && state_ != state::closed) {
    if (state_ == state::opening && reason_ == hal::close_reason::timed_out) {
      detail_ = handshake_sentence();
    } else if (reason_ == hal::close_reason::closed_by_peer && detail_.empty()) {
      detail_ = "the server ended the session; another client may use this device's name";
    }
    end(actors::outcome_of(reason_), std::exchange(detail_, {}));
  }
  in_turn_ = false;
}

void coap_channel::on_link_open() {
  opened_ = true;
  if (!in_turn_) {
    at_.turns.give_part_turn();
  }
}

void coap_channel::on_link_datagram(bytes_view bytes) {
  if (at_.onlooker != nullptr) {
    at_.onlooker->on_passed(false, bytes);
  }
  if (!in_turn_) {
    arrived_ = bytes;
    at_.turns.give_part_turn(); // after it this channel may be gone
  } else if (state_ == state::up) {
    take(bytes); // one that was held back, within handle_timeout()
  }
}

void coap_channel::take(bytes_view datagram) {
  refused_ = false;
  repeats_ = 0;
  silent_ = 0;
  heard_to_ = newest_;
  client_.receive(datagram, now());
  drain();
  if (probe_ != 0) { // whatever it was, it is a sign of life
    client_.abandon(std::exchange(probe_, 0), now(), at_.around.datagrams);
    flush();
  }
}

void coap_channel::on_link_trouble(hal::datagram_trouble trouble) {
  refused_ = refused_ || trouble == hal::datagram_trouble::refused;
}

void coap_channel::on_link_closed(hal::close_reason reason, std::string_view detail) {
  closed_ = true;
  reason_ = reason;
  detail_ = detail;
  if (!in_turn_) {
    at_.turns.give_part_turn();
  }
}

void coap_channel::on_link_hurry() {
  if (!in_turn_) {
    at_.turns.give_part_turn(); // after it the device's wake is as early
  }
}

void coap_channel::end(outcome why, std::string_view detail) {
  const bool refused = why == outcome::timed_out && refused_;
  const std::string kept{detail};
  drop();
  owner_.on_channel_ended(refused ? outcome::connection_refused : why, kept);
}

void coap_channel::close() {
  if (state_ == state::up) {
    wake_radio();
    link_.close();
  }
  drop();
}

void coap_channel::drop() noexcept {
  count_radio();
  link_.drop();
  client_.abandon_all();
  at_.around.datagrams.clear();
  who_.reset();
  token_.clear();
  cipher_.reset();
  arrived_ = {};
  due_ = never;
  again_ = never;
  asleep_at_ = never;
  asked_ = 0;
  probe_ = 0;
  resent_ = client_.counts().retransmissions;
  state_ = state::closed;
  opened_ = false;
  closed_ = false;
}

void coap_channel::handle_timeout() {
  in_turn_ = true;
  if (link_.next_timeout() <= now()) {
    link_.handle_timeout(now());
  }
  if (state_ == state::up && client_.next_timeout() <= now()) {
    client_.handle_timeout(now(), at_.around.datagrams);
    repeats_ = at_most_octet(repeats_ + client_.counts().retransmissions - resent_);
    if (unheard()) {
      leave_unheard();
    } else {
      drain();
    }
  }
  if (state_ != state::closed && due_ <= now() && !ask_anew()) {
    end(outcome::timed_out,
        state_ == state::opening ? handshake_sentence() : "the platform did not answer /auth");
  }
  if (state_ == state::up && again_ <= now()) {
    ask();
  }
  if (asleep_at_ <= now()) {
    asleep_at_ = never;
    count_radio();
    link_.set_radio(false);
  }
  in_turn_ = false;
  take_turn();
}

time_point coap_channel::next_timeout() const noexcept {
  if (state_ == state::closed) {
    return never;
  }
  // What only an open link can do is not waited for before: handle_timeout() would not do it.
  const bool up = state_ == state::up;
  return std::min({link_.next_timeout(), due_, asleep_at_, up ? client_.next_timeout() : never,
                   up ? again_ : never});
}

std::size_t coap_channel::memory_bytes() const noexcept {
  const auto heap = [](const std::string& text) {
    return text.capacity() > 15 ? text.capacity() : 0;
  };
  return sizeof *this + client_.memory_bytes() + heap(token_) + heap(detail_)
         + (who_ == nullptr ? 0 : sizeof *who_);
}

} // namespace fleet::actors
