// Any octets as requests, in any slices, with time steps and answers in between. The first octet
// chooses the slicing; the same octets in one piece must be understood the same.
#include <algorithm>
#include <cstdlib>
#include <optional>
#include <string>

#include "protocol/http/server.hpp"
#include "tests/support/http_fragments.hpp"

using namespace fleet;
using namespace fleet::http;

namespace {

constexpr std::size_t memory_max = 64 * 1024;

struct owner {
  explicit owner(const server_limits& l) : machine(l, {}) {}

  void drain() {
    while (auto event = machine.next_event(out)) {
      if (const auto* r = std::get_if<server_event::request_arrived>(&*event)) {
        log.append(r->method).append(" ").append(r->target).append(" ").append(r->host);
        log.append("[").append(as_text(r->body)).append("]\n");
        for (const field& f : r->fields) {
          log.append(f.name).append(":").append(f.value).append("\n");
        }
        due = std::string{as_text(r->body)};
        if (!late) {
          answer();
        }
      } else {
        const auto& f = std::get<server_event::failed>(*event);
        log.append(to_string(f.why)).append("\n");
        if (f.status != status_of(f.why) || !machine.over()) {
          std::abort();
        }
      }
    }
    if (machine.memory_bytes() > memory_max + given) {
      std::abort();
    }
  }

  /// Answers what is due; what was sent ahead may bring the next request.
  void answer() {
    const std::string copy = std::move(*due);
    const bytes_view body = as_bytes(copy);
    due.reset();
    if (body.size() % 3 == 0) {
      if (machine.respond(200, {}, body, now, out) != write_error::none) {
        std::abort();
      }
      return;
    }
    const std::optional<std::uint64_t> length =
        body.size() % 3 == 1 ? std::optional<std::uint64_t>{body.size()} : std::nullopt;
    if (machine.respond_in_pieces(200, {}, length, out) != write_error::none) {
      std::abort();
    }
    machine.supply(body, out);
    machine.finish(now, out);
  }

  void give(bytes_view bytes, std::size_t slice) {
    while (!bytes.empty()) {
      // A copy of its own, so that the sanitizer sees a view that outlives it.
      const std::string piece{as_text(bytes.first(std::min(slice, bytes.size())))};
      bytes = bytes.subspan(piece.size());
      given += piece.size();
      machine.receive(as_bytes(piece), now);
      drain();
      if (late && due && given % 3 == 0) {
        answer();
        drain();
      }
    }
    while (due) {
      answer();
      drain();
    }
  }

  server_connection machine;
  time_point now{};
  byte_buffer out;
  std::string log;
  std::optional<std::string> due; ///< the body of a request without its answer
  std::size_t given = 0;
  bool late = false; ///< answers when more was sent already
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  server_limits limits;
  limits.read = {.start_line_max = 200, .head_max = 1000, .fields_max = 8, .body_max = 2000};
  limits.pipelined_max = 1U << 20;
  const std::string text = test::expanded({data + 1, size - 1});
  const bytes_view octets = as_bytes(text);
  owner whole{limits};
  whole.give(octets, SIZE_MAX);
  owner sliced{limits};
  sliced.late = (data[0] & 0x40) != 0;
  sliced.give(octets, data[0] % 32 + 1U);
  if (whole.log != sliced.log || !std::ranges::equal(whole.out.view(), sliced.out.view())) {
    std::abort();
  }
  if ((data[0] & 0x80) != 0) {
    sliced.machine.closed();
  } else {
    sliced.now = sliced.machine.next_timeout();
    if (sliced.now != never) {
      sliced.machine.handle_timeout(sliced.now, sliced.out);
    }
  }
  sliced.drain();
  if (!sliced.machine.over()) {
    std::abort();
  }
  return 0;
}
