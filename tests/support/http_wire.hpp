// HTTP machines for tests: octets in, events and answers as text out, in any slices.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

#include "protocol/http/client.hpp"
#include "protocol/http/server.hpp"

namespace fleet::http::test {

inline constexpr std::size_t whole = SIZE_MAX;

inline time_point at(int seconds) {
  return time_point{std::chrono::seconds{seconds}};
}

inline std::string text_of(const byte_buffer& buffer) {
  return std::string{as_text(buffer.view())};
}

/// Calls `give` for each slice of `text`, of `size` octets; each is a copy of its own, so that a
/// machine which keeps a view of a former one is found out.
template <class Give>
void sliced(std::string_view text, std::size_t size, Give give) {
  while (!text.empty()) {
    const std::string slice{text.substr(0, size)};
    text.remove_prefix(slice.size());
    give(as_bytes(slice));
  }
}

inline std::string show(fields_view fields) {
  std::string out;
  for (const field& f : fields) {
    out.append(" ").append(f.name).append("=").append(f.value);
  }
  return out;
}

/// A server whose owner answers each request at once with 200 and `ok`.
struct echo_server {
  explicit echo_server(const server_limits& l = {}) : limits(l) {}

  void drain() {
    while (auto event = machine.next_event(out)) {
      if (const auto* r = std::get_if<server_event::request_arrived>(&*event)) {
        log.append(r->method).append(" ").append(r->target).append(" ").append(r->host);
        log.append(" [").append(as_text(r->body)).append("]\n");
        if (answers) {
          EXPECT_EQ(machine.respond(200, {}, as_bytes("ok"), now, out), write_error::none);
        }
      } else {
        const auto& f = std::get<server_event::failed>(*event);
        log.append("failed: ").append(to_string(f.why)).append("\n");
        status = f.status;
      }
    }
  }
  void give(std::string_view text, std::size_t size = whole) {
    sliced(text, size, [&](bytes_view slice) {
      machine.receive(slice, now);
      drain();
    });
  }

  server_limits limits;
  time_point now{};
  server_connection machine{limits, now};
  byte_buffer out;
  std::string log;
  int status = -1; ///< of a failure
  bool answers = true;
};

/// A client that writes down what it is told.
struct logging_client {
  explicit logging_client(const client_limits& l = {}) : limits(l) { machine.start(); }

  write_error ask(std::string_view method = "GET", delivery how = delivery::collected) {
    return machine.send({.method = method, .target = "/x", .host = "h"}, how, now, out);
  }
  void drain() {
    while (auto event = machine.next_event()) {
      note(*event);
    }
  }
  void note(const client_event_variant& event) {
    if (const auto* h = std::get_if<client_event::head_arrived>(&event)) {
      log.append("head ").append(std::to_string(h->status));
      log.append(h->length ? " " + std::to_string(*h->length) : "").append("\n");
    } else if (const auto* b = std::get_if<client_event::body_arrived>(&event)) {
      EXPECT_EQ(b->offset, pieces.size());
      EXPECT_FALSE(b->octets.empty());
      pieces.append(as_text(b->octets));
    } else if (const auto* r = std::get_if<client_event::response_finished>(&event)) {
      log.append(std::to_string(r->status)).append(" [").append(as_text(r->body)).append(pieces);
      log.append("] ").append(std::to_string(r->body_octets));
      log.append(r->reusable ? " keep\n" : " close\n");
      pieces.clear();
    } else {
      const auto& f = std::get<client_event::failed>(event);
      log.append("failed: ").append(to_string(f.why));
      log.append(f.answered ? " answered " : " unanswered ").append(std::to_string(f.status));
      log.append(" ").append(std::to_string(f.body_octets)).append("/");
      log.append(f.length ? std::to_string(*f.length) : "?").append("\n");
    }
  }
  void give(std::string_view text, std::size_t size = whole) {
    sliced(text, size, [&](bytes_view slice) {
      machine.receive(slice, now);
      drain();
    });
  }
  void end() {
    machine.closed();
    drain();
  }

  client_limits limits;
  time_point now{};
  client machine{limits};
  byte_buffer out;
  std::string log;
  std::string pieces;
};

} // namespace fleet::http::test
