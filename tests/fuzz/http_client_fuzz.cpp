// Any octets as responses, in any slices, collected or in pieces. The first octet chooses; the same
// octets in one piece must be understood the same.
#include <algorithm>
#include <cstdlib>
#include <string>

#include "protocol/http/client.hpp"
#include "protocol/http/url.hpp"
#include "tests/support/http_fragments.hpp"

using namespace fleet;
using namespace fleet::http;

namespace {

constexpr std::size_t memory_max = 64 * 1024;

struct owner {
  owner(const client_limits& l, std::uint8_t how_to) : how(how_to), machine(l) {
    machine.start();
    ask();
  }

  void ask() {
    const std::string_view method = (how & 1) != 0 ? "HEAD" : "GET";
    if (machine.ready()
        && machine.send({.method = method, .host = "h"},
                        (how & 2) != 0 ? delivery::pieces : delivery::collected, now, out)
               != write_error::none) {
      std::abort();
    }
  }

  void drain() {
    bool asks = false;
    while (auto event = machine.next_event()) {
      if (const auto* h = std::get_if<client_event::head_arrived>(&*event)) {
        log.append(std::to_string(h->status)).append("\n");
        follow(h->fields);
      } else if (const auto* b = std::get_if<client_event::body_arrived>(&*event)) {
        if (b->octets.empty() || b->offset != came) {
          std::abort();
        }
        came += b->octets.size();
        log.append(as_text(b->octets));
      } else if (const auto* r = std::get_if<client_event::response_finished>(&*event)) {
        log.append("[").append(as_text(r->body)).append("]\n");
        if ((how & 2) != 0 ? r->body_octets != came : r->body_octets != r->body.size()) {
          std::abort();
        }
        came = 0;
        asks = r->reusable;
      } else {
        const auto& f = std::get<client_event::failed>(*event);
        log.append(to_string(f.why)).append(std::to_string(f.body_octets)).append("\n");
        if (machine.ready() || (f.length && f.body_octets > *f.length)) {
          std::abort();
        }
        asks = false;
      }
    }
    if (asks && again) {
      ask();
    }
    if (machine.memory_bytes() > memory_max) {
      std::abort();
    }
  }

  /// What an OTA download does with a redirect.
  static void follow(fields_view fields) {
    if (const auto location = find_field(fields, "location")) {
      const auto to = resolve({true, "h", 443, "/"}, *location);
      if (to && (!parse_url(to_string(to.value())) || !valid_host(authority(to.value())))) {
        std::abort();
      }
    }
  }

  void give(bytes_view bytes, std::size_t slice) {
    while (!bytes.empty()) {
      const std::string piece{as_text(bytes.first(std::min(slice, bytes.size())))};
      bytes = bytes.subspan(piece.size());
      machine.receive(as_bytes(piece), now);
      drain();
    }
  }

  std::uint8_t how;
  client machine;
  time_point now{};
  byte_buffer out;
  std::string log;
  std::uint64_t came = 0;
  bool again = false; ///< sends another request where it may
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) {
    return 0;
  }
  client_limits limits;
  limits.read = {.start_line_max = 200, .head_max = 1000, .fields_max = 8, .body_max = 2000};
  limits.pieces_max = 3000;
  const std::string text = test::expanded({data + 1, size - 1});
  const bytes_view octets = as_bytes(text);
  owner whole{limits, data[0]};
  whole.give(octets, SIZE_MAX);
  owner sliced{limits, data[0]};
  sliced.give(octets, data[0] / 4 % 16 + 1U);
  whole.machine.closed();
  whole.drain();
  sliced.machine.closed();
  sliced.drain();
  // A response that fits the limits only as long as its end is not known may fail earlier or later.
  const bool late = whole.log.find(to_string(violation::body_too_large)) != std::string::npos
                    && sliced.log.find(to_string(violation::body_too_large)) != std::string::npos;
  if (whole.log != sliced.log && !late) {
    std::abort();
  }
  owner often{limits, data[0]};
  often.again = true;
  often.give(octets, data[0] / 4 % 16 + 1U);
  often.now = often.machine.next_timeout();
  if (often.now != never) {
    often.machine.handle_timeout(often.now);
    often.drain();
    if (often.machine.ready() || often.machine.next_timeout() != never) {
      std::abort();
    }
  }
  return 0;
}
