// Whatever the two machines send each other in a varied life, libcoap's parser reads as the same.
#include <cstdio>
#include <cstdlib>
#include <memory>

#include <gtest/gtest.h>

#include "tests/support/coap_foreign.hpp"
#include "tests/support/coap_pair.hpp"
#include "tests/support/pcap_file.hpp"

namespace fleet::coap::test {
namespace {

using namespace std::chrono_literals;

TEST(coap_foreign, libcoap_reads_every_datagram_of_both_machines) {
  pair_options o;
  o.loss_ppm = 50'000;
  o.repeat_ppm = 50'000;
  o.server.confirm_every = 30s;
  o.client.timing.probing_rate = 10'000; // not what is tried here
  coap_pair pair{o};
  std::uint32_t read = 0;
  std::unique_ptr<support::pcap_file> capture; // for tests/interop, where tshark reads it
  if (const char* const file = std::getenv("FLEET_COAP_CAPTURE"); file != nullptr) {
    capture = std::make_unique<support::pcap_file>(file);
  }
  pair.on_datagram = [&](bytes_view datagram, bool upwards) {
    message_view m;
    ASSERT_FALSE(decode(datagram, message_default, m)) << hex(datagram);
    ASSERT_TRUE(libcoap_reads(datagram, m)) << describe(m);
    ++read;
    if (capture != nullptr) {
      hal::address device{{127, 0, 0, 2}, false, 40'000};
      hal::address cloud{{127, 0, 0, 1}, false, support::pcap_file::coap_port};
      capture->write(upwards ? device : cloud, upwards ? cloud : device, datagram, pair.now);
    }
  };
  const wire large = body_of(5'000);
  exchange_id observed = 0;
  pair.on_request = [&](const server_event::request_arrived& r) {
    if (r.observe == observe_wish::begin) {
      observed = r.id;
      (void)pair.cloud.respond(r.id, {code::content, {}, large, true}, pair.now, pair.down);
    } else if (r.method == code::remove) {
      pair.answer(r.id, code::not_found, "none");
    } else {
      pair.answer_after(r.confirmable ? 2s : 0s, r.id, code::content, std::string{as_text(large)});
    }
  };
  const option_view path[] = {{option::uri_path, as_bytes("topic")},
                              {option::uri_query, as_bytes("q=1")}};
  request_fields f;
  f.options = path;
  f.observe = true;
  (void)pair.device.request(f, pair.now, pair.up);
  for (std::uint32_t i = 0; i < 60; ++i) {
    pair.run_for(5s);
    f = {};
    f.method = static_cast<code>(1 + i % 7);
    f.options = path;
    f.confirmable = i % 3 != 0;
    f.payload = i % 4 == 0 ? bytes_view{large} : bytes_view{};
    (void)pair.device.request(f, pair.now, pair.up);
    (void)pair.cloud.notify(observed, {code::content, {}, large, false}, pair.now, pair.down);
    if (i % 10 == 0) {
      (void)pair.device.ping(pair.now, pair.up);
    }
  }
  pair.run_for(300s);
  EXPECT_GT(read, 500U);
  if (capture != nullptr) {
    std::printf("captured %u\n", read);
  }
}

} // namespace
} // namespace fleet::coap::test
