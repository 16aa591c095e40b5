// The imitation at work. Records look as DTLS's do from outside: header, epoch, number; inside
// stands what an eavesdropper of the real ones could not read.
#include "protocol/tls/modelled_session.hpp"

#include <algorithm>

#include <openssl/ssl.h>

#include "protocol/base/check.hpp"
#include "protocol/base/random.hpp"
#include "protocol/tls/modelled_wire.hpp"

namespace fleet::tls {

namespace {

constexpr std::uint8_t warning = 1; // RFC 5246 §7.2
constexpr std::uint8_t fatal = 2;
constexpr std::uint8_t close_notify = 0;
constexpr std::uint8_t bad_certificate = 42;
constexpr std::uint8_t unknown_identity = 115; // RFC 4279 §2
constexpr std::size_t pieces_most = 40;

std::uint64_t proof_of(std::string_view identity, std::string_view key) {
  return mix64(hash_text(identity) ^ mix64(hash_text(key)));
}

} // namespace

modelled_session::modelled_session(std::shared_ptr<const dtls_model_options> options,
                                   std::uint64_t attempt, bool server)
    : options_(std::move(options)), wait_(options_->patience.first_wait), server_(server) {
  hello_.attempt = attempt;
}

void modelled_session::aim_at(const datagram_filter_request& request) {
  name_ = std::string{request.server_name} + '\n' + std::string{request.psk_identity};
  identity_ = request.psk_identity;
  key_ = as_text(request.psk_key);
  by_key_ = !identity_.empty();
  hello_.by_key = by_key_;
  const auto* former = dynamic_cast<const modelled_memory*>(request.former);
  if (former != nullptr && former->name == name_) {
    hello_.ticket = former->ticket;
    ticket_until_ = former->until;
  }
}

void modelled_session::expect_answer() {
  waiting_ = true;
  repeats_ = 0;
  wait_ = options_->patience.first_wait;
  due_ = later(now_, wait_);
}

void modelled_session::say_hello(datagram_batch& out) {
  std::string body;
  put(body, hello_.attempt);
  put(body, hello_.cookie);
  put(body, std::string_view{hello_.ticket});
  send_flight(flight::hello, std::move(body), out);
  expect_answer();
}

filter_state modelled_session::start(time_point now, datagram_batch& out) {
  now_ = now;
  if (!server_) {
    if (ticket_until_ <= now) {
      hello_.ticket.clear();
    }
    say_hello(out);
    return state_;
  }
  by_key_ = hello_.by_key;
  if (options_->resumption && honours(hello_.ticket)) {
    resumed_ = true;
    send_flight(flight::short_answer, {}, out);
  } else {
    std::string body;
    put(body, std::string_view{by_key_ ? std::string{} : options_->failure});
    send_flight(flight::answer, std::move(body), out);
  }
  expect_answer();
  return state_;
}

filter_state modelled_session::receive(bytes_view datagram, time_point now, datagram_batch& plain,
                                       datagram_batch& out) {
  now_ = now;
  while (!datagram.empty()
         && (state_ == filter_state::open || state_ == filter_state::handshaking)) {
    const record_view record = first_record(datagram);
    datagram = datagram.subspan(record.whole.size());
    if (!record.sound) {
      break;
    }
    if (record.type == static_cast<std::uint8_t>(record_type::handshake)) {
      take_piece(record.fragment, out);
      continue;
    }
    const bool early = state_ == filter_state::handshaking;
    if (record.epoch == 0 && early && record.fragment.size() == 2
        && record.type == static_cast<std::uint8_t>(record_type::alert)) {
      take_alert(record.fragment, out);
      continue;
    }
    if (early || record.epoch != 1 || record.fragment.size() + record_header_bytes < overhead()
        || number_at(record.fragment, 0) != hello_.attempt || !window_.admits(record.sequence)) {
      continue;
    }
    window_.take(record.sequence);
    due_ = never;
    const bytes_view content = record.fragment.subspan(
        mark_bytes, record.fragment.size() + record_header_bytes - overhead());
    if (record.type == static_cast<std::uint8_t>(record_type::alert)) {
      take_alert(content, out);
    } else {
      plain.push(content);
    }
  }
  return state_;
}

void modelled_session::take_piece(bytes_view fragment, datagram_batch& out) {
  if (fragment.size() < piece_header || fragment[0] < 1
      || fragment[0] > static_cast<std::uint8_t>(flight::short_done)) {
    return;
  }
  const auto which = static_cast<flight>(fragment[0]);
  const std::size_t piece = fragment[1];
  const std::size_t pieces = fragment[2];
  const std::size_t room = std::size_t{fragment[4]} << 8 | fragment[5];
  if (pieces == 0 || piece >= pieces || pieces > pieces_most || room > datagram_bytes_max
      || fragment.size() > room + piece_header) {
    return;
  }
  if (which != coming_) {
    coming_ = which;
    pieces_ = 0;
    parts_.clear();
  }
  parts_.resize(std::max(parts_.size(), pieces * room));
  const bytes_view body = fragment.subspan(piece_header);
  std::copy(body.begin(), body.end(), parts_.begin() + static_cast<std::ptrdiff_t>(piece * room));
  pieces_ |= std::uint64_t{1} << piece;
  if (pieces_ == (std::uint64_t{1} << pieces) - 1) {
    const std::string whole = std::exchange(parts_, {});
    pieces_ = 0;
    take_flight(which, as_bytes(whole), out);
  }
}

void modelled_session::take_flight(flight which, bytes_view body, datagram_batch& out) {
  const bool shaking = state_ == filter_state::handshaking;
  switch (which) {
    case flight::hello: // a repeated one: our timer answers
      return;
    case flight::cookie:
      if (!server_ && shaking && sent_ == flight::hello && hello_.cookie == 0) {
        hello_.cookie = number_at(body, 0);
        say_hello(out);
      }
      return;
    case flight::answer:
      if (!server_ && shaking && sent_ == flight::hello) {
        take_answer(body, out);
      }
      return;
    case flight::key:
      if (server_ && !resumed_) {
        take_key(body, out);
      }
      return;
    case flight::done:
      if (!server_ && shaking && sent_ == flight::key) {
        opened();
        remember(body);
      }
      return;
    case flight::short_answer:
      if (!server_ && (sent_ == flight::hello || sent_ == flight::short_done)) {
        resumed_ = true;
        send_flight(flight::short_done, {}, out);
        if (shaking) {
          opened();
          remember(as_bytes(hello_.ticket));
        }
      }
      return;
    case flight::short_done:
      if (server_ && shaking && resumed_) {
        opened();
      }
      return;
  }
}

void modelled_session::take_answer(bytes_view body, datagram_batch& out) {
  const std::string theirs{text_at(body, 0)};
  const std::string& verdict = options_->failure.empty() ? theirs : options_->failure;
  if (!by_key_ && !verdict.empty()) {
    alert(fatal, bad_certificate, out);
    fail(verdict);
    return;
  }
  std::string proof;
  put(proof, std::string_view{identity_});
  put(proof, proof_of(identity_, key_));
  send_flight(flight::key, std::move(proof), out);
  expect_answer();
}

void modelled_session::take_key(bytes_view body, datagram_batch& out) {
  if (by_key_ && state_ == filter_state::handshaking) {
    const std::string_view who = text_at(body, 0);
    const std::string key = options_->key_of ? options_->key_of(who) : std::string{};
    if (key.empty()) {
      alert(fatal, unknown_identity, out);
      fail("the peer's identity is not known here");
      return;
    }
    if (number_at(body, 1 + who.size()) != proof_of(who, key)) {
      return; // a Finished that cannot be read, and so is dropped: the client waits in vain
    }
    identity_ = who;
  }
  std::string ticket;
  put(ticket, std::string_view{options_->resumption ? ticket_for(identity_) : std::string{}});
  send_flight(flight::done, std::move(ticket), out);
  if (state_ == filter_state::handshaking) {
    opened();
  }
}

std::string modelled_session::ticket_for(std::string_view identity) const {
  std::string out;
  put(out, mix64(hash_text(identity) ^ options_->ticket_secret ^ (by_key_ ? 1U : 0U)) | 1);
  out += identity;
  return out;
}

bool modelled_session::honours(std::string_view ticket) {
  if (ticket.size() < 8 || ticket != ticket_for(ticket.substr(8))) {
    return false;
  }
  identity_ = ticket.substr(8);
  return true;
}

void modelled_session::opened() {
  state_ = filter_state::open;
  waiting_ = false;
  due_ = never;
  std::string{}.swap(key_);
}

void modelled_session::remember(bytes_view ticket) {
  const std::string_view text = resumed_ ? std::string_view{hello_.ticket} : text_at(ticket, 0);
  if (options_->resumption && !text.empty()) {
    memory_ = std::make_unique<modelled_memory>();
    memory_->name = name_;
    memory_->ticket = text;
    memory_->until = resumed_ ? ticket_until_ : later(now_, modelled_ticket_life);
  }
}

void modelled_session::alert(std::uint8_t level, std::uint8_t what, datagram_batch& out) {
  if (state_ == filter_state::handshaking) {
    const auto to = record(record_type::alert, 2, out);
    to[0] = level;
    to[1] = what;
    return;
  }
  const auto to = record(record_type::alert, overhead() - record_header_bytes + 2, out);
  std::string mark;
  put(mark, hello_.attempt);
  std::copy(mark.begin(), mark.end(), to.begin());
  to[mark_bytes] = level;
  to[mark_bytes + 1] = what;
}

void modelled_session::take_alert(bytes_view told, datagram_batch& out) {
  if (told.size() != 2) {
    return;
  }
  if (told[0] == fatal) {
    fail(std::string{"the peer ended the session with the alert: "}
         + SSL_alert_desc_string_long(told[1]));
  } else if (told[1] == close_notify && state_ == filter_state::open) {
    close(out);
    state_ = filter_state::ended;
    due_ = never;
  }
}

bool modelled_session::send(bytes_view plain, datagram_batch& out) {
  FLEET_CHECK(state_ != filter_state::handshaking);
  if (state_ != filter_state::open || closing_ || plain.empty() || plain.size() > payload_max()) {
    return false;
  }
  const auto to =
      record(record_type::application_data, overhead() - record_header_bytes + plain.size(), out);
  std::string mark;
  put(mark, hello_.attempt);
  std::copy(mark.begin(), mark.end(), to.begin());
  std::copy(plain.begin(), plain.end(), to.begin() + mark_bytes);
  return true;
}

std::size_t modelled_session::payload_max() const {
  return state_ == filter_state::open ? options_->mtu - overhead() : 0;
}

filter_state modelled_session::handle_timeout(time_point now, datagram_batch& out) {
  now_ = now;
  if (due_ > now || !waiting_) {
    return state_;
  }
  if (repeats_ == options_->patience.repeats_max) {
    timed_out_ = true;
    fail("the peer did not answer the DTLS handshake, which was sent "
         + std::to_string(repeats_ + 1) + " times");
    return state_;
  }
  ++repeats_;
  wait_ = std::min(wait_ * 2, options_->patience.longest_wait);
  due_ = later(now, wait_);
  emit(out);
  return state_;
}

void modelled_session::close(datagram_batch& out) {
  if (state_ == filter_state::open && !closing_) {
    closing_ = true;
    alert(warning, close_notify, out);
  }
}

void modelled_session::fail(std::string why) {
  error_ = std::move(why);
  state_ = filter_state::failed;
  waiting_ = false;
  due_ = never;
}

} // namespace fleet::tls
