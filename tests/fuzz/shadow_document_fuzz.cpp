// Requests of a device and of an application on one document, in any order, foreign octets all: the
// version only grows or is cleared, the limits hold, and what is stored reads back. Each answer
// goes to a device's machine too, which must stay within its own limits.
#include <algorithm>
#include <string>

#include "protocol/base/check.hpp"
#include "protocol/shadow/client.hpp"
#include "protocol/shadow/document.hpp"

using namespace fleet;
using namespace fleet::shadow;

namespace {

constexpr document_limits limits{.max_text = 1024, .max_attributes = 8, .max_depth = 4};

struct playground {
  editor& works;
  json_reader& reader;
  document doc = {};
  client_behaviour behaviour = {};
  client device{behaviour, "PK.DN"};
  time_point now = {};
  std::string shown = {};

  std::string show() {
    byte_buffer out;
    FLEET_CHECK(works.append_document(doc, out));
    return std::string{as_text(out.view())};
  }

  void request(bytes_view octets, requester who, std::int64_t now_s) {
    const std::int64_t before = doc.version();
    const std::string text{doc.text()};
    byte_buffer reply;
    const outcome o = works.handle(doc, octets, who, now_s, reply);
    const cloud_message m = parse_cloud_message(reader, reply.view());
    FLEET_CHECK(m.what == cloud_message::kind::reply);
    FLEET_CHECK(m.success == (o.error == error_code::none));
    if (o.changed) {
      FLEET_CHECK(doc.version() > before || (doc.version() == 0 && doc.empty()));
      FLEET_CHECK(m.payload_version == doc.version());
      check_stored();
    } else {
      FLEET_CHECK(doc.text() == text && doc.version() == before);
    }
    hear(reply.view());
    if (o.wants_push) {
      byte_buffer push;
      FLEET_CHECK(works.append_control(doc, now_s, push));
      hear(push.view());
    }
  }

  void check_stored() {
    shown = show();
    FLEET_CHECK(shown.size() <= limits.max_text);
    auto again = document::load(reader, doc.text());
    FLEET_CHECK(again && again->text() == doc.text() && again->version() == doc.version()
                && again->timestamp_s() == doc.timestamp_s()
                && again->has_desired() == doc.has_desired() && again->empty() == doc.empty());
    std::swap(doc, *again);
    FLEET_CHECK(show() == shown);
  }

  /// A payload for the device, whose owner does as it is told.
  void hear(bytes_view payload) {
    byte_buffer out;
    device.receive(payload, now, reader, out);
    int told = 0;
    while (const auto e = device.next_event()) {
      FLEET_CHECK(++told < 64);
      if (const auto* d = std::get_if<client_event::desired_arrived>(&*e)) {
        const std::string desired{d->desired};
        (void)device.applied(d->desire, desired, now, out);
      }
    }
    FLEET_CHECK(device.pending() <= behaviour.requests_max && device.version() >= 0);
  }
};

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static editor works{limits}; // working memory only
  static json_reader reader;
  playground p{works, reader};
  byte_buffer out;
  p.device.connected(p.now, out);
  bytes_view rest{data, size};
  std::int64_t now_s = 1700000000;
  // A run is a sequence of a mark and the octets up to the next line end.
  while (!rest.empty()) {
    const std::uint8_t mark = rest[0];
    rest = rest.subspan(1);
    const auto end = static_cast<std::size_t>(
        std::find(rest.begin(), rest.end(), std::uint8_t{'\n'}) - rest.begin());
    const bytes_view line = rest.first(end);
    rest = rest.subspan(std::min(end + 1, rest.size()));
    const std::string next = std::to_string(p.doc.version() % 1000 + 1);
    std::string made;
    switch (mark % 8) {
      case 0: p.request(line, requester::device, now_s); break;
      case 1: p.request(line, requester::application, now_s); break;
      case 2: // what a fuzzer seldom finds: the envelope is right, the attributes are foreign
        made = R"({"method":"update","state":{"reported":)" + std::string{as_text(line)}
               + R"(},"version":)" + next + "}";
        p.request(as_bytes(made), requester::device, now_s);
        break;
      case 3:
        made = R"({"method":"update","state":{"desired":)" + std::string{as_text(line)} + "}}";
        p.request(as_bytes(made), requester::application, now_s);
        break;
      case 4:
        made = R"({"method":"delete",,"state":{"reported":)" + std::string{as_text(line)}
               + R"(},"version":)" + next + "}";
        p.request(as_bytes(made), requester::device, now_s);
        break;
      case 5: p.hear(line); break;
      case 6:
        p.now += std::chrono::seconds{mark};
        now_s += mark;
        p.device.handle_timeout(p.now, out);
        while (p.device.next_event()) {
        }
        break;
      default:
        p.device.disconnected();
        p.device.connected(p.now, out);
        while (p.device.next_event()) {
        }
        break;
    }
  }
  return 0;
}
