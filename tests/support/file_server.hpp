// A server of one file over HTTP in the virtual world, well-behaved or not, on our own HTTP
// machine: for whoever downloads. Not the twin's firmware server.
#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "hal_sim/world/home.hpp"
#include "protocol/http/range.hpp"
#include "protocol/http/server.hpp"

namespace fleet::support {

class file_server final : hal::accept_events, hal::timer {
public:
  struct request {
    std::string target;
    std::string range; ///< of its Range field; empty: none
    std::string host;
  };

  file_server(hal::home& h, std::uint16_t port, stream_filter_factory* security = nullptr)
      : home_(h) {
    hal::address at;
    at.ip = {127, 0, 0, 1};
    at.port = port;
    door_ = h.listen({.at = at, .security = security}, *this).value();
  }
  ~file_server() { home_.disarm(*this); }

  std::vector<std::uint8_t> body;
  std::uint16_t fails_with = 0;        ///< every request, if not 0
  std::string fails_at = "";           ///< only requests whose target begins so
  std::string location;                ///< where requests of `/moved…` are sent
  bool ranges = true;                  ///< else it always sends all
  bool chunked = false;                ///< does not say how long the body is
  std::uint64_t range_shift = 0;       ///< what it says of a part is so far off
  int breaks = 0;                      ///< so many of the next answers break off
  std::size_t breaks_after = 0;        ///< octets
  std::size_t stalls_after = SIZE_MAX; ///< octets; then it is silent for ever
  duration pace{};                     ///< between two pieces; 0: all at once
  std::size_t piece = 1000;
  std::vector<request> requests;
  std::uint64_t octets_sent = 0;

private:
  struct guest final : hal::stream_events {
    guest(file_server& of, hal::stream_ptr s)
        : server_(of), stream(std::move(s)), machine(of.limits_, of.home_.now()) {
      stream->set_events(*this);
    }
    void on_connected() override {}
    void on_received(bytes_view bytes) override {
      machine.receive(bytes, server_.home_.now());
      while (const auto event = machine.next_event(stream->output())) {
        const auto* const asked = std::get_if<http::server_event::request_arrived>(&*event);
        ASSERT_NE(asked, nullptr);
        server_.answer(*this, *asked);
      }
    }
    void on_closed(hal::close_reason, std::string_view) override {
      stream.reset();
      left = 0;
    }

    file_server& server_;
    hal::stream_ptr stream;
    http::server_connection machine;
    std::size_t at = 0;
    std::size_t left = 0;
    std::size_t until_break = SIZE_MAX;
    std::size_t until_stall = SIZE_MAX;
  };

  void on_accepted(hal::stream_ptr accepted) override {
    guests_.push_back(std::make_unique<guest>(*this, std::move(accepted)));
  }

  void answer(guest& g, const http::server_event::request_arrived& asked) {
    auto& out = g.stream->output();
    const std::string range{http::find_field(asked.fields, "range").value_or("")};
    requests.push_back({std::string{asked.target}, range, std::string{asked.host}});
    const auto now = home_.now();
    if (!location.empty() && asked.target.starts_with("/moved")) {
      const http::field to[] = {{"Location", location}};
      ASSERT_EQ(g.machine.respond(302, to, {}, now, out), http::write_error::none);
      return;
    }
    if (fails_with != 0 && asked.target.starts_with(fails_at)) {
      ASSERT_EQ(g.machine.respond(fails_with, {}, as_bytes("no"), now, out),
                http::write_error::none);
      return;
    }
    const auto verdict = http::judge_range(ranges ? std::string_view{range} : "", body.size());
    if (verdict.answer == http::range_answer::unsatisfiable) {
      ASSERT_EQ(g.machine.respond(416, {}, {}, now, out), http::write_error::none);
      return;
    }
    const bool part = verdict.answer == http::range_answer::part;
    auto said = verdict.octets;
    said.first -= range_shift;
    const std::string content =
        part ? http::to_string(http::content_range{said, body.size()}) : std::string{};
    const http::field fields[] = {{"Content-Range", content}};
    g.at = verdict.octets.first;
    g.left = verdict.octets.length();
    ASSERT_EQ(g.machine.respond_in_pieces(part ? 206 : 200,
                                          part ? http::fields_view{fields} : http::fields_view{},
                                          chunked ? std::optional<std::uint64_t>{} : g.left, out),
              http::write_error::none);
    g.until_break = breaks > 0 ? breaks_after : SIZE_MAX;
    breaks -= breaks > 0 ? 1 : 0;
    g.until_stall = stalls_after;
    send(g);
    home_.arm(*this, later(now, pace));
  }

  /// The next piece, or all that is left where there is no pace.
  void send(guest& g) {
    auto& out = g.stream->output();
    const std::size_t count = std::min(
        {g.left, g.until_break, g.until_stall, pace > duration::zero() ? piece : SIZE_MAX});
    g.machine.supply(bytes_view{body}.subspan(g.at, count), out);
    octets_sent += count;
    g.at += count;
    g.left -= count;
    g.until_break -= count;
    g.until_stall -= count;
    if (g.left == 0) {
      g.machine.finish(home_.now(), out);
      if (g.machine.over()) {
        g.stream->close();
      }
    } else if (g.until_break == 0) {
      g.left = 0;
      g.stream->close();
    } else if (g.until_stall == 0) {
      g.left = 0;
    }
  }

  void on_wake(time_point now) override {
    bool more = false;
    for (auto& g : guests_) {
      if (g->left > 0 && g->stream) {
        send(*g);
        more = more || g->left > 0;
      }
    }
    if (more) {
      home_.arm(*this, later(now, pace));
    }
  }

  hal::home& home_;
  http::server_limits limits_;
  std::unique_ptr<hal::listener> door_;
  std::vector<std::unique_ptr<guest>> guests_;
};

} // namespace fleet::support
