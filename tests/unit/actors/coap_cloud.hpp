// A cloud for posting devices over CoAP in the virtual world, on the house's server machine: the
// test says how it behaves. Not the twin.
#pragma once

#include <deque>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include <gtest/gtest.h>

#include "hal_sim/world/datagram_server.hpp"
#include "protocol/coap/codec.hpp"
#include "protocol/coap/server.hpp"
#include "tests/unit/actors/posted.hpp"

namespace fleet::actors::test {

class coap_cloud final : hal::datagram_server_events {
public:
  coap_cloud(hal::home& h, std::uint16_t port, datagram_filter_door* security = nullptr)
      : home_(h), security_(security) {
    behaviour_.also_known = alink::coap_post_options;
    behaviour_.limits.message_max = 1280;
    at_.ip = {127, 0, 0, 1};
    at_.port = port;
    start();
  }

  /// Its process dies; start() begins another, which knows no session. Tokens stay.
  void die() {
    server_.reset();
    sessions_.clear();
  }
  void start() {
    hal::datagram_server_options door;
    door.at = at_;
    door.security = security_;
    auto opened = hal::datagram_server::open(home_, door, *this);
    FLEET_CHECK(opened.ok());
    server_ = std::move(opened).value();
  }

  [[nodiscard]] hal::address at() const { return at_; }
  [[nodiscard]] std::size_t posts() const { return office.taken.size(); }

  post_office office;
  bool silent = false; ///< hears nothing
  bool mute = false;   ///< acknowledges nothing, but takes
  bool ignores_posts = false;
  bool aes = false;
  std::uint32_t max_age = 0;           ///< s, with whatever is not taken; 0: none
  std::deque<coap::code> auth_codes;   ///< of the next answers to /auth, instead
  std::deque<coap::code> post_codes;   ///< likewise to posts
  std::vector<std::uint16_t> options;  ///< numbers of the last post's
  std::vector<bool> confirmable;       ///< of each post
  std::vector<std::string> identities; ///< of DTLS sessions by key
  std::size_t met = 0;                 ///< DTLS sessions
  std::size_t asked = 0;               ///< all requests, each once
  std::size_t pings = 0;               ///< with their repeats
  /// The first datagrams as they came, but for DTLS, and when.
  std::vector<std::pair<time_point, std::vector<std::uint8_t>>> arrived;

private:
  void on_peer(const hal::address&, std::string_view identity) override {
    identities.emplace_back(identity);
    ++met;
  }
  void on_peer_gone(const hal::address&, std::string_view) override {}
  void on_peer_refused(const hal::address&, std::string_view) override {}

  void on_datagram(const hal::address& peer, bytes_view bytes) override {
    pings += bytes.size() == 4 && bytes[0] >> 4 == 4 ? 1 : 0; // confirmable, empty, no token
    if (arrived.size() < 16) {
      arrived.emplace_back(home_.now(), std::vector<std::uint8_t>{bytes.begin(), bytes.end()});
    }
    if (silent) {
      return;
    }
    auto& session = sessions_[peer.text()];
    if (!session) {
      session = std::make_unique<coap::server_session>(behaviour_,
                                                       random_stream{7, sessions_.size(), "cloud"});
    }
    session->receive(bytes, home_.now());
    while (const auto event = session->next_event(out_)) {
      if (const auto* r = std::get_if<coap::server_event::request_arrived>(&*event)) {
        answer(*session, *r);
      }
    }
    for (; !out_.empty(); out_.pop()) {
      if (!mute) {
        server_->send(peer, out_.front());
      }
    }
  }

  static coap::code next(std::deque<coap::code>& codes, coap::code usual) {
    if (codes.empty()) {
      return usual;
    }
    const coap::code first = codes.front();
    codes.pop_front();
    return first;
  }

  void answer(coap::server_session& session, const coap::server_event::request_arrived& r) {
    ++asked;
    std::string path;
    std::string token;
    std::string number;
    std::vector<std::uint16_t> numbers;
    coap::option_reader reader{r.options};
    while (const auto o = reader.next()) {
      numbers.push_back(o->number);
      if (o->number == coap::option::uri_path) {
        path.append("/").append(as_text(o->value));
      } else if (o->number == alink::coap_option_token_sdk
                 || o->number == alink::coap_option_token) {
        token = as_text(o->value);
      } else if (o->number == alink::coap_option_sequence) {
        number = as_text(o->value);
      }
    }
    byte_buffer body;
    coap::code code = coap::code::content;
    if (path == alink::post_auth_path) {
      code = take_question(r.payload, body);
    } else if (ignores_posts) {
      session.drop(r.id);
      return;
    } else {
      options = numbers;
      confirmable.push_back(r.confirmable);
      code = take_post(path, {{}, std::string{as_text(r.payload)}, token}, number, body);
    }
    coap::option_list with;
    if (max_age != 0 && !coap::is_success(code)) {
      with.add_uint(coap::option::max_age, max_age);
    }
    ASSERT_EQ(coap::respond_error::none,
              session.respond(r.id, {code, with.view(), body.view(), false}, home_.now(), out_));
  }

  coap::code take_question(bytes_view payload, byte_buffer& body) {
    const coap::code code = next(auth_codes, coap::code::content);
    const auto token = office.grant(payload);
    if (code != coap::code::content || !token) {
      return token ? code : coap::code::unauthorized;
    }
    if (aes) {
      cipher_.emplace(office.secret, "ad2b3a5eb51d64f7");
    }
    alink::append_coap_grant(body, {*token, aes ? "ad2b3a5eb51d64f7" : "", 1});
    return code;
  }

  coap::code take_post(std::string_view path, post_taken what, const std::string& number,
                       byte_buffer& body) {
    const coap::code code = next(post_codes, coap::code::content);
    if (code != coap::code::content || !office.good(what.token)) {
      return code == coap::code::content ? coap::code::unauthorized : code;
    }
    const auto topic = alink::topic_of_post_path(path);
    if (!topic) {
      return coap::code::not_found;
    }
    what.topic = *topic;
    if (cipher_) {
      byte_buffer plain;
      byte_buffer digits;
      if (!cipher_->decrypt(as_bytes(what.payload), plain)
          || !cipher_->decrypt(as_bytes(number), digits)) {
        return coap::code::bad_request;
      }
      what.payload = as_text(plain.view());
      what.sequence = alink::post_sequence_of(digits.view()).value_or(0);
    }
    const std::string reply = office.reply_to(what);
    office.take(std::move(what));
    if (cipher_ && !reply.empty()) {
      cipher_->encrypt(as_bytes(reply), body);
    } else {
      body.append(reply);
    }
    return code;
  }

  hal::home& home_;
  datagram_filter_door* security_;
  hal::address at_;
  coap::server_behaviour behaviour_;
  std::unique_ptr<hal::datagram_server> server_;
  std::map<std::string, std::unique_ptr<coap::server_session>> sessions_;
  std::optional<alink::post_cipher> cipher_;
  coap::datagrams out_;
};

} // namespace fleet::actors::test
