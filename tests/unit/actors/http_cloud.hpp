// A cloud for posting devices over HTTP in the virtual world, on the house's server machine: the
// test says how it behaves. Not the twin.
#pragma once

#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "hal_sim/world/home.hpp"
#include "protocol/http/server.hpp"
#include "tests/unit/actors/posted.hpp"

namespace fleet::actors::test {

class http_cloud final : hal::accept_events {
public:
  http_cloud(hal::home& h, std::uint16_t port, stream_filter_factory* security = nullptr)
      : home_(h) {
    hal::address at;
    at.ip = {127, 0, 0, 1};
    at.port = port;
    door_ = h.listen({.at = at, .security = security}, *this).value();
  }

  [[nodiscard]] hal::address at() const { return door_->at(); }
  [[nodiscard]] std::size_t posts() const { return office.taken.size(); }
  [[nodiscard]] std::size_t connections() const { return guests_.size(); }
  /// Ends what connections there are, in order.
  void hang_up() {
    for (auto& g : guests_) {
      if (g->stream) {
        g->stream->close();
      }
    }
  }

  post_office office;
  bool silent = false;                     ///< answers nothing
  bool closes = false;                     ///< the connection after each answer
  int cuts = 0;                            ///< so many of the next posts end the connection instead
  int auth_cuts = 0;                       ///< likewise of the next questions to /auth
  int losses = 0;                          ///< so many are taken, and then end the connection
  std::deque<alink::post_code> auth_codes; ///< of the next answers to /auth, instead
  std::deque<alink::post_code> post_codes; ///< likewise to posts
  std::deque<std::uint16_t> statuses;      ///< of the next answers to posts, as of a proxy
  std::deque<std::uint16_t> auth_statuses; ///< likewise to /auth
  std::string retry_after;                 ///< with those; empty: none
  std::string nonsense;                    ///< what posts are answered, instead
  std::vector<std::string> heads;          ///< `name:value` of the last request's fields

private:
  struct guest final : hal::stream_events {
    guest(http_cloud& c, hal::stream_ptr s)
        : of(c), stream(std::move(s)), machine(c.limits_, c.home_.now()) {
      stream->set_events(*this);
    }
    void on_connected() override {}
    void on_received(bytes_view bytes) override {
      machine.receive(bytes, of.home_.now());
      while (stream) {
        const auto event = machine.next_event(stream->output());
        if (!event) {
          return;
        }
        if (const auto* r = std::get_if<http::server_event::request_arrived>(&*event)) {
          of.answer(*this, *r);
        }
      }
    }
    void on_closed(hal::close_reason, std::string_view) override { stream.reset(); }

    http_cloud& of;
    hal::stream_ptr stream;
    http::server_connection machine;
  };

  void on_accepted(hal::stream_ptr accepted) override {
    guests_.push_back(std::make_unique<guest>(*this, std::move(accepted)));
  }

  void answer(guest& g, const http::server_event::request_arrived& r) {
    heads.clear();
    for (const http::field& f : r.fields) {
      heads.push_back(std::string{f.name} + ":" + std::string{f.value});
    }
    if (silent) {
      return;
    }
    const bool auth = r.target == alink::post_auth_path;
    if (int& left = auth ? auth_cuts : cuts; left > 0) {
      --left;
      g.stream->close();
      return;
    }
    byte_buffer body;
    if (auto& next = auth ? auth_statuses : statuses; !next.empty()) {
      const std::array<http::field, 1> wait{{{"Retry-After", retry_after}}};
      const auto fields = retry_after.empty() ? http::fields_view{} : http::fields_view{wait};
      FLEET_CHECK(g.machine.respond(next.front(), fields, as_bytes("<html>"), home_.now(),
                                    g.stream->output())
                  == http::write_error::none);
      next.pop_front();
      return;
    }
    if (auth) {
      take_question(r.body, body);
    } else {
      take_post(r, body);
    }
    if (!auth && losses > 0) {
      --losses;
      g.stream->close();
      return;
    }
    FLEET_CHECK(r.method == "POST");
    FLEET_CHECK(g.machine.respond(200, {}, body.view(), home_.now(), g.stream->output())
                == http::write_error::none);
    if (closes) {
      g.stream->close();
    }
  }

  void take_question(bytes_view payload, byte_buffer& body) {
    const auto token = office.grant(payload);
    if (!auth_codes.empty()) {
      alink::append_http_refusal(body, auth_codes.front());
      auth_codes.pop_front();
    } else if (token) {
      alink::append_http_grant(body, *token);
    } else {
      alink::append_http_refusal(body, alink::post_code::auth_error);
    }
  }

  void take_post(const http::server_event::request_arrived& r, byte_buffer& body) {
    const std::string token{http::find_field(r.fields, "password").value_or("")};
    if (!nonsense.empty()) {
      body.append(nonsense);
      return;
    }
    if (!post_codes.empty()) {
      alink::append_http_refusal(body, post_codes.front());
      post_codes.pop_front();
      return;
    }
    if (!office.good(token)) {
      alink::append_http_refusal(body, alink::post_code::token_error);
      return;
    }
    const auto topic = alink::topic_of_post_path(r.target);
    post_taken what{std::string{topic.value_or("")}, std::string{as_text(r.body)}, token};
    alink::append_http_accepted(body, 900000000000000001 + posts(), office.reply_to(what));
    office.take(std::move(what));
  }

  hal::home& home_;
  http::server_limits limits_;
  std::unique_ptr<hal::listener> door_;
  std::vector<std::unique_ptr<guest>> guests_;
};

} // namespace fleet::actors::test
